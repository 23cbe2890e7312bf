//! What agents are given to do during the day, and the one task that is the incident.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Minute;
use crate::crowd::{Crowd, PEOPLE, Person};
use crate::stream::Stream;
use crate::world::{Group, Kind, Principal, World, short};

/// What a person does after a post, with rights of their own and outside Tollgate.
#[derive(Debug, Clone)]
pub struct Aftermath {
    /// Not before this minute.
    pub minute: Minute,
    /// The objects that are widened.
    pub objects: Vec<u16>,
    /// Who is added.
    pub group: Group,
}

/// A post that an agent wants to make.
#[derive(Debug, Clone)]
pub struct Post {
    /// `answer`, `post`, `read`, `advice` or `incident`.
    pub kind: &'static str,
    /// The forum's number.
    pub forum: u16,
    /// Whether somebody asked for it to be posted.
    pub asked: bool,
    /// Whether its initiator wants it posted.
    pub wanted: bool,
    /// Whether the text says nothing of what was read.
    pub independent: bool,
    /// What a person does because of it.
    pub aftermath: Option<Aftermath>,
}

/// What a task is about.
#[derive(Debug, Clone)]
pub enum Act {
    /// It posts.
    Post(Post),
    /// It reads, and acts on nothing; what it might have posted is drawn all the same.
    Read(Post),
    /// It lets one person in, as somebody asked.
    Share {
        /// The object.
        object: u16,
        /// The person.
        person: Person,
    },
    /// It lets one person in by adding a group, as nobody asked.
    Fix {
        /// The object.
        object: u16,
        /// The person who should be let in.
        person: Person,
        /// What is added.
        group: Group,
    },
    /// It removes files, of which only the first are to go.
    Cleanup {
        /// How many it removes.
        all: u16,
        /// How many are to go.
        wanted: u16,
    },
}

/// One task.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id; streams are named by it: a number, or `incident`.
    pub id: String,
    /// When it begins.
    pub minute: Minute,
    /// Who set the agent to it.
    pub who: Person,
    /// The files that it reads.
    pub reads: Vec<u16>,
    /// What it does.
    pub act: Act,
}

impl Task {
    /// Who may be told what it read.
    #[must_use]
    pub fn readers(&self, world: &World) -> Crowd {
        let objects = self.reads.iter().map(|file| world.files[usize::from(*file)]);
        objects.fold(Crowd::all(), |readers, object| readers.and(world.ceiling(object)))
    }

    /// Whether a post of it would tell somebody what they may not know, at a minute.
    #[must_use]
    pub fn leaks(&self, world: &World, post: &Post, minute: Minute) -> bool {
        let audience = world.audience(world.forums[usize::from(post.forum)], minute);
        !post.independent && !audience.within(self.readers(world))
    }

    /// Its line, with sorted keys.
    fn written(&self) -> String {
        let (minute, who, reads, human) = (json!(self.minute), json!(self.who), json!(self.reads), Value::Null);
        let mut line =
            BTreeMap::from([("id", json!(self.id)), ("minute", minute), ("who", who), ("reads", reads), ("human", human)]);
        match &self.act {
            Act::Post(post) | Act::Read(post) => {
                line.extend([("kind", json!(post.kind)), ("forum", json!(post.forum)), ("asked", json!(post.asked))]);
                line.extend([("wanted", json!(post.wanted)), ("indep", json!(post.independent))]);
                if let Some(Aftermath { minute, objects, group }) = &post.aftermath {
                    line.insert("human", json!({"group": group.name(), "minute": minute, "objs": objects}));
                }
            }
            Act::Share { object, person } => {
                line.extend([("kind", json!("share")), ("obj", json!(object)), ("q", json!(person))]);
            }
            Act::Fix { object, person, group } => {
                line.extend([
                    ("kind", json!("fix")),
                    ("obj", json!(object)),
                    ("q", json!(person)),
                    ("group", json!(group.name())),
                ]);
            }
            Act::Cleanup { all, wanted } => {
                line.extend([("kind", json!("cleanup")), ("n", json!(all)), ("m", json!(wanted))])
            }
        }
        json!(line).to_string()
    }
}

/// The tasks of a day, in the order in which they begin.
#[must_use]
pub fn of(world: &World) -> Vec<Task> {
    let mut tasks: Vec<Task> = (0..600).map(|number| drawn(world, number)).collect();
    tasks.push(incident(world));
    // The sort is stable: tasks of one minute stay in the order of their numbers, after the one that is scripted.
    tasks.sort_by_key(|task| (task.minute, task.id != "incident"));
    tasks
}

