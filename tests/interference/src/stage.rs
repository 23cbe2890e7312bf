//! Where a trace is played, and what is found there afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use tollgate::clock::Instant;
use tollgate::label::Label;
use tollgate::name::{FilePath, ForumName, ObjectName, PersonName};
use tollgate::people::{Audience, Directory};

use crate::scene::Scene;
use crate::trace::{Session, Tool};
use errand::steps::Step;

/// Why something could not be played; no violation, but an end.
pub type Failed = String;

/// Everything that can be read of a world by whoever may.
#[derive(Debug, Clone)]
pub struct Things {
    /// Who may.
    pub directory: Arc<Directory>,
    /// When.
    pub now: Instant,
    /// Posts, in order.
    pub posts: Vec<Post>,
    /// Files, by path.
    pub files: Vec<File>,
    /// Lines of access lists, in order.
    pub lines: Vec<Line>,
    /// To whom something was released, on record.
    pub released: Vec<(BTreeSet<PersonName>, Audience)>,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where.
    pub forum: ForumName,
    /// Its text.
    pub body: String,
    /// What it carries.
    pub label: Label,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where.
    pub path: FilePath,
    /// What is in it.
    pub contents: String,
    /// What it carries.
    pub label: Label,
}

/// A line of an access list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose.
    pub object: ObjectName,
    /// Who may do what.
    pub text: String,
    /// The lease, where a tool wrote it.
    pub lease: Option<u64>,
    /// What it carries.
    pub label: Label,
}

/// Where a trace is played.
pub trait Stage {
    /// Begins anew, with these files and these posts.
    ///
    /// # Errors
    /// When it cannot.
    fn set(&mut self, scene: &Scene, files: &[(String, String)], posts: &[(usize, String)]) -> Result<(), Failed>;

    /// People change something: this is the world then.
    ///
    /// # Errors
    /// When it cannot be changed.
    fn edit(&mut self, scene: &Scene) -> Result<(), Failed>;

    /// A session calls a tool, with what its agent remembers; what it remembers then.
    ///
    /// # Errors
    /// When the call ended otherwise than by returning.
    fn call(&mut self, session: &Session, tool: Tool, steps: &[Step], memory: Vec<String>) -> Result<Vec<String>, Failed>;

    /// What is there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn things(&mut self) -> Result<Things, Failed>;
}

/// The lines of all access lists, with what those carry that tools wrote.
pub(crate) fn lines(directory: &Directory, carries: impl Fn(u64) -> Label) -> Vec<Line> {
    let of = |(name, object): (&ObjectName, &tollgate::people::Object)| {
        let line = |entry: &tollgate::people::Entry| Line {
            object: name.clone(),
            text: format!("{} {}", entry.principal, entry.right.as_str()),
            lease: entry.lease,
            label: entry.lease.map(&carries).unwrap_or_default(),
        };
        object.entries.iter().map(line).collect::<Vec<_>>()
    };
    directory.objects.iter().flat_map(of).collect()
}
