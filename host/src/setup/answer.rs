//! Answering questions, whichever door the answer comes through: who may be shown one, who may answer, and what an answer does.

use crate::approval::{Answered, Meanwhile, Question, Reply, State};
use crate::diagnostic::Broken;
use crate::gate::Questions as _;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::manifest::Manifest;
use crate::name::{Digest, PersonName, ToolName};
use crate::store::Store;

use super::workspace::{NotReady, Workspace};

/// Why a person's answer is not taken; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswerable {
    /// The question has ended.
    Ended(String),
    /// The person is not among those who may answer.
    NotAmong(String),
    /// Its card was erased, so nobody can know what is answered.
    Erased(String),
}

impl std::fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Ended(why) | Self::NotAmong(why) | Self::Erased(why)) = self;
        f.write_str(why)
    }
}

/// An answer, after its person has shown a credential of their own.
#[derive(Debug)]
pub struct Given<'a> {
    /// The question as it was found.
    pub question: &'a Question,
    /// Who answers.
    pub person: &'a PersonName,
    /// Yes or no.
    pub yes: bool,
    /// How many wrong passphrases came before the right one.
    pub wrong: u32,
    /// Through which door: `terminal`, `http`, `page`.
    pub door: &'static str,
}

impl Workspace {
    /// Whether a person may answer a question now.
    ///
    /// # Errors
    /// When the store cannot be read; inside, why not.
    pub fn answerable(
        &self,
        store: &Store,
        question: &Question,
        person: &PersonName,
    ) -> Result<Result<(), Unanswerable>, Broken> {
        let id = question.id;
        if !question.state.is_live() {
            let why = question.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            return Ok(Err(Unanswerable::Ended(format!("question {id} is {}{why}", question.state.as_str()))));
        }
        if let Some(why) = question.turns_away(person, &*store.directory()?, store.now()) {
            return Ok(Err(Unanswerable::NotAmong(why)));
        }
        let erased = || Unanswerable::Erased(format!("the card of question {id} was erased"));
        Ok(question.card.as_ref().map(drop).ok_or_else(erased))
    }

    /// Whether a person may be shown a question: only readers of what it is about may.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn may_see(&self, store: &Store, question: &Question, person: &PersonName) -> Result<bool, Broken> {
        Ok(question.rules.readers(&*store.directory()?, store.now()).contains(person))
    }

    /// What is known of a question only when it is shown.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn meanwhile(&self, store: &Store, question: &Question) -> Result<Meanwhile, Broken> {
        let mut answers: Vec<String> = question.agreed.iter().map(|person| format!("{person} said yes")).collect();
        if let Some(review) = &question.review {
            answers.push(format!("{} broke the glass at {}: {}", review.person, review.at, review.reason));
            let found = review.closed.as_ref().map(|closed| format!("{} reviewed it: {}", closed.person, closed.finding));
            answers.push(found.unwrap_or_else(|| "nobody has reviewed it".to_owned()));
        }
        if question.state != State::Open {
            let why = question.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            answers.push(format!("the question is {}{why}", question.state.as_str()));
        }
        Ok(Meanwhile { answers, frozen: store.frozen(question)? })
    }

    /// Takes an answer. What the question is bound to is compared with what `in_force` says of its tool.
    ///
    /// # Errors
    /// When it cannot be put on record, or what is in force cannot be known: then nothing has changed.
    pub async fn answer(
        &self,
        store: &Store,
        given: Given<'_>,
        in_force: impl FnOnce(&ToolName) -> Result<(Manifest, Option<Digest>), NotReady>,
    ) -> Result<Answered, Unrecorded> {
        let Given { question, person, yes, wrong, door } = given;
        let Some(card) = &question.card else {
            return Ok(Answered::Turned(format!("the card of question {} was erased", question.id)));
        };
        let tool = &card.act.tool;
        let now = self.current_of(tool, in_force(tool)).map_err(Unrecorded::Broken)?;
        let reply = Reply { question: question.id, person: person.clone(), yes, now };
        let body = Body::of(7).text("answer", if yes { "yes" } else { "no" }).text("door", door);
        let body = body.text("function", card.act.function.clone()).text("invocation", question.asker.to_string());
        let body = body.text("of", person.to_string()).number("question", question.id);
        let body = body.number("wrong-passphrases", wrong.into());
        store.answer(reply, Chapter::alone(Draft::new(Kind::Answered, body))).await
    }
}
