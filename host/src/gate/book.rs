//! The book of one invocation: what it may still use, what it holds, what goes on record. One lock, held through an effect.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::Mutex;

use super::action::Action;
use crate::approval::{Credentials, Desk};
use crate::diagnostic::{Broken, Fault, FaultKind, Halt};
use crate::freeze::Subject;
use crate::grant::Allowed;
use crate::journal::{Body, Draft, Journal, Kind, Record};
use crate::label::Label;
use crate::meter::Meters;
use crate::name::{AgentName, Digest, InvocationId, PersonName, ToolName};
use crate::people::Rights;
use crate::refusal::Refusal;

/// Where the gate learns who may do what.
pub trait World: Send + Sync {
    /// The newest version of the world, for `initiator`, at the time of the store.
    fn rights(&self, initiator: &PersonName) -> Pin<Box<dyn Future<Output = Result<Rights, Broken>> + Send + '_>>;

    /// Whether somebody has stopped `subject`: asked for every running guest at each of its epochs. `found` holds the
    /// version of the world in which it was last found that nobody had; while that stands, the answer costs two loads.
    ///
    /// Where the world cannot be read the guest runs on: whatever it asks for is refused by the gate, which says so.
    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal>;
}

/// Whose time it is: the sandbox counts the tool's, the backend's and a person's apart.
pub trait Timing: Send + Sync {
    /// A host call begins or ends.
    fn host_call(&self, inside: bool);
    /// Within one, waiting for a person begins or ends.
    fn person(&self, waiting: bool);
}

/// What stands behind the gate.
#[derive(Clone)]
pub struct Services {
    /// People, forums, objects.
    pub world: Arc<dyn World>,
    /// The record.
    pub journal: Arc<dyn Journal>,
    /// Where people are asked.
    pub desk: Arc<dyn Desk>,
    /// What they answer with.
    pub credentials: Arc<dyn Credentials>,
    /// Where effects run: neither the guest nor its caller can cancel what is there.
    pub effects: tokio::runtime::Handle,
}

/// Who asks: found out by the host, never said by the guest.
#[derive(Debug, Clone)]
pub struct Who {
    /// The invocation.
    pub invocation: InvocationId,
    /// The tool.
    pub tool: ToolName,
    /// The digest of its component.
    pub component: Digest,
    /// The digest of its manifest's meaning.
    pub manifest: Digest,
    /// On whose behalf.
    pub initiator: PersonName,
    /// Through which agent.
    pub agent: AgentName,
}

impl Who {
    /// What a freeze may be about, in a use of `function`.
    #[must_use]
    pub fn subject(&self, function: impl Into<Option<&'static str>>) -> Subject {
        let (tool, agent, initiator) = (self.tool.clone(), self.agent.clone(), self.initiator.clone());
        Subject { tool, agent, initiator, function: function.into().map(Into::into) }
    }
}

/// A refusal that the guest got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The function it asked for; empty for the call itself.
    pub function: &'static str,
    /// What it was told.
    pub refusal: Refusal,
}

/// What the limits say about asking.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// `[limits] host-calls`.
    pub host_calls: u64,
    /// `[limits] refusals`.
    pub refusals: u64,
    /// `[limits] arguments`, in bytes.
    pub arguments: u64,
}

/// The book of one invocation.
#[derive(Debug)]
pub struct Book {
    /// Its entries.
    pub record: Record,
    /// Its meters.
    pub meters: Meters,
    /// What it holds.
    pub label: Label,
    /// What it was refused, in order.
    pub seen: Vec<Seen>,
    /// Host calls made.
    pub host_calls: u64,
    /// Bytes of their arguments.
    pub arguments: u64,
    /// The intent, by number and function, that goes on record now and whose act has not begun.
    intended: Option<(u32, &'static str)>,
    patience: Patience,
}

impl Book {
    /// A new book.
    #[must_use]
    pub fn new(invocation: InvocationId, allowed: &Arc<Allowed>, patience: Patience) -> Self {
        Self {
            record: Record::new(invocation),
            meters: Meters::new(allowed),
            label: Label::default(),
            seen: Vec::new(),
            host_calls: 0,
            arguments: 0,
            intended: None,
            patience,
        }
    }

    /// Counts a host call and the bytes of its arguments.
    ///
    /// # Errors
    /// The fault of one call, or one byte, too many.
    pub fn count_host_call(&mut self, weight: u64) -> Result<(), Fault> {
        self.host_calls += 1;
        self.arguments = self.arguments.saturating_add(weight);
        if self.arguments > self.patience.arguments {
            let (used, allowed) = (self.arguments, self.patience.arguments);
            let why = format!("it handed the host {used} bytes, allowed are {allowed} ([limits] arguments)");
            return Err(Fault::new(FaultKind::Arguments, why));
        }
        if self.host_calls <= self.patience.host_calls {
            return Ok(());
        }
        let allowed = self.patience.host_calls;
        Err(Fault::new(FaultKind::HostCalls, format!("it called the host more than {allowed} times ([limits] host-calls)")))
    }

    /// An intent is put on record next. Returns its number.
    pub(super) fn intends(&mut self, function: &'static str) -> u32 {
        let number = self.record.len();
        self.intended = Some((number, function));
        number
    }

    /// The act of the intent begins, or there will be none; from here on somebody else settles it.
    pub(super) fn settled(&mut self) {
        self.intended = None;
    }

    /// Settles what the guest's end interrupted: a commit, and an intent on record whose act nobody will perform.
    pub async fn close(&mut self) {
        let on_record = self.record.settle().await;
        if let Some((intent, function)) = self.intended.take()
            && intent < on_record
        {
            self.record.note(outcome(function, intent, "not-done"));
        }
    }

    /// Joins a source to the label.
    pub fn label_joins(&mut self, source: Option<&str>) {
        source.into_iter().for_each(|source| self.label.join(source));
    }

    /// Puts a refusal on record. One more than `[limits] refusals` is a fault.
    pub fn refuse(&mut self, action: &dyn Action, refusal: Refusal) -> Halt {
        let count = u64::try_from(self.seen.len()).unwrap_or(u64::MAX);
        if count >= self.patience.refusals {
            let allowed = self.patience.refusals;
            self.record
                .note(Draft::new(Kind::Counted, Body::of(2).text("function", action.function()).number("refused", 1)));
            let why = format!("it was refused more than {allowed} times ([limits] refusals)");
            return Fault::new(FaultKind::Refusals, why).into();
        }
        let body = Body::of(2).text("code", refusal.code.to_string()).text("function", action.function());
        self.record.note(Draft::new(Kind::Refused, body).with("asked", action.canonical()));
        self.seen.push(Seen { function: action.function(), refusal: refusal.clone() });
        refusal.into()
    }
}

/// One invocation as the gate knows it.
#[derive(Clone)]
pub struct Session {
    /// Who asks.
    pub who: Arc<Who>,
    /// What its tool may ask for.
    pub allowed: Arc<Allowed>,
    /// What stands behind the gate.
    pub services: Services,
    /// Whose time it is.
    pub timing: Arc<dyn Timing>,
    /// Its book.
    pub book: Arc<Mutex<Book>>,
}

/// How an intent ended.
pub(super) fn outcome(function: &'static str, intent: u32, word: &'static str) -> Draft {
    let body = Body::of(3).text("function", function).number("intent", intent.into()).text("outcome", word);
    Draft::new(Kind::Outcome, body)
}