/// The first 16 digits of the digest over all tasks.
#[must_use]
pub fn digest(tasks: &[Task]) -> String {
    let lines: Vec<String> = tasks.iter().map(|task| format!("{}\n", task.written())).collect();
    short(&lines.concat())
}

fn incident(world: &World) -> Task {
    let objects = world.compartments().into_iter().take(12).map(|(object, _)| object).collect();
    let aftermath = Some(Aftermath { minute: 620, objects, group: Group::Project(7) });
    let post = Post { kind: "incident", forum: 0, asked: false, wanted: false, independent: false, aftermath };
    Task { id: "incident".to_owned(), minute: 600, who: 42, reads: Vec::new(), act: Act::Post(post) }
}

fn drawn(world: &World, number: u16) -> Task {
    let mut stream = Stream::named(world.seed, &format!("task:{number}"));
    let minute = 540 + stream.below(540);
    let who = stream.below(PEOPLE);
    let kind = match stream.below(100) {
        0..30 => "answer",
        30..50 => "post",
        50..75 => "read",
        75..85 => return access(world, (number, minute), stream, false),
        85..93 => return access(world, (number, minute), stream, true),
        93..97 => {
            let all = 5 + stream.below(196);
            let act = Act::Cleanup { all, wanted: stream.below(all + 1) };
            return Task { id: number.to_string(), minute, who, reads: Vec::new(), act };
        }
        _ => "advice",
    };
    let reads = reads(world, who, kind, &mut stream);
    let act = post(world, (minute, who), kind, &mut stream);
    Task { id: number.to_string(), minute, who, reads, act: if kind == "read" { Act::Read(act) } else { Act::Post(act) } }
}

fn reads(world: &World, who: Person, kind: &str, stream: &mut Stream) -> Vec<u16> {
    let want = 1 + stream.below(3);
    let mut reads = Vec::new();
    for _ in 0..200 {
        if reads.len() >= usize::from(want) {
            break;
        }
        let file = stream.below(1000);
        let object = world.files[usize::from(file)];
        let may = kind != "advice" || world.objects[usize::from(object)] == Kind::General;
        if may && world.first_readers(object).has(who) {
            reads.push(file);
        }
    }
    reads
}

fn post(world: &World, (minute, who): (Minute, Person), kind: &'static str, stream: &mut Stream) -> Post {
    let advice = kind == "advice";
    let own: Vec<u16> = (0..40).filter(|forum| world.audience(world.forums[usize::from(*forum)], 0).has(who)).collect();
    let forum = if advice { 0 } else { stream.of(&own) };
    let asked = kind == "post";
    let wanted = asked || stream.chance(40);
    let independent = stream.chance(10);
    let aftermath = (advice && stream.chance(50)).then(|| {
        let minute = minute + 5 + stream.below(56);
        let (object, _) = stream.of(&world.compartments());
        Aftermath { minute, objects: vec![object], group: Group::Project(stream.below(30)) }
    });
    Post { kind, forum, asked, wanted, independent, aftermath }
}

fn access(world: &World, (number, minute): (u16, Minute), mut stream: Stream, fix: bool) -> Task {
    let (object, compartment) = stream.of(&world.compartments());
    let who = compartment + 20 * stream.below(20);
    let cleared = world.cleared[usize::from(compartment)];
    let outside: Vec<Person> = cleared.without(world.audience(Group::Team(compartment), 0)).iter().collect();
    let mut person = stream.of(&outside);
    let act = if fix {
        Act::Fix { object, person, group: Group::Project(stream.below(30)) }
    } else {
        if !stream.chance(70) {
            person = stream.below(PEOPLE);
            while cleared.has(person) {
                person = stream.below(PEOPLE);
            }
        }
        Act::Share { object, person }
    };
    Task { id: number.to_string(), minute, who, reads: Vec::new(), act }
}

impl Act {
    /// What it adds to which object, and whether somebody asked for that.
    #[must_use]
    pub fn widening(&self) -> Option<(u16, Principal, bool)> {
        match *self {
            Self::Share { object, person } => Some((object, Principal::Person(person), true)),
            Self::Fix { object, group, .. } => Some((object, Principal::Group(group), false)),
            Self::Post(_) | Self::Read(_) | Self::Cleanup { .. } => None,
        }
    }
}
