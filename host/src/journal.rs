//! The journal: what happened, as canonical entries in one chain, asked for here and kept by a store.

pub mod canonical;
pub mod chain;
pub mod checkpoint;
mod entry;
mod record;
mod signer;
pub mod verify;

pub use entry::{Draft, Kind, Payload};
pub use record::Record;
pub use signer::Signer;

use std::pin::Pin;

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
    pub drafts: Vec<Draft>,
    /// What must still be true inside the transaction; if it is not, nothing is written.
    pub premise: Option<Premise>,
}

/// Why entries are not on record.
#[derive(Debug)]
pub enum Unrecorded {
    /// The premise no longer holds.
    Refused(Refusal),
    /// The store failed; nothing of this chapter is there.
    Broken(Broken),
}

/// A place where chapters become durable.
pub trait Journal: Send + Sync {
    /// Commits a chapter: when this returns, it survives a power cut.
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<(), Unrecorded>>;
}
