//! The journal: what happened, as canonical entries in one chain, asked for here and kept by a store.

mod body;
pub mod canonical;
pub mod chain;
pub mod checkpoint;
mod doubt;
mod entry;
mod record;
mod signer;
pub mod verify;

pub use body::{Body, Meter};
pub use doubt::{Doubt, IN_DOUBT, Learnt};
pub use entry::{Draft, Kind, Payload};
pub use record::Record;
pub use signer::Signer;

use std::pin::Pin;
use std::sync::Arc;

use crate::approval::{NewQuestion, Spends};
use crate::diagnostic::Broken;
use crate::label::{Label, SessionId};
use crate::name::{Digest, FilePath, InvocationId};
use crate::people::Premise;
use crate::refusal::Refusal;

/// A boxed future, as the traits that a store implements return them.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Entries that are committed together or not at all.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// The invocation they belong to; none for what people do to the workspace (pin, apply, erase).
    pub invocation: Option<InvocationId>,
    /// The number, in its invocation, of the first one, from 0. Later ones follow without gaps.
    pub first: u32,
    /// In order.
    pub drafts: Arc<Vec<Draft>>,
    /// What is judged, written and consumed with them.
    pub terms: Terms,
}

/// What is judged, written and consumed in the transaction of a chapter; if one part cannot be, nothing is written.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What must still be true.
    pub premise: Option<Premise>,
    /// What else is written.
    pub with: Option<With>,
    /// What carries a label from here on.
    pub mark: Option<Mark>,
}

impl From<Option<Premise>> for Terms {
    fn from(premise: Option<Premise>) -> Self {
        Self { premise, ..Self::default() }
    }
}

/// What is written beside a chapter's entries.
#[derive(Debug, Clone)]
pub enum With {
    /// A question, which its last entry asks.
    Ask(Box<NewQuestion>),
    /// What its last entry, an intent, uses up.
    Spend(Spends),
    /// The invocation is set down.
    SetDown(NewWait),
    /// The key that its caller gave.
    Key(NewKey),
}

/// What carries a label from here on.
#[derive(Debug, Clone)]
pub enum Mark {
    /// The session that is told what its chapter holds.
    Held(SessionId, Label),
    /// What the act writes whose intent is its chapter's last entry, and the file that it replaces, where it does.
    Writes(Label, Option<FilePath>),
    /// The file that the act of this intent has replaced.
    Wrote(Label, FilePath, (InvocationId, u32)),
}

/// An idempotency key (IETF draft `Idempotency-Key`) with the call it was given with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey {
    /// The digest of principal and key.
    pub key: Digest,
    /// The digest of the call.
    pub call: Digest,
}

/// An invocation that is about to be set down.
#[derive(Debug, Clone)]
pub struct NewWait {
    /// The digest of the call, by which an equal one joins it.
    pub call: Digest,
    /// The question whose answer it waits for.
    pub question: u64,
}

/// What came of writing a chapter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// The question that was asked, or one that was open for the same act.
    pub asked: Option<u64>,
}

impl Chapter {
    /// What people do to the workspace: one entry of no invocation.
    #[must_use]
    pub fn alone(draft: Draft) -> Self {
        Self { invocation: None, first: 0, drafts: Arc::new(vec![draft]), terms: Terms::default() }
    }

    /// Adds to the clear part of the last entry.
    pub fn tell(&mut self, tell: impl FnOnce(Body) -> Body) {
        if let Some(last) = Arc::make_mut(&mut self.drafts).last_mut() {
            last.body = tell(std::mem::take(&mut last.body));
        }
    }
}

/// Why entries are not on record.
#[derive(Debug)]
pub enum Unrecorded {
    /// The premise no longer holds.
    Refused(Refusal),
    /// The store failed; nothing of this chapter is there.
    Broken(Broken),
    /// The store failed, and does not say whether this chapter is there. The next start does.
    Unknown(Broken),
}

/// A write that has no terms cannot be refused; were it, that is the store's failure.
impl From<Unrecorded> for Broken {
    fn from(failed: Unrecorded) -> Self {
        match failed {
            Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => broken,
            Unrecorded::Refused(refusal) => Self::while_doing("writing to the store", refusal),
        }
    }
}

/// A place where chapters become durable.
pub trait Journal: Send + Sync {
    /// Commits a chapter: when this returns, it survives a power cut.
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<Written, Unrecorded>>;
}
