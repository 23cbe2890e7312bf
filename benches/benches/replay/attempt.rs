//! What an agent calls, and how far that has come.

use serde_json::{Value, json};
use tollgate_replay::world::Principal;

use super::stage;

/// What an agent calls, and how far that has come.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The task's place in the day.
    pub place: usize,
    /// The task's id, or `n` and the id for the second attempt of a fix.
    pub key: String,
    /// The tool, and its function.
    pub tool: &'static str,
    /// See `tool`.
    pub function: &'static str,
    /// Its arguments.
    pub arguments: Value,
    /// How often it was called: each call has an idempotency key of its own.
    pub calls: u32,
    /// What its last call became.
    pub invocation: String,
    /// The question that it waits for.
    pub question: u64,
    /// By which key it is being asked.
    pub asked: String,
    /// What stands before the keys of its questions: nothing at first, an `r` more for each time that whom it reaches had
    /// grown, `m` for other bytes.
    pub round: String,
}

impl Attempt {
    /// Whether other bytes were sent than those agreed to first.
    pub fn is_changed(&self) -> bool {
        self.round.ends_with('m')
    }

    /// The key of the question to its initiator, or to the owner of what it opens.
    pub fn question_key(&self) -> String {
        format!("{}{}", self.round, self.key)
    }

    /// The key of the question to whoever releases what was read.
    pub fn release_key(&self) -> String {
        format!("d{}", self.question_key())
    }
}

/// An attempt that has not called yet.
pub fn attempt(place: usize, key: &str, (tool, function): (&'static str, &'static str), arguments: Value) -> Attempt {
    let (invocation, asked) = (String::new(), String::new());
    Attempt {
        place,
        key: key.to_owned(),
        tool,
        function,
        arguments,
        calls: 0,
        invocation,
        question: 0,
        asked,
        round: String::new(),
    }
}

/// One that opens access for half an hour.
pub fn widening(place: usize, key: &str, object: u16, principal: Principal) -> Attempt {
    let principal = stage::principal(principal);
    let arguments = json!({ "object": format!("o{object}"), "principal": principal, "right": "read", "seconds": "1800" });
    attempt(place, key, ("sharer", "acl_widen"), arguments)
}
