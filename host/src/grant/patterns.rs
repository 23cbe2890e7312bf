//! Many patterns as one: a tree by segments, so that a thousand cost little more than one.

use std::collections::HashMap;
use std::ops::Deref;

use super::Pattern;
use super::pattern::glob;

/// The patterns of one dimension of a grant. Reads as the list it was made of; matches what any of them matches.
#[derive(Debug, Clone)]
pub struct Patterns {
    written: Vec<Pattern>,
    tree: Node,
}

/// What patterns say after some segments.
#[derive(Debug, Clone, Default)]
struct Node {
    /// A pattern ends here.
    ends: bool,
    /// One ends here in `**`.
    deep: bool,
    /// Segments without a star.
    literal: HashMap<String, Node>,
    /// Segments with one, by what stands before their first star.
    starred: Starred,
}

/// Segments with a star. Only those whose beginning is that of the text are looked at.
#[derive(Debug, Clone, Default)]
struct Starred {
    /// The different lengths of beginnings, in bytes.
    lengths: Vec<usize>,
    by_beginning: HashMap<Vec<u8>, Vec<(String, Node)>>,
}

impl Patterns {
    /// Patterns as one.
    #[must_use]
    pub fn new(written: Vec<Pattern>) -> Self {
        let mut tree = Node::default();
        written.iter().for_each(|pattern| tree.add(&pattern.segments, pattern.deep));
        Self { written, tree }
    }

    /// Whether any pattern reaches `value`.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.tree.matches(Some(value))
    }

    /// Whether any pattern may reach something beneath `folder` (`""` is the root).
    #[must_use]
    pub fn reaches_beneath(&self, folder: &str) -> bool {
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        self.tree.reaches_beneath(&parts)
    }
}

impl Node {
    fn add(&mut self, segments: &[String], deep: bool) {
        let Some((first, rest)) = segments.split_first() else {
            self.ends |= !deep;
            self.deep |= deep;
            return;
        };
        let next = match first.find('*') {
            None => self.literal.entry(first.clone()).or_default(),
            Some(star) => self.starred.entry(first, star),
        };
        next.add(rest, deep);
    }

    fn matches(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return self.ends };
        let (part, rest) = match value.split_once('/') {
            Some((part, rest)) => (part, Some(rest)),
            None => (value, None),
        };
        self.deep && !part.is_empty()
            || self.literal.get(part).is_some_and(|next| next.matches(rest))
            || self.starred.any(part, |next| next.matches(rest))
    }

    fn reaches_beneath(&self, parts: &[&str]) -> bool {
        let Some((part, rest)) = parts.split_first() else {
            return self.deep || !self.literal.is_empty() || !self.starred.lengths.is_empty();
        };
        self.deep
            || self.literal.get(*part).is_some_and(|next| next.reaches_beneath(rest))
            || self.starred.any(part, |next| next.reaches_beneath(rest))
    }
}

impl Starred {
    fn entry(&mut self, segment: &str, star: usize) -> &mut Node {
        if !self.lengths.contains(&star) {
            self.lengths.push(star);
        }
        let same = self.by_beginning.entry(segment.as_bytes()[..star].to_vec()).or_default();
        let at = same.iter().position(|(there, _)| there == segment).unwrap_or_else(|| {
            same.push((segment.to_owned(), Node::default()));
            same.len() - 1
        });
        &mut same[at].1
    }

    fn any(&self, part: &str, matches: impl Fn(&Node) -> bool) -> bool {
        let part = part.as_bytes();
        self.lengths
            .iter()
            .filter_map(|length| self.by_beginning.get(part.get(..*length)?))
            .any(|same| same.iter().any(|(segment, next)| glob(segment.as_bytes(), part) && matches(next)))
    }
}

impl Deref for Patterns {
    type Target = [Pattern];

    fn deref(&self) -> &[Pattern] {
        &self.written
    }
}

/// The tree follows from what is written.
impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Patterns {}

impl<'a> IntoIterator for &'a Patterns {
    type Item = &'a Pattern;
    type IntoIter = std::slice::Iter<'a, Pattern>;

    fn into_iter(self) -> Self::IntoIter {
        self.written.iter()
    }
}
