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
    /// Whether it lies in a forum, and in which of them or of the objects.
    const fn place(self) -> (bool, usize) {
        match self {
            Self::Contents(number) | Self::Existence(number) => (false, number),
            Self::Post(number) => (true, number),
        }
    }

    /// Whose ceiling says who is cleared for it.
    #[must_use]
    pub fn under(self) -> Under {
        let (is_forum, number) = self.place();
        scene::under(is_forum, number)
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

impl Trace {
    /// Draws a trace.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw::of(seed);
        let mut scene = Scene::draw(&mut draw);
        let secret = match draw.below(6) {
            0 => Secret::Existence(draw.below(scene.objects.len())),
            1 => Secret::Post(draw.below(scene.forums.len() - 1) + 1),
            _ => Secret::Contents(draw.below(scene.objects.len())),
        };
        let arranged = draw.percent(80);
        if arranged {
            scene.arrange(secret.place(), &mut draw);
        }
        let number = draw.number() % 10_000;
        let words = [format!("left{number}"), format!("right{}", draw.number() % 10_000)];
        let mut sessions: Vec<Session> = (0..2 + draw.below(4)).map(|_| session(&scene, secret, &mut draw)).collect();
        if arranged {
            // Two of whoever owns it, so that what one writes the other reads.
            let owner = scene::person(scene.owner(secret.place()));
            for (number, session) in sessions.iter_mut().take(2).enumerate() {
                *session = Session { person: owner.clone(), claim: Some(format!("t{number}")), ..session.clone() };
            }
        }
        let mut now = scene.clone();
        let (mut turns, mut hot) = (Vec::new(), Vec::new());
        for at in 0..3 + draw.below(5) {
            if at > 0 && draw.percent(15) {
                let edit = now.edit(&mut draw);
                now.change(&edit);
                turns.push(Turn::Edit(edit));
                continue;
            }
            let tool = if draw.percent(20) { Tool::Releases } else { Tool::Plain };
            let steps = Steps { scene: &scene, secret, hot: &mut hot }.draw(&mut draw);
            turns.push(Turn::Call(draw.below(sessions.len()), tool, steps));
        }
        if arranged && draw.percent(60) {
            let [first, second] = Steps { scene: &scene, secret, hot: &mut hot }.hop(&mut draw);
            let at = draw.below(turns.len() + 1);
            turns.insert(at, first);
            let later = at + 1 + draw.below(turns.len() - at);
            turns.insert(later, second);
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

/// Most sessions are of whoever owns the secret's place.
fn session(scene: &Scene, secret: Secret, draw: &mut Draw) -> Session {
    let owner = scene.owner(secret.place());
    let person = if draw.percent(60) { owner } else { draw.below(scene.people) };
    let claim = draw.percent(60).then(|| format!("s{}", draw.below(3)));
    let agent = AgentName::parse(&format!("a{}", draw.below(2))).expect("a name");
    Session { person: scene::person(person), agent, claim }
}

/// What calls do, one after the other.
struct Steps<'a> {
    scene: &'a Scene,
    secret: Secret,
    /// What reads back what was written so far.
    hot: &'a mut Vec<Step>,
}

impl Steps<'_> {
    /// The steps of a call. Often it begins with the secret or with what was written before it, and ends by telling somebody.
    fn draw(&mut self, draw: &mut Draw) -> Vec<Step> {
        let mut steps = Vec::new();
        match draw.below(10) {
            0..4 => steps.push(self.secret(draw)),
            4..7 if !self.hot.is_empty() => steps.push(draw.one(self.hot).clone()),
            _ => {}
        }
        for _ in 0..1 + draw.below(3) {
            let step = self.step(draw);
            self.hot.extend(self.back(&step, draw));
            steps.push(step);
        }
        if draw.percent(40) {
            steps.push(Step::Post("f0".to_owned(), 1, 0));
        }
        steps
    }

    /// The secret goes through something that is written, and from there on; or is released, and then told once more.
    fn hop(&mut self, draw: &mut Draw) -> [Turn; 2] {
        let mut first = vec![self.secret(draw), Step::Mix(0, 1)];
        match draw.below(4) {
            0 => first.push(Step::If(0, 0, 1)),
            1 => first.push(Step::Word(0, 0)),
            _ => {}
        }
        if draw.percent(15) {
            first.push(Step::Post("f1".to_owned(), 2, 0));
            let second = Turn::Call(0, Tool::Plain, vec![Step::Post("f0".to_owned(), 1, 1)]);
            return [Turn::Call(0, Tool::Releases, first), second];
        }
        let object = draw.below(self.scene.objects.len());
        let forum = 1 + draw.below(self.scene.forums.len() - 1);
        let carrier = match draw.below(10) {
            0..4 => Step::Write(format!("{}/{}", self.scene.folder(object), draw.one(&["a", "b", "c"])), 0),
            4..7 => Step::Post(format!("f{forum}"), forum as u64 + 1, 0),
            _ => Step::Widen(format!("o{object}"), "p0".to_owned(), format!("group:g{}", scene::GROUPS - 1), 0),
        };
        let mut second: Vec<Step> = self.back(&carrier, draw).into_iter().collect();
        first.push(carrier);
        match draw.below(4) {
            0 => second.extend([Step::If(0, 0, 1), Step::Post("f0".to_owned(), 1, 2)]),
            1 => {
                let person = scene::person(draw.below(self.scene.people)).to_string();
                second = vec![Step::Widen(format!("o{object}"), person.clone(), person, 2)];
            }
            _ => second.push(Step::Post("f0".to_owned(), 1, 0)),
        }
        [Turn::Call(0, Tool::Plain, first), Turn::Call(1, Tool::Plain, second)]
    }

    fn secret(&self, draw: &mut Draw) -> Step {
        match self.secret {
            Secret::Contents(number) => Step::Read(format!("{}/{}", self.scene.folder(number), FILES[0]), 0),
            Secret::Existence(number) if draw.percent(50) => Step::List(self.scene.folder(number), 0),
            Secret::Existence(number) => Step::Read(format!("{}/c", self.scene.folder(number)), 0),
            Secret::Post(number) => Step::Thread(format!("f{number}"), number as u64 + 1, 0),
        }
    }

    /// What reads back what a step writes.
    fn back(&self, step: &Step, draw: &mut Draw) -> Option<Step> {
        match step {
            Step::Post(forum, thread, _) if draw.percent(80) => Some(Step::Thread(forum.clone(), *thread, 0)),
            Step::Post(forum, ..) => Some(Step::Threads(forum.clone(), 0)),
            Step::Write(path, _) if draw.percent(80) => Some(Step::Read(path.clone(), 0)),
            Step::Write(path, _) => path.rsplit_once('/').map(|(folder, _)| Step::List(folder.to_owned(), 0)),
            Step::Widen(object, ..) => Some(Step::Entries(object.clone(), 0)),
            _ => None,
        }
    }

    fn step(&self, draw: &mut Draw) -> Step {
        let scene = self.scene;
        // Few places, so that what is read is what is told.
        let place = |draw: &mut Draw| if draw.percent(80) { 0 } else { draw.below(PLACES) };
        let object = draw.below(scene.objects.len());
        let forum = draw.below(scene.forums.len());
        let file = |draw: &mut Draw| format!("{}/{}", scene.folder(object), draw.one(&["a", "b", "c", "d"]));
        let person = |draw: &mut Draw| scene::person(draw.below(scene.people)).to_string();
        let bit = |draw: &mut Draw| u32::try_from(draw.below(8)).unwrap_or_default();
        match draw.below(24) {
            0 | 1 => Step::Read(file(draw), place(draw)),
            2 => Step::List(scene.folder(object), place(draw)),
            3 => Step::Threads(format!("f{forum}"), place(draw)),
            4 | 5 => Step::Thread(format!("f{forum}"), forum as u64 + 1, place(draw)),
            6 => Step::Entries(format!("o{object}"), place(draw)),
            7 => Step::Mix(draw.below(PLACES), place(draw)),
            8 => Step::Word(place(draw), bit(draw)),
            9 | 10 => Step::If(place(draw), bit(draw), 1 + draw.below(2)),
            11..15 => Step::Post(format!("f{forum}"), forum as u64 + 1, place(draw)),
            15..19 => Step::Write(file(draw), place(draw)),
            19..22 => {
                let principal = |draw: &mut Draw| match draw.below(10) {
                    0..6 => person(draw),
                    6..8 => "p0".to_owned(),
                    _ => format!("group:g{}", scene::GROUPS - 1),
                };
                let one = principal(draw);
                let other = if draw.percent(50) { one.clone() } else { principal(draw) };
                Step::Widen(format!("o{object}"), one, other, place(draw))
            }
            22 => self.hot.last().cloned().unwrap_or_else(|| Step::Read(file(draw), 0)),
            _ => Step::End(place(draw)),
        }
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
