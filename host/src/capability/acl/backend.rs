//! What a keeper of access lists must be able to do to stand behind the capability. Reading goes through the directory.

use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Pending, Unrecorded};
use crate::label::Label;
use crate::name::{InvocationId, ObjectName, PersonName, Principal, ToolName};
use crate::people::Right;

/// A widening about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of what.
    pub object: ObjectName,
    /// For whom.
    pub principal: Principal,
    /// Which right.
    pub right: Right,
    /// Until when.
    pub ends: Instant,
    /// The tool that opens it, which alone may end it early.
    pub tool: ToolName,
    /// On whose behalf, who alone may have it ended early.
    pub initiator: PersonName,
    /// Its key: the invocation and the number of the intent's entry there. One key, at most one lease.
    pub key: (InvocationId, u32),
}

/// An early end about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Of what.
    pub object: ObjectName,
    /// Which lease.
    pub lease: u64,
    /// The tool that opened it.
    pub tool: ToolName,
    /// On whose behalf it was opened.
    pub initiator: PersonName,
}

/// A keeper of access lists. Effect class: *same database*: a change and its outcome are one transaction.
pub trait Acls: Send + Sync {
    /// Writes the entry with its end, raises the stamp, and commits `settle` in the same transaction, with
    /// `"lease": id` added to the body of its last draft.
    fn widen(&self, lease: Lease, settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>>;

    /// What each of these leases carries, in that order: what was read before a tool opened it. A system that keeps no labels
    /// says nothing, and its entries count as their object's.
    fn carried(&self, leases: Vec<u64>) -> Pending<'_, Result<Vec<Label>, Broken>> {
        Box::pin(std::future::ready(Ok(vec![Label::default(); leases.len()])))
    }

    /// Whether such a lease is open at the time of the store.
    fn is_open(&self, ending: Ending) -> Pending<'_, Result<bool, Broken>>;

    /// Ends the lease now, raises the stamp, and commits `settle` in the same transaction. A lease that has ended
    /// meanwhile is left as it is.
    fn end(&self, ending: Ending, settle: Chapter) -> Pending<'_, Result<(), Unrecorded>>;
}
