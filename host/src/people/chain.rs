//! Through which groups a right comes to somebody: the shortest chain, for whoever must agree to it.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{Directory, Right};
use super::need::Audience;
use crate::clock::Instant;
use crate::name::{GroupName, ObjectName, PersonName, Principal};

/// One person who gains or loses a right, and through what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// Who.
    pub person: PersonName,
    /// The groups from the principal that is named in the act down to the one that the person is in; none where the
    /// principal is the person.
    pub through: Vec<GroupName>,
}

impl Directory {
    /// The shortest chain of groups from `principal` down to `person`; of several, the one whose groups come first by
    /// name. Empty where the principal is the person, none where there is no chain or nobody of this name.
    #[must_use]
    pub fn path(&self, person: &PersonName, principal: &Principal) -> Option<Vec<GroupName>> {
        let gains = self.paths(principal, &BTreeSet::from([person.clone()]));
        gains.into_iter().next().map(|gain| gain.through)
    }

    /// [`Directory::path`] of each of `people` who has one, by name. Every group is looked at once, however many people
    /// there are.
    #[must_use]
    pub fn paths(&self, principal: &Principal, people: &BTreeSet<PersonName>) -> Vec<Gain> {
        let mut found: BTreeMap<PersonName, Vec<GroupName>> = BTreeMap::new();
        let first = match principal {
            Principal::Person(person) => {
                let known = people.contains(person) && self.people.contains_key(person);
                return known.then(|| Gain { person: person.clone(), through: Vec::new() }).into_iter().collect();
            }
            Principal::Group(group) => group,
        };
        // A row holds a group and the row of the one that it was reached from.
        let mut rows: Vec<(&GroupName, usize)> = vec![(first, 0)];
        let mut seen = BTreeSet::from([first]);
        let mut next = 0;
        while let Some((group, _)) = rows.get(next).copied() {
            for member in self.groups.get(group).into_iter().flatten() {
                match member {
                    Principal::Group(inner) if seen.insert(inner) => rows.push((inner, next)),
                    Principal::Group(_) => {}
                    Principal::Person(person) => {
                        if people.contains(person) && self.people.contains_key(person) && !found.contains_key(person) {
                            found.insert(person.clone(), chain(&rows, next));
                        }
                    }
                }
            }
            next += 1;
        }
        found.into_iter().map(|(person, through)| Gain { person, through }).collect()
    }

    /// Who holds `right` on `object` at `now` and would not, were what `principal` has on it taken away.
    #[must_use]
    pub fn loses(&self, object: &ObjectName, principal: &Principal, right: Right, now: Instant) -> BTreeSet<PersonName> {
        let Some(of) = self.objects.get(object) else { return BTreeSet::new() };
        let owner = Principal::Person(of.owner.clone());
        let left =
            of.entries.iter().filter(|entry| entry.principal != *principal && entry.holds(now) && entry.right >= right);
        let keep = self.members(left.map(|entry| &entry.principal).chain([&owner]));
        self.holders(object, right, now).into_iter().filter(|person| !keep.contains(person)).collect()
    }
}

impl Audience {
    /// Through which groups each of `people` gains what an act opens; nobody gains anything by an act that opens nothing.
    #[must_use]
    pub fn gains(&self, directory: &Directory, people: &BTreeSet<PersonName>) -> Vec<Gain> {
        match self {
            Self::Nobody | Self::Forum(_) | Self::Readers(_) => Vec::new(),
            Self::Gains(_, principal, _) => directory.paths(principal, people),
        }
    }
}

/// The groups from the first row down to row `at`.
fn chain(rows: &[(&GroupName, usize)], mut at: usize) -> Vec<GroupName> {
    let mut groups = vec![rows[at].0.clone()];
    while at != 0 {
        at = rows[at].1;
        groups.push(rows[at].0.clone());
    }
    groups.reverse();
    groups
}
