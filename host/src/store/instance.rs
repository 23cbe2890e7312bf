//! Processes that have the store open: each holds a lock while it lives, and what the dead left open is ended.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};

use super::tx::failed;
use super::writer::Writer;
use super::{Tx, approvals, waits};
use crate::diagnostic::Broken;
use crate::grant::Class;
use crate::journal::{Chapter, Draft, IN_DOUBT, Kind, NewWait, Terms, Unrecorded, With};
use crate::name::{Digest, InvocationId};

/// This process's lock.
pub(super) struct Instance {
    name: Arc<str>,
    path: PathBuf,
    _lock: File,
}

/// An invocation that nobody runs any more.
pub(super) struct Left {
    invocation: InvocationId,
}

impl Instance {
    pub(super) fn begin(run: &Path) -> Result<Self, Broken> {
        let doing = || format!("taking a lock in {}", run.display());
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| Broken::while_doing(doing(), e))?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = run.join(&name);
        let lock = create(&path).map_err(|e| Broken::while_doing(doing(), e))?;
        lock.lock().map_err(|e| Broken::while_doing(doing(), e))?;
        Ok(Self { name: name.into(), path, _lock: lock })
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // A file that stays is a lock that is free: the next process takes it away.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[expect(clippy::disallowed_methods, reason = "the store was handed this folder; locks are files of its own")]
pub(super) fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether a file of the folder is a process's lock.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the process of this name is gone.
fn is_gone(run: &Path, name: &str) -> bool {
    let path = run.join(name);
    if !path.exists() {
        return true;
    }
    let free = create(&path).is_ok_and(|file| file.try_lock().is_ok());
    if free {
        // Whoever comes first removes it; gone is gone.
        let _ = std::fs::remove_file(&path);
    }
    free
}

/// What processes that are gone left open.
pub(super) fn left_open(connection: &Connection, run: &Path, own: &str) -> Result<Vec<Left>, Broken> {
    let doing = "looking for what was left open";
    let mut statement = connection
        .prepare("SELECT invocation, instance FROM open_invocations")
        .map_err(|e| Broken::while_doing(doing, e))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let rows: Vec<_> = rows.and_then(Iterator::collect).map_err(|e| Broken::while_doing(doing, e))?;
    let gone = rows.into_iter().filter(|(_, instance)| is_name(instance) && instance != own && is_gone(run, instance));
    let parse = |(invocation, _): (String, String)| InvocationId::parse(&invocation).map(|invocation| Left { invocation });
    gone.map(parse).collect::<Result<_, _>>().map_err(|e| Broken::while_doing(doing, e))
}

/// Ends what was left open. An intent without an outcome did not happen where both are one transaction; where they are
/// not, it is in doubt.
pub(super) fn recover(writer: &Writer, left: Vec<Left>) -> Result<(), Broken> {
    for Left { invocation } in left {
        let ended = writer.write_reserved_now(move |tx| end(tx, invocation));
        ended.map_err(|failed| match failed {
            Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => broken,
            Unrecorded::Refused(refusal) => Broken::while_doing("ending what was left open", refusal),
        })?;
    }
    Ok(())
}

fn end(tx: &mut Tx<'_>, invocation: InvocationId) -> Result<(), Unrecorded> {
    let doing = "ending what was left open";
    let id = invocation.to_string();
    let open = tx.connection.query_row("SELECT 1 FROM open_invocations WHERE invocation = ?1", [&id], |_| Ok(()));
    if open.optional().map_err(|e| failed(doing, e))?.is_none() {
        // Another process was first.
        return Ok(());
    }
    let mut drafts = Vec::new();
    let entries = entries(tx, &id).map_err(|e| failed(doing, e))?;
    for (seq, entry) in &entries {
        let settles = |other: &Value| other["kind"] == "outcome" && other["body"]["intent"] == *seq;
        if entry["kind"] == "intent" && !entries.iter().any(|(_, other)| settles(other)) {
            let outcome = match class(entry) {
                Class::SameDatabase if was_done(tx, &id, *seq).map_err(|e| failed(doing, e))? => "done",
                Class::SameDatabase => "not-done",
                Class::Keyed | Class::Queryable | Class::Blind => IN_DOUBT,
            };
            let body =
                json!({ "function": entry["body"]["function"], "intent": seq, "outcome": outcome, "found": "at recovery" });
            drafts.push(Draft::new(Kind::Outcome, body));
        }
    }
    let first = entries.last().map_or(0, |(seq, _)| seq + 1);
    let chapter =
        |drafts| Chapter { invocation: Some(invocation), first, drafts: Arc::new(drafts), terms: Terms::default() };
    if let Some((wait, question)) = still_asks(tx, &entries).map_err(|e| failed(doing, e))? {
        // Whoever it asked can still answer: it waits for that.
        drafts.push(Draft::new(Kind::SetDown, json!({ "question": question, "found": "at recovery" })));
        let terms = Terms { with: Some(With::SetDown(wait)), ..Terms::default() };
        return tx.append(Chapter { terms, ..chapter(drafts) }).map(drop);
    }
    if waits::put_back(tx, &id).map_err(|e| failed(doing, e))? {
        // It was set down before: what it did since is settled, and it waits again.
        return if drafts.is_empty() { Ok(()) } else { tx.append(chapter(drafts)).map(drop) };
    }
    let count = u64::from(first) + drafts.len() as u64 + 1;
    drafts.push(Draft::new(Kind::Ended, json!({ "outcome": "interrupted", "entries": count, "receipt": [] })));
    tx.append(chapter(drafts)).map(drop)
}

/// How an intent said that it can be found out what became of it. One that does not say is of this database; one that says
/// what this program does not know is a person's to look at.
pub(super) fn class(intent: &Value) -> Class {
    match &intent["body"]["class"] {
        Value::Null => Class::SameDatabase,
        class => class.as_str().and_then(Class::parse).unwrap_or(Class::Blind),
    }
}

/// The question that an invocation had asked when its process ended, if it can still be answered and nothing came after it.
fn still_asks(tx: &Tx<'_>, entries: &[(u32, Value)]) -> rusqlite::Result<Option<(NewWait, u64)>> {
    let after = entries.iter().rev().find(|(_, entry)| entry["kind"] != "answered");
    let Some((_, asked)) = after.filter(|(_, entry)| entry["kind"] == "asked") else { return Ok(None) };
    let digest = |key: &str| asked["body"][key].as_str().and_then(|hex| Digest::parse_hex(hex).ok());
    let (Some(act), Some(call)) = (digest("act"), digest("call")) else { return Ok(None) };
    let live = approvals::same(tx, &act)?;
    Ok(live.map(|question| (NewWait { call, question }, question)))
}

fn entries(tx: &Tx<'_>, invocation: &str) -> rusqlite::Result<Vec<(u32, Value)>> {
    let mut statement = tx.connection.prepare("SELECT seq, entry FROM journal WHERE invocation = ?1 ORDER BY seq")?;
    let rows = statement.query_map([invocation], |row| {
        Ok((row.get(0)?, serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or(Value::Null)))
    })?;
    rows.collect()
}

/// Looks for what the key would have left.
fn was_done(tx: &Tx<'_>, invocation: &str, seq: u32) -> rusqlite::Result<bool> {
    let query = "SELECT 1 FROM posts WHERE invocation = ?1 AND seq = ?2 UNION SELECT 1 FROM leases WHERE invocation = ?1 AND seq = ?2";
    tx.connection.query_row(query, params![invocation, seq], |_| Ok(())).optional().map(|found| found.is_some())
}

/// File systems on which locks and shared memory of several machines are not what they seem (`statfs(2)`).
const NETWORK: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0x5346_414F, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x6573_5546, "FUSE"),
];

/// Refuses a store on a network file system.
pub(super) fn refuse_network(folder: &Path) -> Result<(), Broken> {
    let doing = || format!("looking at the file system of {}", folder.display());
    let found = rustix::fs::statfs(folder).map_err(|e| Broken::while_doing(doing(), e))?;
    let magic = found.f_type.cast_unsigned() & 0xFFFF_FFFF;
    match NETWORK.iter().find(|(known, _)| *known == magic) {
        None => Ok(()),
        Some((_, name)) => {
            let why = format!("it is {name}, and a store needs a local file system");
            Err(Broken::while_doing(doing(), why).help("put the workspace on a local disk"))
        }
    }
}
