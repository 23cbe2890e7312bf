//! What follows from one version of the directory and is asked at every decision: worked out once, then looked up.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use super::{Ceiling, Directory, Entry, Right};
use crate::clock::Instant;
use crate::label::{Readers, Under};
use crate::name::{FilePath, ForumName, GroupName, ObjectName, PersonName, Principal};

/// The groups that a person is in, through groups in groups.
pub type Groups = HashSet<GroupName>;

/// Tables that follow from a directory. Nothing may change in a directory once the first question was asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Derived {
    ends: OnceLock<Vec<Instant>>,
    folders: OnceLock<HashMap<FilePath, ObjectName>>,
    within: OnceLock<HashMap<Principal, Vec<GroupName>>>,
    places: OnceLock<HashMap<PersonName, usize>>,
    cleared: OnceLock<HashMap<Under, OnceLock<Readers>>>,
    audiences: OnceLock<HashMap<ForumName, OnceLock<Readers>>>,
}

/// It says nothing that the directory does not say.
impl PartialEq for Derived {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Derived {}

impl Directory {
    /// When the next right ends that holds at `now`.
    #[must_use]
    pub fn until(&self, now: Instant) -> Instant {
        let ends = self.derived.ends.get_or_init(|| {
            let entries = self.objects.values().flat_map(|object| &object.entries);
            let mut ends: Vec<_> = entries.filter_map(|entry| entry.ends).collect();
            ends.sort_unstable();
            ends
        });
        ends.get(ends.partition_point(|end| *end <= now)).copied().unwrap_or(Instant(u64::MAX))
    }

    /// The object that covers a file: the one with the longest folder. A file that no object covers is nobody's.
    #[must_use]
    pub fn object_of(&self, path: &FilePath) -> Option<&ObjectName> {
        let folders = self.derived.folders.get_or_init(|| {
            let each = self.objects.iter().flat_map(|(name, object)| object.folders.iter().map(move |it| (it, name)));
            each.map(|(folder, name)| (folder.clone(), name.clone())).collect()
        });
        path.ancestors().find_map(|folder| folders.get(folder))
    }

    /// The groups that `person` is in, through groups in groups; circles end.
    #[must_use]
    pub fn groups_of(&self, person: &PersonName) -> Groups {
        let within = self.derived.within.get_or_init(|| {
            let mut within: HashMap<Principal, Vec<GroupName>> = HashMap::new();
            for (group, members) in &self.groups {
                members.iter().for_each(|member| within.entry(member.clone()).or_default().push(group.clone()));
            }
            within
        });
        let mut groups = Groups::new();
        let mut open = vec![Principal::Person(person.clone())];
        while let Some(principal) = open.pop() {
            for group in within.get(&principal).into_iter().flatten() {
                if groups.insert(group.clone()) {
                    open.push(Principal::Group(group.clone()));
                }
            }
        }
        groups
    }

    /// Everybody who is one of `principals`, as [`Directory::members`] has them.
    #[must_use]
    pub fn among<'a>(&self, principals: impl IntoIterator<Item = &'a Principal>) -> Readers {
        let places = self.places();
        let mut readers = Readers::nobody(self.people.len());
        let mut seen = HashSet::new();
        let mut open: Vec<&Principal> = principals.into_iter().collect();
        while let Some(principal) = open.pop() {
            match principal {
                Principal::Person(person) => places.get(person).into_iter().for_each(|place| readers.add(*place)),
                Principal::Group(group) if seen.insert(group) => open.extend(self.groups.get(group).into_iter().flatten()),
                Principal::Group(_) => {}
            }
        }
        readers
    }

    /// Where each person stands in a set of [`Readers`].
    fn places(&self) -> &HashMap<PersonName, usize> {
        self.derived
            .places
            .get_or_init(|| self.people.keys().enumerate().map(|(place, person)| (person.clone(), place)).collect())
    }

    /// Whether a person is in a set.
    #[must_use]
    pub fn has(&self, readers: &Readers, person: &PersonName) -> bool {
        self.places().get(person).is_some_and(|place| readers.has(*place))
    }

    /// The people of a set, by their names.
    #[must_use]
    pub fn names(&self, readers: &Readers) -> BTreeSet<PersonName> {
        self.people.keys().enumerate().filter(|(place, _)| readers.has(*place)).map(|(_, person)| person.clone()).collect()
    }

    /// A ceiling as it is declared, and who owns what lies under it; none if that is gone.
    pub(super) fn ceiling(&self, under: &Under) -> Option<(&Ceiling, &PersonName)> {
        match under {
            Under::Object(name) => self.objects.get(name).map(|object| (&object.ceiling, &object.owner)),
            Under::Forum(name) => self.forums.get(name).map(|forum| (&forum.ceiling, &forum.owner)),
            Under::Unknown => None,
        }
    }

    /// Who may ever be given what lies under a ceiling, the owner among them; none if that is gone.
    #[must_use]
    pub fn cleared(&self, under: &Under) -> Option<&Readers> {
        let known = self.derived.cleared.get_or_init(|| {
            let objects = self.objects.keys().cloned().map(Under::Object);
            objects.chain(self.forums.keys().cloned().map(Under::Forum)).map(|under| (under, OnceLock::new())).collect()
        });
        let (ceiling, owner) = self.ceiling(under)?;
        let work_out = || self.among(ceiling.cleared.iter().chain([&Principal::Person(owner.clone())]));
        Some(known.get(under)?.get_or_init(work_out))
    }

    /// Who reads a forum, as [`Directory::audience`] has them; none if there is no such forum.
    #[must_use]
    pub fn listeners(&self, forum: &ForumName) -> Option<&Readers> {
        let known = self
            .derived
            .audiences
            .get_or_init(|| self.forums.keys().map(|forum| (forum.clone(), OnceLock::new())).collect());
        let of = self.forums.get(forum)?;
        let work_out = || self.among(of.audience.iter().chain([&Principal::Person(of.owner.clone())]));
        Some(known.get(forum)?.get_or_init(work_out))
    }

    /// Who holds `right` on an object at `now`, as [`Directory::holders`] has them; nobody if it is gone.
    #[must_use]
    pub fn holding(&self, object: &ObjectName, right: Right, now: Instant) -> Readers {
        let Some(object) = self.objects.get(object) else { return Readers::nobody(self.people.len()) };
        let holds = |entry: &&Entry| entry.holds(now) && entry.right >= right;
        let entries = object.entries.iter().filter(holds).map(|entry| &entry.principal);
        self.among(entries.chain([&Principal::Person(object.owner.clone())]))
    }
}
