//! The book of one invocation: what it may still use, what it holds, what goes on record. One lock, held through an effect.

use std::sync::Arc;

use serde_json::json;

use super::action::Action;
use super::services::Timing;
use super::tape::{Recalled, Recorded, Tape, diverged};
use crate::clock::Instant;
use crate::diagnostic::{Fault, FaultKind, Halt};
use crate::grant::Allowed;
use crate::journal::{Body, Draft, Kind, Mark, Record};
use crate::label::{Label, SessionId, Source};
use crate::meter::Meters;
use crate::name::InvocationId;
use crate::refusal::Refusal;

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
