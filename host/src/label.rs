//! Labels: the sources something came from, and so the people who may know it. Pure: who is cleared for a source is said by
//! the directory (`people`), in a form that is kept here.
//!
//! What bounds a label is the ceiling of the object or forum that each source lies under; what was read there is kept to be
//! shown. Joining labels unites their sources, which can only take readers away.

mod readers;
mod session;

pub use readers::Readers;
pub use session::SessionId;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::name::{BadName, ForumName, ObjectName};

/// Whose ceiling says who may know a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Under {
    /// An object's.
    Object(ObjectName),
    /// A forum's.
    Forum(ForumName),
    /// Nobody knows whose, so nobody may.
    Unknown,
}

impl Under {
    /// Parses what [`fmt::Display`] prints of an object or a forum.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        match text.split_once(' ') {
            Some(("object", name)) => ObjectName::parse(name).map(Self::Object),
            Some(("forum", name)) => ForumName::parse(name).map(Self::Forum),
            _ => Err(BadName(format!("`{}` is no object and no forum", text.escape_debug()))),
        }
    }
}

impl fmt::Display for Under {
    /// `object dataset/pay`, `forum eng-help`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(name) => write!(f, "object {name}"),
            Self::Forum(name) => write!(f, "forum {name}"),
            Self::Unknown => f.write_str("unknown -"),
        }
    }
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Whose ceiling counts.
    pub under: Under,
    /// What was read there, for people: `runbooks/deploy.md`, `forum eng-help`.
    pub what: Arc<str>,
}

impl Source {
    /// Parses a line of [`Label::text`].
    fn parse(line: &str) -> Option<Self> {
        let (second, _) = line.match_indices(' ').nth(1)?;
        Some(Self { under: Under::parse(&line[..second]).ok()?, what: line[second + 1..].into() })
    }
}

impl fmt::Display for Source {
    /// A line of [`Label::text`]: names hold no space, and what was read no line's end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.under, self.what)
    }
}

/// So many things are named of one ceiling where a label is kept; what is left out bounds nothing that they do not.
const NAMED: usize = 8;

/// The sources of what an invocation, a session or something written holds. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label(Arc<BTreeSet<Source>>);

impl Label {
    /// Unites this label with one more source.
    pub fn join(&mut self, source: &Source) {
        if !self.0.contains(source) {
            Arc::make_mut(&mut self.0).insert(source.clone());
        }
    }

    /// Unites this label with another.
    pub fn unite(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0 = other.0.clone();
        } else if !Arc::ptr_eq(&self.0, &other.0) {
            other.0.iter().for_each(|source| self.join(source));
        }
    }

    /// Whether it has no source: everybody may know it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sources, in order.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &Source> {
        self.0.iter()
    }

    /// Whose ceilings bound it, each once.
    pub fn under(&self) -> impl Iterator<Item = &Under> {
        let mut last = None;
        self.0.iter().map(|source| &source.under).filter(move |under| last.replace(*under) != Some(*under))
    }

    /// The same without what lies under one ceiling.
    #[must_use]
    pub fn without(&self, under: &Under) -> Self {
        self.0.iter().filter(|source| source.under != *under).cloned().collect()
    }

    /// The same with only the first few things of each ceiling: as it is kept beyond its invocation. It has the same readers.
    #[must_use]
    pub fn brief(&self) -> Self {
        let (mut last, mut count) = (None, 0);
        let mut named = |source: &Source| {
            count = if last.replace(source.under.clone()).as_ref() == Some(&source.under) { count + 1 } else { 1 };
            count <= NAMED
        };
        self.0.iter().filter(|source| named(source)).cloned().collect()
    }

    /// A line for each source.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// Parses what [`Label::text`] gives. A line that is not understood is a source that nobody may know.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let unknown = |line: &str| Source { under: Under::Unknown, what: line.trim_start_matches("unknown - ").into() };
        text.lines().map(|line| Source::parse(line).unwrap_or_else(|| unknown(line))).collect()
    }
}

impl FromIterator<Source> for Label {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        Self(Arc::new(sources.into_iter().collect()))
    }
}
