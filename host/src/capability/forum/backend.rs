//! What a forum must be able to do to stand behind the capability.

use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Pending, Unrecorded};
use crate::name::{ForumName, InvocationId};

/// A thread in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Names the thread.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// How many posts it holds.
    pub posts: u32,
}

/// One post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names the post.
    pub id: u64,
    /// As attributed by the host.
    pub author: String,
    /// When it was posted.
    pub at: Instant,
    /// Its text.
    pub body: String,
}

/// A part of a forum's threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Oldest first.
    pub threads: Vec<Summary>,
    /// There are more.
    pub more: bool,
}

/// A part of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The thread's title.
    pub title: String,
    /// Oldest first.
    pub posts: Vec<Message>,
    /// There are more.
    pub more: bool,
}

/// A post about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPost {
    /// Where.
    pub forum: ForumName,
    /// In which of its threads.
    pub thread: u64,
    /// As the host attributes it.
    pub author: String,
    /// Its text.
    pub body: String,
    /// Its key: the invocation and the number of the intent's entry there. One key, at most one post.
    pub key: (InvocationId, u32),
}

/// A forum. Effect class: *same database*: a post and its outcome are one transaction.
pub trait Forums: Send + Sync {
    /// Threads after `after`, as many as fit into `room` bytes of titles.
    fn threads(&self, forum: ForumName, after: Option<u64>, room: u64) -> Pending<'_, Result<Page, Broken>>;

    /// A thread's posts after `after`, as many as fit into `room` bytes of title, authors and bodies; none if there is no
    /// such thread in this forum.
    fn thread(
        &self,
        forum: ForumName,
        thread: u64,
        after: Option<u64>,
        room: u64,
    ) -> Pending<'_, Result<Option<Conversation>, Broken>>;

    /// A thread's title; none if there is no such thread in this forum.
    fn title(&self, forum: ForumName, thread: u64) -> Pending<'_, Result<Option<String>, Broken>>;

    /// Posts, and commits `settle` in the same transaction, with `"post": id` added to the body of its last draft.
    fn post(&self, post: NewPost, settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>>;
}
