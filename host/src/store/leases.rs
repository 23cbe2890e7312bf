//! Leases in the store: listed, ended, extended, and reverted when they are over, each end once and on record.

use std::collections::BTreeSet;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use super::tx::failed;
use super::writer::Fails;
use super::{Store, Tx, load};
use crate::approval::GLASS;
use crate::capability::acl::Ending;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::lease::{Ender, Extension, Found, Lease, Now, Revert, may_end, revert};
use crate::name::{BadName, InvocationId, ObjectName, PersonName, Principal, ToolName};
use crate::people::{Directory, Right};
use crate::refusal::{Code, Refusal};

/// Leases that one transaction reverts at most.
const AT_ONCE: usize = 256;

/// Why a lease ends.
pub(super) enum Cause {
    /// Its time is over.
    Time,
    /// The tool that opened it ended it.
    Tool,
    /// This person ended it.
    Person(PersonName),
}

impl Store {
    /// The leases, the latest first: those whose end is not on record, or every one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn leases(&self, all: bool) -> Result<Vec<Lease>, Broken> {
        self.read("listing leases", |connection| {
            let query = format!("SELECT {COLUMNS} FROM leases WHERE reverted IS NULL OR ?1 ORDER BY id DESC");
            let mut statement = connection.prepare(&query)?;
            statement.query_map([all], lease)?.collect()
        })
    }

    /// Leases that are over and whose end is not on record, or is since then, the earliest first.
    pub(super) fn leases_over(&self, now: Instant, since: Instant) -> Result<Vec<Lease>, Broken> {
        self.read("listing leases that are over", |connection| {
            let over = "reverted > ?2 OR reverted IS NULL AND ends <= ?1 ORDER BY id";
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM leases WHERE {over}"))?;
            statement.query_map([now.0.cast_signed(), since.0.cast_signed()], lease)?.collect()
        })
    }

    /// A lease, and the numbers of the journal's entries about it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lease(&self, id: u64) -> Result<Option<(Lease, Vec<u64>)>, Broken> {
        self.read("looking for a lease", |connection| {
            let Some(lease) = find(connection, id)? else { return Ok(None) };
            let query = "SELECT number FROM journal WHERE invocation = ?1 AND seq = ?2 \
                         UNION SELECT number FROM lease_entries WHERE lease = ?3 ORDER BY number";
            let mut statement = connection.prepare(query)?;
            let values = params![lease.key.0.to_string(), lease.key.1, id.cast_signed()];
            let numbers = statement.query_map(values, |row| row.get::<_, i64>(0).map(i64::cast_unsigned))?;
            let numbers = numbers.collect::<Result<_, _>>()?;
            Ok(Some((lease, numbers)))
        })
    }

    /// Ends a lease at once, on record as this person's act.
    ///
    /// # Errors
    /// When it is over already or this person may not, or when it cannot be recorded.
    pub async fn end_lease(&self, id: u64, by: &Ender) -> Result<Found, Unrecorded> {
        let by = by.clone();
        let end = move |tx: &mut Tx<'_>| {
            let lease = there(tx, id)?;
            may_end(&lease, &directory(tx)?, &by, tx.now).map_err(Unrecorded::Refused)?;
            close(tx, &lease, &Cause::Person(by.person().clone()))
        };
        self.writer.write_reserved(Fails::Alone, end).await
    }

    /// Lets a lease go on, as somebody has just agreed to it at `card`, where `shown` keep the right through it.
    ///
    /// # Errors
    /// When it is not what was shown any more, or when it cannot be recorded.
    pub async fn extend_lease(
        &self,
        extension: Extension,
        shown: BTreeSet<PersonName>,
        card: String,
    ) -> Result<(), Unrecorded> {
        self.write(move |tx| {
            tx.near()?;
            let lease = there(tx, extension.lease.id)?;
            let keep = extension.judge(&lease, &directory(tx)?, tx.now).map_err(Unrecorded::Refused)?;
            let changed =
                |why: String| Err(Unrecorded::Refused(Refusal::new(Code::Changed, why).unless("look at it again")));
            let joined = keep.difference(&shown).count();
            if joined > 0 {
                return changed(format!("those who keep the right have become {joined} more since this was shown"));
            }
            let found = decide(tx, &lease).map_err(|e| failed("extending a lease", e))?;
            if !found.take {
                return changed(format!("the entry of lease {} is not there as the lease wrote it", lease.id));
            }
            extend(tx, &extension).map_err(|e| failed("extending a lease", e))?;
            tx.raise()?;
            let body = body(&lease)
                .text("by", extension.by.to_string())
                .number("was", lease.ends.0)
                .number("ends", extension.ends.0)
                .number("audience", keep.len() as u64);
            let people: Vec<&str> = keep.iter().map(PersonName::as_str).collect();
            let draft = Draft::new(Kind::Extended, body).with("audience", json!(people).to_string()).with("card", card);
            tx.append(Chapter::alone(draft))?;
            tell(tx, lease.id)
        })
        .await
    }

    /// Reverts every lease that is over. Returns how many that were. A host does this at its start, and every second.
    ///
    /// # Errors
    /// When it cannot be recorded; then nobody reads through them all the same, and the next second tries again.
    pub async fn reap(&self) -> Result<usize, Broken> {
        let mut reverted = 0;
        loop {
            let some = self.writer.write_reserved(Fails::Alone, reap).await.map_err(Broken::from)?;
            reverted += some;
            if some < AT_ONCE {
                return Ok(reverted);
            }
        }
    }

    /// The same at a start, for a caller without an event loop. What cannot be recorded now is tried again every second.
    pub(super) fn reap_at_start(&self) {
        let doing = "looking for leases that are over";
        let over = || self.read(doing, |connection| any_over(connection, self.now())).map_err(Unrecorded::Broken);
        loop {
            match over().and_then(|over| if over { self.writer.write_reserved_now(reap) } else { Ok(0) }) {
                Ok(AT_ONCE..) => {}
                Ok(_) => return,
                Err(failed) => return unreaped(&failed),
            }
        }
    }
}

