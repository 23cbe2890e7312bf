//! Labels in the store: what sessions hold, and what tools wrote. Raised in the transaction that makes a result or an intent
//! durable; as long as there are none of a kind, the shared page says so, and nobody looks.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::board::{CARRIED, HELD};
use super::tx::failed;
use super::{Store, Tx};
use crate::approval::Statement;
use crate::diagnostic::Broken;
use crate::journal::{Body, Chapter, Draft, Kind, Mark, Unrecorded};
use crate::label::{Label, SessionId};
use crate::name::{FilePath, InvocationId, ObjectName, PersonName};
use crate::people::Directory;

/// Which labels there are: the bits of the shared page.
pub(super) fn any(connection: &Connection) -> rusqlite::Result<u64> {
    let held = connection.prepare("SELECT 1 FROM sessions LIMIT 1")?.exists([])?;
    let carried = connection.prepare("SELECT 1 FROM carried UNION ALL SELECT 1 FROM carried_files LIMIT 1")?.exists([])?;
    Ok(if held { HELD } else { 0 } | if carried { CARRIED } else { 0 })
}

/// Writes what a chapter marks; `last` is the place of its last entry. The page is told before the commit: whoever finds the
/// thing afterwards looks for its label.
pub(super) fn mark(tx: &Tx<'_>, mark: &Mark, last: (InvocationId, u32)) -> rusqlite::Result<()> {
    match mark {
        Mark::Held(session, label) => hold(tx, session, label),
        Mark::Writes(label, path) => {
            if !label.is_empty() {
                tx.board().labels(CARRIED);
                let mut row = tx.connection.prepare_cached("INSERT INTO carried VALUES (?1, ?2, ?3)")?;
                row.execute(params![last.0.to_string(), last.1, label.text()])?;
            }
            path.iter().try_for_each(|path| writes(tx, label, path, last))
        }
        Mark::Wrote(label, path, intent) => wrote(tx, label, path, *intent),
    }
}

/// Joins a label to what a session holds.
fn hold(tx: &Tx<'_>, session: &SessionId, label: &Label) -> rusqlite::Result<()> {
    tx.board().labels(HELD);
    let mut holds = of_session(tx.connection, session)?;
    holds.unite(label);
    let statement = "INSERT INTO sessions (person, claim, agent, label) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (person, claim, agent) DO UPDATE SET label = excluded.label";
    let SessionId { person, claim, agent } = session;
    tx.connection.prepare_cached(statement)?.execute(params![person.as_str(), claim, agent, holds.brief().text()]).map(drop)
}

/// A file is about to be replaced: until that is done, or for good if nobody knows, it carries what both carry.
fn writes(tx: &Tx<'_>, label: &Label, path: &FilePath, (invocation, seq): (InvocationId, u32)) -> rusqlite::Result<()> {
    if label.is_empty() && !tx.board().has_labels(CARRIED) {
        return Ok(());
    }
    let mut carries = of_file(tx.connection, path)?;
    if label.is_empty() && carries.is_empty() {
        return Ok(());
    }
    carries.unite(label);
    put(tx, &carries.brief(), path, (invocation, seq))
}

/// A file was replaced. Where another act was put on record for it since, both may be what stands there.
fn wrote(tx: &Tx<'_>, label: &Label, path: &FilePath, intent: (InvocationId, u32)) -> rusqlite::Result<()> {
    if !tx.board().has_labels(CARRIED) {
        return Ok(());
    }
    let query = "SELECT 1 FROM carried_files WHERE path = ?1 AND invocation = ?2 AND seq = ?3";
    let key = params![path.as_str(), intent.0.to_string(), intent.1];
    if !tx.connection.prepare_cached(query)?.exists(key)? {
        return Ok(());
    }
    if label.is_empty() {
        return tx.connection.execute("DELETE FROM carried_files WHERE path = ?1", [path.as_str()]).map(drop);
    }
    put(tx, label, path, intent)
}

fn put(tx: &Tx<'_>, label: &Label, path: &FilePath, (invocation, seq): (InvocationId, u32)) -> rusqlite::Result<()> {
    let statement = "INSERT INTO carried_files (path, invocation, seq, label) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (path) DO UPDATE SET invocation = excluded.invocation, seq = excluded.seq, label = excluded.label";
    let row = params![path.as_str(), invocation.to_string(), seq, label.text()];
    tx.connection.prepare_cached(statement)?.execute(row).map(drop)
}

fn of_session(connection: &Connection, session: &SessionId) -> rusqlite::Result<Label> {
    let key: [&str; 3] = [session.person.as_str(), &session.claim, &session.agent];
    one(connection, "SELECT label FROM sessions WHERE person = ?1 AND claim = ?2 AND agent = ?3", key)
}

fn of_file(connection: &Connection, path: &FilePath) -> rusqlite::Result<Label> {
    one(connection, "SELECT label FROM carried_files WHERE path = ?1", [path.as_str()])
}

