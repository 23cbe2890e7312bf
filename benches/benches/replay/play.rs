//! The day, played on the real host in order of time: agents call, people answer, groups grow, and people widen access outside.
//!
//! Answer and delay come from the expected column by key. A question that has none there, or is put to somebody else or at
//! another minute, is a difference, and so is every end that is not the expected one.

#![expect(clippy::disallowed_methods, reason = "it waits for a while, and not for ever")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use tollgate_benches::Failed;
use tollgate_replay::Minute;
use tollgate_replay::crowd::Person;
use tollgate_replay::day::{End, Outside, Record, Rules, noticed};
use tollgate_replay::people::Question;
use tollgate_replay::stream::Stream;
use tollgate_replay::tasks::{Act, Task};
use tollgate_replay::world::Principal;

use super::attempt::{Attempt, attempt, widening};
use super::doors::Request;
use super::found::{Found, Yes};
use super::stage::{self, Stage};
use super::watch;

/// When people come upon what nobody was told of.
const UNWATCHED: Minute = 120;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What happens at a minute; of those at the same minute, the first kind first.
#[derive(Debug)]
enum Event {
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

/// How a call came back.
enum Came {
    Done,
    Refused(String),
    Waits,
}

/// A day on the real host.
pub struct Play<'a> {
    stage: &'a Stage<'a>,
    tasks: &'a [Task],
    rules: Rules,
    expected: BTreeMap<String, Question>,
    events: BTreeMap<(Minute, u8, usize), Event>,
    count: usize,
    now: Minute,
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

