//! The record of one invocation: numbers its entries without gaps and commits them in the fewest transactions.

use std::fmt;
use std::sync::Arc;

use super::{Chapter, Draft, Journal, Pending, Terms, Unrecorded, Written};
use crate::name::InvocationId;

/// One invocation's entries, those that wait for their commit included.
///
/// Observations wait until something derived from them would leave the host; intents and outcomes do not wait.
#[derive(Debug)]
pub struct Record {
    invocation: InvocationId,
    /// The number of the first entry that waits.
    next: u32,
    waiting: Vec<Draft>,
    under_way: Option<UnderWay>,
}

/// A commit that was begun. It stays here while it is waited for: whoever waits may be ended half-way (a guest whose time
/// is up), and the store commits all the same.
struct UnderWay {
    commit: Pending<'static, Result<Written, Unrecorded>>,
    /// What waits again if it fails, but for the last few, which its caller asks for anew.
    drafts: Arc<Vec<Draft>>,
    ours: usize,
}

impl fmt::Debug for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnderWay").field("drafts", &self.drafts).finish_non_exhaustive()
    }
}

impl Record {
    /// An empty record.
    #[must_use]
    pub const fn new(invocation: InvocationId) -> Self {
        Self { invocation, next: 0, waiting: Vec::new(), under_way: None }
    }

    /// The record of an invocation that was set down, of which so many entries are there.
    #[must_use]
    pub const fn resumed(invocation: InvocationId, entries: u32) -> Self {
        Self { invocation, next: entries, waiting: Vec::new(), under_way: None }
    }

    /// Whose record this is.
    #[must_use]
    pub const fn invocation(&self) -> InvocationId {
        self.invocation
    }

    /// How many entries there are, those that wait or are under way included: the number of the next one.
    #[must_use]
    pub fn len(&self) -> u32 {
        let under_way = self.under_way.as_ref().map_or(0, |it| count(&it.drafts));
        self.next + under_way + count(&self.waiting)
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

    /// What waits for its commit; the newest last.
    #[must_use]
    pub fn waiting(&self) -> &[Draft] {
        &self.waiting
    }

    /// Takes what waits, with `last` behind it, as one chapter. The caller commits it and then says [`Record::committed`]
    /// or [`Record::lost`].
    #[must_use]
    pub fn chapter(&mut self, last: Option<Draft>, terms: Terms) -> Chapter {
        let mut drafts = std::mem::take(&mut self.waiting);
        drafts.extend(last);
        Chapter { invocation: Some(self.invocation), first: self.next, drafts: Arc::new(drafts), terms }
    }

    /// A chapter is durable.
    pub fn committed(&mut self, chapter: &[Draft]) {
        self.next += count(chapter);
    }

    /// A chapter could not be committed: what waited before `last` waits again.
    pub fn lost(&mut self, drafts: Arc<Vec<Draft>>, last: usize) {
        let mut drafts = Arc::unwrap_or_clone(drafts);
        drafts.truncate(drafts.len() - last);
        self.waiting.splice(..0, drafts);
    }

    /// Commits what waits, with `last` behind it if the terms can be met.
    ///
    /// # Errors
    /// When it could not be committed; then what waited still waits, and `last` is dropped.
    pub async fn commit(
        &mut self,
        journal: &Arc<dyn Journal>,
        last: Option<Draft>,
        terms: Terms,
    ) -> Result<Written, Unrecorded> {
        self.settle().await;
        let ours = usize::from(last.is_some());
        let chapter = self.chapter(last, terms);
        if chapter.drafts.is_empty() {
            return Ok(Written::default());
        }
        let (journal, drafts) = (journal.clone(), chapter.drafts.clone());
        let commit = Box::pin(async move { journal.append(chapter).await });
        self.under_way = Some(UnderWay { commit, drafts, ours });
        self.land().await
    }

    /// Waits for a commit whose caller was ended. Returns how many entries are on record.
    pub async fn settle(&mut self) -> u32 {
        // If it failed, its entries wait again, and the next commit says why.
        drop(self.land().await);
        self.next
    }

    async fn land(&mut self) -> Result<Written, Unrecorded> {
        let Some(under_way) = &mut self.under_way else { return Ok(Written::default()) };
        let result = under_way.commit.as_mut().await;
        if let Some(UnderWay { drafts, ours, .. }) = self.under_way.take() {
            match result {
                Ok(_) => self.committed(&drafts),
                Err(_) => self.lost(drafts, ours),
            }
        }
        result
    }
}

fn count(drafts: &[Draft]) -> u32 {
    u32::try_from(drafts.len()).unwrap_or(u32::MAX)
}
