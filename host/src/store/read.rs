//! The journal looked at: lists, entries, payloads, erasure, export, backup, and verification of rows as they stand.

use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, params};
use serde_json::{Value, json};

use super::tx::failed;
use super::{Store, schema};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::checkpoint::{Verifier, line};
use crate::journal::verify::{PayloadRow, Row, Verdict, Verification};
use crate::journal::{Chapter, Draft, Kind as EntryKind};
use crate::name::InvocationId;

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept(Value);

impl Kept {
    pub(super) fn of(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Self> {
        let text: String = row.get(column)?;
        // An entry that is no JSON any more is for `verify` to name; here it has no kind.
        Ok(Self(serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Its number in the log.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0["number"].as_u64().unwrap_or_default()
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0["kind"].as_str().unwrap_or_default()
    }

    /// When.
    #[must_use]
    pub fn time(&self) -> Instant {
        Instant(self.0["time"].as_u64().unwrap_or_default())
    }

    /// Its clear part.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.0["body"]
    }

    /// The whole entry.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.0
    }
}

/// What is erased.
#[derive(Debug, Clone)]
pub enum Erase {
    /// Payloads of one invocation.
    Invocation(InvocationId),
    /// Payloads of everything before this time.
    Before(Instant),
}

impl Store {
    /// The latest invocations: how each began, and its latest entry.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn invocations(&self, limit: u32) -> Result<Vec<(Kept, Kept)>, Broken> {
        self.read("listing invocations", |connection| {
            let query = "SELECT began.entry, (SELECT entry FROM journal WHERE invocation = began.invocation ORDER BY seq DESC LIMIT 1) \
                         FROM journal AS began WHERE began.seq = 0 ORDER BY began.number DESC LIMIT ?1";
            let mut statement = connection.prepare(query)?;
            let rows = statement.query_map([limit], |row| Ok((Kept::of(row, 0)?, Kept::of(row, 1)?)))?;
            rows.collect()
        })
    }

    /// The entries of an invocation, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn entries(&self, invocation: &InvocationId) -> Result<Vec<Kept>, Broken> {
        self.read("reading an invocation", |connection| {
            let mut statement = connection.prepare("SELECT entry FROM journal WHERE invocation = ?1 ORDER BY seq")?;
            statement.query_map([invocation.to_string()], |row| Kept::of(row, 0))?.collect()
        })
    }

    /// The entries in which people answered a question, broke the glass over it, or reviewed that, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn answers_to(&self, question: u64) -> Result<Vec<Kept>, Broken> {
        self.read("reading answers", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT entry FROM journal WHERE number IN (SELECT number FROM answers WHERE approval = ?1 \
                 UNION SELECT number FROM reviews WHERE approval = ?1 UNION SELECT closing FROM reviews WHERE approval = ?1) \
                 ORDER BY number",
            )?;
            statement.query_map([question.cast_signed()], |row| Kept::of(row, 0))?.collect()
        })
    }

    /// The payloads of an entry that are still there: part and bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn payloads(&self, number: u64) -> Result<Vec<(String, Vec<u8>)>, Broken> {
        self.read("reading payloads", |connection| {
            let mut statement = connection.prepare("SELECT part, bytes FROM payloads WHERE number = ?1 ORDER BY part")?;
            statement.query_map([number.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Erases payloads and their random bytes, on record; returns how many. The entries stay.
    ///
    /// # Errors
    /// When it cannot be recorded; then nothing is erased.
    pub async fn erase(&self, what: Erase) -> Result<usize, Broken> {
        let erased = self.write(move |tx| {
            let doing = "erasing payloads";
            let (query, value, body) = match &what {
                Erase::Invocation(id) => (
                    "invocation = ?1",
                    rusqlite::types::Value::from(id.to_string()),
                    json!({ "invocation": id.to_string() }),
                ),
                Erase::Before(time) => (
                    "json_extract(entry, '$.time') < ?1",
                    rusqlite::types::Value::from(time.0.cast_signed()),
                    json!({ "before": time.0 }),
                ),
            };
            let statement = format!("DELETE FROM payloads WHERE number IN (SELECT number FROM journal WHERE {query})");
            let count = tx.connection.execute(&statement, [value]).map_err(|e| failed(doing, e))?;
            let draft = Draft::new(EntryKind::Erased, body);
            tx.append(Chapter::alone(draft))?;
            Ok(count)
        });
        let count = erased.await.map_err(Broken::from)?;
        // The bytes stand in the write-ahead log until it is folded in and emptied.
        self.read("folding the write-ahead log in", |connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).map(drop)
        })?;
        Ok(count)
    }

    /// Copies the store while others go on writing, and the checkpoints after it. Returns the number of entries.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn backup(&self, folder: &Path) -> Result<u64, Broken> {
        let doing = || format!("copying the store to {}", folder.display());
        // Checkpoints first: a copy whose journal is shorter than its checkpoints would look cut.
        if self.opening.checkpoints.exists() {
            std::fs::copy(&self.opening.checkpoints, folder.join("checkpoints"))
                .map_err(|e| Broken::while_doing(doing(), e))?;
        }
        let copy = folder.join("tollgate.db");
        self.read("copying the store", |connection| {
            connection.backup("main", &copy, None::<fn(rusqlite::backup::Progress)>)?;
            connection.query_row("SELECT count(*) FROM journal", [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
        })
    }

    /// Writes entries and checkpoints as lines of JSON: `{"entry", "hash"}`, `{"payload"}` if asked for, `{"checkpoint"}`.
    ///
    /// # Errors
    /// When the store cannot be read or the target cannot be written.
    pub fn export(&self, target: &mut dyn Write, payloads: bool) -> Result<(), Broken> {
        let doing = "exporting the journal";
        let connection = self.reader.lock().map_err(|_| Broken::while_doing(doing, "another thread failed at it"))?;
        let mut lines: Vec<String> = Vec::new();
        rows(&connection, |row| {
            lines.push(
                json!({
                    "number": row.number, "invocation": row.invocation, "seq": row.seq, "hash": STANDARD.encode(&row.hash),
                    "entry": String::from_utf8_lossy(&row.bytes),
                })
                .to_string(),
            )
        })?;
        if payloads {
            payload_rows(&connection, |row| {
                lines.push(json!({ "payload": {
                "number": row.number, "part": row.part, "salt": STANDARD.encode(&row.salt), "bytes": STANDARD.encode(&row.bytes),
            }}).to_string())
            })?;
        }
        if let Some(text) = checkpoints(&self.opening.checkpoints)? {
            lines.extend(text.lines().map(|note| format!("{{\"checkpoint\":{note}}}")));
        }
        lines.iter().try_for_each(|line| writeln!(target, "{line}")).map_err(|e| Broken::while_doing(doing, e))
    }
}

/// The columns as they stand, whatever type somebody gave them.
fn bytes(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<Vec<u8>>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(it) => Some(it.to_string().into_bytes()),
        ValueRef::Real(it) => Some(it.to_string().into_bytes()),
        ValueRef::Text(it) | ValueRef::Blob(it) => Some(it.to_vec()),
    })
}

