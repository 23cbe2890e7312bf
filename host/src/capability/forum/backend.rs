//! What a forum must be able to do to stand behind the capability: all of them are read alike, and post in two ways.

use std::sync::Arc;

use super::away::Away;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::gate::Failed;
use crate::grant::Class;
use crate::journal::{Chapter, Pending, Unrecorded};
use crate::label::Label;
use crate::name::{ForumName, InvocationId};
use crate::unit::Duration;

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

/// Forums, as they are read. Who is a member of one and who reads it is said by the world of the store, wherever its posts are.
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

    /// What each of these posts carries, in that order: what was read before a tool wrote it. A system that keeps no labels
    /// says nothing, and what was posted there counts as its forum's.
    fn carried(&self, posts: Vec<u64>) -> Pending<'_, Result<Vec<Label>, Broken>> {
        Box::pin(std::future::ready(Ok(vec![Label::default(); posts.len()])))
    }

    /// A thread's title; none if there is no such thread in this forum.
    fn title(&self, forum: ForumName, thread: u64) -> Pending<'_, Result<Option<String>, Broken>>;
}

/// Forums in the host's own store. Effect class: *same database*: a post and its outcome are one transaction.
pub trait Embedded: Forums {
    /// Posts, and commits `settle` in the same transaction, with `"post": id` added to the body of its last draft.
    fn post(&self, post: NewPost, settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>>;
}

/// How it is found out whether a post was made over which its host died, or to which no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It posts once for each key, as long after the first time as it remembers keys: sending again finds out.
    Keyed {
        /// How long it remembers a key. Keys are unique over all hosts.
        window: Duration,
    },
    /// It can be asked for the post of a key.
    Queryable {
        /// After this long, what was sent before is there, or never will be.
        settles: Duration,
    },
    /// Nobody can tell but a person.
    Blind,
}

impl Finding {
    /// The effect class.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Keyed { .. } => Class::Keyed,
            Self::Queryable { .. } => Class::Queryable,
            Self::Blind => Class::Blind,
        }
    }
}

/// Forums in another system. A post and its outcome are two steps; what lies between may be in doubt.
pub trait Elsewhere: Forums {
    /// How it is found out what became of a post.
    fn finding(&self) -> Finding;

    /// How long a post may take, up to 20 s. After that [`Elsewhere::post`] is dropped, and may send nothing more.
    fn patience(&self) -> Duration;

    /// Posts. Only what cannot have happened, and never will, is [`Failed::NotDone`].
    fn post(&self, post: NewPost) -> Pending<'_, Result<u64, Failed>>;

    /// The post of a key, if there is one. Nobody asks a forum that is not queryable.
    fn find(&self, forum: ForumName, key: (InvocationId, u32)) -> Pending<'_, Result<Option<u64>, Broken>>;
}

/// Behind the capability.
#[derive(Clone)]
pub enum Backend {
    /// The host's own store.
    Embedded(Arc<dyn Embedded>),
    /// Another system, which a program embeds that has this host in it.
    Elsewhere(Arc<Away>),
}

impl Backend {
    /// What is read.
    #[must_use]
    pub fn forums(&self) -> &dyn Forums {
        match self {
            Self::Embedded(forums) => &**forums,
            Self::Elsewhere(away) => &**away,
        }
    }

    /// The effect class of a post.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Embedded(_) => Class::SameDatabase,
            Self::Elsewhere(away) => away.forums.finding().class(),
        }
    }
}
