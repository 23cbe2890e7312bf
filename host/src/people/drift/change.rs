//! A change of what people may read, as the change feed tells it.

use crate::clock::Instant;
use crate::label::Under;
use crate::name::{BadName, ForumName, GroupName, ObjectName, PersonName, Principal};
use crate::people::Right;

/// One edge, or one person, that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether it came.
    pub added: bool,
    /// What.
    pub what: What,
    /// When, as far as that is known.
    pub at: Instant,
    /// The journal's entry that speaks of it, where it was written through the host.
    pub entry: Option<u64>,
}

/// What comes or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A person.
    Person(PersonName),
    /// A member of a group.
    Member(GroupName, Principal),
    /// An entry of an access list, with its end and its lease.
    Entry(ObjectName, Principal, Right, Option<Instant>, Option<u64>),
    /// Readers of a forum.
    Audience(ForumName, Principal),
    /// Somebody who is cleared for a thing.
    Cleared(Under, Principal),
    /// A thing, and with it its owner.
    Owner(Under, PersonName),
    /// That a thing closes by itself.
    Closes(Under),
}

impl What {
    /// Makes it of the words of a row; none where the kind of row says nothing about who may read.
    ///
    /// # Errors
    /// When a name is none.
    pub fn of(
        kind: &str,
        thing: &str,
        principal: &str,
        (right, ends, lease): (Option<&str>, Option<Instant>, Option<u64>),
    ) -> Result<Option<Self>, BadName> {
        let object = || ObjectName::parse(thing);
        let forum = || ForumName::parse(thing);
        let who = || Principal::parse(principal);
        Ok(Some(match kind {
            "person" => Self::Person(PersonName::parse(thing)?),
            "member" => Self::Member(GroupName::parse(thing)?, who()?),
            "entry" => {
                let right = right.and_then(Right::parse).ok_or_else(|| BadName(format!("no right: {right:?}")))?;
                Self::Entry(object()?, who()?, right, ends, lease)
            }
            "audience" => Self::Audience(forum()?, who()?),
            "object-cleared" => Self::Cleared(Under::Object(object()?), who()?),
            "forum-cleared" => Self::Cleared(Under::Forum(forum()?), who()?),
            "object" => Self::Owner(Under::Object(object()?), PersonName::parse(principal)?),
            "forum" => Self::Owner(Under::Forum(forum()?), PersonName::parse(principal)?),
            "closes" => Self::Closes(Under::parse(thing)?),
            _ => return Ok(None),
        }))
    }
}