fn text(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(bytes(row, column)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn rows(connection: &Connection, mut take: impl FnMut(Row)) -> Result<(), Broken> {
    let mut read = || {
        let mut statement =
            connection.prepare("SELECT number, invocation, seq, hash, entry FROM journal ORDER BY number")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq = text(row, 2)?.map(|seq| seq.parse().unwrap_or(-1));
            let (hash, entry) = (bytes(row, 3)?.unwrap_or_default(), bytes(row, 4)?.unwrap_or_default());
            take(Row { number: row.get(0)?, invocation: text(row, 1)?, seq, hash, bytes: entry });
        }
        Ok(())
    };
    read().map_err(|e: rusqlite::Error| Broken::while_doing("reading the journal", e))
}

fn payload_rows(connection: &Connection, mut take: impl FnMut(PayloadRow)) -> Result<(), Broken> {
    let mut read = || {
        let mut statement = connection.prepare("SELECT number, part, salt, bytes FROM payloads ORDER BY number, part")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (part, salt) = (text(row, 1)?.unwrap_or_default(), bytes(row, 2)?.unwrap_or_default());
            take(PayloadRow { number: row.get(0)?, part, salt, bytes: bytes(row, 3)?.unwrap_or_default() });
        }
        Ok(())
    };
    read().map_err(|e: rusqlite::Error| Broken::while_doing("reading payloads", e))
}

#[expect(clippy::disallowed_methods, reason = "the store was handed this path; it is a file of its own")]
fn checkpoints(path: &Path) -> Result<Option<String>, Broken> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|e| Broken::while_doing(format!("reading {}", path.display()), e))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Verifies a store as it stands, without opening it as one: rows, payloads, checkpoints.
///
/// # Errors
/// When the database cannot be read at all.
pub fn verify(database: &Path, signed: &Path, verifier: Verifier) -> Result<Verdict, Broken> {
    // Checkpoints first: whoever signs a head meanwhile signs one that the rows have.
    let signed = checkpoints(signed)?;
    let connection = schema::look(database)?;
    let mut verification = Verification::new(verifier);
    rows(&connection, |row| verification.row(&row))?;
    payload_rows(&connection, |row| verification.payload(&row))?;
    Ok(verification.finish(signed.as_deref()))
}

/// Verifies an export, line by line.
///
/// # Errors
/// When a line is not of an export.
pub fn verify_export(export: &str, verifier: Verifier) -> Result<Verdict, Broken> {
    let mut verification = Verification::new(verifier);
    let mut signed: Option<String> = None;
    let decode = |value: &Value| value.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    for (place, text) in export.lines().enumerate() {
        let doing = || format!("reading line {} of the export", place + 1);
        let value: Value = serde_json::from_str(text).map_err(|e| Broken::while_doing(doing(), e))?;
        if let Some(entry) = value["entry"].as_str() {
            let invocation = value["invocation"].as_str().map(str::to_owned);
            let number = value["number"].as_i64().unwrap_or(-1);
            let row =
                Row { number, invocation, seq: value["seq"].as_i64(), hash: decode(&value["hash"]), bytes: entry.into() };
            verification.row(&row);
        } else if let Value::Object(payload) = &value["payload"] {
            let part = payload.get("part").and_then(Value::as_str).unwrap_or_default().to_owned();
            let number = payload.get("number").and_then(Value::as_i64).unwrap_or(-1);
            verification.payload(&PayloadRow {
                number,
                part,
                salt: decode(&value["payload"]["salt"]),
                bytes: decode(&value["payload"]["bytes"]),
            });
        } else if let Some(note) = value["checkpoint"].as_str() {
            signed.get_or_insert_default().push_str(&line(note));
        } else {
            return Err(Broken::while_doing(doing(), "it is no entry, payload or checkpoint"));
        }
    }
    if !export.contains("{\"payload\":") {
        verification.without_payloads();
    }
    Ok(verification.finish(signed.as_deref()))
}

/// One payload of an entry; none where there is none, or it was erased.
pub(super) fn payload(connection: &Connection, number: i64, part: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut bytes = connection.prepare_cached("SELECT bytes FROM payloads WHERE number = ?1 AND part = ?2")?;
    bytes.query_row(params![number, part], |row| row.get(0)).optional()
}