/// What the files and the open leases of an object carry.
pub(super) fn of_object(connection: &Connection, object: &ObjectName, directory: &Directory) -> rusqlite::Result<Label> {
    let mut label = Label::default();
    let mut lines = connection.prepare_cached(
        "SELECT label FROM leases JOIN carried USING (invocation, seq) WHERE object = ?1 AND reverted IS NULL",
    )?;
    let mut rows = lines.query([object.as_str()])?;
    while let Some(row) = rows.next()? {
        label.unite(&Label::parse(&row.get::<_, String>(0)?));
    }
    let mut files = connection.prepare_cached("SELECT path, label FROM carried_files")?;
    let mut rows = files.query([])?;
    while let Some(row) = rows.next()? {
        // A path that is none is nobody's file.
        let Ok(path) = FilePath::parse(&row.get::<_, String>(0)?) else { continue };
        if directory.object_of(&path) == Some(object) {
            label.unite(&Label::parse(&row.get::<_, String>(1)?));
        }
    }
    Ok(label)
}

fn one(connection: &Connection, query: &str, key: impl rusqlite::Params) -> rusqlite::Result<Label> {
    let text: Option<String> = connection.prepare_cached(query)?.query_row(key, |row| row.get(0)).optional()?;
    Ok(text.map(|text| Label::parse(&text)).unwrap_or_default())
}

/// Sheds what a session holds, on record; false if it holds nothing.
fn shed(tx: &mut Tx<'_>, session: &SessionId, reason: &Statement) -> Result<bool, Unrecorded> {
    let doing = |e: rusqlite::Error| failed("shedding what a session holds", e);
    let held = of_session(tx.connection, session).map_err(doing)?;
    if held.is_empty() {
        return Ok(false);
    }
    let key: [&str; 3] = [session.person.as_str(), &session.claim, &session.agent];
    let statement = "DELETE FROM sessions WHERE person = ?1 AND claim = ?2 AND agent = ?3";
    tx.connection.execute(statement, key).map_err(doing)?;
    let body = Body::of(3).text("agent", session.agent.clone()).name("by", session.person.shared());
    let draft = Draft::new(Kind::Shed, body.text("session", session.claim.clone()));
    tx.append(Chapter::alone(draft.with("label", held.text()).with("reason", reason.as_str())))?;
    Ok(true)
}

impl Store {
    /// The sessions that hold something, with what they hold.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(&self) -> Result<Vec<(SessionId, Label)>, Broken> {
        let doing = "reading what sessions hold";
        let rows = self.read(doing, |connection| {
            let mut all = connection.prepare("SELECT person, claim, agent, label FROM sessions ORDER BY 1, 2, 3")?;
            let row =
                |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?));
            all.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let session = |(person, claim, agent, label): (String, String, String, String)| {
            let person = PersonName::parse(&person).map_err(|e| Broken::while_doing(doing, e))?;
            Ok((SessionId { person, claim, agent }, Label::parse(&label)))
        };
        rows.into_iter().map(session).collect()
    }

    /// Sheds what a session holds, on record, for the person whose it is and who has just shown a credential: what its agent was
    /// told is gone from wherever the agent keeps it. False if it holds nothing. A call that runs holds what it began with.
    ///
    /// # Errors
    /// When it cannot be recorded; then it is as it was.
    pub async fn shed(&self, session: &SessionId, reason: &Statement) -> Result<bool, Unrecorded> {
        let (session, reason) = (session.clone(), reason.clone());
        self.write(move |tx| shed(tx, &session, &reason)).await
    }

    /// What a session holds.
    pub(super) fn held_by(&self, session: &SessionId) -> Result<Label, Broken> {
        if !self.board.has_labels(HELD) {
            return Ok(Label::default());
        }
        self.read("reading what a session holds", |connection| of_session(connection, session))
    }

    /// What a file carries.
    pub(super) fn file_carries(&self, path: &FilePath) -> Result<Label, Broken> {
        if !self.board.has_labels(CARRIED) {
            return Ok(Label::default());
        }
        self.read("reading what a file carries", |connection| of_file(connection, path))
    }

    /// What lies under an object carries.
    pub(super) fn object_carries(&self, object: &ObjectName, directory: &Directory) -> Result<Label, Broken> {
        if !self.board.has_labels(CARRIED) {
            return Ok(Label::default());
        }
        self.read("reading what lies under an object carries", |connection| of_object(connection, object, directory))
    }

    /// What each of `ids` carries, in that order; the query finds it by one of them.
    pub(super) fn each_carries(&self, query: &str, ids: &[u64]) -> Result<Vec<Label>, Broken> {
        if !self.board.has_labels(CARRIED) {
            return Ok(vec![Label::default(); ids.len()]);
        }
        self.read("reading what was written carries", |connection| {
            ids.iter().map(|id| one(connection, query, [id.cast_signed()])).collect()
        })
    }
}
