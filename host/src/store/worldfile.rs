//! World files: people, groups, forums, objects and threads as TOML, checked against each other and what is there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::diagnostic::Broken;
use crate::name::{BadName, FilePath, ForumName, GroupName, ObjectName, PersonName, Principal};
use crate::people::{Ceiling, Directory, Right};

/// What is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tollgate: u32,
    #[serde(default)]
    people: BTreeMap<String, Person>,
    #[serde(default)]
    groups: BTreeMap<String, Group>,
    #[serde(default)]
    forums: BTreeMap<String, Forum>,
    #[serde(default)]
    objects: BTreeMap<String, Object>,
    #[serde(default)]
    threads: Vec<Thread>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forum {
    owner: String,
    audience: Vec<String>,
    cleared: Option<Vec<String>>,
    #[serde(default)]
    closes: Closes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    owner: String,
    folders: Vec<String>,
    entries: Vec<Line>,
    cleared: Option<Vec<String>>,
    #[serde(default)]
    closes: Closes,
}

/// Who closes what opens a thing wider than it is cleared for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Closes {
    /// A person, who is told.
    #[default]
    ByAPerson,
    /// The watch, at once.
    ByItself,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    principal: String,
    right: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thread {
    forum: String,
    author: String,
    title: String,
    body: String,
}

/// A thread with its first post.
pub(super) struct NewThread {
    pub(super) forum: ForumName,
    pub(super) author: PersonName,
    pub(super) title: String,
    pub(super) body: String,
}

/// An object as a world file has it.
pub(super) struct NewObject {
    pub(super) owner: PersonName,
    pub(super) folders: BTreeSet<FilePath>,
    pub(super) entries: Vec<(Principal, Right)>,
    pub(super) ceiling: Ceiling,
    /// Whether what opens it too far is closed at once.
    pub(super) closes: bool,
}

/// A forum as a world file has it.
pub(super) struct NewForum {
    pub(super) owner: PersonName,
    pub(super) audience: BTreeSet<Principal>,
    pub(super) ceiling: Ceiling,
    /// Whether what opens it too far is closed at once.
    pub(super) closes: bool,
}

/// A checked world file.
#[derive(Default)]
pub(super) struct WorldFile {
    pub(super) people: BTreeMap<PersonName, String>,
    pub(super) groups: BTreeMap<GroupName, BTreeSet<Principal>>,
    pub(super) forums: BTreeMap<ForumName, NewForum>,
    pub(super) objects: BTreeMap<ObjectName, NewObject>,
    pub(super) threads: Vec<NewThread>,
}

/// Notes what is wrong and goes on, so that everything is said at once.
struct Notes<'d> {
    wrong: Vec<String>,
    directory: &'d Directory,
    people: BTreeSet<PersonName>,
    groups: BTreeSet<GroupName>,
}

/// Checks a world file against itself and the world it is for.
pub(super) fn check(text: &str, directory: &Directory) -> Result<WorldFile, Broken> {
    let doing = "reading the world file";
    let written: Written =
        toml::from_str(text).map_err(|e| Broken::while_doing(doing, e.to_string().trim_end().to_owned()))?;
    if written.tollgate != 1 {
        let other = format!("`tollgate = {}` is a format that this program does not know", written.tollgate);
        return Err(Broken::while_doing(doing, other).help("write tollgate = 1, or use the program it was written for"));
    }
    let mut notes = Notes { wrong: Vec::new(), directory, people: BTreeSet::new(), groups: BTreeSet::new() };
    let file = notes.all(written);
    if notes.wrong.is_empty() {
        Ok(file)
    } else {
        Err(Broken::while_doing(doing, notes.wrong.join("\n  ")).help("nothing was applied; mend these and apply it again"))
    }
}

