//! What an invocation was answered before it was set down, from its journal: replay hears the same answers in the same
//! order, performs nothing and charges nothing.

use std::collections::VecDeque;

use serde_json::Value;

use crate::clock::Instant;
use crate::diagnostic::{Fault, FaultKind};
use crate::label::Label;
use crate::meter::Spent;
use crate::refusal::{Code, Refusal};

use super::action::Action;

/// What a host call was answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Recalled {
    /// What an observation brought, as it was journaled, and what that came from beside its action's own source.
    Told(Vec<u8>, Label),
    /// A change was made: the clear part of its outcome.
    Done(Value),
    /// A rule said no; where it was looked for what is not there.
    Refused(Refusal, Label),
}

/// One host call of a tape.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The function it was.
    pub function: String,
    /// What was asked, in canonical form.
    pub asked: Vec<u8>,
    /// What the answer was.
    pub answer: Recalled,
    /// What the tool's clock says from here on, where it was taken up in this call.
    pub clock: Option<Instant>,
}

/// The host calls that were answered before an invocation was set down.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    /// In order.
    pub calls: VecDeque<Recorded>,
    /// What the invocation had used when it was last set down, the waiting call not counted.
    pub spent: Spent,
    /// The question whose answer the next call waits for.
    pub question: Option<u64>,
}

impl Tape {
    /// The answer to the next call; none when everything was replayed.
    ///
    /// # Errors
    /// A fault, when the tool asks for something else than it did.
    pub fn next(&mut self, action: &dyn Action) -> Result<Option<Recorded>, Fault> {
        self.next_of(action.function(), action.canonical().as_bytes())
    }

    /// The same for a call that is no action: the context's.
    ///
    /// # Errors
    /// A fault, when the tool asks for something else than it did.
    pub fn next_of(&mut self, function: &str, asked: &[u8]) -> Result<Option<Recorded>, Fault> {
        let Some(recorded) = self.calls.pop_front() else { return Ok(None) };
        if recorded.function == function && recorded.asked == asked {
            return Ok(Some(recorded));
        }
        let was = recorded.function;
        Err(diverged(format!("it asked for {function} where it had asked for {was}, or for another thing")))
    }
}

/// The fault of a replay that goes another way.
pub(super) fn diverged(why: impl std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Diverged, format!("taken up again, the tool did not do what it had done: {why}"))
}

/// What a tool is told of an act that was allowed and never begun.
#[must_use]
pub fn never_begun() -> Refusal {
    let why = "the host ended after this was allowed and before it was begun; it did not happen";
    Refusal::new(Code::Unavailable, why).unless("ask again; what was agreed to is used up")
}
