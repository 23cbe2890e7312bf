//! The graph: people and groups as numbers, and what of them each thing names. Every edge knows whether it was there before.

use std::collections::HashMap;

use crate::clock::Instant;
use crate::label::{Readers, Under};
use crate::name::{PersonName, Principal};
use crate::people::Right;

/// Whether an edge was there before, is there now, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Kept,
    Added,
    Removed,
}

/// Before a change, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Then,
    Now,
}

impl View {
    pub(super) fn has(self, life: Life) -> bool {
        match self {
            Self::Then => life != Life::Added,
            Self::Now => life != Life::Removed,
        }
    }
}

/// A person or a group.
pub(super) struct Node {
    pub(super) principal: Principal,
    /// Of a group, the people in it, and the groups in it.
    pub(super) people: Vec<(u32, Life)>,
    pub(super) groups: Vec<(u32, Life)>,
    /// Groups that it is in.
    pub(super) within: Vec<u32>,
    /// Things that name it.
    pub(super) used: Vec<u32>,
}

/// What a thing names somebody for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// They read it: the right, until when, and through which lease.
    Reads(Right, Option<Instant>, Option<u64>),
    /// They are cleared for it.
    Cleared,
    /// It is his: he reads it and is cleared for it.
    Owner,
}

impl Role {
    pub(super) fn reads(self, now: Instant) -> bool {
        match self {
            Self::Reads(_, ends, _) => ends.is_none_or(|ends| now < ends),
            Self::Owner => true,
            Self::Cleared => false,
        }
    }

    pub(super) fn clears(self) -> bool {
        matches!(self, Self::Cleared | Self::Owner)
    }
}

/// What a thing names.
pub(super) struct Edge {
    pub(super) to: u32,
    pub(super) role: Role,
    pub(super) life: Life,
}

/// An object or a forum.
pub(super) struct Thing {
    pub(super) name: Under,
    pub(super) edges: Vec<Edge>,
    /// Whether it closes by itself.
    pub(super) closes: bool,
    /// Who can read it and is not cleared, as it is on record.
    pub(super) outside: Option<Readers>,
}

/// Everything, by number.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) things: Vec<Thing>,
    /// Of each person, whether there is one of this name; a group is there as soon as something names it. Beside the nodes and
    /// close together: a walk through groups asks it of everybody whom it meets.
    pub(super) lives: Vec<Option<Life>>,
    ids: HashMap<Principal, u32>,
    thing_ids: HashMap<Under, u32>,
}

impl Graph {
    /// The number of somebody, given when he is first named.
    pub(super) fn node(&mut self, principal: &Principal) -> u32 {
        if let Some(id) = self.ids.get(principal) {
            return *id;
        }
        let id = number(self.nodes.len());
        let life = matches!(principal, Principal::Group(_)).then_some(Life::Kept);
        let (people, groups, within, used) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.nodes.push(Node { principal: principal.clone(), people, groups, within, used });
        self.lives.push(life);
        self.ids.insert(principal.clone(), id);
        id
    }

    pub(super) fn thing(&mut self, name: &Under) -> u32 {
        if let Some(id) = self.thing_ids.get(name) {
            return *id;
        }
        let id = number(self.things.len());
        self.things.push(Thing { name: name.clone(), edges: Vec::new(), closes: false, outside: None });
        self.thing_ids.insert(name.clone(), id);
        id
    }

    pub(super) fn find_node(&self, principal: &Principal) -> Option<u32> {
        self.ids.get(principal).copied()
    }

    pub(super) fn find_thing(&self, name: &Under) -> Option<u32> {
        self.thing_ids.get(name).copied()
    }

    pub(super) fn at(&self, id: u32) -> &Node {
        &self.nodes[id as usize]
    }

    pub(super) fn at_mut(&mut self, id: u32) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    /// Whom a group names: groups, and people.
    pub(super) fn members(&self, group: u32) -> impl Iterator<Item = &(u32, Life)> {
        let node = self.at(group);
        node.groups.iter().chain(&node.people)
    }

    pub(super) fn is_there(&self, id: u32, view: View) -> bool {
        self.lives[id as usize].is_some_and(|life| view.has(life))
    }

    pub(super) fn of(&self, id: u32) -> &Thing {
        &self.things[id as usize]
    }

    pub(super) fn of_mut(&mut self, id: u32) -> &mut Thing {
        &mut self.things[id as usize]
    }

    pub(super) fn nobody(&self) -> Readers {
        Readers::nobody(self.nodes.len())
    }

    /// Puts an edge between a thing and somebody.
    pub(super) fn connect(&mut self, thing: u32, to: u32, role: Role, life: Life) {
        self.of_mut(thing).edges.push(Edge { to, role, life });
        let used = &mut self.at_mut(to).used;
        if used.last() != Some(&thing) {
            used.push(thing);
        }
    }

    /// The members of a group that are of the same kind as `member`.
    pub(super) fn beside(&mut self, group: u32, member: u32) -> &mut Vec<(u32, Life)> {
        let is_group = matches!(self.at(member).principal, Principal::Group(_));
        let node = self.at_mut(group);
        if is_group { &mut node.groups } else { &mut node.people }
    }

    /// Puts somebody into a group.
    pub(super) fn enter(&mut self, group: u32, member: u32, life: Life) {
        self.beside(group, member).push((member, life));
        self.at_mut(member).within.push(group);
    }

    /// The people of a set, by name.
    pub(super) fn names(&self, people: &Readers) -> Vec<PersonName> {
        let mut names: Vec<_> = people
            .places()
            .filter_map(|place| match &self.nodes.get(place)?.principal {
                Principal::Person(person) => Some(person.clone()),
                Principal::Group(_) => None,
            })
            .collect();
        names.sort_unstable();
        names
    }

    /// The things that name one of `nodes`, themselves or through groups that they are in.
    pub(super) fn reached_from(&self, nodes: &[u32]) -> Vec<u32> {
        let (mut seen, mut things) = (vec![false; self.nodes.len()], vec![false; self.things.len()]);
        let mut open = nodes.to_vec();
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id as usize], true) {
                continue;
            }
            let node = self.at(id);
            node.used.iter().for_each(|thing| things[*thing as usize] = true);
            open.extend(node.within.iter().filter(|group| !seen[**group as usize]));
        }
        (0..).zip(things).filter_map(|(id, found): (u32, bool)| found.then_some(id)).collect()
    }
}

/// Numbers are 32 bits wide: four thousand million people are not expected, and the last of them would share one.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
