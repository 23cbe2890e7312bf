//! What an act needs its initiator to be, and what must still be so when it is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::directory::{Directory, Right};
use crate::clock::Instant;
use crate::name::{FilePath, ForumName, ObjectName, PersonName, Principal};
use crate::refusal::{Code, Refusal};

/// The right an act needs its initiator to have himself: an agent never holds more than its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// None: a listing, whose names are filtered one by one instead.
    Nothing,
    /// To read the object that covers this file.
    ReadFile(FilePath),
    /// To be a member of this forum.
    Member(ForumName),
    /// To hold this right on this object.
    Hold(ObjectName, Right),
}

impl Need {
    /// Whether `person` has it in this directory at `now`.
    #[must_use]
    pub fn holds(&self, directory: &Directory, person: &PersonName, now: Instant) -> bool {
        match self {
            Self::Nothing => directory.people.contains_key(person),
            Self::ReadFile(path) => {
                directory.object_of(path).is_some_and(|object| directory.holders(object, Right::Read, now).contains(person))
            }
            Self::Member(forum) => directory.audience(forum).contains(person),
            Self::Hold(object, right) => directory.holders(object, *right, now).contains(person),
        }
    }
}

/// What an initiator may do: a directory, who he is, and when.
#[derive(Debug, Clone)]
pub struct Rights {
    /// The version of the world that is judged by.
    pub directory: Arc<Directory>,
    /// On whose behalf the tool runs.
    pub initiator: PersonName,
    /// The time that ends are compared with.
    pub now: Instant,
}

impl Rights {
    /// Judges a need.
    ///
    /// # Errors
    /// `cover.not-yours`, in one wording for what is missing and what is forbidden.
    pub fn judge(&self, need: &Need) -> Result<(), Refusal> {
        if need.holds(&self.directory, &self.initiator, self.now) { Ok(()) } else { Err(not_yours()) }
    }
}

/// The one wording of `cover.not-yours`.
#[must_use]
pub fn not_yours() -> Refusal {
    Refusal::new(Code::NotYours, "there is no such thing that the initiator may use this way")
        .unless("ask somebody who owns it, or name another")
}

/// Whom an act reaches, to be worked out anew when the world has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Nobody but the tool.
    Nobody,
    /// Who reads this forum.
    Forum(ForumName),
    /// Who gains this right on this object through this principal.
    Gains(ObjectName, Principal, Right),
}

impl Audience {
    /// The people, in this directory at `now`.
    #[must_use]
    pub fn people(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        match self {
            Self::Nobody => BTreeSet::new(),
            Self::Forum(forum) => directory.audience(forum),
            Self::Gains(object, principal, right) => directory.gains(object, principal, *right, now),
        }
    }
}

/// What was true when an act was judged and must be true when it is recorded and when it is done.
#[derive(Debug, Clone)]
pub struct Premise {
    /// The version it was judged by; if the world still has it before `until`, nothing is computed again.
    pub stamp: u64,
    /// When the next right of that version ends.
    pub until: Instant,
    /// On whose behalf.
    pub initiator: PersonName,
    /// The right he needs.
    pub need: Need,
    /// Whom it reaches.
    pub audience: Audience,
    /// Whom it was said to reach; nobody may have joined them.
    pub shown: BTreeSet<PersonName>,
}

impl Premise {
    /// Judges the act again in `directory` at `now`.
    ///
    /// # Errors
    /// `cover.not-yours` when the initiator's right is gone, `agree.changed` when the audience has grown.
    pub fn judge(&self, directory: &Directory, now: Instant) -> Result<(), Refusal> {
        if !self.need.holds(directory, &self.initiator, now) {
            return Err(not_yours());
        }
        let people = self.audience.people(directory, now);
        let joined = people.difference(&self.shown).count();
        if joined == 0 {
            return Ok(());
        }
        Err(Refusal::new(Code::Changed, format!("the audience has grown by {joined} since this was judged"))
            .unless("ask again"))
    }
}
