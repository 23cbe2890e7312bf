//! What somebody sees: existence, order and content of posts, files and lines of access lists. Numbers and names that the host
//! gave are left out, so a thing is the same thing in both runs; how many or when is no part of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tollgate::label::{Label, Under};
use tollgate::name::{FilePath, PersonName};
use tollgate::people::{Directory, Need, Right, Standing};

use crate::stage::Things;

/// One run, as it goes on: what is there, since when, and what was done by whoever held something.
#[derive(Debug)]
pub struct Course {
    /// What is there now.
    pub things: Things,
    posts: Vec<usize>,
    files: BTreeMap<FilePath, usize>,
    leases: BTreeMap<u64, usize>,
    /// From which turn on somebody reads a place with another program, as far as people let him.
    since: HashMap<(Under, PersonName), usize>,
    acts: Vec<Act>,
    /// Leases that tools closed.
    pub closed: Vec<String>,
}

/// Something that was done after something was read.
#[derive(Debug)]
struct Act {
    what: String,
    under: Under,
    label: Label,
    /// Whether that it was done can be noticed by people who may not know what was read.
    noticed: bool,
}

impl Course {
    /// A run begins.
    #[must_use]
    pub fn of(things: Things) -> Self {
        let posts = vec![0; things.posts.len()];
        let files = things.files.iter().map(|file| (file.path.clone(), 0)).collect();
        let mut since = HashMap::new();
        for (under, readers) in readers(&things) {
            for person in readers {
                let cleared = cleared(&things.directory, &under).contains(&person);
                since.insert((under.clone(), person), usize::from(!cleared));
            }
        }
        Self { things, posts, files, leases: BTreeMap::new(), since, acts: Vec::new(), closed: Vec::new() }
    }

    /// A turn was made; by hand, or by a tool.
    pub fn goes_on(&mut self, turn: usize, by_hand: bool, new: Things) {
        for post in new.posts.iter().skip(self.posts.len()) {
            self.posts.push(turn);
            self.acts.extend(act("post", &Under::Forum(post.forum.clone()), &post.label));
        }
        for file in &new.files {
            let old = self.things.files.iter().find(|old| old.path == file.path);
            if old.is_none_or(|old| old != file) {
                self.files.insert(file.path.clone(), turn);
                self.acts.extend(act(file.path.as_str(), &of_file(&new.directory, &file.path), &file.label));
            }
        }
        for line in &new.lines {
            if let Some(lease) = line.lease.filter(|lease| !self.leases.contains_key(lease)) {
                self.leases.insert(lease, turn);
                let under = Under::Object(line.object.clone());
                self.acts.extend(act("line", &under, &line.label));
                let had = self.things.directory.holders(&line.object, Right::Read, new.now);
                let mut has = new.directory.holders(&line.object, Right::Read, new.now);
                has.retain(|person| !had.contains(person));
                let opened = has.iter().map(|person| person.as_str()).collect::<Vec<_>>().join(" ");
                if !has.is_empty() {
                    self.acts.extend(act(&format!("open {opened}"), &under, &line.label));
                }
            }
        }
        let closed =
            self.things.lines.iter().filter(|old| old.lease.is_some() && new.lines.iter().all(|it| it.lease != old.lease));
        self.closed.extend(closed.map(|line| format!("{} {}", line.object, line.text)));
        let moved = new.directory.stamp != self.things.directory.stamp;
        self.things = new;
        if moved {
            self.let_in(turn, by_hand);
        }
        let directory = &self.things.directory;
        for act in &mut self.acts {
            let readers = directory.readers(&act.label);
            // Whoever tries finds out whether he may: what opens access is noticed by anybody.
            let narrow = if act.what.contains(' ') { None } else { directory.cleared(&act.under) };
            let within = narrow.map_or(readers.len() == directory.people.len(), |cleared| cleared.within(&readers));
            act.noticed |= !within;
        }
    }

    fn let_in(&mut self, turn: usize, by_hand: bool) {
        let mut since = HashMap::new();
        for (under, readers) in readers(&self.things) {
            for person in readers {
                let key = (under.clone(), person);
                let from = self.since.get(&key).copied().unwrap_or(if by_hand { turn } else { 0 });
                since.insert(key, from);
            }
        }
        self.since = since;
    }

    /// What was done that people may notice who may not know what was read before: the channel that is declared.
    pub fn noticed(&self) -> impl Iterator<Item = (&Under, &str)> {
        self.acts.iter().filter(|act| act.noticed).map(|act| (&act.under, act.what.as_str()))
    }

