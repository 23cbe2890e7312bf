//! Invocations that were set down: rows until somebody answers, then taken up again by one process, once.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::tx::failed;
use super::{Store, Tx};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::invoke::{Began, Past, Wait, Waits};
use crate::journal::chain::commitment;
use crate::journal::{Chapter, NewKey, NewWait, Pending, Unrecorded};
use crate::name::{Actors, Digest, InvocationId, PersonName, ToolName};
use crate::refusal::{Code, Refusal};

const WAITING: &str = "looking for what waits";

/// Whether any invocation was set down whose result was not handed over.
pub(super) fn any(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM waits LIMIT 1")?.exists([])
}

/// Sets an invocation down: nobody's process holds it any more.
pub(super) fn set_down(tx: &Tx<'_>, invocation: InvocationId, wait: &NewWait) -> rusqlite::Result<()> {
    let id = invocation.to_string();
    tx.board().waits(true);
    tx.connection.prepare_cached("DELETE FROM open_invocations WHERE invocation = ?1")?.execute([&id])?;
    let mut row = tx.connection.prepare_cached(
        "INSERT INTO waits (invocation, call, approval, since) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (invocation) DO UPDATE SET approval = excluded.approval, since = excluded.since, instance = NULL",
    )?;
    row.execute(params![id, wait.call.as_bytes(), wait.question.cast_signed(), tx.now.0.cast_signed()]).map(drop)
}

/// An invocation has ended: if it ever was set down, its result waits for whoever asks.
pub(super) fn ended(tx: &Tx<'_>, invocation: &str) -> rusqlite::Result<()> {
    let mut row = tx.connection.prepare_cached("UPDATE waits SET ended = ?2, instance = NULL WHERE invocation = ?1")?;
    row.execute(params![invocation, tx.now.0.cast_signed()]).map(drop)
}

/// Sets down again what a process that died had taken up; false if it never was set down.
pub(super) fn put_back(tx: &Tx<'_>, invocation: &str) -> rusqlite::Result<bool> {
    let put =
        tx.connection.execute("UPDATE waits SET instance = NULL WHERE invocation = ?1 AND ended IS NULL", [invocation])?;
    if put > 0 {
        tx.connection.execute("DELETE FROM open_invocations WHERE invocation = ?1", [invocation])?;
    }
    Ok(put > 0)
}

fn wait(connection: &Connection, clause: &str, value: &dyn rusqlite::ToSql) -> rusqlite::Result<Option<(String, Wait)>> {
    let query = format!("SELECT invocation, approval, since, instance, ended FROM waits WHERE {clause} LIMIT 1");
    let mut one = connection.prepare_cached(&query)?;
    one.query_row([value], |row| {
        let wait = Wait {
            question: row.get::<_, i64>(1)?.cast_unsigned(),
            since: Instant(row.get::<_, i64>(2)?.cast_unsigned()),
            taken: row.get::<_, Option<String>>(3)?.is_some(),
            ended: row.get::<_, Option<i64>>(4)?.is_some(),
        };
        Ok((row.get(0)?, wait))
    })
    .optional()
}

