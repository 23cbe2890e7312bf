//! Who is reached from a principal through groups in groups, in one view: worked out once for each group that a thing names.

use std::collections::HashMap;

use super::graph::{Graph, Life, Role, View};
use crate::clock::Instant;
use crate::label::Readers;
use crate::name::Principal;

/// A set of people that is kept during a look: a few by number, who may stand there twice, and many as bits.
#[derive(Default)]
struct Kept {
    few: Vec<u32>,
    many: Option<Readers>,
}

impl Kept {
    fn join(&self, into: &mut Readers) {
        self.few.iter().for_each(|person| into.add(*person as usize));
        self.many.iter().for_each(|people| into.unite(people));
    }

    fn leave(&self, from: &mut Readers) {
        self.few.iter().for_each(|person| from.leave(*person as usize));
        self.many.iter().for_each(|people| from.leave_out(people));
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
        let is_there = self.graph.is_there(id, self.view);
        match self.group(id) {
            Some(people) => people.join(into),
            None if is_there => into.add(id as usize),
            None => {}
        }
    }

    /// Takes everybody away who is `id`, or is in it.
    fn take(&mut self, id: u32, from: &mut Readers) {
        match self.group(id) {
            Some(people) => people.leave(from),
            None => from.leave(id as usize),
        }
    }

    /// Who is in a group; none of a person.
    fn group(&mut self, id: u32) -> Option<&Kept> {
        if matches!(self.graph.at(id).principal, Principal::Person(_)) {
            return None;
        }
        if !self.known.contains_key(&id) {
            let found = self.walk_from(id);
            self.known.insert(id, found);
        }
        self.known.get(&id)
    }

    /// Whom `id` is or holds.
    pub(super) fn of(&mut self, id: u32) -> Readers {
        let mut people = self.graph.nobody();
        self.add(id, &mut people);
        people
    }

    /// A group that is known is not walked again; one on the way is not kept, for in a circle it would not be whole.
    fn walk_from(&mut self, start: u32) -> Kept {
        self.walk += 1;
        let (graph, view, mut found) = (self.graph, self.view, Kept::default());
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut self.seen[id as usize], self.walk) == self.walk {
                continue;
            }
            if let Some(known) = self.known.get(&id) {
                found.few.extend(&known.few);
                known.many.iter().for_each(|people| found.many.get_or_insert_with(|| graph.nobody()).unite(people));
                continue;
            }
            let node = graph.at(id);
            let there = |edge: &&(u32, Life)| view.has(edge.1);
            open.extend(node.groups.iter().filter(there).map(|edge| edge.0));
            let people = node.people.iter().filter(there).map(|edge| edge.0);
            found.few.extend(people.filter(|person| graph.is_there(*person, view)));
        }
        // From about here on bits are joined faster, and take up to four times the room.
        if found.few.len() > graph.nodes.len() / 128 + 4 {
            let many = found.many.get_or_insert_with(|| graph.nobody());
            std::mem::take(&mut found.few).into_iter().for_each(|person| many.add(person as usize));
        }
        found
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
        let (graph, view) = (self.graph, self.view);
        for edge in graph.of(thing).edges.iter().filter(|edge| view.has(edge.life) && edge.role.clears()) {
            self.take(edge.to, &mut people);
        }
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
        // What is reached through two of the first one's members is reached through nothing smaller.
        while let Some((group, _, depth)) = rows.get(at).copied().filter(|_| found != Some(0)) {
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
