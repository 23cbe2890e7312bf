//! The record of one invocation: numbers its entries without gaps and commits them in the fewest transactions.

use std::sync::Arc;

use super::{Chapter, Draft, Journal, Unrecorded};
use crate::name::InvocationId;
use crate::people::Premise;

/// One invocation's entries, those that wait for their commit included.
///
/// Observations wait until something derived from them would leave the host; intents and outcomes do not wait.
#[derive(Debug)]
pub struct Record {
    invocation: InvocationId,
    /// The number of the first entry that waits.
    next: u32,
    waiting: Vec<Draft>,
}

impl Record {
    /// An empty record.
    #[must_use]
    pub const fn new(invocation: InvocationId) -> Self {
        Self { invocation, next: 0, waiting: Vec::new() }
    }

    /// Whose record this is.
    #[must_use]
    pub const fn invocation(&self) -> InvocationId {
        self.invocation
    }

    /// How many entries there are, waiting ones included: the number of the next one.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.next + u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    /// Whether nothing was noted yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an entry that may wait. Returns its number.
    pub fn note(&mut self, draft: Draft) -> u32 {
        let number = self.len();
        self.waiting.push(draft);
        number
    }

    /// Takes what waits, with `last` behind it, as one chapter. The caller commits it and then says [`Record::committed`]
    /// or [`Record::lost`].
    #[must_use]
    pub fn chapter(&mut self, last: Option<Draft>, premise: Option<Premise>) -> Chapter {
        let mut drafts = std::mem::take(&mut self.waiting);
        drafts.extend(last);
        Chapter { invocation: Some(self.invocation), first: self.next, drafts: Arc::new(drafts), premise }
    }

    /// A chapter is durable.
    pub fn committed(&mut self, chapter: &[Draft]) {
        self.next += u32::try_from(chapter.len()).unwrap_or(u32::MAX);
    }

    /// A chapter could not be committed: what waited before `last` waits again.
    pub fn lost(&mut self, drafts: Arc<Vec<Draft>>, last: usize) {
        let mut drafts = Arc::unwrap_or_clone(drafts);
        drafts.truncate(drafts.len() - last);
        self.waiting.splice(..0, drafts);
    }

    /// Commits what waits, with `last` behind it if the premise holds.
    ///
    /// # Errors
    /// When it could not be committed; then what waited still waits, and `last` is dropped.
    pub async fn commit(
        &mut self,
        journal: &dyn Journal,
        last: Option<Draft>,
        premise: Option<Premise>,
    ) -> Result<(), Unrecorded> {
        let ours = usize::from(last.is_some());
        let chapter = self.chapter(last, premise);
        let drafts = chapter.drafts.clone();
        if drafts.is_empty() {
            return Ok(());
        }
        match journal.append(chapter).await {
            Ok(()) => self.committed(&drafts),
            Err(failed) => {
                self.lost(drafts, ours);
                return Err(failed);
            }
        }
        Ok(())
    }
}