impl Waits for Store {
    fn wait(&self, invocation: InvocationId) -> Pending<'_, Result<Option<Wait>, Broken>> {
        Box::pin(async move {
            let id = invocation.to_string();
            let found = self.read(WAITING, |connection| wait(connection, "invocation = ?1", &id))?;
            Ok(found.map(|(_, wait)| wait))
        })
    }

    fn same_call(&self, call: Digest) -> Pending<'_, Result<Option<InvocationId>, Broken>> {
        Box::pin(async move {
            if !self.board.may_wait() {
                return Ok(None);
            }
            let found = self.read(WAITING, |connection| wait(connection, "call = ?1", call.as_bytes()))?;
            let id = found.map(|(invocation, _)| InvocationId::parse(&invocation)).transpose();
            id.map_err(|e| Broken::while_doing(WAITING, e))
        })
    }

    fn waiting_for(&self, question: u64) -> Pending<'_, Result<Vec<InvocationId>, Broken>> {
        Box::pin(async move {
            let ids = self.read(WAITING, |connection| {
                let mut all =
                    connection.prepare_cached("SELECT invocation FROM waits WHERE approval = ?1 AND ended IS NULL")?;
                all.query_map([question.cast_signed()], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
            })?;
            let parsed = ids.iter().map(|id| InvocationId::parse(id)).collect::<Result<_, _>>();
            parsed.map_err(|e| Broken::while_doing(WAITING, e))
        })
    }

    fn claim(&self, invocation: InvocationId) -> Pending<'_, Result<bool, Broken>> {
        let (id, own) = (invocation.to_string(), self.instance.name().clone());
        Box::pin(async move {
            let written = self.write(move |tx| {
                let statement =
                    "UPDATE waits SET instance = ?2 WHERE invocation = ?1 AND instance IS NULL AND ended IS NULL";
                let db = |e: rusqlite::Error| failed("taking an invocation up", e);
                let taken = tx.connection.execute(statement, params![id, &*own]).map_err(db)? == 1;
                if taken {
                    let open = "INSERT OR REPLACE INTO open_invocations VALUES (?1, ?2)";
                    tx.connection.execute(open, params![id, &*own]).map_err(db)?;
                }
                Ok(taken)
            });
            written.await.map_err(Broken::from)
        })
    }

    fn put_back(&self, invocation: InvocationId) -> Pending<'_, Result<(), Broken>> {
        Box::pin(async move {
            let id = invocation.to_string();
            let written =
                self.write(move |tx| put_back(tx, &id).map(drop).map_err(|e| failed("setting an invocation down", e)));
            written.await.map_err(Broken::from)
        })
    }

    fn delivered(&self, invocation: InvocationId) -> Pending<'_, Result<(), Broken>> {
        Box::pin(async move {
            if !self.board.may_wait() {
                return Ok(());
            }
            let id = invocation.to_string();
            let written = self.write(move |tx| {
                let statement = "DELETE FROM waits WHERE invocation = ?1 AND ended IS NOT NULL";
                tx.connection.execute(statement, [&id]).map(drop).map_err(|e| failed("handing a result over", e))
            });
            written.await.map_err(Broken::from)
        })
    }

    fn cancel(&self, invocation: InvocationId, chapter: Chapter) -> Pending<'_, Result<bool, Broken>> {
        Box::pin(async move {
            let id = invocation.to_string();
            let written = self.write(move |tx| {
                let query = "SELECT 1 FROM waits WHERE invocation = ?1 AND instance IS NULL AND ended IS NULL";
                let waits = tx.connection.query_row(query, [&id], |_| Ok(())).optional();
                if waits.map_err(|e| failed("cancelling", e))?.is_none() {
                    return Ok(false);
                }
                tx.append(chapter).map(|_| true)
            });
            let cancelled = written.await.map_err(Broken::from)?;
            self.board.answered();
            Ok(cancelled)
        })
    }

    fn take_back(&self, invocation: InvocationId) {
        self.board.take_back(invocation);
    }

    fn taken_back(&self, invocation: InvocationId, seen: &AtomicU64) -> bool {
        self.board.taken_back(invocation, seen)
    }

    fn began(&self, invocation: InvocationId) -> Pending<'_, Result<Option<Began>, Broken>> {
        Box::pin(async move {
            let (doing, id) = ("reading how an invocation began", invocation.to_string());
            let entry = self.read(doing, |connection| first_entry(connection, &id))?;
            entry.map(|entry| began(&entry)).transpose().map_err(|e| Broken::while_doing(doing, e))
        })
    }

    fn history(&self, invocation: InvocationId) -> Pending<'_, Result<Vec<Past>, Broken>> {
        Box::pin(async move {
            let id = invocation.to_string();
            self.read("reading an invocation", |connection| history(connection, &id))
        })
    }

    fn keyed(&self, key: Digest) -> Pending<'_, Result<Option<(InvocationId, Digest)>, Broken>> {
        Box::pin(async move {
            let doing = "looking for a key";
            let found = self.read(doing, |connection| {
                let mut of = connection.prepare_cached("SELECT invocation, call FROM keys WHERE key = ?1")?;
                let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 32]>(1)?));
                of.query_row([key.as_bytes()], row).optional()
            })?;
            let parse = |(invocation, call): (String, [u8; 32])| {
                InvocationId::parse(&invocation).map(|invocation| (invocation, Digest::from_bytes(call)))
            };
            found.map(parse).transpose().map_err(|e| Broken::while_doing(doing, e))
        })
    }
}

