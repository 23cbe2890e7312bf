//! Labels in the store: what sessions hold. Raised in the transaction that makes a result durable, read before a call begins.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::board::HELD;
use super::{Store, Tx};
use crate::diagnostic::Broken;
use crate::journal::Mark;
use crate::label::{Label, SessionId};
use crate::name::InvocationId;

/// Which labels there are: the bits of the shared page.
pub(super) fn any(connection: &Connection) -> rusqlite::Result<u64> {
    let held = connection.prepare("SELECT 1 FROM sessions LIMIT 1")?.exists([])?;
    Ok(if held { HELD } else { 0 })
}

/// Writes what a chapter marks; `last` is the place of its last entry.
pub(super) fn mark(tx: &Tx<'_>, mark: &Mark, _last: (InvocationId, u32)) -> rusqlite::Result<()> {
    match mark {
        Mark::Held(session, label) => hold(tx, session, label),
    }
}

/// Joins a label to what a session holds.
fn hold(tx: &Tx<'_>, session: &SessionId, label: &Label) -> rusqlite::Result<()> {
    // Before the commit: whoever is told the result afterwards finds it.
    tx.board().labels(HELD);
    let mut holds = of(tx.connection, session)?;
    holds.unite(label);
    let statement = "INSERT INTO sessions (person, claim, agent, label) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (person, claim, agent) DO UPDATE SET label = excluded.label";
    let SessionId { person, claim, agent } = session;
    tx.connection.prepare_cached(statement)?.execute(params![person.as_str(), claim, agent, holds.brief().text()]).map(drop)
}

fn of(connection: &Connection, session: &SessionId) -> rusqlite::Result<Label> {
    let mut row = connection.prepare_cached("SELECT label FROM sessions WHERE person = ?1 AND claim = ?2 AND agent = ?3")?;
    let key = params![session.person.as_str(), session.claim, session.agent];
    let text: Option<String> = row.query_row(key, |row| row.get(0)).optional()?;
    Ok(text.map(|text| Label::parse(&text)).unwrap_or_default())
}

impl Store {
    /// What a session holds.
    pub(super) fn held_by(&self, session: &SessionId) -> Result<Label, Broken> {
        if !self.board.has_labels(HELD) {
            return Ok(Label::default());
        }
        self.read("reading what a session holds", |connection| of(connection, session))
    }
}
