//! The laws of the watch, whatever the graph: what it finds is what a plain closure finds, whichever way it looks; every edge
//! without which an exposure would not be is named; and what a closing is said to do is what it does. 1,000 graphs each.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tollgate::clock::Instant;
use tollgate::label::{Label, Under};
use tollgate::name::{ForumName, GroupName, ObjectName, PersonName, Principal};
use tollgate::people::drift::{Cause, Change, Model, Seen, What};
use tollgate::people::{Audience, Ceiling, Directory, Entry, Forum, Object, Right, Standing};

const PEOPLE: usize = 10;
const GROUPS: usize = 7;
const NOW: Instant = Instant(1000);

fn person(at: usize) -> PersonName {
    PersonName::parse(&format!("p{at}")).expect("a name")
}

fn group(at: usize) -> GroupName {
    GroupName::parse(&format!("g{at}")).expect("a name")
}

/// Beyond the people there are groups; one of them is not there.
fn principal(at: usize) -> Principal {
    at.checked_sub(PEOPLE).map_or_else(|| Principal::Person(person(at)), |at| Principal::Group(group(at)))
}

fn principals(all: &BTreeSet<usize>) -> BTreeSet<Principal> {
    all.iter().map(|at| principal(*at)).collect()
}

/// A world in small: who is in each group, and who reads and is cleared for each of three objects and a forum. Whoever is gone
/// may be named all the same.
#[derive(Debug, Clone)]
struct Small {
    gone: BTreeSet<usize>,
    groups: Vec<BTreeSet<usize>>,
    things: Vec<(BTreeSet<usize>, BTreeSet<usize>)>,
}

const THINGS: usize = 4;
const LISTS: usize = GROUPS + 2 * THINGS;

fn some() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..=PEOPLE + GROUPS, 0..4)
}

fn small() -> impl Strategy<Value = Small> {
    let groups = prop::collection::vec(some(), GROUPS);
    let things = prop::collection::vec((some(), some()), THINGS);
    (groups, things).prop_map(|(groups, things)| Small { gone: BTreeSet::new(), groups, things })
}

/// One edge that comes or goes: the list it is in, and whom it names; beyond the lists, a person who comes or goes.
fn edit() -> impl Strategy<Value = (usize, usize)> {
    prop_oneof![4 => (0..LISTS, 0..=PEOPLE + GROUPS), 1 => (LISTS..=LISTS, 0..PEOPLE)]
}

impl Small {
    fn list(&mut self, at: usize) -> &mut BTreeSet<usize> {
        match at.checked_sub(GROUPS) {
            None => &mut self.groups[at],
            Some(at) if at % 2 == 0 => &mut self.things[at / 2].0,
            Some(at) => &mut self.things[at / 2].1,
        }
    }

    /// Does it, and says it as the change feed would.
    fn edit(&mut self, (at, who): (usize, usize)) -> Change {
        if at == LISTS {
            let added = self.gone.remove(&who) || !self.gone.insert(who);
            return Change { added, what: What::Person(person(who)), at: NOW, entry: None };
        }
        let list = self.list(at);
        let added = !list.remove(&who) && list.insert(who);
        let of = |at: usize| thing(at);
        let what = match at.checked_sub(GROUPS) {
            None => What::Member(group(at), principal(who)),
            Some(at) if at % 2 == 1 => What::Cleared(of(at / 2), principal(who)),
            Some(at) => match of(at / 2) {
                Under::Object(name) => What::Entry(name, principal(who), Right::Read, None, None),
                Under::Forum(name) => What::Audience(name, principal(who)),
                Under::Unknown => unreachable!("every thing has a name"),
            },
        };
        Change { added, what, at: NOW, entry: None }
    }

