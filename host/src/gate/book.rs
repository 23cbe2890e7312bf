//! The book of one invocation: what it may still use, what it holds, what goes on record. One lock, held through an effect.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::json;
use tokio::sync::Mutex;

use super::action::Action;
use super::tape::{Recalled, Recorded, Tape, diverged};
use crate::approval::{Act, Answered, Credentials, Desk, Earlier, Manners, Question, Reply, State};
use crate::clock::Instant;
use crate::diagnostic::{Broken, Fault, FaultKind, Halt};
use crate::freeze::Subject;
use crate::grant::{Allowed, Spec};
use crate::journal::{Body, Chapter, Draft, Journal, Kind, Mark, Pending, Record, Unrecorded};
use crate::label::{Label, SessionId, Source};
use crate::meter::Meters;
use crate::name::{Actors, Digest, FilePath, InvocationId, ObjectName, PersonName, ToolName};
use crate::people::{About, Audience, Directory, Rights};
use crate::quota::{self, Charge, Quota};
use crate::refusal::Refusal;
use crate::vet::Vetting;

/// Where the gate learns who may do what.
pub trait World: Send + Sync {
    /// The newest version of the world, for `initiator`, at the time of the store.
    fn rights(&self, initiator: &PersonName) -> Pending<'_, Result<Rights, Broken>>;

    /// Whether quotas have one more use free each: a look before anybody is asked; it is spent with the intent.
    fn quota_left(&self, charges: &[Charge]) -> Result<Result<(), Refusal>, Broken>;

    /// What a session holds; nothing in a world that keeps no labels.
    ///
    /// # Errors
    /// When the world cannot be read.
    fn held(&self, _session: &SessionId) -> Result<Label, Broken> {
        Ok(Label::default())
    }

    /// What a file carries that tools wrote; nothing in a world that keeps no labels.
    ///
    /// # Errors
    /// When the world cannot be read.
    fn carried(&self, _path: &FilePath) -> Result<Label, Broken> {
        Ok(Label::default())
    }

    /// What lies under an object carries: files and lines of its access list that tools wrote. Nothing in a world that keeps no
    /// labels.
    ///
    /// # Errors
    /// When the world cannot be read.
    fn lies_under(&self, _object: &ObjectName, _directory: &Directory) -> Result<Label, Broken> {
        Ok(Label::default())
    }

    /// What a session was told, as it is on record: by `own`, the invocation that asks, and where `earlier` says so by others
    /// before it. The newest first, up to `most` bytes; nothing in a world that keeps no record of it.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn told(&self, _session: &SessionId, _own: InvocationId, _earlier: bool, _most: usize) -> Result<Told, Broken> {
        Ok(Told::default())
    }

    /// Whether somebody has stopped `subject`: asked for every running guest at each of its epochs. `found` holds the
    /// version of the world in which it was last found that nobody had; while that stands, the answer costs two loads.
    ///
    /// Where the world cannot be read the guest runs on: whatever it asks for is refused by the gate, which says so.
    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal>;
}

/// Whether those who gain what a change opens may know what lies there.
///
/// # Errors
/// When the world cannot be read; within, `clear.too-wide`.
pub fn opens(world: &dyn World, action: &dyn Action, rights: &Rights) -> Result<Result<(), Refusal>, Broken> {
    let Some(Audience::Gains(object, principal, right)) = action.lease().map(|_| action.audience()) else {
        return Ok(Ok(()));
    };
    let there = world.lies_under(&object, rights.directory())?;
    Ok(Audience::Gains(object, principal, right).opens(&there, &rights.standing, rights.now))
}

/// What a session was told.
#[derive(Debug, Default)]
pub struct Told {
    /// Each answer.
    pub answers: Vec<Answer>,
    /// Whether there was more than was asked for.
    pub more: bool,
}

/// What an observation was answered, as it is on record.
#[derive(Debug)]
pub struct Answer {
    /// What was asked for, in canonical form.
    pub asked: Vec<u8>,
    /// What it was told.
    pub told: Vec<u8>,
    /// What that came from beside what was asked for.
    pub from: Label,
}

/// Questions to people, as they are kept.
pub trait Questions: Send + Sync {
    /// A question.
    fn question(&self, id: u64) -> Pending<'_, Result<Option<Question>, Broken>>;

    /// The cards of the last act of this kind that was done, and of the last one that was refused or taken back.
    fn before<'a>(&'a self, act: &'a Act, about: Option<&'a About>) -> Pending<'a, Result<Earlier, Broken>>;

    /// Hears an answer, and puts it on record as the last entry of `chapter`, which is told what came of it.
    fn answer(&self, reply: Reply, chapter: Chapter) -> Pending<'_, Result<Answered, Unrecorded>>;

    /// Ends a live question without an answer, on record.
    fn end(&self, id: u64, state: State, why: String) -> Pending<'_, Result<(), Unrecorded>>;

    /// A number that is another one after every answer of any process.
    fn answers(&self) -> u64;
}

