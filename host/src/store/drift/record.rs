//! What a look has found, put on record.

use rusqlite::{OptionalExtension as _, params};

use super::crowds::{self, Crowd};
use super::{LOOKING, close};
use crate::clock::Instant;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::label::Readers;
use crate::name::GroupName;
use crate::people::drift::{Alert, Cause, Seen, Widened};
use crate::store::Tx;
use crate::store::tx::failed;

/// So many changes stay in the feed after they were looked at, for whoever is about to close what they caused.
pub(super) const STAY: i64 = 1000;

/// A look, from one place of the feed to another.
pub(super) struct Step {
    pub(super) from: Option<i64>,
    pub(super) to: i64,
    pub(super) seen: Seen,
    /// The sets of people of what was seen, as they are kept.
    pub(super) crowds: Vec<Crowd>,
    /// For each new alert, who reads something through it, a name a line.
    pub(super) names: Vec<String>,
}

/// An alert that is new, for the log.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) alert: i64,
    pub(super) cause: String,
    pub(super) things: usize,
    pub(super) people: usize,
    /// Whether it was closed at once.
    pub(super) closed: bool,
}

/// Writes what was found; none if somebody else has moved the mark since it was looked.
pub(super) fn record(tx: &mut Tx<'_>, step: &Step) -> Result<Option<Vec<Told>>, Unrecorded> {
    if !move_on(tx, step.from, step.to)? {
        return Ok(None);
    }
    let doing = |e: rusqlite::Error| failed(LOOKING, e);
    let seen = &step.seen;
    let ids = step.crowds.iter().map(|crowd| crowds::put(tx.connection, crowd)).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(doing)?;
    let crowd = |widened: &Widened| widened.crowd.and_then(|place| ids.get(place).copied());
    for widened in &seen.exposed {
        exposed(tx, widened, crowd(widened)).map_err(doing)?;
    }
    let mut told = Vec::new();
    for (alert, names) in seen.alerts.iter().zip(&step.names) {
        told.push(raise(tx, (alert, names), seen)?);
    }
    for (cause, widened) in &seen.opened {
        opened(tx, cause, widened, crowd(widened)).map_err(doing)?;
    }
    for cause in &seen.over {
        close::over(tx, cause)?;
    }
    for (told, alert) in told.iter_mut().zip(&seen.alerts).filter(|(_, alert)| alert.by_itself) {
        told.closed = close::by_itself(tx, told.alert, &alert.cause)?;
    }
    Ok(Some(told))
}

/// Moves the mark; false if it is not where it was.
pub(super) fn move_on(tx: &Tx<'_>, from: Option<i64>, to: i64) -> Result<bool, Unrecorded> {
    let doing = |e: rusqlite::Error| failed(LOOKING, e);
    let at: Option<i64> =
        tx.connection.query_row("SELECT change FROM watched", [], |row| row.get(0)).optional().map_err(doing)?;
    if at != from {
        return Ok(false);
    }
    let statement =
        "INSERT INTO watched VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET change = excluded.change, at = excluded.at";
    tx.connection.execute(statement, params![to, tx.now.0.cast_signed()]).map_err(doing)?;
    tx.connection.execute("DELETE FROM changes WHERE id <= ?1", [to - STAY]).map_err(doing)?;
    Ok(true)
}

fn exposed(tx: &Tx<'_>, widened: &Widened, crowd: Option<i64>) -> rusqlite::Result<()> {
    let (thing, at) = (&widened.thing, millis(widened.since));
    let end = "UPDATE exposures SET until = max(since, ?2) WHERE thing = ?1 AND until IS NULL";
    tx.connection.prepare_cached(end)?.execute(params![thing, at])?;
    let Some(crowd) = crowd else { return Ok(()) };
    let begin = "INSERT INTO exposures (thing, crowd, since) VALUES (?1, ?2, ?3)";
    tx.connection.prepare_cached(begin)?.execute(params![thing, crowd, at]).map(drop)
}

/// What a cause opens is written under the last alert about it.
fn opened(tx: &Tx<'_>, cause: &Cause, widened: &Widened, crowd: Option<i64>) -> rusqlite::Result<()> {
    let mut find = tx.connection.prepare_cached("SELECT id FROM alerts WHERE cause = ?1 ORDER BY id DESC LIMIT 1")?;
    let alert: i64 = find.query_row([cause.to_string()], |row| row.get(0))?;
    let (thing, at) = (&widened.thing, millis(widened.since));
    let end = "UPDATE opened SET until = max(since, ?3) WHERE alert = ?1 AND thing = ?2 AND until IS NULL";
    tx.connection.prepare_cached(end)?.execute(params![alert, thing, at])?;
    let Some(crowd) = crowd else { return Ok(()) };
    let begin = "INSERT INTO opened (alert, thing, crowd, since) VALUES (?1, ?2, ?3, ?4)";
    tx.connection.prepare_cached(begin)?.execute(params![alert, thing, crowd, at]).map(drop)
}

/// Puts a new alert on record: the edge in the clear, and who can read what through it as payloads.
fn raise(tx: &mut Tx<'_>, (alert, names): (&Alert, &String), seen: &Seen) -> Result<Told, Unrecorded> {
    let doing = |e: rusqlite::Error| failed(LOOKING, e);
    let mine: Vec<&Widened> = seen.opened.iter().filter(|(cause, _)| *cause == alert.cause).map(|it| &it.1).collect();
    let count = |widened: &Widened| widened.crowd.and_then(|place| seen.crowds.get(place)).map_or(0, Readers::len);
    let people = alert.people.len();
    let (cause, things) = (alert.cause.to_string(), mine.len());
    let chain: Vec<&str> = alert.chain.iter().map(GroupName::as_str).collect();
    let chain = chain.join(" ");
    let statement = "INSERT INTO alerts (cause, chain, since, seen, number, written) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (since, number) = (millis(alert.since), tx.head.entries.cast_signed());
    let values = params![cause, chain, since, millis(tx.now), number, alert.entry.map(u64::cast_signed)];
    tx.connection.execute(statement, values).map_err(doing)?;
    let id = tx.connection.last_insert_rowid();
    let body = Body::of(6)
        .number("alert", id.cast_unsigned())
        .text("cause", cause.clone())
        .text("chain", chain)
        .number("people", people as u64)
        .number("since", alert.since.0)
        .number("things", things as u64);
    let opened: Vec<String> = mine.iter().map(|it| format!("{} {}", it.thing, count(it))).collect();
    let draft = Draft::new(Kind::Exposed, body).with("opened", opened.join("\n")).with("people", names.as_str());
    tx.append(Chapter::alone(draft))?;
    Ok(Told { alert: id, cause, things, people, closed: false })
}

pub(super) fn millis(at: Instant) -> i64 {
    at.0.cast_signed()
}
