//! The broken glass in the store: a question agreed to by one person's word, and the review that is owed for it.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::approvals::{changed, directory, end, find, frozen};
use super::tx::failed;
use super::{Store, Tx};
use crate::approval::{Answered, Breaking, Closed, Closing, Question, Review, State};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::name::PersonName;
use crate::people::Directory;

const BREAKING: &str = "breaking the glass";

/// The review of a question, where somebody broke the glass over it.
pub(super) fn review(connection: &Connection, question: i64) -> Result<Option<Review>, String> {
    let query = "SELECT person, reason, at, closed_by, closed, finding FROM reviews WHERE approval = ?1";
    let mut one = connection.prepare_cached(query).map_err(|e| e.to_string())?;
    one.query_row([question], kept).optional().map_err(|e| e.to_string())
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Review> {
    let person = |column: usize, name: String| {
        PersonName::parse(&name).map_err(|bad| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(bad)))
    };
    let closed = match row.get::<_, Option<String>>(3)? {
        Some(name) => {
            let at = Instant(row.get::<_, i64>(4)?.cast_unsigned());
            Some(Closed { person: person(3, name)?, at, finding: row.get(5)? })
        }
        None => None,
    };
    let at = Instant(row.get::<_, i64>(2)?.cast_unsigned());
    Ok(Review { person: person(0, row.get(0)?)?, reason: row.get(1)?, at, closed })
}

impl Store {
    /// Why this person cannot break the glass over a question as it is now; asked again when it is recorded.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn glass_holds(&self, question: &Question, person: &PersonName) -> Result<Option<String>, Broken> {
        let (directory, now) = (self.directory()?, self.now());
        self.read(BREAKING, |connection| turned(connection, question, person, (&directory, now)))
    }

    /// Has a question agreed to by one person's word, on record and with a review that is owed for it. Whatever else the act
    /// needs is judged when it is done.
    ///
    /// # Errors
    /// When it cannot be recorded; then nothing has changed.
    pub async fn break_glass(&self, breaking: Breaking) -> Result<Answered, Unrecorded> {
        let written = self.write(move |tx| {
            tx.near()?;
            let (answered, body) = broken(tx, &breaking)?;
            let body = body.number("question", breaking.question).text("of", breaking.person.to_string());
            let draft = Draft::new(Kind::Glass, body.text("state", answered.state()));
            tx.append(Chapter::alone(draft.with("reason", breaking.reason.as_str())))?;
            Ok(answered)
        });
        let answered = written.await?;
        self.board.answered();
        Ok(answered)
    }

    /// Why this person cannot close the review of a question as it is now; asked again when it is recorded.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn review_stays(&self, question: &Question, person: &PersonName) -> Result<Option<String>, Broken> {
        Ok(may_close(question, person, (&*self.directory()?, self.now())).err())
    }

    /// Closes a review, on record; or says why this person cannot.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub async fn review(&self, closing: Closing) -> Result<Result<(), String>, Unrecorded> {
        self.write(move |tx| closed(tx, &closing)).await
    }
}

/// Why a question is not one over which this person can break the glass now. It may be over, and is not ended here.
fn turned(
    connection: &Connection,
    question: &Question,
    person: &PersonName,
    (directory, now): (&Directory, Instant),
) -> rusqlite::Result<Option<String>> {
    let id = question.id;
    if question.state == State::Agreed {
        return Ok(Some(format!("question {id} is agreed to; its act lacks no consent")));
    }
    if question.state != State::Open {
        let why = question.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        return Ok(Some(format!("question {id} is {}{why}", question.state.as_str())));
    }
    if let Some(frozen) = frozen(directory, question, now) {
        return Ok(Some(frozen));
    }
    if question.rules.consent.releases() {
        return Ok(Some(format!("question {id} is about who may know what was read, and no broken glass decides that")));
    }
    if !directory.people.contains_key(person) {
        return Ok(Some(format!("nobody here is called `{person}`")));
    }
    if !question.rules.readers(directory, now).contains(person) {
        return Ok(Some(format!("{person} cannot read what question {id} is about")));
    }
    let owed = "SELECT other.id FROM reviews JOIN approvals AS other ON other.id = reviews.approval \
                JOIN approvals AS this ON this.id = ?1 WHERE reviews.person = ?2 AND reviews.closed IS NULL \
                AND other.tool = this.tool AND other.function = this.function AND other.about IS this.about LIMIT 1";
    let mut owed = connection.prepare_cached(owed)?;
    let owed = owed.query_row(params![id.cast_signed(), person.as_str()], |row| row.get::<_, i64>(0)).optional()?;
    Ok(owed.map(|other| format!("{person} broke the glass for this before (question {other}), and nobody has reviewed it")))
}

