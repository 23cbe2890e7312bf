//! What follows from one version of the directory and is asked at every decision: worked out once, then looked up.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::Directory;
use crate::clock::Instant;
use crate::name::{FilePath, GroupName, ObjectName, PersonName, Principal};

/// The groups that a person is in, through groups in groups.
pub type Groups = HashSet<GroupName>;

/// Tables that follow from a directory. Nothing may change in a directory once the first question was asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Derived {
    ends: OnceLock<Vec<Instant>>,
    folders: OnceLock<HashMap<FilePath, ObjectName>>,
    within: OnceLock<HashMap<Principal, Vec<GroupName>>>,
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
}
