//! The numbering within invocations: from 0, without gaps, and the last entry says how many.

use std::collections::BTreeMap;

use crate::journal::Kind;
use crate::journal::chain::Entry;
use crate::name::InvocationId;

/// How far each invocation is.
#[derive(Debug, Default)]
pub(super) struct Invocations(BTreeMap<InvocationId, Progress>);

#[derive(Debug, Default)]
struct Progress {
    next: u32,
    ended: bool,
}

impl Invocations {
    /// Takes the next entry of the log; says what is wrong with its number.
    pub(super) fn next(&mut self, entry: &Entry) -> Result<(), String> {
        let Some((invocation, seq)) = entry.place else { return Ok(()) };
        let progress = self.0.entry(invocation).or_default();
        let expected = std::mem::replace(&mut progress.next, seq.saturating_add(1));
        if progress.ended {
            return Err(format!("invocation {invocation} goes on after it ended"));
        }
        if seq != expected {
            return Err(format!("number {seq} of invocation {invocation} stands where {expected} should"));
        }
        if entry.kind != Kind::Ended {
            return Ok(());
        }
        progress.ended = true;
        let said = entry.body.get("entries").and_then(serde_json::Value::as_u64);
        if said == Some(u64::from(progress.next)) {
            return Ok(());
        }
        Err(format!("it does not say that invocation {invocation} has {} entries", progress.next))
    }
}
