//! Quotas in the store: the uses of each counter, numbered, in the transaction that records what they are spent for.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::tx::{Tx, failed};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::Unrecorded;
use crate::quota::{Charge, LONGEST, MOST, judge};
use crate::refusal::Refusal;

/// How many outdated uses of a counter are forgotten with each new one: more than one, so that their number falls.
const FORGOTTEN: u64 = 4;

/// The counter whose uses are the moments at which the store was put back from a backup. A charge's key has several words.
const RESTORED: &str = "restored";

/// Spends one use of each counter, or none if one of them has none free. Charges to one counter spend one use together.
///
/// Nobody else writes while this transaction lasts, and its time never goes back, so what is counted here is exact.
pub(super) fn spend(tx: &Tx<'_>, charges: &[Charge]) -> Result<(), Unrecorded> {
    let doing = |e| failed("spending a quota", e);
    free(tx.connection, charges, tx.now).map_err(doing)?.map_err(Unrecorded::Refused)?;
    let mut keys: Vec<&str> = charges.iter().map(|charge| charge.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().try_for_each(|key| count(tx.connection, key, tx.now)).map_err(doing)
}

impl Store {
    /// Whether one more use of each counter is free now.
    pub(super) fn uses_left(&self, charges: &[Charge]) -> Result<Result<(), Refusal>, Broken> {
        self.read("looking at quotas", |connection| free(connection, charges, self.now()))
    }
}

/// Judges one more use of each counter. When a store is put back from a backup, what was spent since then is not known, so
/// every counter, also one that nobody has seen yet, counts as spent to the full at that moment.
fn free(connection: &Connection, charges: &[Charge], now: Instant) -> rusqlite::Result<Result<(), Refusal>> {
    let counters = bounding(connection, charges)?;
    if let Err(spent) = judge(charges.iter().zip(counters.iter().copied()), now) {
        return Ok(Err(spent));
    }
    let Some(restored) = restored(connection)? else { return Ok(Ok(())) };
    let all = counters.into_iter().map(|at| at.max(Some(restored)));
    Ok(judge(charges.iter().zip(all), now).map_err(|mut spent| {
        spent.message = format!(
            "{}; what was spent before {restored} is not known, for the store was put back from a backup",
            spent.message
        );
        spent
    }))
}

/// When the store was put back last.
fn restored(connection: &Connection) -> rusqlite::Result<Option<Instant>> {
    let mut last = connection.prepare_cached("SELECT at FROM spent WHERE counter = ?1 ORDER BY number DESC LIMIT 1")?;
    let at: Option<i64> = last.query_row([RESTORED], |row| row.get(0)).optional()?;
    Ok(at.map(|at| Instant(at.cast_unsigned())))
}

/// From now on, every counter counts as spent at this moment.
pub(super) fn all_spent(tx: &Tx<'_>) -> rusqlite::Result<()> {
    count(tx.connection, RESTORED, tx.now)
}

/// For each charge, when the `count`-th last use of its counter was.
fn bounding(connection: &Connection, charges: &[Charge]) -> rusqlite::Result<Vec<Option<Instant>>> {
    let mut nth = connection.prepare_cached(
        "SELECT at FROM spent WHERE counter = ?1 AND number = (SELECT max(number) FROM spent WHERE counter = ?1) - ?2 + 1",
    )?;
    let mut of = |charge: &Charge| {
        let at: Option<i64> = nth.query_row(params![charge.key, charge.count.cast_signed()], |row| row.get(0)).optional()?;
        Ok(at.map(|at| Instant(at.cast_unsigned())))
    };
    charges.iter().map(&mut of).collect()
}

/// Adds a use to a counter, and forgets some that no window reaches back to, whatever rate a manifest will state.
fn count(connection: &Connection, key: &str, now: Instant) -> rusqlite::Result<()> {
    let number: i64 = connection
        .prepare_cached(
            "INSERT INTO spent SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM spent WHERE counter = ?1 RETURNING number",
        )?
        .query_row(params![key, now.0.cast_signed()], |row| row.get(0))?;
    let (surplus, outdated) = (number - MOST.cast_signed(), now.0.cast_signed() - LONGEST.0.cast_signed());
    let statement = "DELETE FROM spent WHERE counter = ?1 AND (number <= ?2 OR at <= ?3) \
                     AND number IN (SELECT number FROM spent WHERE counter = ?1 ORDER BY number LIMIT ?4)";
    let values = params![key, surplus, outdated, FORGOTTEN.cast_signed()];
    connection.prepare_cached(statement)?.execute(values).map(drop)
}