/// Says that ends of leases are not on record.
pub(super) fn unreaped(failed: &Unrecorded) {
    match failed {
        Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => {
            tracing::error!(doing = broken.doing, cause = broken.cause, "a lease's end is not recorded")
        }
        Unrecorded::Refused(refusal) => tracing::error!(%refusal, "a lease's end is not recorded"),
    }
}

/// Whether a lease is over at `now` whose end is not on record.
pub(super) fn any_over(connection: &Connection, now: Instant) -> rusqlite::Result<bool> {
    let query = "SELECT 1 FROM leases WHERE reverted IS NULL AND ends <= ?1 LIMIT 1";
    connection.prepare_cached(query)?.exists([now.0.cast_signed()])
}

/// Reverts leases that are over, up to so many. Two processes at once do it once: the second finds none in its transaction.
pub(super) fn reap(tx: &mut Tx<'_>) -> Result<usize, Unrecorded> {
    let over = over(tx.connection, tx.now).map_err(|e| failed("looking for leases that are over", e))?;
    for lease in &over {
        close(tx, lease, &Cause::Time)?;
    }
    Ok(over.len())
}

fn over(connection: &Connection, now: Instant) -> rusqlite::Result<Vec<Lease>> {
    let query =
        format!("SELECT {COLUMNS} FROM leases WHERE reverted IS NULL AND ends <= ?1 ORDER BY ends, id LIMIT {AT_ONCE}");
    connection.prepare_cached(&query)?.query_map([now.0.cast_signed()], lease)?.collect()
}

/// Puts the end of a lease on record, together with what the end takes away.
pub(super) fn close(tx: &mut Tx<'_>, lease: &Lease, cause: &Cause) -> Result<Found, Unrecorded> {
    let doing = "reverting a lease";
    let decided = decide(tx, lease).map_err(|e| failed(doing, e))?;
    let (id, found) = (lease.id.cast_signed(), decided.found);
    if decided.take {
        tx.connection.execute("DELETE FROM acl_entries WHERE lease = ?1", [id]).map_err(|e| failed(doing, e))?;
    }
    let statement = "UPDATE leases SET reverted = ?2, found = ?3 WHERE id = ?1";
    let values = params![id, tx.now.0.cast_signed(), found.as_str()];
    tx.connection.execute(statement, values).map_err(|e| failed(doing, e))?;
    tx.raise()?;
    // An entry carries its end, so nobody read after it, however late this is.
    let body = body(lease).number("ends", lease.ends.0).text("found", found.as_str()).number("overdue-minutes", 0);
    let body = match cause {
        Cause::Time => body.text("ended", "in-time"),
        Cause::Tool => body.text("ended", "by-tool"),
        Cause::Person(person) => body.text("ended", "by-person").text("by", person.to_string()),
    };
    tx.append(Chapter::alone(Draft::new(Kind::Reverted, body)))?;
    tell(tx, lease.id)?;
    Ok(found)
}

/// What every entry about a lease says.
fn body(lease: &Lease) -> Body {
    Body::of(11)
        .number("lease", lease.id)
        .text("object", lease.object.to_string())
        .text("principal", lease.principal.to_string())
        .text("right", lease.right.as_str())
        .text("tool", lease.tool.to_string())
        .text("initiator", lease.initiator.to_string())
        .number("began", lease.began.0)
}

