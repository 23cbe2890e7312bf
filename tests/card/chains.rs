//! Through which groups somebody gains: the shortest chain, whatever the graph of groups.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tollgate::clock::Instant;
use tollgate::name::{GroupName, ObjectName, PersonName, Principal};
use tollgate::people::{Audience, Ceiling, Directory, Entry, Gain, Object, Right};

use super::{group, people, person};

const PEOPLE: [&str; 3] = ["ann", "ben", "cam"];
const GROUPS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A directory of people without groups.
fn knowing(people: impl IntoIterator<Item = PersonName>) -> Directory {
    let mut directory = Directory::default();
    directory.people = people.into_iter().map(|name| (name, String::new())).collect();
    directory
}

/// Three people (one of whom the directory does not know) and six groups with any members, circles included.
fn directories() -> impl Strategy<Value = Directory> {
    let members = prop::collection::btree_set(0..9_usize, 0..4);
    prop::collection::vec(members, 6).prop_map(|members| {
        let principal = |at: &usize| match PEOPLE.get(*at) {
            Some(name) => Principal::Person(person(name)),
            None => Principal::Group(group(GROUPS[*at - 3])),
        };
        let groups = GROUPS.iter().zip(members);
        let mut directory = knowing(PEOPLE[..2].iter().map(|name| person(name)));
        directory.groups = groups.map(|(name, members)| (group(name), members.iter().map(principal).collect())).collect();
        directory
    })
}

/// Every chain without a repetition from `group` to `person`.
fn all(directory: &Directory, person: &PersonName, chain: &mut Vec<GroupName>, found: &mut Vec<Vec<GroupName>>) {
    let Some(members) = chain.last().and_then(|last| directory.groups.get(last)).cloned() else { return };
    for member in members {
        match member {
            Principal::Person(one) if one == *person => found.push(chain.clone()),
            Principal::Group(inner) if !chain.contains(&inner) => {
                chain.push(inner);
                all(directory, person, chain, found);
                chain.pop();
            }
            Principal::Person(_) | Principal::Group(_) => {}
        }
    }
}

proptest! {
    #[test]
    fn the_path_is_the_first_of_the_shortest_chains(directory in directories()) {
        for name in PEOPLE {
            let one = person(name);
            for start in GROUPS {
                let mut found = Vec::new();
                if directory.people.contains_key(&one) {
                    all(&directory, &one, &mut vec![group(start)], &mut found);
                }
                found.sort_by_key(|chain| (chain.len(), chain.clone()));
                let principal = Principal::Group(group(start));
                prop_assert_eq!(directory.path(&one, &principal), found.first().cloned());
                let member = directory.members([&principal]).contains(&one);
                prop_assert_eq!(directory.path(&one, &principal).is_some(), member);
            }
        }
    }
}

#[test]
fn a_person_is_reached_through_no_group() {
    let directory = knowing([person("ann")]);
    let ann = Principal::Person(person("ann"));
    assert_eq!(directory.path(&person("ann"), &ann), Some(Vec::new()));
    assert_eq!(directory.path(&person("ben"), &ann), None);
    assert_eq!(directory.path(&person("ben"), &Principal::Person(person("ben"))), None, "nobody of this name is known");
}

#[test]
fn depth_circles_and_a_hundred_thousand_members_are_borne() {
    let names: Vec<PersonName> = (0..100_000).map(|number| person(&format!("p{number}"))).collect();
    let level = |depth: usize| group(&format!("level-{depth}"));
    let mut directory = knowing(names.iter().cloned());
    for depth in 0..50 {
        directory
            .groups
            .insert(level(depth), [Principal::Group(level((depth + 1) % 50)), Principal::Group(level(0))].into());
    }
    let deepest = directory.groups.get_mut(&level(49)).expect("the deepest group");
    deepest.extend(names.iter().cloned().map(Principal::Person));
    let top = Principal::Group(level(0));
    let all: BTreeSet<PersonName> = names.into_iter().collect();
    let gains = directory.paths(&top, &all);
    assert_eq!(gains.len(), 100_000);
    let chain: Vec<GroupName> = (0..50).map(level).collect();
    assert!(gains.iter().all(|gain| gain.through == chain), "everybody through the one chain there is");
    assert_eq!(directory.path(&person("p99999"), &top), Some(chain));
}

#[test]
fn who_has_the_right_some_other_way_loses_nothing() {
    let mut directory = knowing(["ann", "ben", "cam", "dan", "eli"].map(person));
    directory.groups.insert(group("web"), ["ann", "ben", "cam", "dan"].map(|name| Principal::Person(person(name))).into());
    let entry = |principal, right, ends| Entry { principal, right, ends, lease: None };
    let web = Principal::Group(group("web"));
    let ended = Some(Instant(5));
    let entries = vec![
        entry(web.clone(), Right::Read, None),
        entry(Principal::Person(person("ben")), Right::Administer, None),
        entry(Principal::Person(person("cam")), Right::Read, ended),
    ];
    let object = ObjectName::parse("scratch").expect("a name");
    directory.objects.insert(
        object.clone(),
        Object { owner: person("ann"), folders: BTreeSet::new(), entries, ceiling: Ceiling::default() },
    );
    assert_eq!(directory.loses(&object, &web, Right::Read, Instant(4)), people(&["dan"]));
    assert_eq!(
        directory.loses(&object, &web, Right::Read, Instant(5)),
        people(&["cam", "dan"]),
        "an ended entry keeps nobody"
    );
    assert_eq!(directory.loses(&object, &Principal::Person(person("eli")), Right::Read, Instant(5)), people(&[]));
}

#[test]
fn an_act_that_opens_an_object_says_through_what_each_gains() {
    let mut directory = knowing(["ann", "eli"].map(person));
    directory.groups.insert(group("atlas"), [Principal::Group(group("everyone"))].into());
    directory.groups.insert(group("everyone"), [Principal::Person(person("eli"))].into());
    let object = ObjectName::parse("scratch").expect("a name");
    let opened = Object { owner: person("ann"), folders: BTreeSet::new(), entries: Vec::new(), ceiling: Ceiling::default() };
    directory.objects.insert(object.clone(), opened);
    let opens = Audience::Gains(object, Principal::Group(group("atlas")), Right::Read);
    let gainers = opens.people(&directory, Instant(1));
    let through = vec![group("atlas"), group("everyone")];
    assert_eq!(opens.gains(&directory, &gainers), [Gain { person: person("eli"), through }]);
    assert_eq!(Audience::Nobody.gains(&directory, &gainers), []);
}
