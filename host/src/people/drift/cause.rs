//! What opened a thing, in a form that can be kept and shown.

use std::fmt;

use crate::label::Under;
use crate::name::{BadName, ForumName, GroupName, ObjectName, Principal};
use crate::people::Right;

/// The one edge that opened things to people who are not cleared for them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Somebody, or a group, was put into a group.
    Member(GroupName, Principal),
    /// An access list was given an entry.
    Entry(ObjectName, Principal, Right),
    /// A forum was given readers.
    Audience(ForumName, Principal),
    /// Fewer people are cleared for a thing than were, or an edge that is not known let them in: nothing to be taken away.
    Ceiling(Under),
}

impl Cause {
    /// Parses what [`fmt::Display`] prints.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let unknown = || BadName(format!("`{}` is no cause", text.escape_debug()));
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["member", group, principal] => Ok(Self::Member(GroupName::parse(group)?, Principal::parse(principal)?)),
            ["entry", object, principal, right] => {
                let right = Right::parse(right).ok_or_else(unknown)?;
                Ok(Self::Entry(ObjectName::parse(object)?, Principal::parse(principal)?, right))
            }
            ["audience", forum, principal] => Ok(Self::Audience(ForumName::parse(forum)?, Principal::parse(principal)?)),
            ["ceiling", kind, name] => Under::parse(&format!("{kind} {name}")).map(Self::Ceiling),
            _ => Err(unknown()),
        }
    }

    /// The same as a sentence.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::Member(group, principal) => format!("{principal} is a member of group {group}"),
            Self::Entry(object, principal, right) => format!("{principal} may {} {object}", right.as_str()),
            Self::Audience(forum, principal) => format!("{principal} reads forum {forum}"),
            Self::Ceiling(thing) => format!("fewer people are cleared for {thing} than can read it"),
        }
    }

    /// Whether taking one edge away can close it.
    #[must_use]
    pub const fn is_edge(&self) -> bool {
        !matches!(self, Self::Ceiling(_))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(group, principal) => write!(f, "member {group} {principal}"),
            Self::Entry(object, principal, right) => write!(f, "entry {object} {principal} {}", right.as_str()),
            Self::Audience(forum, principal) => write!(f, "audience {forum} {principal}"),
            Self::Ceiling(thing) => write!(f, "ceiling {thing}"),
        }
    }
}
