//! One day in one column: what was done, who was asked, and until when what was opened stayed open.

mod access;
mod bound;
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
    /// Whether each yes is bound to all that the host binds it to; the agreed column is not.
    pub bound: bool,
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
        let (outside, session) = (Outside::Advised, Session::Task);
        Self { column, temper, outside, without: None, removal: false, session, bound: false }
    }

    /// The same with each yes bound as the host binds it.
    #[must_use]
    pub const fn bound(self) -> Self {
        Self { bound: true, ..self }
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
    /// What is opened in the course of the day, where that is known.
    before: Vec<Widening>,
}

/// A task at its place in the day.
#[derive(Clone, Copy)]
struct At<'a> {
    place: usize,
    task: &'a Task,
    /// When it begins, or its next attempt does.
    minute: Minute,
}

/// So often a day is played again at most until what is opened in it no longer changes.
const AGAIN: usize = 20;

/// Plays a day. Where each yes is bound to who gains by it, that depends on what else stands open then; a task is played to
/// its end before the next begins, so the day is played again with what was opened in it, until that is the same.
#[must_use]
pub fn play(world: &World, tasks: &[Task], rules: Rules) -> Record {
    let mut record = played(world, tasks, rules, Vec::new());
    for _ in 0..if rules.bound { AGAIN } else { 0 } {
        let next = played(world, tasks, rules, record.widenings.clone());
        let same = next.widenings == record.widenings;
        record = next;
        if same {
            break;
        }
    }
    record
}

fn played(world: &World, tasks: &[Task], rules: Rules, before: Vec<Widening>) -> Record {
    let people = People::new(world.seed, rules.temper, rules.column == Column::Peer);
    let mut day = Day { world, rules, people, record: Record::default(), read: BTreeMap::new(), before };
    for (place, task) in tasks.iter().enumerate() {
        let at = At { place, task, minute: task.minute };
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
    if rules.bound {
        bound::stands_once(&mut day.record.widenings);
    }
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
