//! Alerts as people look at them: the cause first, then everything that it opened, to whom, and for how long.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row};
use serde_json::{Value, json};

use super::close::administers;
use super::{LOOKING, crowds};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::label::Under;
use crate::name::PersonName;
use crate::people::Directory;
use crate::people::drift::Cause;
use crate::store::Store;
use crate::store::load::Unreadable;

/// What a cause opened one thing to.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The thing: `object dataset/pay`, `forum eng-help`.
    pub thing: String,
    /// Who can read it through the cause now and is not cleared for it.
    pub now: Vec<PersonName>,
    /// Who could, at any time since the alert began.
    pub ever: BTreeSet<PersonName>,
}

/// An alert.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Its number.
    pub id: u64,
    /// The edge that opened things too far.
    pub cause: Cause,
    /// The groups from there down to the smallest through which everybody is reached.
    pub chain: Vec<String>,
    /// Since when, as far as that is known.
    pub since: Instant,
    /// When the watch saw it.
    pub seen: Instant,
    /// The number of its entry in the journal.
    pub number: u64,
    /// The entry that speaks of the cause itself, where it was written through the host; else it is not known who wrote it.
    pub written: Option<u64>,
    /// When it was closed, how, by whom, and the number of that entry.
    pub closed: Option<(Instant, String, Option<PersonName>, u64)>,
    /// Everything that it opened.
    pub opened: Vec<Opened>,
    /// For how long, summed over people and things, in milliseconds.
    pub exposure: u64,
}

impl Alarm {
    /// Everybody who can read something through it now, and is not cleared for that.
    #[must_use]
    pub fn now(&self) -> BTreeSet<&PersonName> {
        self.opened.iter().flat_map(|it| &it.now).collect()
    }

    /// Everybody who could at any time.
    #[must_use]
    pub fn ever(&self) -> BTreeSet<&PersonName> {
        self.opened.iter().flat_map(|it| &it.ever).collect()
    }

    /// How many of the things that it opened somebody administers.
    #[must_use]
    pub fn administered_by(&self, person: &PersonName, directory: &Directory, now: Instant) -> usize {
        let his = |it: &&Opened| Under::parse(&it.thing).is_ok_and(|thing| administers(directory, &thing, person, now));
        self.opened.iter().filter(his).count()
    }

    /// The alert as it is listed, without names of people.
    #[must_use]
    pub fn json(&self) -> Value {
        let opened = |it: &Opened| json!({ "thing": it.thing, "people": it.now.len(), "people-ever": it.ever.len() });
        let closed = self.closed.as_ref();
        json!({
            "alert": self.id, "cause": self.cause.to_string(), "says": self.cause.says(), "chain": self.chain,
            "since": self.since.to_string(), "seen": self.seen.to_string(), "entry": self.number, "written": self.written,
            "state": if closed.is_some() { "closed" } else { "open" }, "closed": closed.map(|it| it.0.to_string()),
            "how": closed.map(|it| it.1.clone()), "by": closed.and_then(|it| it.2.as_ref()).map(PersonName::as_str),
            "opened": self.opened.iter().map(opened).collect::<Vec<_>>(), "people": self.now().len(),
            "people-ever": self.ever().len(), "person-minutes": self.exposure / 60_000,
        })
    }
}

impl Store {
    /// The alerts that are open, or all, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarms(&self, all: bool) -> Result<Vec<Alarm>, Broken> {
        self.alarms_of(if all { "1 OR ?1" } else { "closed IS NULL OR ?1 < 0" }, 0)
    }

    fn alarms_of(&self, those: &str, id: i64) -> Result<Vec<Alarm>, Broken> {
        let now = self.now();
        self.read_any(LOOKING, |connection| {
            let columns = "id, cause, chain, since, seen, number, written, closed, how, person, closing";
            let query = format!("SELECT {columns} FROM alerts WHERE {those} ORDER BY id DESC");
            let mut statement = connection.prepare(&query)?;
            let mut rows = statement.query([id])?;
            let (mut alarms, mut known) = (Vec::new(), crowds::Known::default());
            while let Some(row) = rows.next()? {
                let mut alarm = alarm(row)?;
                fill(connection, &mut alarm, &mut known, now)?;
                alarms.push(alarm);
            }
            Ok(alarms)
        })
    }

    /// An alert by its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarm(&self, id: u64) -> Result<Option<Alarm>, Broken> {
        Ok(self.alarms_of("id = ?1", id.cast_signed())?.pop())
    }

    /// How many things are open too far, and how many alerts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_too_far(&self) -> Result<(u64, u64), Broken> {
        let query = "SELECT (SELECT count(*) FROM exposures WHERE until IS NULL), (SELECT count(*) FROM alerts WHERE closed IS NULL)";
        let counts = self.read(LOOKING, |connection| {
            connection.prepare_cached(query)?.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        })?;
        Ok((counts.0.cast_unsigned(), counts.1.cast_unsigned()))
    }

    /// For how long people could read each thing and were not cleared for it, whatever had opened it: milliseconds, summed over
    /// people. Nobody is counted twice at one time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn exposure(&self) -> Result<BTreeMap<String, u64>, Broken> {
        let now = self.now().0.cast_signed();
        let query = "SELECT thing, sum(people * max(coalesce(until, ?1) - since, 0)) FROM exposures \
                     JOIN crowds ON crowds.id = crowd GROUP BY thing";
        self.read(LOOKING, |connection| {
            let mut statement = connection.prepare(query)?;
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
            statement.query_map([now], row)?.collect()
        })
    }

    fn read_any<T>(&self, doing: &str, query: impl FnOnce(&Connection) -> Result<T, Unreadable>) -> Result<T, Broken> {
        self.read(doing, |connection| Ok(query(connection)))?.map_err(|e| Broken::while_doing(doing, e))
    }
}

fn alarm(row: &Row<'_>) -> Result<Alarm, Unreadable> {
    let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let text = |column| row.get::<_, String>(column);
    let closed = match row.get::<_, Option<i64>>(7)? {
        None => None,
        Some(at) => {
            let person: Option<String> = row.get(9)?;
            let person = person.map(|person| PersonName::parse(&person)).transpose()?;
            Some((Instant(at.cast_unsigned()), text(8)?, person, number(10)?))
        }
    };
    Ok(Alarm {
        id: number(0)?,
        cause: Cause::parse(&text(1)?)?,
        chain: text(2)?.split_whitespace().map(str::to_owned).collect(),
        since: Instant(number(3)?),
        seen: Instant(number(4)?),
        number: number(5)?,
        written: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        closed,
        opened: Vec::new(),
        exposure: 0,
    })
}

/// What an alert opened, and for how long.
fn fill(connection: &Connection, alarm: &mut Alarm, known: &mut crowds::Known, now: Instant) -> Result<(), Unreadable> {
    let query = "SELECT thing, crowd, since, until FROM opened WHERE alert = ?1 ORDER BY thing, since, rowid";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([alarm.id.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let thing: String = row.get(0)?;
        let people = known.names(connection, row.get(1)?)?;
        let (since, until): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
        let span = until.unwrap_or(now.0.cast_signed()).saturating_sub(since);
        alarm.exposure += people.len() as u64 * u64::try_from(span).unwrap_or(0);
        if alarm.opened.last().is_none_or(|last| last.thing != thing) {
            alarm.opened.push(Opened { thing, now: Vec::new(), ever: BTreeSet::new() });
        }
        if let Some(opened) = alarm.opened.last_mut() {
            opened.ever.extend(people.iter().cloned());
            if until.is_none() {
                opened.now = people.to_vec();
            }
        }
    }
    Ok(())
}
