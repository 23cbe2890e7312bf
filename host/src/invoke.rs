//! One invocation, end to end: admitted, run in the sandbox behind the gate, put on record, reported.

mod load;
mod past;
mod report;
mod resume;
mod run;
mod sealed;
mod timing;

pub use load::Loaded;
pub use past::{Before, Lost, Reported};
pub use report::{Outcome, Report};
pub use resume::Standing;
pub use run::Call;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use wasmtime::component::Linker;

use crate::approval::{Credentials, Desk, Manners};
use crate::capability::{Backends, Guest};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::gate::{Questions, Services, World};
use crate::journal::{Chapter, Journal, Pending};
use crate::label::{Label, SessionId};
use crate::name::{Actors, Digest, InvocationId, PersonName, ToolName};
use crate::runtime::{Cache, Cell, Sandbox};
use crate::vet::Vetting;

/// Why a call never became an invocation.
#[derive(Debug)]
pub enum NotCalled {
    /// The function or its arguments are not understood: everything that is wrong with them.
    Usage(Vec<String>),
    /// An equal call waits, or nobody has been handed its result yet: this is that one.
    Joined(InvocationId),
    /// The host cannot serve it.
    Broken(Broken),
}

impl From<Broken> for NotCalled {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// An invocation that was set down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The question that it waits for.
    pub question: u64,
    /// Since when.
    pub since: Instant,
    /// Whether a process has taken it up.
    pub taken: bool,
    /// Whether it is over, and its result waits for its caller.
    pub ended: bool,
}

/// Invocations that were set down.
pub trait Waits: Send + Sync {
    /// One of them; none if it never was, or its result was handed over.
    fn wait(&self, invocation: InvocationId) -> Pending<'_, Result<Option<Wait>, Broken>>;

    /// The one that an equal call joins.
    fn same_call(&self, call: Digest) -> Pending<'_, Result<Option<InvocationId>, Broken>>;

    /// The invocation of an idempotency key, and the call that the key was given with.
    fn keyed(&self, key: Digest) -> Pending<'_, Result<Option<(InvocationId, Digest)>, Broken>>;

    /// Those that wait for the answer to a question.
    fn waiting_for(&self, question: u64) -> Pending<'_, Result<Vec<InvocationId>, Broken>>;

    /// Takes one up for this process; false if another one was first.
    fn claim(&self, invocation: InvocationId) -> Pending<'_, Result<bool, Broken>>;

    /// Sets down again what this process has taken up and not begun.
    fn put_back(&self, invocation: InvocationId) -> Pending<'_, Result<(), Broken>>;

    /// The result was handed to a caller.
    fn delivered(&self, invocation: InvocationId) -> Pending<'_, Result<(), Broken>>;

    /// Ends one that nobody has taken up, with the entries that say so; false if there is none.
    fn cancel(&self, invocation: InvocationId, chapter: Chapter) -> Pending<'_, Result<bool, Broken>>;

    /// Tells whichever process runs an invocation to end it.
    fn take_back(&self, invocation: InvocationId);

    /// Whether it was told so of this one: asked for every running guest at each of its epochs. `seen` belongs to the guest,
    /// and makes the answer cheap while nothing is taken back.
    fn taken_back(&self, invocation: InvocationId, seen: &AtomicU64) -> bool;

    /// Whose an invocation is; none if there is none on record.
    fn began(&self, invocation: InvocationId) -> Pending<'_, Result<Option<Began>, Broken>>;

    /// Every entry of an invocation, in order, with its payloads.
    fn history(&self, invocation: InvocationId) -> Pending<'_, Result<Vec<Past>, Broken>>;
}

/// How an invocation began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    /// On whose behalf.
    pub initiator: PersonName,
    /// Through which agents.
    pub actors: Actors,
    /// In which session of the agent.
    pub session: Option<String>,
    /// Of which tool.
    pub tool: ToolName,
    /// Which function, as exported.
    pub function: String,
}

impl Began {
    /// The session that was told its result.
    #[must_use]
    pub fn holds(&self) -> SessionId {
        SessionId::of(&self.initiator, &self.actors, self.session.as_deref())
    }
}

/// An entry of an invocation as it is on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its kind.
    pub kind: String,
    /// Its clear part.
    pub body: Value,
    /// What is left of its payloads.
    pub parts: BTreeMap<String, Vec<u8>>,
    /// Whether one of them is not what the entry says it is.
    pub forged: bool,
}

impl Past {
    /// A label that is kept with it; the empty one where none is.
    #[must_use]
    pub fn label(&self, part: &str) -> Label {
        self.parts.get(part).map(|text| Label::parse(&String::from_utf8_lossy(text))).unwrap_or_default()
    }
}

/// What a host keeps: the record, who is who, and which compiled files are its own. A store implements it.
pub trait Keep: World + Journal + Credentials + Questions + Waits {
    /// This process, as its invocations name it.
    fn instance(&self) -> &Arc<str>;

    /// The time of the store.
    fn now(&self) -> Instant;

    /// Whether calls may be served; if not, why.
    fn ready(&self) -> Result<(), Broken>;

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
    manners: Manners,
    rules: Digest,
    vetting: Arc<Vetting>,
    program: PathBuf,
    linker: OnceLock<Linker<Cell<Guest>>>,
    made: load::Made,
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
    /// How they are asked.
    pub manners: Manners,
    /// The digest of what the configuration says about consent.
    pub rules: Digest,
    /// What is looked for in what goes out.
    pub vetting: Arc<Vetting>,
    /// The program that compiles, as a child with limits.
    pub program: PathBuf,
}

impl Host {
    /// Puts a host together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { sandbox, cache, store, backends, desk, manners, rules, vetting, program } = parts;
        let (linker, made) = (OnceLock::new(), load::Made::default());
        Self { sandbox, cache, store, backends, desk, manners, rules, vetting, program, linker, made }
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
            questions: self.store.clone(),
            manners: self.manners.clone(),
            vetting: self.vetting.clone(),
            effects: tokio::runtime::Handle::current(),
        }
    }
}
