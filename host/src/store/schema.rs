//! The store's tables: ordered SQL with a number, applied in one transaction after a copy; a newer store is refused.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::diagnostic::Broken;

/// In order; the number of a store is how many it has had.
const MIGRATIONS: &[&str] =
    &[include_str!("schema.sql"), include_str!("schema-2.sql"), include_str!("schema-3.sql"), include_str!("schema-4.sql")];

/// Opens a connection with the settings that durability rests on.
pub(super) fn connect(database: &Path) -> Result<Connection, Broken> {
    let doing = |e: rusqlite::Error| Broken::while_doing(format!("opening the store {}", database.display()), e);
    let mut connection = Connection::open(database).map_err(doing)?;
    connection.busy_handler(Some(again)).map_err(doing)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;",
        )
        .map_err(doing)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Tries again every millisecond, for ten seconds. SQLite's own handler waits longer each time, up to 100 ms, and beside a
/// process that writes without pause it finds the gap between two transactions late; a freeze must not wait for that.
#[expect(clippy::disallowed_methods, reason = "SQLite tells nobody when it is free")]
fn again(tries: i32) -> bool {
    std::thread::sleep(std::time::Duration::from_millis(1));
    tries < 10_000
}

/// Opens a store only to look at it, whatever is wrong with it.
pub(super) fn look(database: &Path) -> Result<Connection, Broken> {
    let doing = || format!("opening the store {}", database.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(database, flags).map_err(|e| Broken::while_doing(doing(), e))
}

/// Brings a store up to this program's number.
pub(super) fn migrate(connection: &Connection, database: &Path) -> Result<(), Broken> {
    let doing = |e: rusqlite::Error| Broken::while_doing(format!("migrating the store {}", database.display()), e);
    let number: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(doing)?;
    if number as usize > MIGRATIONS.len() {
        let newer = format!("it has number {number}, and this program knows up to {}", MIGRATIONS.len());
        return Err(Broken::while_doing("opening the store", newer).help("use the program that wrote it, or a newer one"));
    }
    if number as usize == MIGRATIONS.len() {
        return Ok(());
    }
    if number > 0 {
        let copy = database.with_extension(format!("before-{}", MIGRATIONS.len()));
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map_err(doing)?;
    }
    let rest = MIGRATIONS.iter().skip(number as usize).copied().collect::<String>();
    let script = format!("BEGIN IMMEDIATE; {rest} PRAGMA user_version = {}; COMMIT;", MIGRATIONS.len());
    match connection.execute_batch(&script) {
        Ok(()) => Ok(()),
        Err(error) => {
            // Another process may have been first: then there is nothing left to do.
            let _ = connection.execute_batch("ROLLBACK");
            let now: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(doing)?;
            if now as usize == MIGRATIONS.len() { Ok(()) } else { Err(doing(error)) }
        }
    }
}
