//! The change feed, and the model that it is told to.

use rusqlite::{Connection, OptionalExtension as _};

use super::crowds;
use crate::clock::Instant;
use crate::label::Under;
use crate::people::drift::{Cause, Change, Model, What};
use crate::store::load::{self, Unreadable};

/// Where the feed is, and the watch.
pub(super) struct Marks {
    /// The newest change.
    pub(super) newest: i64,
    /// Up to which change it was looked, and when; none where it never was.
    pub(super) watched: Option<(i64, Instant)>,
    /// What the clock says that changes are written by.
    pub(super) clock: Instant,
}

pub(super) fn marks(connection: &Connection) -> rusqlite::Result<Marks> {
    // The rows may be gone; the last number that was given stays.
    let newest = connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'changes'")?;
    let newest = { newest }.query_row([], |row| row.get(0)).optional()?.unwrap_or(0);
    let mut watched = connection.prepare_cached("SELECT change, at FROM watched")?;
    let watched = watched.query_row([], |row| Ok((row.get(0)?, instant(row.get(1)?)))).optional()?;
    let clock = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";
    let clock = connection.prepare_cached(clock)?.query_row([], |row| row.get(0)).map(instant)?;
    Ok(Marks { newest, watched, clock })
}

/// Whether something is on record as open too far that a right with an end may have to do with. That goes through access lists,
/// and is for whoever does not know the world yet.
pub(super) fn ends(connection: &Connection) -> rusqlite::Result<bool> {
    let query =
        "SELECT 1 FROM exposures JOIN acl_entries ON thing = 'object ' || object WHERE until IS NULL AND ends IS NOT NULL";
    connection.prepare_cached(query)?.exists([])
}

fn instant(at: i64) -> Instant {
    Instant(at.cast_unsigned())
}

/// Changes, in order.
pub(super) struct Changes(Vec<Change>);

impl Changes {
    /// Tells them to a model that knows the world from before them.
    pub(super) fn tell(&self, model: &mut Model) {
        self.0.iter().for_each(|change| model.tell(change));
    }

    /// Takes them back in a model that knows the world with them.
    pub(super) fn take_back(&self, model: &mut Model) {
        for change in self.0.iter().rev() {
            model.tell(&Change { added: !change.added, ..change.clone() });
        }
        model.settle();
    }
}

/// What has come and gone after a change.
pub(super) fn since(connection: &Connection, change: i64) -> Result<Changes, Unreadable> {
    let query =
        "SELECT added, what, thing, principal, right_, ends, lease, at, number FROM changes WHERE id > ?1 ORDER BY id";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([change])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, thing, principal): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let right: Option<String> = row.get(4)?;
        let (ends, lease) = (row.get::<_, Option<i64>>(5)?.map(instant), row.get::<_, Option<i64>>(6)?);
        let what = What::of(&kind, &thing, &principal, (right.as_deref(), ends, lease.map(i64::cast_unsigned)))?;
        let Some(what) = what else { continue };
        let entry = row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned);
        changes.push(Change { added: row.get(0)?, what, at: instant(row.get(7)?), entry });
    }
    Ok(Changes(changes))
}

/// The world as it is now, with what is on record about it.
pub(super) fn model(connection: &Connection) -> Result<Model, Unreadable> {
    let mut model = Model::of(&load::directory(connection, 0)?);
    let mut closing = connection.prepare("SELECT kind || ' ' || name FROM closing")?;
    for thing in closing.query_map([], |row| row.get::<_, String>(0))? {
        model.closes_by_itself(&Under::parse(&thing?)?);
    }
    let mut known = crowds::Known::default();
    let mut exposed = connection.prepare("SELECT thing, crowd FROM exposures WHERE until IS NULL")?;
    for row in exposed.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
        let (thing, crowd) = row?;
        model.exposed(&Under::parse(&thing)?, known.names(connection, crowd)?);
    }
    let query = "SELECT cause, thing, crowd FROM opened JOIN alerts ON alerts.id = alert WHERE until IS NULL";
    let mut opened = connection.prepare(query)?;
    for row in opened.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?)))? {
        let (cause, thing, crowd) = row?;
        model.opened(Cause::parse(&cause)?, &Under::parse(&thing)?, known.names(connection, crowd)?);
    }
    Ok(model)
}
