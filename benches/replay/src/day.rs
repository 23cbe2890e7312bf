//! One day in one column: what was done, who was asked, and until when what was opened stayed open.

mod access;
mod closing;
mod post;
mod removal;

use std::collections::BTreeMap;

use crate::Minute;
use crate::crowd::Person;
use crate::people::{People, Question, Temper};
use crate::stream::Stream;
use crate::tasks::{Act, Task};
use crate::world::{Principal, World};

pub use closing::noticed;

/// Who decides about what agents do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Nobody.
    None,
    /// The person at the session, who is shown a tool's name and arguments and may say "always".
    Peer,
    /// What Tollgate should do.
    Tollgate,
}

/// A control that an ablation leaves out of Tollgate's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// What was read bounds who may be told.
    Labels,
    /// Somebody entitled says yes.
    Consent,
    /// The yes is to these bytes.
    Digests,
    /// What an agent opened closes again.
    Leases,
    /// Somebody notices what was opened outside.
    Watch,
}

impl Control {
    /// All.
    pub const ALL: [Self; 5] = [Self::Labels, Self::Consent, Self::Digests, Self::Leases, Self::Watch];

    /// In a table and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Consent => "consent",
            Self::Digests => "digests",
            Self::Leases => "leases",
            Self::Watch => "watch",
        }
    }
}

/// When people widen access outside Tollgate, and how that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// If the advice was posted; closed when a person confirms what the watch found.
    Advised,
    /// In any case; closed likewise.
    Anyway,
    /// In any case; closed by the watch itself.
    Auto,
    /// In any case; closed by a change feed.
    Feed,
}

/// How a day is played.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Who decides.
    pub column: Column,
    /// How attentive people are.
    pub temper: Temper,
    /// What happens outside.
    pub outside: Outside,
    /// What is left out.
    pub without: Option<Control>,
    /// Whether tools can remove files.
    pub removal: bool,
    /// What one platform session is.
    pub session: Session,
}

/// What one platform session is: what was read in it bounds what is said in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Each task is one.
    Task,
    /// All tasks of a person are one.
    Pair,
}

impl Rules {
    /// As most tables have it: nothing left out, no removal, each task a session.
    #[must_use]
    pub const fn of(column: Column, temper: Temper) -> Self {
        Self { column, temper, outside: Outside::Advised, without: None, removal: false, session: Session::Task }
    }

    /// Whether a control is there.
    #[must_use]
    pub fn has(&self, control: Control) -> bool {
        self.without != Some(control)
    }
}

/// A post that is in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The task's place in the day.
    pub task: usize,
    /// Since when.
    pub at: Minute,
    /// Who agreed before, in whatever way the column counts as such.
    pub consented: bool,
    /// Whether an owner agreed that what was read may go there.
    pub declassified: bool,
}

/// An entry of an access list that was not there at the start of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widening {
    /// The task's place in the day.
    pub task: usize,
    /// The object.
    pub object: u16,
    /// Who was added.
    pub principal: Principal,
    /// Since when.
    pub from: Minute,
    /// Until when; `NIGHT` when it stayed.
    pub until: Minute,
    /// Who added it.
    pub by: By,
}

/// Who added an entry to an access list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An agent.
    Agent {
        /// Whether it was agreed to.
        consented: bool,
        /// Whether its owner wants it.
        wanted: bool,
    },
    /// A person, outside: the place among the objects that this person widened.
    Person(u16),
}

/// Files that were removed by one task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Those to which nobody agreed.
    pub unconsented: u32,
    /// Those that should have stayed.
    pub unwanted: u32,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// It was done.
    Done,
    /// What was read, or who is cleared, does not allow it.
    Refused,
    /// Somebody said no.
    Denied,
}

/// What is left of a day.
#[derive(Debug, Default)]
pub struct Record {
    /// Every post.
    pub posts: Vec<Posted>,
    /// Every entry that was added.
    pub widenings: Vec<Widening>,
    /// What was removed.
    pub removed: Removed,
    /// Every question.
    pub questions: Vec<Question>,
    /// When what a task was for was done.
    pub done: BTreeMap<usize, Minute>,
    /// How each attempt ended; the key is the task's id, or `n` and the id for the second attempt of a fix.
    pub ends: BTreeMap<String, End>,
}

/// A day that is being played.
struct Day<'a> {
    world: &'a World,
    rules: Rules,
    people: People,
    record: Record,
    /// The objects that a person's agent read so far.
    read: BTreeMap<Person, Vec<u16>>,
}

/// A task at its place in the day.
#[derive(Clone, Copy)]
struct At<'a> {
    place: usize,
    task: &'a Task,
}

/// Plays a day.
#[must_use]
pub fn play(world: &World, tasks: &[Task], rules: Rules) -> Record {
    let people = People::new(world.seed, rules.temper, rules.column == Column::Peer);
    let mut day = Day { world, rules, people, record: Record::default(), read: BTreeMap::new() };
    for (place, task) in tasks.iter().enumerate() {
        let at = At { place, task };
        let read = day.read(task);
        match &task.act {
            Act::Post(post) => day.post(at, post, &read),
            Act::Read(_) => {}
            Act::Share { .. } | Act::Fix { .. } => day.access(at),
            Act::Cleanup { all, wanted } if rules.removal => day.remove(at, *all, *wanted),
            Act::Cleanup { .. } => {}
        }
    }
    day.close(tasks);
    day.record.questions = day.people.questions;
    day.record
}

impl Day<'_> {
    fn stream(&self, name: &str) -> Stream {
        Stream::named(self.world.seed, name)
    }

    /// The objects that were read in the task's session, this task included.
    fn read(&mut self, task: &Task) -> Vec<u16> {
        let world = self.world;
        let read = self.read.entry(task.who).or_default();
        if self.rules.session == Session::Task {
            read.clear();
        }
        read.extend(task.reads.iter().map(|file| world.files[usize::from(*file)]));
        read.clone()
    }
}