    /// What a tool would be shown on behalf of a person, and what he is shown by another program that knows no labels, of
    /// what was written while he was let in.
    #[must_use]
    pub fn seen_by(&self, person: &PersonName) -> Vec<String> {
        let Things { directory, now, posts, files, lines, .. } = &self.things;
        let standing = Standing::of(directory.clone(), person.clone());
        let by_tool = |need: Need, under: &Under, label: &Label| {
            need.holds(&standing, *now) && standing.is_cleared(under) && standing.may_know(label)
        };
        let elsewhere = |under: &Under, turn: usize| {
            self.since.get(&(under.clone(), person.clone())).is_some_and(|since| turn >= *since)
        };
        let mut seen = Vec::new();
        for (post, turn) in posts.iter().zip(&self.posts) {
            let under = Under::Forum(post.forum.clone());
            if by_tool(Need::Member(post.forum.clone()), &under, &post.label) {
                seen.push(format!("{}: {}", post.forum, post.body));
            }
            if elsewhere(&under, *turn) {
                seen.push(format!("{}, elsewhere: {}", post.forum, post.body));
            }
        }
        for file in files {
            let under = of_file(directory, &file.path);
            if by_tool(Need::ReadFile(file.path.clone()), &under, &file.label) {
                seen.push(format!("{}: {}", file.path, file.contents));
            }
            if elsewhere(&under, self.files.get(&file.path).copied().unwrap_or_default()) {
                seen.push(format!("{}, elsewhere: {}", file.path, file.contents));
            }
        }
        for line in lines {
            let under = Under::Object(line.object.clone());
            if by_tool(Need::Hold(line.object.clone(), Right::Read), &under, &line.label) {
                seen.push(format!("{}: {}", line.object, line.text));
            }
            let turn = line.lease.and_then(|lease| self.leases.get(&lease)).copied().unwrap_or_default();
            if elsewhere(&under, turn) {
                seen.push(format!("{}, elsewhere: {}", line.object, line.text));
            }
        }
        seen
    }

    /// Who reads each place, by its access list or membership alone.
    #[must_use]
    pub fn readers(&self) -> Vec<(Under, BTreeSet<PersonName>)> {
        readers(&self.things)
    }

    /// How many posts, files and leases there are that tools wrote.
    #[must_use]
    pub fn written(&self) -> u64 {
        let turns = self.posts.iter().chain(self.files.values());
        (turns.filter(|turn| **turn > 0).count() + self.leases.len()) as u64
    }

    /// Whether two runs are the same for everybody.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        let (one, two) = (&self.things, &other.things);
        let lines = one.lines.iter().map(|it| (&it.object, &it.text, &it.label));
        one.posts == two.posts
            && one.files == two.files
            && lines.eq(two.lines.iter().map(|it| (&it.object, &it.text, &it.label)))
    }

    /// Who was told something by a release on record, and whoever they may tell it where they read it.
    #[must_use]
    pub fn told(&self) -> BTreeSet<PersonName> {
        let directory = &self.things.directory;
        let of = |(shown, audience): &(BTreeSet<PersonName>, tollgate::people::Audience)| {
            let mut told = shown.clone();
            if let tollgate::people::Audience::Forum(forum) = audience {
                told.extend(cleared(directory, &Under::Forum(forum.clone())));
            }
            told
        };
        self.things.released.iter().flat_map(of).collect()
    }
}

fn act(what: &str, under: &Under, label: &Label) -> Option<Act> {
    (!label.is_empty()).then(|| Act { what: what.to_owned(), under: under.clone(), label: label.clone(), noticed: false })
}

fn of_file(directory: &Directory, path: &FilePath) -> Under {
    directory.object_of(path).map_or(Under::Unknown, |object| Under::Object(object.clone()))
}

/// Who is cleared for a place, its owner among them.
#[must_use]
pub fn cleared(directory: &Directory, under: &Under) -> BTreeSet<PersonName> {
    directory.cleared(under).map(|readers| directory.names(readers)).unwrap_or_default()
}

/// Who reads each place with other programs, that is by its access list or membership alone.
fn readers(things: &Things) -> Vec<(Under, BTreeSet<PersonName>)> {
    let directory = &things.directory;
    let forums = directory.forums.keys().map(|forum| (Under::Forum(forum.clone()), directory.audience(forum)));
    let objects = directory.objects.keys();
    let objects = objects.map(|object| (Under::Object(object.clone()), directory.holders(object, Right::Read, things.now)));
    forums.chain(objects).collect()
}
