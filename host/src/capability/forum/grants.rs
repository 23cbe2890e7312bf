//! What grants of `forum` open, and the observations that need one.

use std::sync::Arc;

use super::backend::Backend;
use super::post::Post;
use crate::capability::{Values, needed, number};
use crate::gate::Action;
use crate::grant::{Class, Dimension, Hints, Kind, Reached, Spec, Values as Allowed};
use crate::journal::canonical::texts;
use crate::label::{Source, Under};
use crate::meter::Want;
use crate::name::ForumName;
use crate::people::{Directory, Need};

const FORUMS: &[Dimension] = &[Dimension { key: "forums", one: "forum", values: Allowed::Names }];

/// `[grant] "forum.read"`.
pub const READ: &Spec = &Spec {
    name: "forum.read",
    functions: &["forum.threads", "forum.thread"],
    kind: Kind::Observation,
    reach: FORUMS,
    bytes: true,
    lease: false,
    hints: Hints::READS,
    class: None,
};

/// `[grant] "forum.post"`. Its class is that of the store's own forums; a forum elsewhere says its own.
pub const POST: &Spec = &Spec {
    name: "forum.post",
    functions: &["forum.post"],
    kind: Kind::Change,
    reach: FORUMS,
    bytes: true,
    lease: false,
    hints: Hints::SPEAKS,
    class: Some(Class::SameDatabase),
};

/// Its functions, as a freeze names them.
pub const FUNCTIONS: &[&str] = &["forum.post", "forum.thread", "forum.threads"];

/// The grants of this capability.
pub const GRANTS: &[&Spec] = &[READ, POST];

/// The most that one page brings, in bytes.
const PAGE: u64 = 256 << 10;

/// A forum as a guest names it: none where the text is no name, which no grant reaches.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) asked: String,
    pub(super) forum: Option<ForumName>,
}

impl Named {
    pub(super) fn parse(asked: String) -> Self {
        Self { forum: ForumName::parse(&asked).ok(), asked }
    }

    pub(super) fn reach(&self) -> Vec<Reached<'_>> {
        self.forum.iter().map(|forum| Reached::Exactly(forum.as_str())).collect()
    }

    fn source(&self) -> Option<Source> {
        let source =
            |forum: &ForumName| Source { under: Under::Forum(forum.clone()), what: format!("forum {forum}").into() };
        self.forum.as_ref().map(source)
    }

    pub(super) fn need(&self) -> Need {
        self.forum.clone().map_or(Need::Nothing, Need::Member)
    }
}

/// The list of a forum's threads.
#[derive(Debug)]
pub struct Threads {
    pub(super) named: Named,
    pub(super) after: Option<u64>,
}

impl Threads {
    /// Parses a request.
    #[must_use]
    pub fn parse(forum: String, after: Option<u64>) -> Self {
        Self { named: Named::parse(forum), after }
    }
}

impl Action for Threads {
    fn spec(&self) -> &'static Spec {
        READ
    }

    fn function(&self) -> &'static str {
        "forum.threads"
    }

    fn weight(&self) -> u64 {
        self.named.asked.len() as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.named.reach()
    }

    fn need(&self) -> Need {
        self.named.need()
    }

    fn want(&self) -> Want {
        Want::UpTo(PAGE)
    }

    fn source(&self, _directory: &Directory) -> Option<Source> {
        self.named.source()
    }

    fn canonical(&self) -> String {
        let after = self.after.map(|id| id.to_string());
        texts(&[("after", after.as_deref()), ("forum", Some(&self.named.asked))])
    }
}

/// One thread.
#[derive(Debug)]
pub struct Thread {
    pub(super) named: Named,
    pub(super) thread: u64,
    pub(super) after: Option<u64>,
}

impl Thread {
    /// Parses a request.
    #[must_use]
    pub fn parse(forum: String, thread: u64, after: Option<u64>) -> Self {
        Self { named: Named::parse(forum), thread, after }
    }
}

impl Action for Thread {
    fn spec(&self) -> &'static Spec {
        READ
    }

    fn function(&self) -> &'static str {
        "forum.thread"
    }

    fn weight(&self) -> u64 {
        self.named.asked.len() as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.named.reach()
    }

    fn need(&self) -> Need {
        self.named.need()
    }

    fn want(&self) -> Want {
        Want::UpTo(PAGE)
    }

    fn source(&self, _directory: &Directory) -> Option<Source> {
        self.named.source()
    }

    fn canonical(&self) -> String {
        let (thread, after) = (self.thread.to_string(), self.after.map(|id| id.to_string()));
        texts(&[("after", after.as_deref()), ("forum", Some(&self.named.asked)), ("thread", Some(&thread))])
    }
}

/// The action that `explain` names; none if the function is not of this capability.
#[must_use]
pub fn action(function: &str, values: &Values, backend: &Backend) -> Option<Result<Arc<dyn Action>, String>> {
    let forum = || needed(values, "forum").map(str::to_owned);
    let post = || {
        let body = values.get("body").cloned().unwrap_or_else(|| "…".to_owned());
        let thread = number(values, "thread", 1)?;
        Ok(Arc::new(Post::parse(forum()?, thread, body, backend.clone())) as Arc<dyn Action>)
    };
    match function {
        "forum.threads" => Some(forum().map(|forum| Arc::new(Threads::parse(forum, None)) as Arc<dyn Action>)),
        "forum.thread" => Some(
            forum()
                .and_then(|forum| Ok(Arc::new(Thread::parse(forum, number(values, "thread", 1)?, None)) as Arc<dyn Action>)),
        ),
        "forum.post" => Some(post()),
        _ => None,
    }
}
