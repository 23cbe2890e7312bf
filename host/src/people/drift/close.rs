//! What taking one edge away would do, seen before anybody does it.

use super::cause::Cause;
use super::graph::{Life, View};
use super::look::{edge_of, is_named};
use super::model::Model;
use super::reach::Reach;
use crate::clock::Instant;
use crate::label::{Readers, Under};
use crate::name::PersonName;

/// What closing a cause would do to one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The thing.
    pub thing: Under,
    /// Who would no longer read it, and is not cleared for it.
    pub closes: Vec<PersonName>,
    /// Who would no longer read it, and is cleared for it.
    pub loses: Vec<PersonName>,
    /// Who would still read it, and is not cleared for it.
    pub stays: Vec<PersonName>,
    /// Whether people would no longer be cleared for it.
    pub narrows: bool,
}

/// The same in numbers.
struct Effect {
    thing: u32,
    closes: Readers,
    loses: Readers,
    stays: Readers,
    narrows: bool,
}

impl Model {
    /// What each thing would be without the edge that a cause names; none where that is not there or a cause is none.
    #[must_use]
    pub fn closing(&mut self, cause: &Cause, now: Instant) -> Option<Vec<Closing>> {
        let effects = self.without(cause, now)?;
        let graph = &self.graph;
        let named = effects.into_iter().map(|it| Closing {
            thing: graph.of(it.thing).name.clone(),
            closes: graph.names(&it.closes),
            loses: graph.names(&it.loses),
            stays: graph.names(&it.stays),
            narrows: it.narrows,
        });
        Some(named.collect())
    }

    /// Whether a cause is to be closed at once. An entry of a thing's own list is, where that thing closes by itself. A member of
    /// a group is only where everything that he reads through it unallowed closes by itself, and nobody would lose anything
    /// else: neither what he is cleared for, nor that he is cleared. In doubt people are told, and decide.
    pub(super) fn closes_at_once(&mut self, cause: &Cause, now: Instant) -> bool {
        let opened = self.open.iter().filter(|(_, causes)| causes.contains_key(cause));
        if !cause.is_edge() || !opened.into_iter().any(|(thing, _)| self.graph.of(*thing).closes) {
            return false;
        }
        if !matches!(cause, Cause::Member(..)) {
            return true;
        }
        let Some(effects) = self.without(cause, now) else { return false };
        let all = effects.iter().all(|it| self.graph.of(it.thing).closes || it.closes.is_empty());
        all && effects.iter().all(|it| it.loses.is_empty() && !it.narrows)
    }

    fn without(&mut self, cause: &Cause, now: Instant) -> Option<Vec<Effect>> {
        let (from, to) = edge_of(&self.graph, cause)?;
        self.mark(cause, (from, to), Life::Removed);
        let things = if let Cause::Member(..) = cause { self.graph.reached_from(&[from]) } else { vec![from] };
        let graph = &self.graph;
        let (mut before, mut after) = (Reach::new(graph, View::Then, now), Reach::new(graph, View::Now, now));
        let mut effects = Vec::new();
        for thing in things {
            let (was_cleared, cleared) = (before.cleared(thing), after.cleared(thing));
            let (mut lost, readers) = (before.readers(thing), after.readers(thing));
            lost.leave_out(&readers);
            let (mut closes, mut loses, mut stays) = (lost.clone(), lost, readers);
            closes.leave_out(&was_cleared);
            loses.keep(&was_cleared);
            stays.leave_out(&cleared);
            let narrows = !was_cleared.within(&cleared);
            if !(closes.is_empty() && loses.is_empty() && stays.is_empty()) || narrows {
                effects.push(Effect { thing, closes, loses, stays, narrows });
            }
        }
        self.mark(cause, (from, to), Life::Kept);
        Some(effects)
    }

    /// Marks every edge that a cause names: an access list may say the same twice.
    fn mark(&mut self, cause: &Cause, (from, to): (u32, u32), life: Life) {
        if let Cause::Member(..) = cause {
            let list = self.graph.beside(from, to);
            return list.iter_mut().filter(|it| it.0 == to).for_each(|it| it.1 = life);
        }
        let edges = self.graph.of_mut(from).edges.iter_mut();
        edges.filter(|it| it.to == to && is_named(cause, it.role)).for_each(|it| it.life = life);
    }
}
