//! What people did with something while it was open too far, as far as that went through the host. Of what they did elsewhere
//! the host knows nothing, and whoever shows this says so.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::LOOKING;
use super::list::Alarm;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::label::{Label, Under};
use crate::name::{FilePath, ForumName, ObjectName, PersonName};
use crate::people::Directory;
use crate::store::{Store, read};

/// Something that somebody opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Who.
    pub person: PersonName,
    /// What: a path, or `forum eng-help`.
    pub what: String,
    /// When.
    pub at: Instant,
    /// The number of the entry.
    pub number: u64,
}

/// What was done meanwhile.
#[derive(Debug, Default)]
pub struct Meanwhile {
    /// What those people read through the host.
    pub opened: Vec<Opening>,
    /// Tries that the host refused: to read it, and to send on what came from it.
    pub tried: u64,
    /// Entries of which nobody knows what they were about, for their payloads were erased.
    pub unknown: u64,
}

impl Store {
    /// What was done with what an alert opened, from its beginning to its end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn meanwhile(&self, alarm: &Alarm) -> Result<Meanwhile, Broken> {
        let directory = self.directory()?;
        let things: BTreeSet<Under> = alarm.opened.iter().filter_map(|it| Under::parse(&it.thing).ok()).collect();
        let until = alarm.closed.as_ref().map_or(Instant(u64::MAX), |it| it.0);
        let mut looking = Looking {
            directory: &directory,
            things,
            people: alarm.ever().into_iter().cloned().collect(),
            invocations: HashMap::new(),
            found: Meanwhile::default(),
        };
        self.read(LOOKING, |connection| {
            let query = "SELECT number, invocation, entry FROM journal WHERE number >= ?1 AND number < ?2 AND invocation IS NOT NULL AND \
                         (instr(entry, '\"kind\":\"observed\"') > 0 OR instr(entry, '\"kind\":\"refused\"') > 0) ORDER BY number";
            let last = alarm.closed.as_ref().map_or(i64::MAX, |it| it.3.cast_signed());
            let mut statement = connection.prepare(query)?;
            let mut rows = statement.query(params![first(connection, alarm.since)?, last])?;
            while let Some(row) = rows.next()? {
                let entry: Value = serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or(Value::Null);
                if entry["time"].as_u64().is_some_and(|time| time <= until.0) {
                    looking.at(connection, row.get(0)?, &row.get::<_, String>(1)?, &entry)?;
                }
            }
            Ok(())
        })?;
        Ok(looking.found)
    }
}

/// The first entry that is not older than this: times in the journal never go back.
fn first(connection: &Connection, since: Instant) -> rusqlite::Result<i64> {
    let mut of =
        connection.prepare("SELECT json_extract(entry, '$.time') FROM journal WHERE number = ?1 AND json_valid(entry)")?;
    let (mut low, mut high): (i64, i64) =
        (0, connection.query_row("SELECT coalesce(max(number), 0) FROM journal", [], |row| row.get(0))?);
    while low < high {
        let middle = low + (high - low) / 2;
        let time: Option<i64> = of.query_row([middle], |row| row.get(0)).optional()?.flatten();
        if time.is_some_and(|time| time.cast_unsigned() < since.0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

struct Looking<'d> {
    directory: &'d Directory,
    things: BTreeSet<Under>,
    people: BTreeSet<PersonName>,
    /// Of an invocation: its initiator, and whether it holds something of these things.
    invocations: HashMap<String, (Option<PersonName>, bool)>,
    found: Meanwhile,
}

impl Looking<'_> {
    fn at(&mut self, connection: &Connection, number: i64, invocation: &str, entry: &Value) -> rusqlite::Result<()> {
        if !self.invocations.contains_key(invocation) {
            let began = self.began(connection, invocation)?;
            self.invocations.insert(invocation.to_owned(), began);
        }
        let Some(known) = self.invocations.get_mut(invocation) else { return Ok(()) };
        let (kind, code) = (entry["kind"].as_str().unwrap_or_default(), entry["body"]["code"].as_str().unwrap_or_default());
        if code == "clear.too-wide" {
            self.found.tried += u64::from(known.1);
            return Ok(());
        }
        if kind == "refused" && code != "clear.not-cleared" {
            return Ok(());
        }
        let Some(asked) = payload(connection, number, "asked")? else {
            self.found.unknown += 1;
            return Ok(());
        };
        let Some((under, what)) = about(&asked, self.directory).filter(|(under, _)| self.things.contains(under)) else {
            return Ok(());
        };
        drop(under);
        let person = known.0.clone().filter(|person| self.people.contains(person));
        known.1 |= kind == "observed";
        match (kind, person) {
            ("observed", Some(person)) => {
                let at = Instant(entry["time"].as_u64().unwrap_or_default());
                self.found.opened.push(Opening { person, what, at, number: number.cast_unsigned() });
            }
            ("refused", Some(_)) => self.found.tried += 1,
            _ => {}
        }
        Ok(())
    }

    /// On whose behalf an invocation began, and whether what it began with holds something of these things.
    fn began(&self, connection: &Connection, invocation: &str) -> rusqlite::Result<(Option<PersonName>, bool)> {
        let query = "SELECT number, entry FROM journal WHERE invocation = ?1 AND seq = 0";
        let mut began = connection.prepare_cached(query)?;
        let row = began.query_row([invocation], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).optional()?;
        let Some((number, entry)) = row else { return Ok((None, false)) };
        let entry: Value = serde_json::from_str(&entry).unwrap_or(Value::Null);
        let person = entry["body"]["initiator"].as_str().and_then(|name| PersonName::parse(name).ok());
        let label = payload(connection, number, "label")?.map(|text| Label::parse(&text)).unwrap_or_default();
        let holds = label.under().any(|under| self.things.contains(under));
        Ok((person, holds))
    }
}

fn payload(connection: &Connection, number: i64, part: &str) -> rusqlite::Result<Option<String>> {
    Ok(read::payload(connection, number, part)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// What a request was about, as the objects are now.
fn about(asked: &str, directory: &Directory) -> Option<(Under, String)> {
    let asked: Value = serde_json::from_str(asked).ok()?;
    let text = |key: &str| asked[key].as_str();
    if let Some(path) = text("path").or_else(|| text("folder")) {
        let object = directory.object_of(&FilePath::parse(path).ok()?)?;
        return Some((Under::Object(object.clone()), path.to_owned()));
    }
    if let Some(object) = text("object") {
        return Some((Under::Object(ObjectName::parse(object).ok()?), format!("access list of {object}")));
    }
    let forum = text("forum")?;
    Some((Under::Forum(ForumName::parse(forum).ok()?), format!("forum {forum}")))
}
