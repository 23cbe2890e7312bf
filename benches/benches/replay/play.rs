//! The day, played on the real host in order of time: agents call, people answer, groups grow, and people widen access outside.

use std::collections::BTreeMap;

use serde_json::json;
use tollgate_benches::Failed;
use tollgate_replay::Minute;
use tollgate_replay::day::{Outside, Record, Rules, noticed};
use tollgate_replay::people::Question;
use tollgate_replay::stream::Stream;
use tollgate_replay::tasks::{Act, Task};
use tollgate_replay::world::Principal;

use super::asked::Came;
use super::attempt::{Attempt, attempt, widening};
use super::found::Found;
use super::stage::{self, Stage};
use super::watch;

/// When people come upon what nobody was told of.
const UNWATCHED: Minute = 120;

/// What happens at a minute; of those at the same minute, the first kind first.
#[derive(Debug)]
pub(super) enum Event {
    /// Somebody joins a project.
    Join(u16),
    /// What a person widened is closed.
    Close(u16, Principal),
    /// A question is answered.
    Answer(Attempt),
    /// A task begins.
    Begin(usize),
    /// A person widens an object.
    Widen(usize, u16, Principal, u16),
}

impl Event {
    const fn rank(&self) -> u8 {
        match self {
            Self::Join(_) => 0,
            Self::Close(..) => 1,
            Self::Answer(_) => 2,
            Self::Begin(_) => 3,
            Self::Widen(..) => 4,
        }
    }
}

/// A day on the real host.
pub struct Play<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) tasks: &'a [Task],
    rules: Rules,
    pub(super) expected: BTreeMap<String, Question>,
    events: BTreeMap<(Minute, u8, usize), Event>,
    count: usize,
    pub(super) now: Minute,
    /// What was opened outside and is open.
    outside: BTreeMap<u16, Vec<Principal>>,
    /// What the day left.
    pub found: Found,
}

