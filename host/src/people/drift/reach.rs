//! Who is reached from a principal through groups in groups, in one view: worked out once for each group that a thing names.

use std::collections::HashMap;

use super::graph::{Graph, Life, Role, View};
use crate::clock::Instant;
use crate::label::Readers;
use crate::name::Principal;

/// A set of people that is kept during a look: a few by number, many as bits.
enum Kept {
    Few(Box<[u32]>),
    Many(Readers),
}

impl Kept {
    fn of(people: Readers, all: usize) -> Self {
        if people.len() < all / 32 {
            let places = people.places().map(|place| u32::try_from(place).unwrap_or(u32::MAX));
            Self::Few(places.collect())
        } else {
            Self::Many(people)
        }
    }

    fn join(&self, into: &mut Readers) {
        match self {
            Self::Few(people) => people.iter().for_each(|person| into.add(*person as usize)),
            Self::Many(people) => into.unite(people),
        }
    }
}

/// What is known of who is reached, in one view at one instant.
pub(super) struct Reach<'g> {
    graph: &'g Graph,
    view: View,
    now: Instant,
    known: HashMap<u32, Kept>,
    /// In which walk a group was last seen.
    seen: Vec<u32>,
    walk: u32,
}

impl<'g> Reach<'g> {
    pub(super) fn new(graph: &'g Graph, view: View, now: Instant) -> Self {
        Self { graph, view, now, known: HashMap::new(), seen: vec![0; graph.nodes.len()], walk: 0 }
    }

    /// Adds everybody who is `id`, or is in it.
    pub(super) fn add(&mut self, id: u32, into: &mut Readers) {
        let node = self.graph.at(id);
        if matches!(node.principal, Principal::Person(_)) {
            if node.life.is_some_and(|life| self.view.has(life)) {
                into.add(id as usize);
            }
            return;
        }
        if !self.known.contains_key(&id) {
            let found = self.walk_from(id);
            self.known.insert(id, Kept::of(found, self.graph.nodes.len()));
        }
        self.known[&id].join(into);
    }

    /// Whom `id` is or holds.
    pub(super) fn of(&mut self, id: u32) -> Readers {
        let mut people = self.graph.nobody();
        self.add(id, &mut people);
        people
    }

    /// A group that is known is not walked again; one on the way is not kept, for in a circle it would not be whole.
    fn walk_from(&mut self, start: u32) -> Readers {
        self.walk += 1;
        let mut people = self.graph.nobody();
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut self.seen[id as usize], self.walk) == self.walk {
                continue;
            }
            if let Some(known) = self.known.get(&id) {
                known.join(&mut people);
                continue;
            }
            let (node, view) = (self.graph.at(id), self.view);
            let there = |edge: &&(u32, Life)| view.has(edge.1);
            open.extend(node.groups.iter().filter(there).map(|edge| edge.0));
            for (person, _) in node.people.iter().filter(there) {
                if self.graph.at(*person).life.is_some_and(|life| view.has(life)) {
                    people.add(*person as usize);
                }
            }
        }
        people
    }

    fn union(&mut self, thing: u32, wanted: impl Fn(Role) -> bool) -> Readers {
        let (graph, view) = (self.graph, self.view);
        let mut people = graph.nobody();
        for edge in graph.of(thing).edges.iter().filter(|edge| view.has(edge.life) && wanted(edge.role)) {
            self.add(edge.to, &mut people);
        }
        people
    }

    /// Who reads a thing.
    pub(super) fn readers(&mut self, thing: u32) -> Readers {
        let now = self.now;
        self.union(thing, |role| role.reads(now))
    }

    /// Who is cleared for a thing.
    pub(super) fn cleared(&mut self, thing: u32) -> Readers {
        self.union(thing, Role::clears)
    }

    /// Who reads a thing and is not cleared for it.
    pub(super) fn outside(&mut self, thing: u32) -> Readers {
        let mut people = self.readers(thing);
        people.leave_out(&self.cleared(thing));
        people
    }

    /// The groups from `start` down to the smallest that all of `people` are reached through, by shortest ways.
    pub(super) fn chain(&self, start: u32, people: &Readers) -> Vec<u32> {
        if matches!(self.graph.at(start).principal, Principal::Person(_)) {
            return Vec::new();
        }
        // A row holds a group, the row it was reached from, and how far down it is.
        let mut rows: Vec<(u32, usize, usize)> = vec![(start, 0, 0)];
        let (mut seen, mut found) = (self.graph.nobody(), None);
        seen.add(start as usize);
        let mut at = 0;
        while let Some((group, _, depth)) = rows.get(at).copied() {
            let node = self.graph.at(group);
            let new = |edge: &&(u32, Life)| self.view.has(edge.1);
            for (inner, _) in node.groups.iter().filter(new) {
                if !seen.has(*inner as usize) {
                    seen.add(*inner as usize);
                    rows.push((*inner, at, depth + 1));
                }
            }
            for (person, _) in node.people.iter().filter(new) {
                if people.has(*person as usize) && !seen.has(*person as usize) {
                    seen.add(*person as usize);
                    found = Some(found.map_or(at, |other| common(&rows, other, at)));
                }
            }
            at += 1;
        }
        let mut chain = Vec::new();
        let mut row = found.unwrap_or(0);
        loop {
            chain.push(rows[row].0);
            if row == 0 {
                break;
            }
            row = rows[row].1;
        }
        chain.reverse();
        chain
    }
}

/// The lowest row above two rows.
fn common(rows: &[(u32, usize, usize)], mut one: usize, mut other: usize) -> usize {
    while one != other {
        if rows[one].2 >= rows[other].2 {
            one = rows[one].1;
        } else {
            other = rows[other].1;
        }
    }
    one
}
