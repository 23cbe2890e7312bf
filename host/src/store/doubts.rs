//! Acts of which nobody knows whether they happened: a row for each, until the host or a person has found out.

use std::fs::{File, TryLockError};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::tx::failed;
use super::{Store, Tx, instance};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::grant::Class;
use crate::journal::{Body, Chapter, Doubt, Draft, Kind, Unrecorded};
use crate::name::{InvocationId, PersonName};

/// Who found out, and how.
#[derive(Debug, Clone)]
pub enum Finder {
    /// The host asked whatever the act was on, which calls what was made so.
    Host(Option<u64>),
    /// A person looked, and says why.
    Person(PersonName, String),
}

/// The right to send again what is found out by that: one process at a time has it, and one that dies lets go of it.
pub struct Alone {
    _lock: File,
}

/// The lock of [`Alone`] in the folder of locks; no process is called so.
const FINDING_OUT: &str = "finding-out";

/// What came of settling a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It is settled now.
    Settled,
    /// Somebody else was first; what was found then stands.
    Before,
    /// There is no such doubt.
    NoDoubt,
}

/// Notes an act that is in doubt; called in the transaction that puts its outcome on record.
pub(super) fn note(tx: &Tx<'_>, invocation: InvocationId, outcome: &Body) -> rusqlite::Result<()> {
    let (Some(function), Some(seq)) = (outcome.text_of("function"), outcome.number_of("intent")) else { return Ok(()) };
    let statement = "INSERT INTO doubts (invocation, seq, function, at) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = tx.connection.prepare_cached(statement)?;
    insert.execute(params![invocation.to_string(), seq.cast_signed(), function, tx.now.0.cast_signed()]).map(drop)
}

impl Store {
    /// What is in doubt, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn doubts(&self) -> Result<Vec<Doubt>, Broken> {
        self.read("looking for what is in doubt", |connection| {
            let query =
                "SELECT invocation, seq, function, at FROM doubts WHERE settled IS NULL ORDER BY at, invocation, seq";
            let mut statement = connection.prepare(query)?;
            let doubts: Vec<Doubt> = statement.query_map([], doubt)?.collect::<Result<_, _>>()?;
            doubts.into_iter().map(|doubt| with_intent(connection, doubt)).collect()
        })
    }

    /// The acts of an invocation that are or were in doubt, for its receipt: intent, function, since when, and what was found.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn doubts_of(&self, invocation: &InvocationId) -> Result<Vec<Value>, Broken> {
        self.read("looking for what is in doubt", |connection| {
            let query = "SELECT seq, function, at, settled, outcome, found FROM doubts WHERE invocation = ?1 ORDER BY seq";
            let mut statement = connection.prepare(query)?;
            let rows = statement.query_map([invocation.to_string()], |row| {
                let time = |at: i64| Instant(at.cast_unsigned()).to_string();
                let (since, settled) = (time(row.get(2)?), row.get::<_, Option<i64>>(3)?.map(time));
                let (function, outcome): (String, Option<String>) = (row.get(1)?, row.get(4)?);
                let found: Option<String> = row.get(5)?;
                Ok(json!({
                    "seq": row.get::<_, u32>(0)?, "function": function, "since": since, "settled": settled,
                    "outcome": outcome, "found": found,
                }))
            })?;
            rows.collect()
        })
    }

    /// Puts on record what became of an act that is in doubt. Blocks until it is durable.
    ///
    /// # Errors
    /// When it cannot be recorded; then it stays in doubt.
    pub fn settle(&self, of: (InvocationId, u32), done: bool, finder: Finder) -> Result<Settlement, Broken> {
        self.writer.write_reserved_now(move |tx| settle(tx, of, done, &finder)).map_err(Broken::from)
    }

    /// Whether nobody else finds out by sending again, while what this returns is held; none if somebody does.
    ///
    /// # Errors
    /// When the lock cannot be made.
    pub fn alone(&self) -> Result<Option<Alone>, Broken> {
        let doing = "looking whether another process finds out what is in doubt";
        let lock = instance::create(&self.opening.run.join(FINDING_OUT)).map_err(|e| Broken::while_doing(doing, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Alone { _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(Broken::while_doing(doing, e)),
        }
    }
}

fn doubt(row: &Row<'_>) -> rusqlite::Result<Doubt> {
    let invocation: String = row.get(0)?;
    let invocation = InvocationId::parse(&invocation)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.to_string().into()))?;
    let at = Instant(row.get::<_, i64>(3)?.cast_unsigned());
    let (class, intended) = (Class::Blind, at);
    Ok(Doubt { invocation, seq: row.get(1)?, function: row.get(2)?, class, intended, at, asked: None, found: None })
}

