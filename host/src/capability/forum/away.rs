//! Forums in another system, read on the event loop: the threads on which guests wait have no input or output of their own.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::backend::{Conversation, Elsewhere, Forums, Page};
use crate::diagnostic::Broken;
use crate::journal::Pending;
use crate::name::ForumName;

/// Forums in another system, and the event loop that speaks with it.
pub struct Away {
    /// The forums. Posts are made on the event loop already.
    pub(super) forums: Arc<dyn Elsewhere>,
    events: Handle,
}

impl Away {
    /// Forums that are read on `events`.
    #[must_use]
    pub fn new(forums: Arc<dyn Elsewhere>, events: Handle) -> Self {
        Self { forums, events }
    }

    fn read<T, F>(&self, asked: F) -> Pending<'_, Result<T, Broken>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Broken>> + Send + 'static,
    {
        let reading = self.events.spawn(asked);
        Box::pin(async move { reading.await.map_err(|e| Broken::while_doing("reading a forum in another system", e))? })
    }
}

impl Forums for Away {
    fn threads(&self, forum: ForumName, after: Option<u64>, room: u64) -> Pending<'_, Result<Page, Broken>> {
        let forums = self.forums.clone();
        self.read(async move { forums.threads(forum, after, room).await })
    }

    fn thread(
        &self,
        forum: ForumName,
        thread: u64,
        after: Option<u64>,
        room: u64,
    ) -> Pending<'_, Result<Option<Conversation>, Broken>> {
        let forums = self.forums.clone();
        self.read(async move { forums.thread(forum, thread, after, room).await })
    }

    fn title(&self, forum: ForumName, thread: u64) -> Pending<'_, Result<Option<String>, Broken>> {
        let forums = self.forums.clone();
        self.read(async move { forums.title(forum, thread).await })
    }
}
