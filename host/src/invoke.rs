//! One invocation, end to end: admitted, run in the sandbox behind the gate, put on record, reported.

mod load;
mod report;
mod run;
mod timing;

pub use load::Loaded;
pub use report::{Outcome, Report};
pub use run::Call;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use wasmtime::component::Linker;

use crate::approval::{Credentials, Desk};
use crate::capability::{Backends, Guest};
use crate::diagnostic::Broken;
use crate::gate::{Services, World};
use crate::journal::{Journal, Pending};
use crate::name::Digest;
use crate::runtime::{Cache, Cell, Sandbox};

/// Why a call never became an invocation.
#[derive(Debug)]
pub enum NotCalled {
    /// The function or its arguments are not understood: everything that is wrong with them.
    Usage(Vec<String>),
    /// The host cannot serve it.
    Broken(Broken),
}

impl From<Broken> for NotCalled {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// What a host keeps: the record, who is who, and which compiled files are its own. A store implements it.
pub trait Keep: World + Journal + Credentials {
    /// This process, as its invocations name it.
    fn instance(&self) -> &Arc<str>;

    /// The digest of a component's compiled form, as it was kept for this engine.
    fn module<'a>(&'a self, component: &'a Digest, engine: &'a str) -> Pending<'a, Result<Option<Digest>, Broken>>;

    /// Remembers a compiled form.
    fn keep_module<'a>(
        &'a self,
        component: &'a Digest,
        engine: &'a str,
        compiled: &'a Digest,
    ) -> Pending<'a, Result<(), Broken>>;
}

/// A host: everything that calls share.
pub struct Host {
    sandbox: Sandbox,
    cache: Cache,
    store: Arc<dyn Keep>,
    backends: Backends,
    desk: Arc<dyn Desk>,
    program: PathBuf,
    linker: OnceLock<Linker<Cell<Guest>>>,
}

/// What a host is made of.
pub struct Parts {
    /// Where guests run.
    pub sandbox: Sandbox,
    /// Compiled components.
    pub cache: Cache,
    /// The record and the embedded world.
    pub store: Arc<dyn Keep>,
    /// What the effects act on.
    pub backends: Backends,
    /// Where people are asked.
    pub desk: Arc<dyn Desk>,
    /// The program that compiles, as a child with limits.
    pub program: PathBuf,
}

impl Host {
    /// Puts a host together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { sandbox, cache, store, backends, desk, program } = parts;
        Self { sandbox, cache, store, backends, desk, program, linker: OnceLock::new() }
    }

    /// What the effects act on.
    #[must_use]
    pub fn backends(&self) -> Backends {
        self.backends.clone()
    }

    /// Where guests run.
    #[must_use]
    pub const fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    fn services(&self) -> Services {
        Services {
            world: self.store.clone(),
            journal: self.store.clone(),
            desk: self.desk.clone(),
            credentials: self.store.clone(),
            effects: tokio::runtime::Handle::current(),
        }
    }
}
