//! What an act needs its initiator to be, and what must still be so when it is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::derived::Groups;
use super::directory::{Directory, Entry, Right};
use crate::clock::Instant;
use crate::freeze::{self, Subject};
use crate::label::Label;
use crate::name::{FilePath, ForumName, ObjectName, PersonName, Principal};
use crate::refusal::{Code, Refusal};

/// The right an act needs its initiator to have himself: an agent never holds more than its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// None: a listing, whose names are filtered one by one instead.
    Nothing,
    /// To read the object that covers this file.
    ReadFile(FilePath),
    /// To administer the object that covers this file.
    WriteFile(FilePath),
    /// To be a member of this forum.
    Member(ForumName),
    /// To hold this right on this object.
    Hold(ObjectName, Right),
}

/// A person in one version of the world: who he is there, and every group he is in.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The version.
    pub directory: Arc<Directory>,
    /// The person.
    pub person: PersonName,
    groups: Groups,
    known: bool,
}

impl Standing {
    /// Looks a person up.
    #[must_use]
    pub fn of(directory: Arc<Directory>, person: PersonName) -> Self {
        let (groups, known) = (directory.groups_of(&person), directory.people.contains_key(&person));
        Self { directory, person, groups, known }
    }

    /// Whether this is one of `principals`. Nobody whom the directory does not know is anybody.
    #[must_use]
    pub fn is_among<'a>(&self, principals: impl IntoIterator<Item = &'a Principal>) -> bool {
        self.known
            && principals.into_iter().any(|principal| match principal {
                Principal::Person(person) => *person == self.person,
                Principal::Group(group) => self.groups.contains(group),
            })
    }

    /// Whether the directory knows this person.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.known
    }

    pub(super) fn is(&self, owner: &PersonName) -> bool {
        self.known && self.person == *owner
    }

    /// Whether this person has a right on an object that no end is set to.
    pub(super) fn keeps(&self, object: &ObjectName, right: Right) -> bool {
        self.has(object, right, |entry| entry.ends.is_none())
    }

    fn holds(&self, object: &ObjectName, right: Right, now: Instant) -> bool {
        self.has(object, right, |entry| entry.holds(now))
    }

    fn has(&self, object: &ObjectName, right: Right, counts: impl Fn(&Entry) -> bool) -> bool {
        let Some(object) = self.directory.objects.get(object) else { return false };
        let entries = object.entries.iter().filter(|entry| entry.right >= right && counts(entry));
        self.is(&object.owner) || self.is_among(entries.map(|entry| &entry.principal))
    }
}

impl Need {
    /// Whether a person has it at `now`. The same as asking whether he is among all who have it, without listing them.
    #[must_use]
    pub fn holds(&self, standing: &Standing, now: Instant) -> bool {
        match self {
            Self::Nothing => standing.known,
            Self::ReadFile(path) => {
                standing.directory.object_of(path).is_some_and(|object| standing.holds(object, Right::Read, now))
            }
            Self::WriteFile(path) => {
                standing.directory.object_of(path).is_some_and(|object| standing.holds(object, Right::Administer, now))
            }
            Self::Member(forum) => standing
                .directory
                .forums
                .get(forum)
                .is_some_and(|forum| standing.is(&forum.owner) || standing.is_among(&forum.audience)),
            Self::Hold(object, right) => standing.holds(object, *right, now),
        }
    }
}

/// What an initiator may do: who he is, and when.
#[derive(Debug, Clone)]
pub struct Rights {
    /// On whose behalf the tool runs, in the version of the world that is judged by.
    pub standing: Arc<Standing>,
    /// The time that ends are compared with.
    pub now: Instant,
}

impl Rights {
    /// Judges a need.
    ///
    /// # Errors
    /// `cover.not-yours`, in one wording for what is missing and what is forbidden.
    pub fn judge(&self, need: &Need) -> Result<(), Refusal> {
        if need.holds(&self.standing, self.now) { Ok(()) } else { Err(not_yours()) }
    }

    /// The version of the world.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.standing.directory
    }

    /// On whose behalf.
    #[must_use]
    pub fn initiator(&self) -> &PersonName {
        &self.standing.person
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
    /// Who reads the object that covers this file.
    Readers(FilePath),
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
            Self::Readers(path) => match directory.object_of(path) {
                Some(object) => directory.holders(object, Right::Read, now),
                None => BTreeSet::new(),
            },
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
    /// Who is at work, for freezes.
    pub subject: Option<Subject>,
    /// The newest freeze of that version.
    pub freezes: u64,
    /// On whose behalf.
    pub initiator: PersonName,
    /// The right he needs.
    pub need: Need,
    /// Whom it reaches.
    pub audience: Audience,
    /// Whom it was said to reach; nobody may have joined them.
    pub shown: BTreeSet<PersonName>,
    /// What it may hold: everybody whom it reaches is cleared for all of it.
    pub label: Label,
    /// Unless somebody releases it to them, which a yes says.
    pub released: bool,
}

impl Premise {
    /// Judges the act again in `directory` at `now`.
    ///
    /// # Errors
    /// `freeze.frozen`, `cover.not-yours` when the initiator's right is gone, `agree.changed` when the audience has grown,
    /// `clear.too-wide` when somebody it reaches is no longer cleared for what it may hold.
    pub fn judge(&self, directory: Arc<Directory>, now: Instant) -> Result<(), Refusal> {
        if let Some(subject) = &self.subject {
            freeze::judge_since(&directory.freezes, self.freezes, subject, now)?;
        }
        let standing = Standing::of(directory, self.initiator.clone());
        if !self.need.holds(&standing, now) {
            return Err(not_yours());
        }
        let people = self.audience.people(&standing.directory, now);
        let joined = people.difference(&self.shown).count();
        if joined == 0 {
            return match self.released {
                true => self.audience.reach(&standing, now).map(drop),
                false => self.audience.clear(&self.label, &standing, now),
            };
        }
        Err(Refusal::new(Code::Changed, format!("the audience has grown by {joined} since this was judged"))
            .unless("ask again"))
    }
}