    fn directory(&self) -> Directory {
        let mut directory = Directory::default();
        let there = (0..PEOPLE).filter(|at| !self.gone.contains(at));
        directory.people = there.map(|at| (person(at), String::new())).collect();
        directory.groups = self.groups.iter().enumerate().map(|(at, members)| (group(at), principals(members))).collect();
        for (at, (readers, cleared)) in self.things.iter().enumerate() {
            let (owner, ceiling) = (person(at), Ceiling { cleared: principals(cleared), declared: true });
            match thing(at) {
                Under::Object(name) => {
                    let entry = |it| Entry { principal: principal(it), right: Right::Read, ends: None, lease: None };
                    let entries = readers.iter().copied().map(entry).collect();
                    directory.objects.insert(name, Object { owner, folders: BTreeSet::new(), entries, ceiling });
                }
                Under::Forum(name) => {
                    directory.forums.insert(name, Forum { owner, audience: principals(readers), ceiling });
                }
                Under::Unknown => unreachable!("every thing has a name"),
            }
        }
        directory
    }

    /// Everybody reached from a list, by the test's own closure.
    fn reached(&self, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = from.iter().copied().collect();
        while let Some(at) = open.pop() {
            if seen.insert(at) && at >= PEOPLE {
                open.extend(self.groups.get(at - PEOPLE).into_iter().flatten());
            }
        }
        seen.into_iter().filter(|at| *at < PEOPLE && !self.gone.contains(at)).collect()
    }

    fn readers(&self, at: usize) -> BTreeSet<usize> {
        let mut readers = self.things[at].0.clone();
        readers.insert(at);
        self.reached(&readers)
    }

    fn outside(&self, at: usize) -> BTreeSet<usize> {
        let cleared = self.reached(&self.things[at].1);
        self.readers(at).into_iter().filter(|person| *person != at && !cleared.contains(person)).collect()
    }

    /// What is open too far, by thing.
    fn exposed(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |at| (thing(at).to_string(), names(&self.outside(at)));
        (0..THINGS).map(of).filter(|(_, people)| !people.is_empty()).collect()
    }
}

fn thing(at: usize) -> Under {
    let name = format!("t{at}");
    if at < THINGS - 1 {
        Under::Object(ObjectName::parse(&name).expect("a name"))
    } else {
        Under::Forum(ForumName::parse(&name).expect("a name"))
    }
}

fn names(people: &BTreeSet<usize>) -> BTreeSet<String> {
    people.iter().map(|at| person(*at).to_string()).collect()
}

/// What is on record after looks.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Record {
    exposed: BTreeMap<String, BTreeSet<String>>,
    opened: BTreeMap<(String, String), BTreeSet<String>>,
    alerts: BTreeSet<String>,
}

impl Record {
    fn take(&mut self, model: &Model, seen: &Seen) {
        let crowd =
            |place: Option<usize>| place.map(|at| model.names(&seen.crowds[at]).iter().map(ToString::to_string).collect());
        for it in &seen.exposed {
            match crowd(it.crowd) {
                Some(people) => self.exposed.insert(it.thing.clone(), people),
                None => self.exposed.remove(&it.thing),
            };
        }
        for (cause, it) in &seen.opened {
            let key = (cause.to_string(), it.thing.clone());
            match crowd(it.crowd) {
                Some(people) => self.opened.insert(key, people),
                None => self.opened.remove(&key),
            };
        }
        for alert in &seen.alerts {
            assert!(self.alerts.insert(alert.cause.to_string()), "an alert for a cause that has one: {alert:?}");
        }
        for cause in &seen.over {
            assert!(self.alerts.remove(&cause.to_string()), "the end of an alert that was not there: {cause:?}");
        }
    }

    /// A model of a world with this on record about it.
    fn model(&self, world: &Small) -> Model {
        let people =
            |names: &BTreeSet<String>| names.iter().map(|it| PersonName::parse(it).expect("a name")).collect::<Vec<_>>();
        let under = |thing: &str| Under::parse(thing).expect("a thing");
        let mut model = Model::of(&world.directory());
        self.exposed.iter().for_each(|(thing, names)| model.exposed(&under(thing), &people(names)));
        for ((cause, thing), names) in &self.opened {
            model.opened(Cause::parse(cause).expect("a cause"), &under(thing), &people(names));
        }
        model
    }