impl<'a> Play<'a> {
    /// A day that has not begun.
    pub fn new(stage: &'a Stage<'a>, tasks: &'a [Task], (rules, expected): (Rules, &'a Record)) -> Self {
        let expected = expected.questions.iter().map(|question| (question.key.clone(), question.clone())).collect();
        let (events, outside, found) = (BTreeMap::new(), BTreeMap::new(), Found::default());
        let mut play = Self { stage, tasks, rules, expected, events, count: 0, now: 0, outside, found };
        for (index, join) in (0..).zip(&stage.world.joins) {
            play.at(join.minute, Event::Join(index));
        }
        for (place, task) in tasks.iter().enumerate() {
            if !matches!(task.act, Act::Cleanup { .. }) {
                play.at(task.minute, Event::Begin(place));
            }
        }
        play
    }

    pub(super) fn at(&mut self, minute: Minute, event: Event) {
        self.count += 1;
        self.events.insert((minute, event.rank(), self.count), event);
    }

    /// Plays it to its end.
    pub fn play(&mut self) -> Result<(), Failed> {
        while let Some(((minute, ..), event)) = self.events.pop_first() {
            while self.now < minute {
                self.found.look(self.stage, self.now)?;
                self.now += 1;
                self.stage.set(self.now);
            }
            match event {
                Event::Join(index) => self.join(index)?,
                Event::Close(object, principal) => self.close(object, principal)?,
                Event::Answer(attempt) => self.answer(attempt)?,
                Event::Begin(place) => self.begin(place)?,
                Event::Widen(place, object, principal, number) => self.widen(place, object, principal, number)?,
            }
        }
        while self.now < tollgate_replay::NIGHT {
            self.found.look(self.stage, self.now)?;
            self.now += 1;
            self.stage.set(self.now);
        }
        self.found.posts(self.stage, self.tasks)
    }

    fn join(&self, index: u16) -> Result<(), Failed> {
        let project = self.stage.world.joins[usize::from(index)].project;
        self.stage.apply(&stage::project(self.stage.world, project, self.now))
    }

    /// A person adds somebody to an access list, outside Tollgate. The host's watch must see it.
    fn widen(&mut self, place: usize, object: u16, principal: Principal, number: u16) -> Result<(), Failed> {
        let world = self.stage.world;
        let open = self.outside.entry(object).or_default();
        if open.contains(&principal) {
            return Ok(());
        }
        open.push(principal);
        self.found.opened.insert((object, principal), (place, number));
        self.apply(object)?;
        if world.people(principal, self.now).within(world.ceiling(object)) {
            return Ok(());
        }
        // Whatever closes within this minute was open for one.
        self.found.look(self.stage, self.now)?;
        self.stage.watch()?;
        let alert = watch::alert(self.stage, object, principal)?;
        match alert {
            Some(alert) if alert.closed_itself => {
                self.outside.entry(object).or_default().retain(|it| *it != principal);
                return Ok(());
            }
            Some(_) if self.rules.outside == Outside::Feed => {
                self.found.differs(format!("o{object} did not close by itself"));
            }
            Some(_) => {}
            None => {
                self.found.differs(format!("nobody was told that {principal:?} can read o{object}"));
                self.at(self.now + UNWATCHED, Event::Close(object, principal));
                return Ok(());
            }
        }
        let (_, confirmed) = noticed(world.seed, &self.tasks[place], number, self.now);
        self.at(confirmed, Event::Close(object, principal));
        Ok(())
    }

    /// The object's owner closes what the watch found; where it found nothing, somebody came upon it.
    fn close(&mut self, object: u16, principal: Principal) -> Result<(), Failed> {
        self.outside.entry(object).or_default().retain(|it| *it != principal);
        match watch::alert(self.stage, object, principal)? {
            Some(alert) => watch::close(self.stage, object, &alert),
            None => self.apply(object),
        }
    }

    /// Writes an object's access list as people have it.
    fn apply(&self, object: u16) -> Result<(), Failed> {
        let open = self.outside.get(&object).map_or(&[][..], Vec::as_slice);
        self.stage.apply(&stage::object(self.stage.world, object, open, self.stage.closes))
    }

    fn begin(&mut self, place: usize) -> Result<(), Failed> {
        let (task, world) = (&self.tasks[place], self.stage.world);
        for file in &task.reads {
            let arguments = json!({ "path": stage::path(world, *file), "offset": "0", "length": 64 });
            let mut read = attempt(place, &task.id, ("reader", "files_read"), arguments);
            read.key = format!("{}-reads-{file}-{}", task.id, self.count);
            self.count += 1;
            if let Came::Refused(code) = self.call(&mut read)? {
                self.found.differs(format!("task {} may not read file {file}: {code}", task.id));
            }
        }
        let call = match &task.act {
            Act::Post(post) => {
                let forum = world.forums[usize::from(post.forum)].name();
                let thread = self.stage.threads.get(&forum).ok_or("a forum without a thread")?.to_string();
                // For half of what people asked for, the agent has a tool that may have an owner asked.
                let asks = post.asked && Stream::named(world.seed, &format!("declass:{}", task.id)).chance(50);
                let tool = if asks { "teller" } else { "poster" };
                let body = format!("Task {} has this to say, in {forum}.", task.id);
                attempt(place, &task.id, (tool, "forum_post"), json!({ "forum": forum, "thread": thread, "body": body }))
            }
            Act::Share { .. } | Act::Fix { .. } => {
                let (object, principal, _) = task.act.widening().ok_or("nothing to widen")?;
                widening(place, &task.id, object, principal)
            }
            Act::Read(_) | Act::Cleanup { .. } => return Ok(()),
        };
        self.attempt(call)
    }

    /// What a person does because of a post, or all the same.
    pub(super) fn aftermath(&mut self, place: usize, posted: Option<Minute>) {
        let Act::Post(post) = &self.tasks[place].act else { return };
        let Some(aftermath) = post.aftermath.clone() else { return };
        let from = match posted {
            Some(posted) => aftermath.minute.max(posted + 5),
            None if self.rules.outside == Outside::Advised => return,
            None => aftermath.minute.max(self.now),
        };
        for (object, number) in aftermath.objects.iter().zip(0..) {
            self.at(from, Event::Widen(place, *object, Principal::Group(aftermath.group), number));
        }
    }
}
