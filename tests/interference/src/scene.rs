//! Worlds: people, groups in groups, objects and forums with who reads them and who is cleared, drawn or changed by hand.

use std::collections::BTreeSet;
use std::fmt;

use tollgate::label::Under;
use tollgate::name::{FilePath, ForumName, GroupName, ObjectName, PersonName, Principal};
use tollgate::people::{Ceiling, Directory, Entry, Forum, Object, Right};

use crate::draw::Draw;

/// The groups of each world.
pub const GROUPS: usize = 4;

/// Files of each object's folder that are there from the beginning; tools write more.
pub const FILES: [&str; 2] = ["a", "b"];

/// Whose thing an object or a forum is, who reads it, and who is cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The owner's number.
    pub owner: usize,
    /// Who reads it; of an object, by its access list.
    pub readers: Vec<Principal>,
    /// Who administers an object.
    pub administers: Vec<Principal>,
    /// Its ceiling.
    pub cleared: Vec<Principal>,
}

/// A world as people made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// How many people there are.
    pub people: usize,
    /// The members of each group.
    pub groups: Vec<Vec<Principal>>,
    /// Objects; the second lies in the folder of the first where `nested`.
    pub objects: Vec<Place>,
    /// Whether the second object's folder lies in the first's.
    pub nested: bool,
    /// Forums, with a thread each.
    pub forums: Vec<Place>,
}

/// What people change by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Who is in a group.
    Group(usize, Vec<Principal>),
    /// An object.
    Object(usize, Place),
    /// A forum.
    Forum(usize, Place),
}

/// The name of a person.
#[must_use]
pub fn person(number: usize) -> PersonName {
    PersonName::parse(&format!("p{number}")).expect("a name")
}

/// The name of a group.
#[must_use]
pub fn group(number: usize) -> GroupName {
    GroupName::parse(&format!("g{number}")).expect("a name")
}

/// The name of an object.
#[must_use]
pub fn object(number: usize) -> ObjectName {
    ObjectName::parse(&format!("o{number}")).expect("a name")
}

/// The name of a forum.
#[must_use]
pub fn forum(number: usize) -> ForumName {
    ForumName::parse(&format!("f{number}")).expect("a name")
}

impl Scene {
    /// Draws a world.
    pub fn draw(draw: &mut Draw) -> Self {
        let people = 4 + draw.below(5);
        let mut groups = Vec::new();
        for number in 0..GROUPS {
            groups.push(Self::members(people, number, draw));
        }
        let objects = (0..2 + draw.below(3)).map(|_| Self::place(people, draw)).collect();
        let forums = (0..2 + draw.below(2)).map(|_| Self::place(people, draw)).collect();
        Self { people, groups, objects, nested: draw.percent(30), forums }
    }

    /// The members of a group: people, and groups, sometimes in a circle.
    fn members(people: usize, number: usize, draw: &mut Draw) -> Vec<Principal> {
        if number == 0 && draw.percent(70) {
            return (0..people).map(|it| Principal::Person(person(it))).collect();
        }
        let mut members = principals(people, 1 + draw.below(3), 0, draw);
        if draw.percent(40) {
            let other = if draw.percent(90) { number.saturating_sub(1).max(1) } else { draw.below(GROUPS) };
            members.push(Principal::Group(group(other)));
        }
        members
    }

    /// A place; half of all ceilings are who reads there, the others are declared.
    pub fn place(people: usize, draw: &mut Draw) -> Place {
        let owner = if draw.percent(50) { 0 } else { draw.below(people) };
        let count = draw.below(3);
        let mut readers = principals(people, count, 50, draw);
        if draw.percent(25) {
            readers.push(Principal::Group(group(0)));
        }
        let administers = if draw.percent(40) { principals(people, 1, 30, draw) } else { Vec::new() };
        let cleared = match draw.below(4) {
            0 | 1 => readers.iter().chain(&administers).cloned().collect(),
            2 => {
                let count = draw.below(3);
                principals(people, count, 50, draw)
            }
            _ => vec![Principal::Group(group(draw.below(GROUPS)))],
        };
        Place { owner, readers, administers, cleared }
    }

    /// Arranges it so that something can happen: everybody reads the first forum; few are cleared for the secret's place; other
    /// places have the same owner, few readers, and often a ceiling that says nothing.
    pub fn arrange(&mut self, secret: (bool, usize), draw: &mut Draw) {
        let all = |from: usize, to: usize| (from..to).map(|it| Principal::Person(person(it))).collect::<Vec<_>>();
        self.groups[0] = all(0, self.people);
        if draw.percent(40) {
            let half = self.people / 2;
            self.groups[0] = all(0, half);
            self.groups[0].push(Principal::Group(group(1)));
            self.groups[1] = all(half, self.people);
        }
        if draw.percent(70) {
            self.groups[GROUPS - 1] = all(0, 1);
        }
        let everybody = vec![Principal::Group(group(0))];
        let people = self.people;
        let places = self.forums.iter_mut().map(|it| (true, it)).enumerate();
        let objects = self.objects.iter_mut().map(|it| (false, it)).enumerate();
        for (number, (is_forum, place)) in places.chain(objects) {
            if (is_forum, number) == (true, 0) {
                *place = Place { readers: everybody.clone(), cleared: everybody.clone(), ..place.clone() };
                continue;
            }
            let count = draw.below(3);
            place.readers = principals(people, count, 20, draw);
            if draw.percent(80) {
                place.owner = 0;
            }
            let chance = if (is_forum, number) == secret { 0 } else { 60 };
            if draw.percent(chance) {
                place.cleared.clone_from(&everybody);
            } else {
                place.cleared = place.readers.iter().chain(&place.administers).cloned().collect();
            }
        }
    }

