//! One version of people, groups, forums and objects.

use std::collections::{BTreeMap, BTreeSet};

use super::derived::Derived;
use crate::clock::Instant;
use crate::freeze::Freeze;
use crate::name::{FilePath, ForumName, GroupName, ObjectName, PersonName, Principal};

/// What an entry of an access list allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To read what the object covers, and its access list.
    Read,
    /// To change its access list; reading is part of it.
    Administer,
}

impl Right {
    /// Every right.
    pub const WORDS: &'static [&'static str] = &["read", "administer"];

    /// The right's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Administer => "administer",
        }
    }

    /// The right with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "administer" => Some(Self::Administer),
            _ => None,
        }
    }
}

/// One line of an access list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub principal: Principal,
    /// May do what.
    pub right: Right,
    /// Until when; an ended entry is no right, whether or not anybody removed it.
    pub ends: Option<Instant>,
    /// The lease that wrote it, where a tool did.
    pub lease: Option<u64>,
}

impl Entry {
    /// Whether it still holds.
    #[must_use]
    pub fn holds(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

/// Who may ever be given a thing, beside its owner: declared, or who could read it when it was last written by people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ceiling {
    /// Who is cleared.
    pub cleared: BTreeSet<Principal>,
    /// Whether somebody declared it.
    pub declared: bool,
}

/// A forum and who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forum {
    /// Its owner, a member too.
    pub owner: PersonName,
    /// Its members: who reads may post.
    pub audience: BTreeSet<Principal>,
    /// Who may ever read it.
    pub ceiling: Ceiling,
}

/// An object: what has an owner and an access list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its owner, who may do everything with it.
    pub owner: PersonName,
    /// The folders whose files it covers.
    pub folders: BTreeSet<FilePath>,
    /// Its access list, ended entries included.
    pub entries: Vec<Entry>,
    /// Who may ever read it.
    pub ceiling: Ceiling,
}

/// One version of the world's people and what they may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The version: raised by every write to any of this, in its own transaction.
    pub stamp: u64,
    /// People, with the name they are shown under.
    pub people: BTreeMap<PersonName, String>,
    /// Groups, with their direct members.
    pub groups: BTreeMap<GroupName, BTreeSet<Principal>>,
    /// Forums.
    pub forums: BTreeMap<ForumName, Forum>,
    /// Objects.
    pub objects: BTreeMap<ObjectName, Object>,
    /// What is frozen; those that ended since it was read are told by their ends.
    pub freezes: Vec<Freeze>,
    pub(super) derived: Derived,
}

impl Directory {
    /// Everybody who is one of `principals`, through groups in groups; circles end.
    #[must_use]
    pub fn members<'a>(&self, principals: impl IntoIterator<Item = &'a Principal>) -> BTreeSet<PersonName> {
        let mut people = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&Principal> = principals.into_iter().collect();
        while let Some(principal) = open.pop() {
            match principal {
                Principal::Person(person) if self.people.contains_key(person) => {
                    people.insert(person.clone());
                }
                Principal::Person(_) => {}
                Principal::Group(group) => {
                    if seen.insert(group.clone()) {
                        open.extend(self.groups.get(group).into_iter().flatten());
                    }
                }
            }
        }
        people
    }

    /// Who reads a forum; nobody if there is none.
    #[must_use]
    pub fn audience(&self, forum: &ForumName) -> BTreeSet<PersonName> {
        let Some(forum) = self.forums.get(forum) else { return BTreeSet::new() };
        let owner = Principal::Person(forum.owner.clone());
        self.members(forum.audience.iter().chain([&owner]))
    }

    /// Who holds `right` on an object at `now`; administering includes reading.
    #[must_use]
    pub fn holders(&self, object: &ObjectName, right: Right, now: Instant) -> BTreeSet<PersonName> {
        let Some(object) = self.objects.get(object) else { return BTreeSet::new() };
        let owner = Principal::Person(object.owner.clone());
        let entries = object.entries.iter().filter(|entry| entry.holds(now) && entry.right >= right);
        self.members(entries.map(|entry| &entry.principal).chain([&owner]))
    }

    /// Who would hold `right` on `object` that does not now, were it given to `principal`.
    #[must_use]
    pub fn gains(&self, object: &ObjectName, principal: &Principal, right: Right, now: Instant) -> BTreeSet<PersonName> {
        let holders = self.holders(object, right, now);
        self.members([principal]).into_iter().filter(|person| !holders.contains(person)).collect()
    }
}
