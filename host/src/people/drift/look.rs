//! A look: which things are wider than their ceilings now, to whom, and what opened them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cause::Cause;
use super::graph::{Edge, Graph, Life, Role, Thing, View};
use super::model::Model;
use super::reach::Reach;
use crate::clock::Instant;
use crate::label::{Readers, Under};
use crate::name::{GroupName, Principal};

/// That the people who can read a thing and are not cleared for it are others than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widened {
    /// The thing: `object dataset/pay`, `forum eng-help`.
    pub thing: String,
    /// Who: a place in [`Seen::crowds`]; none where it is nobody any more.
    pub crowd: Option<usize>,
    /// Since when.
    pub since: Instant,
}

/// A cause that was not there at the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The edge.
    pub cause: Cause,
    /// The groups from what is named in it down to the smallest through which all are reached.
    pub chain: Vec<GroupName>,
    /// Since when.
    pub since: Instant,
    /// The journal's entry that speaks of it, where it was written through the host.
    pub entry: Option<u64>,
    /// Everybody who reads something through it and is not cleared for that.
    pub people: Readers,
    /// Whether it is to be closed at once.
    pub by_itself: bool,
}

/// What a look has found to be different from what is on record.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Sets of people, each once: [`Model::names`] says who they are.
    pub crowds: Vec<Readers>,
    /// Things to which others have access than before.
    pub exposed: Vec<Widened>,
    /// Causes that are new.
    pub alerts: Vec<Alert>,
    /// What each cause has opened now, where that is different.
    pub opened: Vec<(Cause, Widened)>,
    /// Causes through which nobody reads any more what he is not cleared for.
    pub over: Vec<Cause>,
}

impl Seen {
    /// Whether all is as it is on record.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.exposed.is_empty() && self.alerts.is_empty() && self.opened.is_empty() && self.over.is_empty()
    }
}

/// Which part of the world is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// What the changes that were told can reach.
    Changed,
    /// Everything, with no idea of what was before.
    Whole,
}

/// How one thing was found.
struct Found {
    thing: u32,
    outside: Readers,
    causes: BTreeMap<Cause, Readers>,
}

impl Model {
    /// Looks at what the changes that were told can reach. `last` is when it was last looked: what is said to have come
    /// before that, or later than `now`, is taken to have come now.
    pub fn look(&mut self, last: Instant, now: Instant) -> Seen {
        let mut things: BTreeSet<u32> = self.things.iter().copied().collect();
        let (came, went): (Vec<u32>, Vec<u32>) = self.people.iter().partition(|it| self.graph.is_there(**it, View::Now));
        let nodes = [&*self.groups, &*came].concat();
        if !nodes.is_empty() {
            things.extend(self.graph.reached_from(&nodes));
        }
        // Whoever is not there any more reads nothing and is cleared for nothing: only where he is on record something is different.
        let has =
            |it: &Thing| it.outside.as_ref().is_some_and(|people| went.iter().any(|person| people.has(*person as usize)));
        if !went.is_empty() {
            things.extend((0..).zip(&self.graph.things).filter(|(_, it)| has(it)).map(|(id, _): (u32, _)| id));
        }
        if self.until.is_some_and(|until| until <= now) {
            things.extend((0..).zip(&self.graph.things).filter(|(_, it)| it.outside.is_some()).map(|(id, _): (u32, _)| id));
        }
        self.see(things.into_iter().collect(), Scope::Changed, last, now)
    }

    /// Looks at everything: at the first start, and when it is not known what has changed. What opened a thing is then whatever
    /// stands in its own list.
    pub fn look_whole(&mut self, now: Instant) -> Seen {
        let things = (0..).zip(&self.graph.things).map(|(id, _)| id).collect();
        self.see(things, Scope::Whole, now, now)
    }