impl Notes<'_> {
    fn all(&mut self, written: Written) -> WorldFile {
        let mut file = WorldFile::default();
        for (name, person) in written.people {
            file.people.extend(self.name(PersonName::parse(&name)).map(|name| (name, person.name)));
        }
        self.people = file.people.keys().chain(self.directory.people.keys()).cloned().collect();
        let named: Vec<_> = written.groups.keys().filter_map(|name| self.name(GroupName::parse(name))).collect();
        self.groups = named.iter().chain(self.directory.groups.keys()).cloned().collect();
        for (name, group) in written.groups {
            let members = self.principals(&format!("group {name}"), &group.members);
            file.groups.extend(GroupName::parse(&name).ok().map(|name| (name, members)));
        }
        for (name, forum) in written.forums {
            let audience = self.principals(&format!("forum {name}"), &forum.audience);
            let owner = self.person(&format!("the owner of forum {name}"), &forum.owner);
            let ceiling = self.ceiling(&format!("who is cleared for forum {name}"), forum.cleared.as_deref(), &audience);
            let closes = forum.closes == Closes::ByItself;
            let new = owner.map(|owner| NewForum { owner, audience, ceiling, closes });
            file.forums.extend(self.name(ForumName::parse(&name)).zip(new));
        }
        for (name, object) in written.objects {
            let checked = self.object(&name, object);
            file.objects.extend(self.name(ObjectName::parse(&name)).zip(checked));
        }
        self.folders(&file);
        for thread in written.threads {
            file.threads.extend(self.thread(thread, &file.forums));
        }
        file
    }

    fn name<T>(&mut self, parsed: Result<T, BadName>) -> Option<T> {
        parsed.map_err(|bad| self.wrong.push(bad.to_string())).ok()
    }

    fn person(&mut self, of: &str, name: &str) -> Option<PersonName> {
        let person = self.name(PersonName::parse(name))?;
        if self.people.contains(&person) {
            return Some(person);
        }
        self.wrong.push(format!("{of}: nobody is called `{person}`"));
        None
    }

    fn principals(&mut self, of: &str, names: &[String]) -> BTreeSet<Principal> {
        let mut principals = BTreeSet::new();
        for name in names {
            let Some(principal) = self.name(Principal::parse(name)) else { continue };
            let known = match &principal {
                Principal::Person(person) => self.people.contains(person),
                Principal::Group(group) => self.groups.contains(group),
            };
            if known {
                principals.insert(principal);
            } else {
                self.wrong.push(format!("{of}: there is no `{principal}`"));
            }
        }
        principals
    }

    /// Where nobody says who is cleared, it is who can read it as it is written here.
    fn ceiling(&mut self, of: &str, declared: Option<&[String]>, readers: &BTreeSet<Principal>) -> Ceiling {
        match declared {
            Some(names) => Ceiling { cleared: self.principals(of, names), declared: true },
            None => Ceiling { cleared: readers.clone(), declared: false },
        }
    }

    fn object(&mut self, name: &str, object: Object) -> Option<NewObject> {
        let owner = self.person(&format!("the owner of object {name}"), &object.owner);
        let folders = object.folders.iter().filter_map(|folder| self.name(FilePath::parse(folder))).collect();
        let mut entries = Vec::new();
        for line in &object.entries {
            let principal = self.principals(&format!("object {name}"), std::slice::from_ref(&line.principal)).pop_first();
            let right = Right::parse(&line.right);
            if right.is_none() {
                self.wrong.push(format!(
                    "object {name}: the right `{}` is not one of {}",
                    line.right.escape_debug(),
                    Right::WORDS.join(", ")
                ));
            }
            entries.extend(principal.zip(right));
        }
        let readers = entries.iter().map(|(principal, _)| principal.clone()).collect();
        let ceiling = self.ceiling(&format!("who is cleared for object {name}"), object.cleared.as_deref(), &readers);
        let closes = object.closes == Closes::ByItself;
        owner.map(|owner| NewObject { owner, folders, entries, ceiling, closes })
    }

    /// A folder is covered by one object.
    fn folders(&mut self, file: &WorldFile) {
        let mut covered: BTreeMap<&FilePath, &ObjectName> = BTreeMap::new();
        let there = self.directory.objects.iter().filter(|(name, _)| !file.objects.contains_key(*name));
        let there = there.flat_map(|(name, object)| object.folders.iter().map(move |folder| (folder, name)));
        let new = file.objects.iter().flat_map(|(name, object)| object.folders.iter().map(move |folder| (folder, name)));
        for (folder, name) in there.chain(new) {
            if let Some(other) = covered.insert(folder, name) {
                self.wrong.push(format!("the folder `{folder}` is covered by both {other} and {name}"));
            }
        }
    }

    fn thread(&mut self, thread: Thread, new: &BTreeMap<ForumName, NewForum>) -> Option<NewThread> {
        let author = self.person(&format!("the author of the thread `{}`", thread.title.escape_debug()), &thread.author);
        let forum = self.name(ForumName::parse(&thread.forum))?;
        if !new.contains_key(&forum) && !self.directory.forums.contains_key(&forum) {
            self.wrong.push(format!("the thread `{}`: no forum is called `{forum}`", thread.title.escape_debug()));
            return None;
        }
        author.map(|author| NewThread { forum, author, title: thread.title, body: thread.body })
    }
}
