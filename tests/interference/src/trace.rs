//! Traces: what people and agents do one after the other in a world, drawn from a seed.

use std::fmt;

use errand::steps::{PLACES, Step};
use tollgate::label::Under;
use tollgate::name::{AgentName, PersonName};

use crate::draw::Draw;
use crate::scene::{self, Edit, FILES, Scene};

/// The tools: one may release nothing, the other may ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// What was read is told to nobody who is not cleared.
    Plain = 0,
    /// A post may be released (`flow = "ask"`).
    Releases = 1,
}

impl Tool {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "errand",
            Self::Releases => "releases",
        }
    }

    /// What it is granted: everything, many times.
    #[must_use]
    pub fn grants(self) -> String {
        let flow = if self == Self::Releases { ", flow = \"ask\"" } else { "" };
        format!(
            "[grant]\n\
             \"files.read\" = {{ paths = [\"**\"], wide = true, calls = 1000, bytes = \"1 MiB\" }}\n\
             \"files.write\" = {{ paths = [\"**\"], wide = true, calls = 1000, bytes = \"1 MiB\", consent = \"none\" }}\n\
             \"forum.read\" = {{ forums = [\"*\"], wide = true, calls = 1000, bytes = \"1 MiB\" }}\n\
             \"forum.post\" = {{ forums = [\"*\"], wide = true, calls = 1000, bytes = \"1 MiB\", consent = \"none\"{flow} }}\n\
             \"acl.read\" = {{ objects = [\"*\"], wide = true, calls = 1000, bytes = \"1 MiB\" }}\n\
             \"acl.write\" = {{ objects = [\"*\"], wide = true, principals = [\"*\", \"group:*\"], rights = [\"read\"], calls = 1000, lease = \"30 min\", consent = \"none\" }}\n"
        )
    }
}

/// A session of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// On whose behalf.
    pub person: PersonName,
    /// The agent.
    pub agent: AgentName,
    /// Its platform's claim, where it makes one.
    pub claim: Option<String>,
}

/// What is another thing in the second run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// What is in the first file of an object.
    Contents(usize),
    /// Whether a third file of an object is there.
    Existence(usize),
    /// The first post of a forum.
    Post(usize),
}

impl Secret {
    /// Whose ceiling says who is cleared for it.
    #[must_use]
    pub fn under(self) -> Under {
        match self {
            Self::Contents(number) | Self::Existence(number) => scene::under(false, number),
            Self::Post(number) => scene::under(true, number),
        }
    }
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// A session calls a tool.
    Call(usize, Tool, Vec<Step>),
    /// People change something.
    Edit(Edit),
}

/// A trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What it was drawn from.
    pub seed: u64,
    /// The world it begins with.
    pub scene: Scene,
    /// What is another thing in the second run.
    pub secret: Secret,
    /// What it is in each.
    pub words: [String; 2],
    /// Who calls.
    pub sessions: Vec<Session>,
    /// In order.
    pub turns: Vec<Turn>,
}

/// Which kinds of worlds and turns are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Whether a tool may ask for releases.
    pub releases: bool,
}

impl Trace {
    /// Draws a trace.
    #[must_use]
    pub fn draw(seed: u64, kinds: Kinds) -> Self {
        let mut draw = Draw::of(seed);
        let scene = Scene::draw(&mut draw);
        let secret = match draw.below(6) {
            0 => Secret::Existence(draw.below(scene.objects.len())),
            1 => Secret::Post(draw.below(scene.forums.len())),
            _ => Secret::Contents(draw.below(scene.objects.len())),
        };
        let number = draw.number() % 10_000;
        let words = [format!("left{number}"), format!("right{}", draw.number() % 10_000)];
        let sessions: Vec<Session> = (0..2 + draw.below(4)).map(|_| session(&scene, secret, &mut draw)).collect();
        let mut now = scene.clone();
        let mut turns = Vec::new();
        for at in 0..3 + draw.below(5) {
            if at > 0 && draw.percent(15) {
                let edit = now.edit(&mut draw);
                now.change(&edit);
                turns.push(Turn::Edit(edit));
                continue;
            }
            let tool = if kinds.releases && draw.percent(15) { Tool::Releases } else { Tool::Plain };
            let steps = steps(&scene, secret, &mut draw);
            turns.push(Turn::Call(draw.below(sessions.len()), tool, steps));
        }
        Self { seed, scene, secret, words, sessions, turns }
    }