    /// Draws what people change next: a group, or an object or a forum, its ceiling with it or not.
    pub fn edit(&self, draw: &mut Draw) -> Edit {
        let changed = |old: &Place, draw: &mut Draw| {
            let new = Self::place(self.people, draw);
            match draw.below(3) {
                // As on bad advice: readers without a ceiling that lets them.
                0 => Place { readers: new.readers, ..old.clone() },
                1 => Place { cleared: new.cleared, ..old.clone() },
                _ => Place { owner: old.owner, ..new },
            }
        };
        match draw.below(3) {
            0 => {
                let number = draw.below(GROUPS);
                Edit::Group(number, Self::members(self.people, number, draw))
            }
            1 => {
                let number = draw.below(self.objects.len());
                Edit::Object(number, changed(&self.objects[number], draw))
            }
            _ => {
                let number = draw.below(self.forums.len());
                Edit::Forum(number, changed(&self.forums[number], draw))
            }
        }
    }

    /// Makes a change.
    pub fn change(&mut self, edit: &Edit) {
        match edit {
            Edit::Group(number, members) => self.groups[*number].clone_from(members),
            Edit::Object(number, place) => self.objects[*number].clone_from(place),
            Edit::Forum(number, place) => self.forums[*number].clone_from(place),
        }
    }

    /// Who owns a forum or an object.
    #[must_use]
    pub fn owner(&self, (is_forum, number): (bool, usize)) -> usize {
        if is_forum { self.forums[number].owner } else { self.objects[number].owner }
    }

    /// The folder of an object.
    #[must_use]
    pub fn folder(&self, number: usize) -> String {
        if self.nested && number == 1 { "o0/in".to_owned() } else { format!("o{number}") }
    }

    /// The world as the rules read it, with the leases that tools opened.
    #[must_use]
    pub fn directory(&self, stamp: u64, leases: &[(ObjectName, Entry)]) -> Directory {
        let mut directory = Directory::default();
        directory.stamp = stamp;
        directory.people = (0..self.people).map(|it| (person(it), format!("P{it}"))).collect();
        let members = |all: &Vec<Principal>| all.iter().cloned().collect::<BTreeSet<_>>();
        directory.groups = self.groups.iter().enumerate().map(|(number, all)| (group(number), members(all))).collect();
        let ceiling = |place: &Place| Ceiling { cleared: members(&place.cleared), declared: true };
        for (number, place) in self.forums.iter().enumerate() {
            let (owner, audience) = (person(place.owner), members(&place.readers));
            directory.forums.insert(forum(number), Forum { owner, audience, ceiling: ceiling(place) });
        }
        for (number, place) in self.objects.iter().enumerate() {
            let name = object(number);
            let folder = FilePath::parse(&self.folder(number)).expect("a path");
            let entry = |right: Right| {
                move |principal: &Principal| Entry { principal: principal.clone(), right, ends: None, lease: None }
            };
            let mut entries: Vec<Entry> = place.readers.iter().map(entry(Right::Read)).collect();
            entries.extend(place.administers.iter().map(entry(Right::Administer)));
            entries.extend(leases.iter().filter(|(of, _)| *of == name).map(|(_, entry)| entry.clone()));
            let (owner, folders) = (person(place.owner), BTreeSet::from([folder]));
            directory.objects.insert(name, Object { owner, folders, entries, ceiling: ceiling(place) });
        }
        directory
    }

    /// The world as a file that people apply.
    #[must_use]
    pub fn world_file(&self) -> String {
        let texts = |all: &[Principal]| format!("{:?}", all.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut text = "tollgate = 1\n".to_owned();
        (0..self.people).for_each(|it| text.push_str(&format!("[people.p{it}]\nname = \"P{it}\"\n")));
        for (number, members) in self.groups.iter().enumerate() {
            text.push_str(&format!("[groups.g{number}]\nmembers = {}\n", texts(members)));
        }
        for (number, place) in self.forums.iter().enumerate() {
            let (owner, readers, cleared) = (place.owner, texts(&place.readers), texts(&place.cleared));
            text.push_str(&format!("[forums.f{number}]\nowner = \"p{owner}\"\naudience = {readers}\ncleared = {cleared}\n"));
        }
        for (number, place) in self.objects.iter().enumerate() {
            let line =
                |right: &'static str| move |it: &Principal| format!("{{ principal = \"{it}\", right = \"{right}\" }}");
            let entries = place.readers.iter().map(line("read")).chain(place.administers.iter().map(line("administer")));
            let (entries, cleared) = (entries.collect::<Vec<_>>().join(", "), texts(&place.cleared));
            let (owner, folder) = (place.owner, self.folder(number));
            text.push_str(&format!(
                "[objects.o{number}]\nowner = \"p{owner}\"\nfolders = [\"{folder}\"]\nentries = [{entries}]\ncleared = {cleared}\n"
            ));
        }
        text
    }
}

/// So many people or groups, groups so often in a hundred.
fn principals(people: usize, count: usize, groups: usize, draw: &mut Draw) -> Vec<Principal> {
    let mut one = |_| match draw.percent(groups) {
        true => Principal::Group(group(draw.below(GROUPS))),
        false => Principal::Person(person(draw.below(people))),
    };
    let all: BTreeSet<Principal> = (0..count).map(&mut one).collect();
    all.into_iter().collect()
}

/// Whose ceiling counts for a thing of an object or a forum.
#[must_use]
pub fn under(is_forum: bool, number: usize) -> Under {
    if is_forum { Under::Forum(forum(number)) } else { Under::Object(object(number)) }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.world_file())
    }
}
