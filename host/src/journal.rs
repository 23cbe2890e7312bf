//! The journal: what happened, as canonical entries in one chain, asked for here and kept by a store.

mod body;
pub mod canonical;
pub mod chain;
pub mod checkpoint;
mod entry;
mod record;
mod signer;
pub mod verify;

pub use body::{Body, Meter};
pub use entry::{Draft, Kind, Payload};
pub use record::Record;
pub use signer::Signer;

use std::pin::Pin;
use std::sync::Arc;

use crate::diagnostic::Broken;
use crate::name::InvocationId;
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
    /// What must still be true inside the transaction; if it is not, nothing is written.
    pub premise: Option<Premise>,
}

impl Chapter {
    /// What people do to the workspace: one entry of no invocation.
    #[must_use]
    pub fn alone(draft: Draft) -> Self {
        Self { invocation: None, first: 0, drafts: Arc::new(vec![draft]), premise: None }
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

/// A place where chapters become durable.
pub trait Journal: Send + Sync {
    /// Commits a chapter: when this returns, it survives a power cut.
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<(), Unrecorded>>;
}
