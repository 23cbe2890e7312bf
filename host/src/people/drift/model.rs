//! The world as the watch knows it, and what of it has changed since it last looked.

use std::collections::{BTreeMap, HashMap};

use super::cause::Cause;
use super::change::{Change, What};
use super::graph::{Edge, Graph, Life, Role};
use crate::clock::Instant;
use crate::label::{Readers, Under};
use crate::name::{PersonName, Principal};
use crate::people::{Directory, Right};

/// Who reads what, who is cleared for it, and what has opened it; and what has come and gone since the last look.
#[derive(Default)]
pub struct Model {
    pub(super) graph: Graph,
    /// What opened each thing, to whom, as it is on record.
    pub(super) open: BTreeMap<u32, BTreeMap<Cause, Readers>>,
    /// Groups whose members changed, people who came or went, and things whose lists changed.
    pub(super) groups: Vec<u32>,
    pub(super) people: Vec<u32>,
    pub(super) things: Vec<u32>,
    /// When what may be a cause came, and where the journal speaks of it.
    pub(super) came: HashMap<Cause, (Instant, Option<u64>)>,
    /// When the last change came.
    pub(super) newest: Option<Instant>,
    /// When the next right ends through which somebody reads what he is not cleared for.
    pub(super) until: Option<Instant>,
}

/// What a list of edges does with one that comes or goes.
fn next(life: Option<Life>, added: bool) -> Option<Life> {
    match (life, added) {
        (None, true) => Some(Life::Added),
        (Some(Life::Removed), true) => Some(Life::Kept),
        (Some(life), true) => Some(life),
        (None | Some(Life::Added), false) => None,
        (Some(Life::Kept | Life::Removed), false) => Some(Life::Removed),
    }
}

