//! One invocation, end to end: admitted, run in the sandbox behind the gate, put on record, reported.

mod load;
mod report;
mod run;
mod timing;

pub use load::Loaded;
pub use report::{Line, Outcome, Report};
pub use run::Call;

use std::path::PathBuf;
use std::sync::Arc;

use crate::approval::Desk;
use crate::capability::Backends;
use crate::diagnostic::Broken;
use crate::gate::Services;
use crate::runtime::{Cache, Sandbox};
use crate::store::Store;

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

/// A host: everything that calls share.
pub struct Host {
    sandbox: Sandbox,
    cache: Cache,
    store: Arc<Store>,
    backends: Backends,
    desk: Arc<dyn Desk>,
    program: PathBuf,
}

/// What a host is made of.
pub struct Parts {
    /// Where guests run.
    pub sandbox: Sandbox,
    /// Compiled components.
    pub cache: Cache,
    /// The record and the embedded world.
    pub store: Arc<Store>,
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
        Self { sandbox, cache, store, backends, desk, program }
    }

    /// The record and the embedded world.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
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

    /// Signs the journal's head and lets go of the store.
    ///
    /// # Errors
    /// When the head cannot be signed.
    pub async fn close(self) -> Result<(), Broken> {
        self.store.close().await
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