    fn at(&mut self, minute: Minute, event: Event) {
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
        self.outside.entry(object).or_default().push(principal);
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

    fn attempt(&mut self, mut attempt: Attempt) -> Result<(), Failed> {
        match self.call(&mut attempt)? {
            Came::Done => self.done(&attempt),
            Came::Refused(code) => self.refused(&attempt, &code),
            Came::Waits => {
                let id = attempt.key.clone();
                let released = format!("d{id}");
                let key = if self.expected.contains_key(&released) { released } else { id };
                self.asks(attempt, key)
            }
        }
    }

    /// Calls the tool as the agent does, in the task's own session.
    fn call(&mut self, attempt: &mut Attempt) -> Result<Came, Failed> {
        let task = &self.tasks[attempt.place];
        attempt.calls += 1;
        let key = format!("{}:{}", attempt.key, attempt.calls);
        let line = format!("POST /v1/tools/{}_{}/invocations", attempt.tool, attempt.function);
        let (token, body) = (self.stage.agent(task.who, &task.id)?, json!({ "arguments": attempt.arguments }));
        let header = Some(("idempotency-key", key.as_str()));
        let request = Request { door: Request::LATER, line: &line, token: &token, header, body: Some(&body) };
        let answer = self.stage.at_agents(request)?;
        let said = &answer.body;
        if let Some(invocation) = said["invocation"].as_str() {
            self.found.invocations.insert(invocation.to_owned(), (attempt.place, attempt.key.clone()));
            attempt.invocation = invocation.to_owned();
        }
        match (answer.status, said["code"].as_str(), said["approval"]["id"].as_str()) {
            (200, ..) if said["report"]["code"] == "returned" => Ok(Came::Done),
            (202, _, Some(question)) => {
                attempt.question = question.parse()?;
                Ok(Came::Waits)
            }
            (403, Some(code), _) => Ok(Came::Refused(code.to_owned())),
            _ => Err(format!("task {}: {}: {said}", task.id, answer.status).into()),
        }
    }

    /// A question was put: its answer comes when the expected column says.
    fn asks(&mut self, mut attempt: Attempt, key: String) -> Result<(), Failed> {
        let Some(expected) = self.expected.get(&key) else {
            self.found.differs(format!("{key}: a question that nobody expects, at minute {}", self.now));
            return Ok(());
        };
        // Who tries a second time does so when told no; the model lets it begin with the first.
        let later = self.now - expected.minute.min(self.now);
        if later > 0 && !key.starts_with('n') {
            self.found.differs(format!("{key}: asked at minute {}, and expected at {}", self.now, expected.minute));
        }
        let answered = expected.answered + later;
        attempt.asked = key;
        self.at(answered, Event::Answer(attempt));
        Ok(())
    }

    /// Another act, or other people whom it reaches: it is asked anew, as often as that happens, and first whoever released
    /// what was read. The model asks the initiator, and once: what it has no answer to is answered as before, and said.
    fn asks_anew(&mut self, attempt: Attempt, key: String) -> Result<(), Failed> {
        let (asked, first) = (attempt.asked.clone(), format!("d{}", attempt.key));
        let count = self.count;
        for (from, anew) in [(&first, format!("{first}+{count}")), (&asked, key.clone())] {
            let known = self.expected.get(&anew).is_some_and(|it| it.minute == self.now);
            let Some(before) = self.expected.get(from).filter(|_| !known).cloned() else { continue };
            if anew == key {
                self.found.others.push(format!("{key}: asked once more at minute {}", self.now));
            }
            let answered = self.now + (before.answered - before.minute);
            self.expected.insert(anew.clone(), Question { key: anew, minute: self.now, answered, ..before });
        }
        let released = format!("{first}+{count}");
        if self.expected.contains_key(&released) {
            self.found.others.push(format!("{first}: released once more at minute {}", self.now));
            return self.asks(Attempt { then: key, ..attempt }, released);
        }
        self.asks(attempt, key)
    }

    /// A question that was asked anew is put to the initiator once the release is there.
    fn follows(&mut self, key: &str) {
        if let Some(question) = self.expected.get_mut(key).filter(|it| it.key.starts_with(['r', 'm'])) {
            question.answered = self.now + (question.answered - question.minute);
            question.minute = self.now;
        }
    }

    fn answer(&mut self, mut attempt: Attempt) -> Result<(), Failed> {
        let question = &self.expected.get(&attempt.asked).ok_or("a question without an answer")?.clone();
        let task = &self.tasks[attempt.place];
        let Some((who, token, shown)) = self.shown(&attempt, question)? else { return Ok(()) };
        let changes = matches!(task.act, Act::Post(_))
            && question.yes
            && !attempt.changed
            && !attempt.asked.starts_with('d')
            && Stream::named(self.stage.world.seed, &format!("mut:{}", task.id)).chance(3);
        let yes = Yes { who, key: attempt.asked.clone(), card: shown.body["card"].clone() };
        if changes && self.stage.yes_that_stands(attempt.question, who, attempt.tool)? {
            self.found.answered.push(question.clone());
            self.found.yeses.push(yes);
            return self.changed(attempt);
        }
        let body =
            json!({ "decision": if question.yes { "yes" } else { "no" }, "payload_sha256": shown.body["payload_sha256"] });
        let line = format!("POST /v1/approvals/{}/decision", attempt.question);
        let header = Some(("if-match", shown.etag.as_str()));
        let request = Request { door: Request::LATER, line: &line, token: &token, header, body: Some(&body) };
        let answer = self.stage.at_people(request)?;
        self.found.answered.push(question.clone());
        match answer.body["state"].as_str().or(answer.body["code"].as_str()) {
            Some("open") => {
                self.found.yeses.push(yes);
                let key = if attempt.then.is_empty() { attempt.key.clone() } else { std::mem::take(&mut attempt.then) };
                self.follows(&key);
                self.asks(attempt, key)
            }
            Some("agreed") => {
                self.found.yeses.push(yes);
                if attempt.asked.starts_with('d') && who == task.who {
                    self.found.others.push(format!("{}: p{who} is its initiator too, and is asked once", attempt.asked));
                    self.found.once.insert(attempt.key.clone());
                }
                self.ended(attempt)
            }
            Some("declined") => self.end(&attempt, End::Denied),
            // A no is a no, also where what it answered is not as it was.
            Some("void" | "door.decided") if !question.yes => {
                self.found
                    .others
                    .push(format!("{}: void when p{who} said no, since whom it reaches has grown", attempt.asked));
                self.end(&attempt, End::Denied)
            }
            Some("void" | "door.decided") => self.again(attempt),
            _ => {
                let said = answer.body["detail"].as_str().unwrap_or_default();
                self.found.differs(format!("{}: p{who} may not answer: {} {said}", attempt.asked, answer.status));
                attempt.asked.clear();
                Ok(())
            }
        }
    }

    /// What is asked, as whoever is expected to answer sees it; or else another owner of what was read.
    fn shown(
        &mut self,
        attempt: &Attempt,
        question: &Question,
    ) -> Result<Option<(Person, String, super::doors::Answer)>, Failed> {
        let (task, world) = (&self.tasks[attempt.place], self.stage.world);
        let owners = task.reads.iter().map(|file| world.owner(world.files[usize::from(*file)]));
        let others: Vec<Person> = if attempt.asked.starts_with('d') { owners.collect() } else { Vec::new() };
        let line = format!("GET /v1/approvals/{}", attempt.question);
        for who in std::iter::once(question.who).chain(others) {
            let token = self.stage.person(who)?;
            let answer = self.stage.at_people(Request {
                door: Request::LATER,
                line: &line,
                token: &token,
                header: None,
                body: None,
            })?;
            if answer.status == 200 {
                if who != question.who {
                    self.found.others.push(format!("{}: p{} in place of p{}", attempt.asked, who, question.who));
                }
                return Ok(Some((who, token, answer)));
            }
        }
        self.found.differs(format!("{}: p{} is not shown it", attempt.asked, question.who));
        Ok(None)
    }

    /// While the yes stands, the agent sends one byte that is different.
    fn changed(&mut self, first: Attempt) -> Result<(), Failed> {
        let mut second = Attempt { changed: true, ..first.clone() };
        let body = second.arguments["body"].as_str().unwrap_or_default().replace('.', "!");
        second.arguments["body"] = json!(body);
        let came = self.call(&mut second)?;
        let line = format!("POST /v1/invocations/{}/cancel", first.invocation);
        let token = self.stage.agent(self.tasks[first.place].who, &self.tasks[first.place].id)?;
        self.stage.at_agents(Request { door: Request::LATER, line: &line, token: &token, header: None, body: None })?;
        match came {
            Came::Done => self.done(&second),
            Came::Refused(code) => self.refused(&second, &code),
            Came::Waits => {
                let key = format!("m{}", second.key);
                self.asks_anew(second, key)
            }
        }
    }

    /// What went on after a yes.
    fn ended(&mut self, attempt: Attempt) -> Result<(), Failed> {
        let task = &self.tasks[attempt.place];
        let line = format!("GET /v1/invocations/{}", attempt.invocation);
        let (token, patience) = (self.stage.agent(task.who, &task.id)?, Instant::now() + PATIENCE);
        let answer = loop {
            let look = Request { door: Request::LATER, line: &line, token: &token, header: None, body: None };
            let answer = self.stage.at_agents(look)?;
            if answer.body["state"] == "over" || Instant::now() > patience {
                break answer;
            }
            std::thread::yield_now();
        };
        let report = &answer.body["report"];
        let refusal = report["refusals"][0]["code"].as_str();
        match (report["code"].as_str(), refusal) {
            (Some("returned"), None) => self.done(&attempt),
            (_, Some("agree.changed")) => self.again(attempt),
            (_, Some(code)) => {
                let code = code.to_owned();
                self.refused(&attempt, &code)
            }
            _ => Err(format!("task {}: {}", task.id, answer.body).into()),
        }
    }

    /// Whom it reaches has grown since it was asked: the agent tries once more.
    fn again(&mut self, mut attempt: Attempt) -> Result<(), Failed> {
        match self.call(&mut attempt)? {
            Came::Done => self.done(&attempt),
            Came::Refused(code) => self.refused(&attempt, &code),
            Came::Waits => {
                let key = format!("r{}", attempt.key);
                self.asks_anew(attempt, key)
            }
        }
    }

    fn refused(&mut self, attempt: &Attempt, code: &str) -> Result<(), Failed> {
        let end = if code == "agree.declined" { End::Denied } else { End::Refused };
        if end == End::Refused && !code.starts_with("clear.") {
            self.found.differs(format!("{}: refused by {code}", attempt.key));
        }
        self.end(attempt, end)
    }

    fn done(&mut self, attempt: &Attempt) -> Result<(), Failed> {
        self.found.ends.insert(attempt.key.clone(), End::Done);
        self.aftermath(attempt.place, Some(self.now));
        Ok(())
    }

    fn end(&mut self, attempt: &Attempt, end: End) -> Result<(), Failed> {
        self.found.ends.insert(attempt.key.clone(), end);
        let place = attempt.place;
        self.aftermath(place, None);
        if let (Act::Fix { object, person, .. }, false) = (&self.tasks[place].act, attempt.key.starts_with('n')) {
            let second = widening(place, &format!("n{}", attempt.key), *object, Principal::Person(*person));
            return self.attempt(second);
        }
        Ok(())
    }

    fn aftermath(&mut self, place: usize, posted: Option<Minute>) {
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