    fn is_whole(&self) -> bool {
        let mut by_thing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for ((_, thing), people) in &self.opened {
            by_thing.entry(thing.clone()).or_default().extend(people.iter().cloned());
        }
        let causes: BTreeSet<&String> = self.opened.keys().map(|(cause, _)| cause).collect();
        by_thing == self.exposed && causes.into_iter().eq(self.alerts.iter())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn s18_what_is_gained_is_what_a_plain_closure_finds(world in small(), at in 0..THINGS - 1, who in 0..=PEOPLE + GROUPS) {
        let directory = std::sync::Arc::new(world.directory());
        let Under::Object(object) = thing(at) else { unreachable!("an object") };
        let have = world.readers(at);
        let gained: BTreeSet<usize> =
            world.reached(&BTreeSet::from([who])).into_iter().filter(|person| !have.contains(person)).collect();
        let found = directory.gains(&object, &principal(who), Right::Read, NOW);
        prop_assert_eq!(found.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), names(&gained));
        let cleared = world.reached(&world.things[at].1);
        // Who reads it through a hole gains it all the same: a lease would outlast the hole.
        let may = |person: &usize| *person == at || cleared.contains(person);
        let gained: Vec<usize> =
            world.reached(&BTreeSet::from([who])).into_iter().filter(|person| !have.contains(person) || !may(person)).collect();
        let outside = gained.iter().filter(|person| !may(person)).count();
        let audience = Audience::Gains(object, principal(who), Right::Read);
        let judged = audience.clear(&Label::default(), &Standing::of(directory, person(at)), NOW);
        match judged {
            Ok(()) => prop_assert_eq!(outside, 0),
            Err(refusal) if who == PEOPLE + GROUPS => prop_assert!(refusal.message.contains("counts as everybody")),
            Err(refusal) => {
                let says = format!("{outside} of {} who would gain this", gained.len());
                prop_assert!(outside > 0 && refusal.message.starts_with(&says), "{} {}", says, refusal.message);
            }
        }
    }

    #[test]
    fn what_is_open_too_far_is_what_a_plain_closure_finds(
        world in small(),
        edits in prop::collection::vec(prop::collection::vec(edit(), 1..4), 0..5),
    ) {
        let mut world = world;
        let mut model = Model::of(&world.directory());
        let mut record = Record::default();
        let seen = model.look_whole(NOW);
        record.take(&model, &seen);
        prop_assert_eq!(&record.exposed, &world.exposed());
        prop_assert!(record.is_whole(), "{:?}", record);
        for batch in edits {
            let before = world.clone();
            let mut changes = Vec::new();
            for one in batch {
                let change = world.edit(one);
                model.tell(&change);
                changes.push(change);
            }
            let had = record.clone();
            let seen = model.look(Instant(0), NOW);
            record.take(&model, &seen);
            prop_assert_eq!(&record.exposed, &world.exposed());
            prop_assert!(record.is_whole(), "{:?}", record);
            // Another process, which has only the world as it is now and the feed, finds the same.
            let mut other = Model::of(&world.directory());
            changes.iter().rev().for_each(|it| other.tell(&Change { added: !it.added, ..it.clone() }));
            other.settle();
            let mut anew = Record::default();
            let seen = other.look_whole(NOW);
            anew.take(&other, &seen);
            prop_assert_eq!(&anew.exposed, &had.exposed, "as it was before the changes");
            changes.iter().for_each(|it| other.tell(it));
            let seen = other.look(Instant(0), NOW);
            anew.take(&other, &seen);
            prop_assert_eq!(&anew.exposed, &world.exposed());
            // One that has read what was on record finds the very same.
            let mut read = had.model(&world);
            changes.iter().rev().for_each(|it| read.tell(&Change { added: !it.added, ..it.clone() }));
            read.settle();
            changes.iter().for_each(|it| read.tell(it));
            let (mut again, seen) = (had, read.look(Instant(0), NOW));
            again.take(&read, &seen);
            prop_assert_eq!(&again, &record);
            // An edge that is new, and without which somebody would not read what he does, is named.
            for change in changes.iter().filter(|change| change.added) {
                necessary(&before, &world, change, &record)?;
            }
        }
        for cause in &record.alerts {
            foretold(&mut model, &world, &Cause::parse(cause).expect("a cause"))?;
        }
    }
}