/// Breaks the glass. Returns what came of it, and what its entry says of the question.
fn broken(tx: &Tx<'_>, breaking: &Breaking) -> Result<(Answered, Body), Unrecorded> {
    let id = breaking.question;
    let question = find(tx.connection, id).map_err(|e| failed(BREAKING, e))?;
    let Some(question) = question else { return Ok((Answered::Turned(format!("there is no question {id}")), Body::of(3))) };
    let function = question.card.as_ref().map_or_else(String::new, |card| card.act.function.clone());
    let body = Body::of(5).text("function", function).text("invocation", question.asker.to_string());
    let ended = |state: State, why: String| end(tx, id, state, &why).map(|()| Answered::Ended(state, why));
    if question.state.is_live() && question.expires <= tx.now {
        return Ok((ended(State::Expired, "nobody answered in time".to_owned())?, body));
    }
    let directory = directory(tx)?;
    let why = turned(tx.connection, &question, &breaking.person, (&directory, tx.now)).map_err(|e| failed(BREAKING, e))?;
    if let Some(why) = why {
        return Ok((Answered::Turned(why), body));
    }
    if let Some(why) = changed(&question, &directory, &breaking.now, tx.now) {
        return Ok((ended(State::Void, why)?, body));
    }
    let owed = "INSERT INTO reviews (approval, person, reason, at, number) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (person, reason) = (breaking.person.as_str(), breaking.reason.as_str());
    // The entry that says so is the next one.
    let values = params![id.cast_signed(), person, reason, tx.now.0.cast_signed(), tx.head.entries.cast_signed()];
    tx.connection.execute(owed, values).map_err(|e| failed(BREAKING, e))?;
    let agreed = "UPDATE approvals SET state = 'agreed' WHERE id = ?1 AND state = 'open'";
    tx.connection.execute(agreed, [id.cast_signed()]).map_err(|e| failed(BREAKING, e))?;
    Ok((Answered::Counted(State::Agreed), body))
}

fn closed(tx: &mut Tx<'_>, closing: &Closing) -> Result<Result<(), String>, Unrecorded> {
    let (doing, id, person) = ("closing a review", closing.question, &closing.person);
    let Some(question) = find(tx.connection, id).map_err(|e| failed(doing, e))? else {
        return Ok(Err(format!("there is no question {id}")));
    };
    if let Err(why) = may_close(&question, person, (&*directory(tx)?, tx.now)) {
        return Ok(Err(why));
    }
    let statement = "UPDATE reviews SET closed_by = ?2, closed = ?3, finding = ?4, closing = ?5 WHERE approval = ?1";
    let (by, finding, number) = (person.as_str(), closing.finding.as_str(), tx.head.entries.cast_signed());
    let values = params![id.cast_signed(), by, tx.now.0.cast_signed(), finding, number];
    tx.connection.execute(statement, values).map_err(|e| failed(doing, e))?;
    let body = Body::of(3).text("of", person.to_string()).number("question", id);
    let body = body.text("broken-by", question.review.map(|review| review.person.to_string()).unwrap_or_default());
    let draft = Draft::new(Kind::Reviewed, body).with("finding", closing.finding.as_str());
    tx.append(Chapter::alone(draft))?;
    Ok(Ok(()))
}

/// Whether a person may close the review of a question.
///
/// # Errors
/// Why not.
fn may_close(question: &Question, person: &PersonName, (directory, now): (&Directory, Instant)) -> Result<(), String> {
    let id = question.id;
    match &question.review {
        None => Err(format!("nobody broke the glass over question {id}")),
        Some(Review { closed: Some(closed), .. }) => {
            Err(format!("{} closed the review of question {id} at {}", closed.person, closed.at))
        }
        Some(review) if review.person == *person => {
            Err(format!("{person} broke the glass over question {id}, so somebody else has to review it"))
        }
        Some(_) if !question.reviewers(directory, now).contains(person) => {
            Err(format!("{person} cannot read what question {id} is about, or gained by it"))
        }
        Some(_) => Ok(()),
    }
}