    fn see(&mut self, things: Vec<u32>, scope: Scope, last: Instant, now: Instant) -> Seen {
        let graph = &self.graph;
        let mut at = At { graph, after: Reach::new(graph, View::Now, now), before: None, now };
        let mut found = Vec::new();
        for thing in things {
            let (outside, old) = (at.after.outside(thing), graph.of(thing).outside.as_ref());
            if outside.is_empty() && old.is_none() {
                continue;
            }
            let causes = at.causes(thing, &outside, self.open.get(&thing), scope);
            found.push(Found { thing, outside, causes });
        }
        let clamp = |at: Option<Instant>| at.filter(|at| last <= *at && *at <= now).unwrap_or(now);
        let since = |cause: &Cause| clamp(self.came.get(cause).map(|it| it.0));
        let changed = clamp(self.newest);
        let (mut seen, mut sets) = (Seen::default(), Sets::default());
        let before: BTreeSet<&Cause> = self.open.values().flat_map(BTreeMap::keys).collect();
        let mut new: BTreeMap<Cause, Readers> = BTreeMap::new();
        for it in &found {
            let nothing = BTreeMap::new();
            let was = self.open.get(&it.thing).unwrap_or(&nothing);
            let name = graph.of(it.thing).name.to_string();
            let fresh = it.causes.keys().filter(|cause| !was.contains_key(*cause)).map(since).min();
            if !same(graph.of(it.thing).outside.as_ref(), &it.outside) {
                let crowd = sets.place(&it.outside);
                seen.exposed.push(Widened { thing: name.clone(), crowd, since: fresh.unwrap_or(changed) });
            }
            for (cause, people) in &it.causes {
                if !same(was.get(cause), people) {
                    let since = if was.contains_key(cause) { changed } else { since(cause) };
                    let widened = Widened { thing: name.clone(), crowd: sets.place(people), since };
                    seen.opened.push((cause.clone(), widened));
                }
                if !before.contains(cause) {
                    new.entry(cause.clone()).or_insert_with(|| graph.nobody()).unite(people);
                }
            }
            let gone = was.keys().filter(|cause| !it.causes.contains_key(*cause));
            let gone = gone.map(|cause| (cause.clone(), Widened { thing: name.clone(), crowd: None, since: changed }));
            seen.opened.extend(gone);
        }
        for (cause, people) in new {
            let (chain, came) = (at.chain(&cause, &people), self.came.get(&cause));
            let (since, entry) = (since(&cause), came.and_then(|it| it.1));
            seen.alerts.push(Alert { cause, chain, since, entry, people, by_itself: false });
        }
        seen.crowds = sets.crowds;
        self.keep(found, &mut seen, now);
        seen
    }

    /// What was found is what is on record from now on.
    fn keep(&mut self, found: Vec<Found>, seen: &mut Seen, now: Instant) {
        let before: BTreeSet<Cause> = self.open.values().flat_map(BTreeMap::keys).cloned().collect();
        for it in found {
            self.graph.of_mut(it.thing).outside = Some(it.outside).filter(|people| !people.is_empty());
            if it.causes.is_empty() {
                self.open.remove(&it.thing);
            } else {
                self.open.insert(it.thing, it.causes);
            }
        }
        let after: BTreeSet<&Cause> = self.open.values().flat_map(BTreeMap::keys).collect();
        seen.over = before.into_iter().filter(|cause| !after.contains(cause)).collect();
        self.settle();
        let exposed = self.graph.things.iter().filter(|thing| thing.outside.is_some());
        let ends = exposed.flat_map(|thing| &thing.edges).filter_map(|edge| match edge.role {
            Role::Reads(_, ends, _) => ends.filter(|ends| now < *ends),
            Role::Cleared | Role::Owner => None,
        });
        self.until = ends.min();
        for alert in &mut seen.alerts {
            alert.by_itself = self.closes_at_once(&alert.cause, now);
        }
    }
}

/// Both views at one instant.
struct At<'g> {
    graph: &'g Graph,
    after: Reach<'g>,
    before: Option<Reach<'g>>,
    now: Instant,
}

impl At<'_> {
    /// What opened a thing to those who read it and are not cleared: what did before and still does, what is new, and for those
    /// who are left whatever stands in the thing's own list.
    fn causes(
        &mut self,
        thing: u32,
        outside: &Readers,
        known: Option<&BTreeMap<Cause, Readers>>,
        scope: Scope,
    ) -> BTreeMap<Cause, Readers> {
        let mut causes = BTreeMap::new();
        for (cause, people) in known.into_iter().flatten() {
            let mut still = people.clone();
            still.keep(outside);
            match self.target(cause) {
                Some(to) => still.keep(&self.after.of(to)),
                None if cause.is_edge() => continue,
                None => {}
            }
            put(&mut causes, cause.clone(), still);
        }
        if scope == Scope::Changed {
            let mut new = outside.clone();
            self.graph.of(thing).outside.iter().for_each(|old| new.leave_out(old));
            if !new.is_empty() {
                self.attribute(thing, &new, &mut causes);
            }
        }
        let mut left = outside.clone();
        causes.values().for_each(|people| left.leave_out(people));
        for edge in self.graph.of(thing).edges.iter().filter(|edge| View::Now.has(edge.life) && edge.role.reads(self.now)) {
            if let (false, Some(cause)) = (left.is_empty(), own(self.graph, thing, edge)) {
                let mut people = self.after.of(edge.to);
                people.keep(&left);
                left.leave_out(&people);
                put(&mut causes, cause, people);
            }
        }
        put(&mut causes, Cause::Ceiling(self.graph.of(thing).name.clone()), left);
        causes
    }

    /// Edges that are new, for those whom they let in; and the ceiling, for those who could read before and were cleared.
    fn attribute(&mut self, thing: u32, new: &Readers, causes: &mut BTreeMap<Cause, Readers>) {
        let (graph, now) = (self.graph, self.now);
        let before = self.before.get_or_insert_with(|| Reach::new(graph, View::Then, now)).readers(thing);
        let (mut let_in, mut uncleared) = (new.clone(), new.clone());
        let_in.leave_out(&before);
        uncleared.keep(&before);
        put(causes, Cause::Ceiling(graph.of(thing).name.clone()), uncleared);
        if let_in.is_empty() {
            return;
        }
        let mut open = Vec::new();
        for edge in graph.of(thing).edges.iter().filter(|edge| View::Now.has(edge.life) && edge.role.reads(now)) {
            open.push(edge.to);
            if let (Life::Added, Some(cause)) = (edge.life, own(graph, thing, edge)) {
                self.through(edge.to, &let_in, cause, causes);
            }
        }
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Principal::Group(group) = &graph.at(id).principal else { continue };
            if !seen.insert(id) {
                continue;
            }
            for (member, life) in graph.members(id) {
                if *life == Life::Added {
                    let cause = Cause::Member(group.clone(), graph.at(*member).principal.clone());
                    self.through(*member, &let_in, cause, causes);
                }
            }
            open.extend(graph.at(id).groups.iter().filter(|edge| View::Now.has(edge.1)).map(|edge| edge.0));
        }
    }

    fn through(&mut self, to: u32, let_in: &Readers, cause: Cause, causes: &mut BTreeMap<Cause, Readers>) {
        let mut people = self.after.of(to);
        people.keep(let_in);
        put(causes, cause, people);
    }

    /// Whom an edge leads to; none where it is not there any more, or has ended, or is none.
    fn target(&self, cause: &Cause) -> Option<u32> {
        let (from, to) = edge_of(self.graph, cause)?;
        let holds = |it: &Edge| it.to == to && is_named(cause, it.role) && it.role.reads(self.now);
        let there = match cause {
            Cause::Member(..) => self.graph.members(from).any(|it| it.0 == to && View::Now.has(it.1)),
            _ => self.graph.of(from).edges.iter().any(|it| View::Now.has(it.life) && holds(it)),
        };
        there.then_some(to)
    }

    fn chain(&self, cause: &Cause, people: &Readers) -> Vec<GroupName> {
        let Some(to) = self.target(cause) else { return Vec::new() };
        let name = |id: u32| match &self.graph.at(id).principal {
            Principal::Group(group) => Some(group.clone()),
            Principal::Person(_) => None,
        };
        let above = if let Cause::Member(group, _) = cause { Some(group.clone()) } else { None };
        above.into_iter().chain(self.after.chain(to, people).into_iter().filter_map(name)).collect()
    }
}