/// Whose time it is: the sandbox counts the tool's, the backend's and a person's apart.
pub trait Timing: Send + Sync {
    /// A host call begins or ends.
    fn host_call(&self, inside: bool);
    /// Within one, waiting for a person begins or ends.
    fn person(&self, waiting: bool);
    /// The tool's clock goes on from here.
    fn clock(&self, now: Instant);
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
    /// What they were asked.
    pub questions: Arc<dyn Questions>,
    /// How they are asked.
    pub manners: Manners,
    /// What is looked for in what goes out.
    pub vetting: Arc<Vetting>,
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
    /// Through which agents.
    pub actors: Actors,
    /// In which session of the agent, where its platform says so.
    pub session: Option<String>,
    /// The digest of what the configuration says about consent.
    pub rules: Digest,
    /// The digest of the call: an equal one joins it.
    pub call: Digest,
}

impl Who {
    /// The session whose label it begins with and raises.
    #[must_use]
    pub fn holds(&self) -> SessionId {
        SessionId::of(&self.initiator, &self.actors, self.session.as_deref())
    }

    /// What a freeze may be about, in a use of `function`.
    #[must_use]
    pub fn subject(&self, function: impl Into<Option<&'static str>>) -> Subject {
        let (tool, actors, initiator) = (self.tool.clone(), self.actors.clone(), self.initiator.clone());
        Subject { tool, actors, initiator, function: function.into().map(Into::into) }
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
    /// What it held when it began: what its session did then.
    pub(super) began_with: Label,
    /// Whether what comes of it does not reach the agent.
    pub sealed: bool,
    /// What it was refused, in order.
    pub seen: Vec<Seen>,
    /// Host calls made.
    pub host_calls: u64,
    /// Bytes of their arguments.
    pub arguments: u64,
    /// The intent, by number and function, that goes on record now and whose act has not begun.
    intended: Option<(u32, &'static str)>,
    patience: Patience,
    /// What is left to replay.
    pub tape: Option<Tape>,
    /// The question that the next call waits for, once everything is replayed.
    pub(super) resumed: Option<u64>,
    /// The question for which the invocation was set down.
    pub set_down: Option<u64>,
    /// The question it asked last, as long as whoever recovers it would let it wait: until an intent follows, or for good
    /// where it was set down before.
    pub(super) asked: Option<u64>,
    was_set_down: bool,
}

impl Book {
    /// A new book.
    #[must_use]
    pub fn new(invocation: InvocationId, allowed: &Arc<Allowed>, patience: Patience) -> Self {
        Self {
            record: Record::new(invocation),
            meters: Meters::new(allowed),
            label: Label::default(),
            began_with: Label::default(),
            sealed: false,
            seen: Vec::new(),
            host_calls: 0,
            arguments: 0,
            intended: None,
            patience,
            tape: None,
            resumed: None,
            set_down: None,
            asked: None,
            was_set_down: false,
        }
    }

    /// The book of an invocation that was set down with so many entries on record.
    #[must_use]
    pub fn resumed(
        invocation: InvocationId,
        allowed: &Arc<Allowed>,
        patience: Patience,
        (tape, entries): (Tape, u32),
    ) -> Self {
        let record = Record::resumed(invocation, entries);
        let asked = tape.question;
        Self { record, tape: Some(tape), asked, was_set_down: true, ..Self::new(invocation, allowed, patience) }
    }

    /// Everything is replayed: from here on the world is asked again, as it is now.
    fn goes_live(&mut self, tape: &Tape, timing: &dyn Timing, now: Instant) {
        self.meters.resume(&tape.spent);
        self.resumed = tape.question;
        timing.clock(now);
        self.record.note(Draft::new(Kind::TakenUp, Body::of(1).number("clock", now.0)));
    }

    /// What a call was answered before the invocation was set down; none once everything is replayed.
    pub(super) fn replay(
        &mut self,
        next: impl FnOnce(&mut Tape) -> Result<Option<Recorded>, Fault>,
        timing: &dyn Timing,
        now: Instant,
    ) -> Result<Option<Recalled>, Fault> {
        let Some(mut tape) = self.tape.take() else { return Ok(None) };
        let Some(recorded) = next(&mut tape)? else {
            self.goes_live(&tape, timing, now);
            return Ok(None);
        };
        recorded.clock.into_iter().for_each(|clock| timing.clock(clock));
        self.tape = Some(tape);
        Ok(Some(recorded.answer))
    }

    /// What a question about the invocation itself was answered, while it is replayed.
    ///
    /// # Errors
    /// A fault, when the tool asks for something else than it did.
    pub fn recall_context(&mut self, function: &'static str, timing: &dyn Timing) -> Result<Option<Vec<u8>>, Fault> {
        // Nothing is judged here, so the replay cannot end in it: the call that waits comes after all others.
        let Some(tape) = self.tape.as_mut().filter(|tape| !tape.calls.is_empty()) else { return Ok(None) };
        let Some(recorded) = tape.next_of(function, b"")? else { return Ok(None) };
        recorded.clock.into_iter().for_each(|clock| timing.clock(clock));
        match recorded.answer {
            Recalled::Told(told, _) => Ok(Some(told)),
            Recalled::Done(_) | Recalled::Refused(..) => Err(diverged("it had been answered otherwise")),
        }
    }

    /// Puts on record what a question about the invocation itself was answered.
    pub fn note_context(&mut self, function: &'static str, told: String) {
        let body = Body::of(1).text("function", function);
        self.record.note(Draft::new(Kind::Observed, body).with("asked", "").with("answered", told));
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
        if !self.was_set_down {
            self.asked = None;
        }
        let number = self.record.len();
        self.intended = Some((number, function));
        number
    }

    /// The act of the intent begins, or there will be none; from here on somebody else settles it.
    pub(super) fn settled(&mut self) {
        self.intended = None;
    }

    /// The question that the invocation waits for, if its end cannot be put on record: it is found unended, and set down again.
    #[must_use]
    pub const fn waits_on(&self) -> Option<u64> {
        self.asked
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

    /// It begins with what its session held when its arguments had arrived.
    pub fn begins_with(&mut self, held: Label) {
        self.label = held.clone();
        self.began_with = held;
    }

    /// What its session holds from here on, where that is more than when it began.
    #[must_use]
    pub fn raises(&self, session: impl FnOnce() -> SessionId) -> Option<Mark> {
        if self.label == self.began_with {
            return None;
        }
        let holds = self.label.brief();
        (holds != self.began_with).then(|| Mark::Held(session(), holds))
    }

    /// Joins what was read to the label.
    pub fn label_joins(&mut self, source: Option<&Source>, from: &Label) {
        #[cfg(tollgate_ablation)]
        if crate::ablation::without(crate::ablation::Control::Labels) {
            return;
        }
        source.into_iter().for_each(|source| self.label.join(source));
        self.label.unite(from);
    }

    /// Puts on record that what was looked for is not there: that is told too, and comes from where it was looked for.
    pub(super) fn missed(&mut self, action: &dyn Action, refusal: Refusal, source: Option<&Source>) -> Halt {
        let from: Label = source.cloned().into_iter().collect();
        self.label.unite(&from);
        self.refuse_from(action, refusal, &from)
    }

    /// Puts a refusal on record. One more than `[limits] refusals` is a fault.
    pub fn refuse(&mut self, action: &dyn Action, refusal: Refusal) -> Halt {
        self.refuse_from(action, refusal, &Label::default())
    }

    fn refuse_from(&mut self, action: &dyn Action, refusal: Refusal, from: &Label) -> Halt {
        let count = u64::try_from(self.seen.len()).unwrap_or(u64::MAX);
        if count >= self.patience.refusals {
            let allowed = self.patience.refusals;
            self.record
                .note(Draft::new(Kind::Counted, Body::of(2).text("function", action.function()).number("refused", 1)));
            let why = format!("it was refused more than {allowed} times ([limits] refusals)");
            return Fault::new(FaultKind::Refusals, why).into();
        }
        let draft = refused(action.function(), action.canonical(), &refusal);
        self.record.note(if from.is_empty() { draft } else { draft.with("from", from.text()) });
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
    /// What its tool may use over time.
    pub quotas: Arc<[Quota]>,
    /// What stands behind the gate.
    pub services: Services,
    /// Whose time it is.
    pub timing: Arc<dyn Timing>,
    /// Its book.
    pub book: Arc<Mutex<Book>>,
    /// Of the invocation: those of its host calls are within it.
    pub span: tracing::Span,
}

impl Session {
    /// What one act under `spec` costs of quotas.
    pub(super) fn charges(&self, spec: &Spec) -> Vec<Charge> {
        let who = &self.who;
        quota::charges(&self.quotas, spec.name, &who.tool, who.actors.first(), &who.initiator)
    }
}

/// A refusal as it goes on record: with what was asked, and what the guest is told.
#[must_use]
pub fn refused(function: &'static str, asked: String, refusal: &Refusal) -> Draft {
    let body = Body::of(2).text("code", refusal.code.to_string()).text("function", function);
    let mut told = json!({ "message": refusal.message, "change": refusal.change });
    if let Some(until) = refusal.until {
        told["until"] = json!(until.0);
    }
    Draft::new(Kind::Refused, body).with("asked", asked).with("answered", told.to_string())
}

/// How an intent ended.
pub(super) fn outcome(function: &'static str, intent: u32, word: &'static str) -> Draft {
    let body = Body::of(3).text("function", function).number("intent", intent.into()).text("outcome", word);
    Draft::new(Kind::Outcome, body)
}