    /// The files of a run, from the beginning.
    #[must_use]
    pub fn files(&self, run: usize) -> Vec<(String, String)> {
        let mut files = Vec::new();
        for number in 0..self.scene.objects.len() {
            let folder = self.scene.folder(number);
            for name in FILES {
                let secret = name == FILES[0] && self.secret == Secret::Contents(number);
                let text = if secret { self.words[run].clone() } else { format!("o{number}{name}") };
                files.push((format!("{folder}/{name}"), text));
            }
            if self.secret == Secret::Existence(number) && run == 1 {
                files.push((format!("{folder}/c"), "here".to_owned()));
            }
        }
        files
    }

    /// The posts of a run, from the beginning.
    #[must_use]
    pub fn posts(&self, run: usize) -> Vec<(usize, String)> {
        let text = |number: usize| match self.secret == Secret::Post(number) {
            true => self.words[run].clone(),
            false => format!("f{number}"),
        };
        (0..self.scene.forums.len()).map(|number| (number, text(number))).collect()
    }
}

/// Half of all sessions are of whoever owns the secret's place.
fn session(scene: &Scene, secret: Secret, draw: &mut Draw) -> Session {
    let owner = match secret {
        Secret::Contents(number) | Secret::Existence(number) => scene.objects[number].owner,
        Secret::Post(number) => scene.forums[number].owner,
    };
    let person = if draw.percent(50) { owner } else { draw.below(scene.people) };
    let claim = draw.percent(60).then(|| format!("s{}", draw.below(3)));
    let agent = AgentName::parse(&format!("a{}", draw.below(2))).expect("a name");
    Session { person: scene::person(person), agent, claim }
}

/// What one call does. Often it begins with the secret, and ends by telling somebody.
fn steps(scene: &Scene, secret: Secret, draw: &mut Draw) -> Vec<Step> {
    let mut steps = Vec::new();
    if draw.percent(35) {
        steps.push(match secret {
            Secret::Contents(number) => Step::Read(format!("{}/{}", scene.folder(number), FILES[0]), 0),
            Secret::Existence(number) if draw.percent(50) => Step::List(scene.folder(number), 0),
            Secret::Existence(number) => Step::Read(format!("{}/c", scene.folder(number)), 0),
            Secret::Post(number) => Step::Thread(format!("f{number}"), number as u64 + 1, 0),
        });
    }
    for _ in 0..1 + draw.below(4) {
        steps.push(step(scene, draw));
    }
    steps
}

fn step(scene: &Scene, draw: &mut Draw) -> Step {
    // Few places, so that what is read is what is told.
    let place = |draw: &mut Draw| if draw.percent(70) { 0 } else { draw.below(PLACES) };
    let object = draw.below(scene.objects.len());
    let forum = draw.below(scene.forums.len());
    let file = |draw: &mut Draw| format!("{}/{}", scene.folder(object), draw.one(&["a", "b", "c", "d"]));
    let person = |draw: &mut Draw| scene::person(draw.below(scene.people)).to_string();
    match draw.below(20) {
        0..3 => Step::Read(file(draw), place(draw)),
        3 => Step::List(scene.folder(object), place(draw)),
        4 => Step::Threads(format!("f{forum}"), place(draw)),
        5 | 6 => Step::Thread(format!("f{forum}"), forum as u64 + 1, place(draw)),
        7 => Step::Entries(format!("o{object}"), place(draw)),
        8 => Step::Mix(draw.below(PLACES), place(draw)),
        9 => Step::Word(place(draw), u32::try_from(draw.below(8)).unwrap_or_default()),
        10 | 11 => Step::If(place(draw), u32::try_from(draw.below(8)).unwrap_or_default(), 1 + draw.below(2)),
        12..15 => Step::Post(format!("f{forum}"), forum as u64 + 1, place(draw)),
        15..17 => Step::Write(file(draw), place(draw)),
        17 | 18 => {
            let group = || format!("group:g{}", scene::GROUPS - 1);
            let one = if draw.percent(80) { person(draw) } else { group() };
            let other = if draw.percent(50) { one.clone() } else { person(draw) };
            Step::Widen(format!("o{object}"), one, other, place(draw))
        }
        _ => Step::End(place(draw)),
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {:?}, {:?}", self.seed, self.secret, self.words)?;
        write!(f, "{}", self.scene)?;
        for turn in &self.turns {
            match turn {
                Turn::Edit(edit) => writeln!(f, "by hand: {edit:?}")?,
                Turn::Call(session, tool, steps) => {
                    let Session { person, agent, claim } = &self.sessions[*session];
                    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                    writeln!(f, "{person} through {agent}, session {claim:?}, {}: {}", tool.name(), steps.join("; "))?;
                }
            }
        }
        Ok(())
    }
}
