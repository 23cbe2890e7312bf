//! The laws of labels, whatever the graph of groups: joining adds no reader, order does not matter, and comparing is exact.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tollgate::label::{Label, Readers, Source, Under};
use tollgate::name::{GroupName, ObjectName, PersonName, Principal};
use tollgate::people::{Ceiling, Directory, Object};

/// More people than a word of the set holds.
const PEOPLE: usize = 70;
const GROUPS: usize = 6;
const OBJECTS: usize = 4;

fn person(at: usize) -> PersonName {
    PersonName::parse(&format!("p{at:02}")).expect("a name")
}

fn principal(at: usize) -> Principal {
    match at.checked_sub(PEOPLE) {
        None => Principal::Person(person(at)),
        Some(group) => Principal::Group(GroupName::parse(&format!("g{group}")).expect("a name")),
    }
}

fn object(at: usize) -> ObjectName {
    ObjectName::parse(&format!("o{at}")).expect("a name")
}

/// People, groups with any members (circles included), and objects cleared for any of them.
fn directories() -> impl Strategy<Value = Directory> {
    let some = || prop::collection::btree_set(0..PEOPLE + GROUPS, 0..12);
    (prop::collection::vec(some(), GROUPS), prop::collection::vec(some(), OBJECTS)).prop_map(|(groups, objects)| {
        let mut directory = Directory::default();
        directory.people = (0..PEOPLE).map(|at| (person(at), String::new())).collect();
        let principals = |all: BTreeSet<usize>| all.into_iter().map(principal).collect::<BTreeSet<_>>();
        for (at, members) in groups.into_iter().enumerate() {
            directory.groups.insert(GroupName::parse(&format!("g{at}")).expect("a name"), principals(members));
        }
        for (at, cleared) in objects.into_iter().enumerate() {
            let ceiling = Ceiling { cleared: principals(cleared), declared: true };
            let of = Object { owner: person(at), folders: BTreeSet::new(), entries: Vec::new(), ceiling };
            directory.objects.insert(object(at), of);
        }
        directory
    })
}

/// One beyond the objects there are is gone.
fn label(of: &[usize]) -> Label {
    let source = |at: &usize| Source { under: Under::Object(object(*at)), what: format!("file {at}").into() };
    of.iter().map(source).collect()
}

/// The same by sets of names.
fn expected(directory: &Directory, of: &[usize]) -> BTreeSet<PersonName> {
    let mut readers: BTreeSet<PersonName> = directory.people.keys().cloned().collect();
    for at in of {
        let cleared = directory.objects.get(&object(*at)).map(|object| {
            let owner = Principal::Person(object.owner.clone());
            directory.members(object.ceiling.cleared.iter().chain([&owner]))
        });
        readers = readers.intersection(&cleared.unwrap_or_default()).cloned().collect();
    }
    readers
}

fn names(readers: &Readers) -> BTreeSet<PersonName> {
    readers.places().map(person).collect()
}

proptest! {
    #[test]
    fn readers_are_those_cleared_for_every_source(
        directory in directories(),
        of in prop::collection::vec(0..=OBJECTS, 0..5),
        more in 0..=OBJECTS,
    ) {
        let readers = directory.readers(&label(&of));
        prop_assert_eq!(names(&readers), expected(&directory, &of));
        prop_assert_eq!(readers.len(), expected(&directory, &of).len());
        let backwards: Vec<usize> = of.iter().rev().copied().collect();
        prop_assert_eq!(&directory.readers(&label(&backwards)), &readers, "order does not matter");
        let mut joined = label(&of);
        joined.unite(&label(&[more]));
        prop_assert!(directory.readers(&joined).within(&readers), "joining adds no reader");
        prop_assert_eq!(&directory.readers(&joined.brief()), &directory.readers(&joined));
        prop_assert_eq!(Label::parse(&joined.text()), joined);
    }

    #[test]
    fn a_set_is_within_another_if_nobody_of_it_is_outside(directory in directories(), one in 0..=OBJECTS, other in 0..=OBJECTS) {
        let (a, b) = (directory.readers(&label(&[one])), directory.readers(&label(&[other])));
        prop_assert_eq!(a.within(&b), names(&a).is_subset(&names(&b)));
        let mut outside = a.clone();
        outside.leave_out(&b);
        prop_assert_eq!(outside.is_empty(), a.within(&b));
        prop_assert_eq!(names(&outside), names(&a).difference(&names(&b)).cloned().collect());
    }

    #[test]
    fn everybody_is_as_many_as_there_are(people in 0_usize..200) {
        prop_assert_eq!(Readers::everybody(people).len(), people);
        prop_assert!(Readers::nobody(people).is_empty());
    }
}

#[test]
fn a_line_that_is_not_understood_is_known_to_nobody() {
    let label = Label::parse("object o0 a file\nobject NO x\nrubbish");
    assert_eq!(label.under().filter(|under| **under == Under::Unknown).count(), 1);
    assert_eq!(label.sources().len(), 3);
    assert!(directory_of_one().readers(&label).is_empty());
}

fn directory_of_one() -> Directory {
    let mut directory = Directory::default();
    directory.people.insert(person(0), String::new());
    directory
}