impl Store {
    /// How many invocations wait.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting(&self) -> Result<u64, Broken> {
        self.read(WAITING, |connection| {
            let mut count = connection.prepare_cached("SELECT count(*) FROM waits WHERE ended IS NULL")?;
            count.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
        })
    }

    /// Invocations that could go on and that nobody has taken up, at most `most`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn can_go_on(&self, most: u32) -> Result<Vec<InvocationId>, Broken> {
        if !self.board.may_wait() {
            return Ok(Vec::new());
        }
        let now = self.now().0.cast_signed();
        let ids = self.read(WAITING, |connection| {
            let mut ready = connection.prepare_cached(
                "SELECT waits.invocation FROM waits JOIN approvals ON approvals.id = waits.approval \
                 WHERE waits.ended IS NULL AND waits.instance IS NULL AND (state <> 'open' OR expires <= ?1) LIMIT ?2",
            )?;
            ready.query_map(params![now, most], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        ids.iter().map(|id| InvocationId::parse(id)).collect::<Result<_, _>>().map_err(|e| Broken::while_doing(WAITING, e))
    }
}

pub(super) fn first_entry(connection: &Connection, invocation: &str) -> rusqlite::Result<Option<String>> {
    let mut first = connection.prepare_cached("SELECT entry FROM journal WHERE invocation = ?1 ORDER BY seq LIMIT 1")?;
    first.query_row([invocation], |row| row.get(0)).optional()
}

pub(super) fn began(entry: &str) -> Result<Began, String> {
    let entry: Value = serde_json::from_str(entry).map_err(|e| e.to_string())?;
    let body = &entry["body"];
    let text = |key: &str| body[key].as_str().ok_or_else(|| format!("its first entry has no {key}"));
    let name = |e: crate::name::BadName| e.to_string();
    Ok(Began {
        initiator: PersonName::parse(text("initiator")?).map_err(name)?,
        actors: Actors::read(body).map_err(name)?,
        session: body["session"].as_str().map(str::to_owned),
        tool: ToolName::parse(text("tool")?).map_err(name)?,
        function: text("function")?.to_owned(),
    })
}

/// Keeps a key for the invocation that brings it; one key, one invocation.
pub(super) fn keep_key(tx: &Tx<'_>, invocation: InvocationId, new: &NewKey) -> Result<(), Unrecorded> {
    let doing = "keeping a key";
    let mut keep = tx
        .connection
        .prepare_cached("INSERT INTO keys VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
        .map_err(|e| failed(doing, e))?;
    let values = params![new.key.as_bytes(), invocation.to_string(), new.call.as_bytes(), tx.now.0.cast_signed()];
    if keep.execute(values).map_err(|e| failed(doing, e))? == 1 {
        return Ok(());
    }
    let taken = Refusal::new(Code::Waiting, "another call with this idempotency key is under way");
    Err(Unrecorded::Refused(taken.unless("ask for its result")))
}

fn history(connection: &Connection, invocation: &str) -> rusqlite::Result<Vec<Past>> {
    let mut entries = connection.prepare_cached(
        "SELECT journal.number, entry, part, bytes, salt FROM journal LEFT JOIN payloads ON payloads.number = journal.number \
         WHERE invocation = ?1 ORDER BY seq",
    )?;
    let mut rows = entries.query([invocation])?;
    let (mut past, mut last, mut commits) = (Vec::new(), None, Value::Null);
    while let Some(row) = rows.next()? {
        let number = Some(row.get::<_, i64>(0)?);
        if number != last {
            last = number;
            let mut entry: Value = serde_json::from_str(row.get_ref(1)?.as_str()?).unwrap_or_default();
            let kind = entry["kind"].as_str().unwrap_or_default().to_owned();
            commits = entry["commits"].take();
            past.push(Past { kind, body: entry["body"].take(), parts: BTreeMap::new(), forged: false });
        }
        let (Some(entry), Some(part)) = (past.last_mut(), row.get::<_, Option<String>>(2)?) else { continue };
        let bytes: Vec<u8> = row.get(3)?;
        entry.forged |= commits[&part] != commitment(&row.get(4)?, &bytes).hex();
        entry.parts.insert(part, bytes);
    }
    Ok(past)
}