/// Which list of the small world an edge is in, and whom it names.
fn place(cause: &Cause) -> Option<(usize, usize)> {
    let who = |wanted: &Principal| (0..=PEOPLE + GROUPS).find(|at| principal(*at) == *wanted);
    let of = |wanted: &Under| (0..THINGS).find(|at| thing(*at) == *wanted).map(|at| GROUPS + 2 * at);
    match cause {
        Cause::Member(name, principal) => Some(((0..GROUPS).find(|at| group(*at) == *name)?, who(principal)?)),
        Cause::Entry(name, principal, _) => Some((of(&Under::Object(name.clone()))?, who(principal)?)),
        Cause::Audience(name, principal) => Some((of(&Under::Forum(name.clone()))?, who(principal)?)),
        Cause::Ceiling(_) => None,
    }
}

fn necessary(before: &Small, after: &Small, change: &Change, record: &Record) -> Result<(), TestCaseError> {
    let cause = match change.what.clone() {
        What::Member(group, principal) => Cause::Member(group, principal),
        What::Entry(object, principal, right, ..) => Cause::Entry(object, principal, right),
        What::Audience(forum, principal) => Cause::Audience(forum, principal),
        _ => return Ok(()),
    };
    let Some((list, who)) = place(&cause) else { return Ok(()) };
    let mut without = after.clone();
    // What came and went within one look is not there.
    if before.clone().list(list).contains(&who) || !without.list(list).remove(&who) {
        return Ok(());
    }
    for at in 0..THINGS {
        let (now, had, left) = (after.outside(at), before.readers(at), without.readers(at));
        let new: BTreeSet<usize> = now.into_iter().filter(|it| !had.contains(it) && !left.contains(it)).collect();
        let named = record.opened.get(&(cause.to_string(), thing(at).to_string())).cloned().unwrap_or_default();
        prop_assert!(names(&new).is_subset(&named), "{} opened {} to {:?}, named are {:?}", cause, at, new, named);
    }
    Ok(())
}

fn foretold(model: &mut Model, world: &Small, cause: &Cause) -> Result<(), TestCaseError> {
    let said = model.closing(cause, NOW);
    let Some((list, who)) = place(cause) else {
        prop_assert!(said.is_none());
        return Ok(());
    };
    let mut without = world.clone();
    prop_assert!(without.list(list).remove(&who), "{} is there", cause);
    let said = said.expect("an edge");
    for at in 0..THINGS {
        let lost: BTreeSet<usize> = world.readers(at).difference(&without.readers(at)).copied().collect();
        let outside = world.outside(at);
        let closes = names(&lost.intersection(&outside).copied().collect());
        let loses = names(&lost.difference(&outside).copied().collect());
        let of = said.iter().find(|it| it.thing == thing(at));
        let texts = |all: &Vec<PersonName>| all.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let told = of.map(|it| (texts(&it.closes), texts(&it.loses))).unwrap_or_default();
        prop_assert_eq!(told, (closes, loses), "{} of {}", cause, at);
        if let Some(of) = of {
            prop_assert_eq!(texts(&of.stays), names(&without.outside(at)));
        }
    }
    Ok(())
}
