//! What becomes of a call: it is done, refused or asked for; people answer, and it goes on or is asked for anew.
//!
//! Answer and delay come from the expected column by key. A question that has none there, or is put to somebody else or at
//! another minute, is a difference, and so is every end that is not the expected one.

#![expect(clippy::disallowed_methods, reason = "it waits for a while, and not for ever")]

use std::time::{Duration, Instant};

use serde_json::json;
use tollgate_benches::Failed;
use tollgate_replay::day::End;
use tollgate_replay::people::Question;
use tollgate_replay::stream::Stream;
use tollgate_replay::tasks::Act;
use tollgate_replay::world::Principal;

use super::attempt::{Attempt, widening};
use super::doors::{Answer, Request};
use super::found::Yes;
use super::play::{Event, Play};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a call came back.
pub enum Came {
    /// With a result.
    Done,
    /// With the code of a refusal.
    Refused(String),
    /// Somebody is asked first.
    Waits,
}

impl Play<'_> {
    /// Tries it, and asks whoever is to be asked.
    pub fn attempt(&mut self, mut attempt: Attempt) -> Result<(), Failed> {
        match self.call(&mut attempt)? {
            Came::Done => self.done(&attempt),
            Came::Refused(code) => self.refused(&attempt, &code),
            Came::Waits => {
                let (own, released) = (attempt.question_key(), attempt.release_key());
                let key = if self.expected.contains_key(&released) { released } else { own };
                self.asks(attempt, key);
                Ok(())
            }
        }
    }

    /// Calls the tool as the agent does, in the task's own session.
    pub fn call(&mut self, attempt: &mut Attempt) -> Result<Came, Failed> {
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
    fn asks(&mut self, mut attempt: Attempt, key: String) {
        let Some(expected) = self.expected.get(&key) else {
            self.found.differs(format!("{key}: a question that nobody expects, at minute {}", self.now));
            return;
        };
        let (minute, answered) = (expected.minute, expected.answered);
        if minute != self.now {
            self.found.differs(format!("{key}: asked at minute {}, and expected at {minute}", self.now));
        }
        attempt.asked = key;
        self.at(self.now + (answered - minute), Event::Answer(attempt));
    }

    /// Somebody answers as expected.
    pub fn answer(&mut self, attempt: Attempt) -> Result<(), Failed> {
        let question = &self.expected.get(&attempt.asked).ok_or("a question without an answer")?.clone();
        let (task, who) = (&self.tasks[attempt.place], question.who);
        let Some((token, shown)) = self.shown(&attempt, question)? else { return Ok(()) };
        let last = !attempt.asked.starts_with('d') || who == task.who;
        let changes = matches!(task.act, Act::Post(_))
            && question.yes
            && last
            && !attempt.is_changed()
            && Stream::named(self.stage.world.seed, &format!("mut:{}", task.id)).chance(3);
        let yes = Yes { who, key: attempt.asked.clone(), card: shown.body["card"].clone() };
        self.found.answered.push(question.clone());
        if changes && self.stage.yes_that_stands(attempt.question, who)? {
            self.found.yeses.push(yes);
            return self.changed(attempt);
        }
        let decision = if question.yes { "yes" } else { "no" };
        let body = json!({ "decision": decision, "payload_sha256": shown.body["payload_sha256"] });
        let line = format!("POST /v1/approvals/{}/decision", attempt.question);
        let header = Some(("if-match", shown.etag.as_str()));
        let request = Request { door: Request::LATER, line: &line, token: &token, header, body: Some(&body) };
        let answer = self.stage.at_people(request)?;
        match answer.body["state"].as_str().or(answer.body["code"].as_str()) {
            Some("open") => {
                self.found.yeses.push(yes);
                let key = attempt.question_key();
                self.asks(attempt, key);
                Ok(())
            }
            Some("agreed") => {
                self.found.yeses.push(yes);
                self.ended(attempt)
            }
            Some("declined") => self.end(&attempt, End::Denied),
            // A no is a no, also where what it answered is not as it was.
            Some("void" | "door.decided") if !question.yes => self.end(&attempt, End::Denied),
            Some("void" | "door.decided") => self.again(attempt),
            _ => {
                let said = answer.body["detail"].as_str().unwrap_or_default();
                self.found.differs(format!("{}: p{who} may not answer: {} {said}", attempt.asked, answer.status));
                Ok(())
            }
        }
    }

    /// What is asked, as whoever is expected to answer sees it.
    fn shown(&mut self, attempt: &Attempt, question: &Question) -> Result<Option<(String, Answer)>, Failed> {
        let (line, token) = (format!("GET /v1/approvals/{}", attempt.question), self.stage.person(question.who)?);
        let look = Request { door: Request::LATER, line: &line, token: &token, header: None, body: None };
        let answer = self.stage.at_people(look)?;
        if answer.status == 200 {
            return Ok(Some((token, answer)));
        }
        self.found.differs(format!("{}: p{} is not shown it", attempt.asked, question.who));
        Ok(None)
    }

    /// While the yes stands, the agent sends one byte that is different.
    fn changed(&mut self, first: Attempt) -> Result<(), Failed> {
        let mut second = Attempt { round: "m".to_owned(), ..first.clone() };
        let body = second.arguments["body"].as_str().unwrap_or_default().replace('.', "!");
        second.arguments["body"] = json!(body);
        let line = format!("POST /v1/invocations/{}/cancel", first.invocation);
        let token = self.stage.agent(self.tasks[first.place].who, &self.tasks[first.place].id)?;
        self.attempt(second)?;
        self.stage.at_agents(Request { door: Request::LATER, line: &line, token: &token, header: None, body: None })?;
        Ok(())
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
    fn again(&mut self, attempt: Attempt) -> Result<(), Failed> {
        let round = format!("r{}", attempt.round);
        self.attempt(Attempt { round, ..attempt })
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
}