/// The edge that a cause names: the group or thing it begins at, and whom it leads to.
pub(super) fn edge_of(graph: &Graph, cause: &Cause) -> Option<(u32, u32)> {
    let (under, principal) = match cause {
        Cause::Member(group, principal) => {
            let (group, to) = (graph.find_node(&Principal::Group(group.clone()))?, graph.find_node(principal)?);
            return graph.members(group).any(|it| it.0 == to).then_some((group, to));
        }
        Cause::Entry(object, principal, _) => (Under::Object(object.clone()), principal),
        Cause::Audience(forum, principal) => (Under::Forum(forum.clone()), principal),
        Cause::Ceiling(_) => return None,
    };
    let (thing, to) = (graph.find_thing(&under)?, graph.find_node(principal)?);
    graph.of(thing).edges.iter().any(|it| it.to == to && is_named(cause, it.role)).then_some((thing, to))
}

/// Whether a line of a thing's own list is of the kind that a cause names; none that a lease wrote is.
pub(super) fn is_named(cause: &Cause, role: Role) -> bool {
    match (cause, role) {
        (Cause::Entry(_, _, wanted), Role::Reads(right, _, None)) => right == *wanted,
        (Cause::Audience(..), Role::Reads(_, _, None)) => true,
        _ => false,
    }
}

/// The cause that an edge of a thing's own list is; none of what a lease wrote, which has an end of its own.
fn own(graph: &Graph, thing: u32, edge: &Edge) -> Option<Cause> {
    let principal = graph.at(edge.to).principal.clone();
    match (&graph.of(thing).name, edge.role) {
        (Under::Object(name), Role::Reads(right, _, None)) => Some(Cause::Entry(name.clone(), principal, right)),
        (Under::Forum(name), Role::Reads(..)) => Some(Cause::Audience(name.clone(), principal)),
        _ => None,
    }
}

fn put(causes: &mut BTreeMap<Cause, Readers>, cause: Cause, people: Readers) {
    if people.is_empty() {
        return;
    }
    causes.entry(cause).and_modify(|there| there.unite(&people)).or_insert(people);
}

/// Whether two sets are the same, however many people there were when they were made.
fn same(old: Option<&Readers>, new: &Readers) -> bool {
    old.map_or(new.is_empty(), |old| old.within(new) && new.within(old))
}

/// Sets of people, each once.
#[derive(Default)]
struct Sets {
    known: HashMap<Readers, usize>,
    crowds: Vec<Readers>,
}

impl Sets {
    fn place(&mut self, people: &Readers) -> Option<usize> {
        if people.is_empty() {
            return None;
        }
        if let Some(place) = self.known.get(people) {
            return Some(*place);
        }
        let place = self.crowds.len();
        self.crowds.push(people.clone());
        self.known.insert(people.clone(), place);
        Some(place)
    }
}