/// Remembers that the last entry is about a lease.
pub(super) fn tell(tx: &Tx<'_>, lease: u64) -> Result<(), Unrecorded> {
    let number = tx.head.entries.saturating_sub(1);
    let values = [lease.cast_signed(), number.cast_signed()];
    let told = tx.connection.execute("INSERT INTO lease_entries VALUES (?1, ?2)", values);
    told.map(drop).map_err(|e| failed("noting an entry about a lease", e))
}

/// What is to be done about a lease, by what the access list is inside this transaction.
fn decide(tx: &Tx<'_>, lease: &Lease) -> Result<Revert, load::Unreadable> {
    let object = lease.object.as_str();
    let there = tx.connection.prepare_cached("SELECT 1 FROM objects WHERE name = ?1")?.exists([object])?;
    let query = "SELECT deleted FROM leases WHERE id = ?1";
    let deleted: bool = tx.connection.query_row(query, [lease.id.cast_signed()], |row| row.get(0))?;
    let entries = load::entries(tx.connection, lease)?;
    let now = match (there, deleted) {
        (false, _) => Now::Gone,
        (true, true) => Now::Another,
        (true, false) => Now::Same(&entries),
    };
    Ok(revert(lease, now, tx.now))
}

fn extend(tx: &Tx<'_>, extension: &Extension) -> rusqlite::Result<()> {
    let values = [extension.lease.id.cast_signed(), extension.ends.0.cast_signed()];
    tx.connection.execute("UPDATE leases SET ends = ?2 WHERE id = ?1", values)?;
    tx.connection.execute("UPDATE acl_entries SET ends = ?2 WHERE lease = ?1", values).map(drop)
}

pub(super) fn directory(tx: &Tx<'_>) -> Result<Directory, Unrecorded> {
    let doing = "looking at people and objects";
    let stamp = load::stamp(tx.connection).map_err(|e| failed(doing, e))?;
    load::directory(tx.connection, stamp).map_err(|e| failed(doing, e))
}

/// Whether it is what a tool wants ended, and still open.
pub(super) fn is_of(lease: &Lease, ending: &Ending, now: Instant) -> bool {
    lease.object == ending.object
        && lease.tool == ending.tool
        && lease.initiator == ending.initiator
        && lease.reverted.is_none()
        && now < lease.ends
}

fn there(tx: &Tx<'_>, id: u64) -> Result<Lease, Unrecorded> {
    let found = find(tx.connection, id).map_err(|e| failed("looking for a lease", e))?;
    found.ok_or_else(|| failed("looking for a lease", format!("there is no lease {id}")))
}

/// A lease by its number.
pub(super) fn find(connection: &Connection, id: u64) -> rusqlite::Result<Option<Lease>> {
    let query = format!("SELECT {COLUMNS} FROM leases WHERE id = ?1");
    connection.prepare_cached(&query)?.query_row([id.cast_signed()], lease).optional()
}

// Reviews are few, so the search begins there.
const COLUMNS: &str = "id, object, principal, right_, began, ends, tool, initiator, invocation, seq, reverted, found, \
    EXISTS (SELECT 1 FROM reviews CROSS JOIN approvals ON approvals.id = reviews.approval \
    WHERE approvals.invocation = leases.invocation AND approvals.seq = leases.seq)";

fn lease(row: &Row<'_>) -> rusqlite::Result<Lease> {
    let unknown = |what: &str, word: &str| BadName(format!("{what} in the store is not known: `{}`", word.escape_debug()));
    let time = |column| row.get::<_, i64>(column).map(|time| Instant(time.cast_unsigned()));
    let reverted = match row.get::<_, Option<i64>>(10)? {
        None => None,
        Some(at) => {
            let found = word(row, 11, |word| Found::parse(word).ok_or_else(|| unknown("what a revert found", word)))?;
            Some((Instant(at.cast_unsigned()), found))
        }
    };
    Ok(Lease {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        object: word(row, 1, ObjectName::parse)?,
        principal: word(row, 2, Principal::parse)?,
        right: word(row, 3, |word| Right::parse(word).ok_or_else(|| unknown("a right", word)))?,
        began: time(4)?,
        ends: time(5)?,
        tool: word(row, 6, ToolName::parse)?,
        initiator: word(row, 7, PersonName::parse)?,
        key: (word(row, 8, InvocationId::parse)?, row.get(9)?),
        latest: row.get::<_, bool>(12)?.then_some(time(4)?.after(GLASS)),
        reverted,
    })
}

fn word<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Result<T, BadName>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).map_err(|bad| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(bad)))
}