impl Model {
    /// One version of the directory, with nothing on record yet.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let mut model = Self::default();
        let graph = &mut model.graph;
        for person in directory.people.keys() {
            let id = graph.node(&Principal::Person(person.clone()));
            graph.lives[id as usize] = Some(Life::Kept);
        }
        for (group, members) in &directory.groups {
            let group = graph.node(&Principal::Group(group.clone()));
            for member in members {
                let member = graph.node(member);
                graph.enter(group, member, Life::Kept);
            }
        }
        let mut put = |under: Under, owner: &PersonName, cleared: &mut dyn Iterator<Item = &Principal>| {
            let thing = graph.thing(&under);
            let owner = graph.node(&Principal::Person(owner.clone()));
            graph.connect(thing, owner, Role::Owner, Life::Kept);
            for principal in cleared {
                let to = graph.node(principal);
                graph.connect(thing, to, Role::Cleared, Life::Kept);
            }
            thing
        };
        let mut reads = Vec::new();
        for (name, object) in &directory.objects {
            let thing = put(Under::Object(name.clone()), &object.owner, &mut object.ceiling.cleared.iter());
            let entries = object.entries.iter().map(|it| (&it.principal, Role::Reads(it.right, it.ends, it.lease)));
            reads.extend(entries.map(|(principal, role)| (thing, principal, role)));
        }
        for (name, forum) in &directory.forums {
            let thing = put(Under::Forum(name.clone()), &forum.owner, &mut forum.ceiling.cleared.iter());
            reads.extend(forum.audience.iter().map(|it| (thing, it, Role::Reads(Right::Read, None, None))));
        }
        for (thing, principal, role) in reads {
            let to = graph.node(principal);
            graph.connect(thing, to, role, Life::Kept);
        }
        model
    }

    /// Says that a thing closes by itself.
    pub fn closes_by_itself(&mut self, thing: &Under) {
        let id = self.graph.thing(thing);
        self.graph.of_mut(id).closes = true;
    }

    /// Says what is on record: that these people can read a thing for which they are not cleared.
    pub fn exposed(&mut self, thing: &Under, people: &[PersonName]) {
        let (id, people) = (self.graph.thing(thing), self.set(people));
        self.graph.of_mut(id).outside = Some(people);
        // Whether a right of theirs has ended meanwhile is found out at the next look.
        self.until = Some(Instant(0));
    }

    /// Says what is on record: that a cause opened a thing to these people.
    pub fn opened(&mut self, cause: Cause, thing: &Under, people: &[PersonName]) {
        let (id, people) = (self.graph.thing(thing), self.set(people));
        self.open.entry(id).or_default().insert(cause, people);
    }

    /// The people of a set, by name.
    #[must_use]
    pub fn names(&self, people: &Readers) -> Vec<PersonName> {
        self.graph.names(people)
    }

    /// The people and groups that were named after the first so many, in the order of their places in sets.
    pub fn named(&self, after: usize) -> impl Iterator<Item = &Principal> {
        self.graph.nodes.iter().skip(after).map(|node| &node.principal)
    }

    fn set(&mut self, people: &[PersonName]) -> Readers {
        let ids: Vec<u32> = people.iter().map(|it| self.graph.node(&Principal::Person(it.clone()))).collect();
        let mut set = self.graph.nobody();
        ids.into_iter().for_each(|id| set.add(id as usize));
        set
    }

    /// Takes a change in, to be looked at.
    pub fn tell(&mut self, change: &Change) {
        self.newest = self.newest.max(Some(change.at));
        if let Some(cause) = cause_of(change) {
            self.came.insert(cause, (change.at, change.entry));
        }
        let added = change.added;
        match &change.what {
            What::Person(person) => {
                let id = self.graph.node(&Principal::Person(person.clone()));
                let life = &mut self.graph.lives[id as usize];
                *life = next(*life, added);
                self.people.push(id);
            }
            What::Member(group, principal) => {
                let (group, member) = (self.graph.node(&Principal::Group(group.clone())), self.graph.node(principal));
                self.member(group, member, added);
                self.groups.push(group);
            }
            What::Entry(object, principal, right, ends, lease) => {
                let role = Role::Reads(*right, *ends, *lease);
                self.edge(&Under::Object(object.clone()), principal, role, added);
            }
            What::Audience(forum, principal) => {
                self.edge(&Under::Forum(forum.clone()), principal, Role::Reads(Right::Read, None, None), added);
            }
            What::Cleared(thing, principal) => self.edge(thing, principal, Role::Cleared, added),
            What::Owner(thing, person) => self.edge(thing, &Principal::Person(person.clone()), Role::Owner, added),
            What::Closes(thing) => {
                let id = self.graph.thing(thing);
                self.graph.of_mut(id).closes = added;
            }
        }
    }

    fn member(&mut self, group: u32, member: u32, added: bool) {
        let list = self.graph.beside(group, member);
        match list.iter().position(|edge| edge.0 == member) {
            None if added => self.graph.enter(group, member, Life::Added),
            None => {}
            Some(at) => match next(Some(list[at].1), added) {
                Some(life) => list[at].1 = life,
                None => self.leaves(group, member),
            },
        }
    }

    fn leaves(&mut self, group: u32, member: u32) {
        self.graph.beside(group, member).retain(|edge| edge.0 != member);
        self.graph.at_mut(member).within.retain(|it| *it != group);
    }

    /// Of the same edge there may be several: an access list may say the same twice. Of the others there is one, and a thing has
    /// one owner: who writes a row over another one (`REPLACE`) is not told as having taken the first away.
    fn edge(&mut self, under: &Under, principal: &Principal, role: Role, added: bool) {
        let (thing, to) = (self.graph.thing(under), self.graph.node(principal));
        self.things.push(thing);
        let edges = &mut self.graph.of_mut(thing).edges;
        if added && role == Role::Owner {
            edges.retain(|it| it.role != role || it.to == to || it.life != Life::Added);
            edges.iter_mut().filter(|it| it.role == role && it.to != to).for_each(|it| it.life = Life::Removed);
        }
        let once = role.clears() || matches!(under, Under::Forum(_));
        let same = |it: &Edge| it.to == to && it.role == role && it.life != Life::Removed;
        if added && once && edges.iter().any(same) {
            return;
        }
        let find = |life| edges.iter().position(|it| it.to == to && it.role == role && it.life == life);
        match (find(Life::Kept), find(Life::Added), find(Life::Removed)) {
            (_, _, Some(at)) if added => edges[at].life = Life::Kept,
            _ if added => self.graph.connect(thing, to, role, Life::Added),
            (_, Some(at), _) => drop(edges.remove(at)),
            (Some(at), None, _) => edges[at].life = Life::Removed,
            (None, None, _) => {}
        }
    }

    /// What was told is how it is from now on, whether or not it was looked at.
    pub fn settle(&mut self) {
        let gone = |edge: &(u32, Life)| edge.1 == Life::Removed;
        for group in std::mem::take(&mut self.groups) {
            let node = self.graph.at(group);
            let left: Vec<u32> = node.groups.iter().chain(&node.people).filter(|it| gone(it)).map(|it| it.0).collect();
            left.into_iter().for_each(|member| self.leaves(group, member));
            let node = self.graph.at_mut(group);
            node.groups.iter_mut().chain(&mut node.people).for_each(|edge| edge.1 = Life::Kept);
        }
        for person in std::mem::take(&mut self.people) {
            let life = &mut self.graph.lives[person as usize];
            *life = life.filter(|life| *life != Life::Removed).map(|_| Life::Kept);
        }
        for thing in std::mem::take(&mut self.things) {
            let edges = &mut self.graph.of_mut(thing).edges;
            let was: Vec<u32> = edges.iter().filter(|it| it.life == Life::Removed).map(|it| it.to).collect();
            edges.retain(|it| it.life != Life::Removed);
            edges.iter_mut().for_each(|it| it.life = Life::Kept);
            for to in was {
                if self.graph.of(thing).edges.iter().all(|it| it.to != to) {
                    self.graph.at_mut(to).used.retain(|it| *it != thing);
                }
            }
        }
        self.came.clear();
        self.newest = None;
    }

    /// Whether nothing has changed that was not looked at, and no right has ended that mattered.
    #[must_use]
    pub fn is_settled(&self, now: Instant) -> bool {
        let told = self.groups.is_empty() && self.people.is_empty() && self.things.is_empty();
        told && self.until.is_none_or(|until| now < until)
    }
}

/// What a change can be the cause of.
fn cause_of(change: &Change) -> Option<Cause> {
    match (&change.what, change.added) {
        (What::Member(group, principal), true) => Some(Cause::Member(group.clone(), principal.clone())),
        (What::Entry(object, principal, right, _, None), true) => {
            Some(Cause::Entry(object.clone(), principal.clone(), *right))
        }
        (What::Audience(forum, principal), true) => Some(Cause::Audience(forum.clone(), principal.clone())),
        (What::Cleared(thing, _) | What::Owner(thing, _), false) => Some(Cause::Ceiling(thing.clone())),
        _ => None,
    }
}