/// The same with what its intent says, and what that committed to as far as it is still kept.
fn with_intent(connection: &Connection, doubt: Doubt) -> rusqlite::Result<Doubt> {
    let mut entry = connection.prepare_cached("SELECT entry FROM journal WHERE invocation = ?1 AND seq = ?2")?;
    let entry: Option<String> =
        entry.query_row(params![doubt.invocation.to_string(), doubt.seq], |row| row.get(0)).optional()?;
    let intent: Value = entry.and_then(|entry| serde_json::from_str(&entry).ok()).unwrap_or_default();
    // Without its time nobody knows how long ago it was: then longer than any key is remembered.
    let (class, intended) = (instance::class(&intent), Instant(intent["time"].as_u64().unwrap_or_default()));
    let query = "SELECT bytes FROM payloads WHERE part = ?3 AND number = (SELECT number FROM journal WHERE invocation = ?1 AND seq = ?2)";
    let mut statement = connection.prepare_cached(query)?;
    let mut part = |part: &str| {
        let values = params![doubt.invocation.to_string(), doubt.seq, part];
        let bytes: Option<Vec<u8>> = statement.query_row(values, |row| row.get(0)).optional()?;
        Ok::<_, rusqlite::Error>(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    };
    let (asked, found) = (part("asked")?, part("found")?);
    Ok(Doubt { class, intended, asked, found, ..doubt })
}

fn settle(
    tx: &mut Tx<'_>,
    (invocation, seq): (InvocationId, u32),
    done: bool,
    finder: &Finder,
) -> Result<Settlement, Unrecorded> {
    let doing = "settling what is in doubt";
    let id = invocation.to_string();
    let query = "SELECT function, settled FROM doubts WHERE invocation = ?1 AND seq = ?2";
    let row = tx.connection.query_row(query, params![id, seq], |row| Ok((row.get(0)?, row.get(1)?)));
    let row: Option<(String, Option<i64>)> = row.optional().map_err(|e| failed(doing, e))?;
    let function = match row {
        None => return Ok(Settlement::NoDoubt),
        Some((_, Some(_))) => return Ok(Settlement::Before),
        Some((function, None)) => function,
    };
    let outcome = if done { "done" } else { "not-done" };
    let found = match finder {
        Finder::Host(_) => "by the host",
        Finder::Person(_, _) => "by a person",
    };
    let body = Body::of(6)
        .text("found", found)
        .text("function", function)
        .number("intent", seq.into())
        .text("invocation", id.clone())
        .text("outcome", outcome);
    let draft = match finder {
        Finder::Host(made) => Draft::new(Kind::Settled, made.iter().fold(body, |body, id| body.number("made", *id))),
        Finder::Person(person, reason) => {
            Draft::new(Kind::Settled, body.name("of", person.shared())).with("reason", reason.as_bytes())
        }
    };
    tx.append(Chapter::alone(draft))?;
    let statement = "UPDATE doubts SET settled = ?3, outcome = ?4, found = ?5 WHERE invocation = ?1 AND seq = ?2";
    let values = params![id, seq, tx.now.0.cast_signed(), outcome, found];
    tx.connection.execute(statement, values).map_err(|e| failed(doing, e))?;
    Ok(Settlement::Settled)
}
