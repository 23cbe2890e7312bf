//! A transaction under way: its time, the journal's head inside it, and how chapters are added to it.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::load;
use crate::clock::{Clock, Instant};
use crate::diagnostic::Broken;
use crate::journal::chain::{Entry, Head};
use crate::journal::{Chapter, Draft, Kind, Unrecorded};
use crate::name::{Digest, InvocationId};
use crate::people::Premise;

/// A transaction under way.
pub(super) struct Tx<'c> {
    /// Where SQL goes.
    pub(super) connection: &'c Connection,
    /// The time of the store: the larger of the clock and the newest time in it.
    pub(super) now: Instant,
    /// The head before this transaction.
    pub(super) start: Head,
    /// The head inside it.
    pub(super) head: Head,
    log: &'c str,
}

/// A failed statement, with what it was for.
pub(super) fn failed(doing: &str, error: impl std::fmt::Display) -> Unrecorded {
    Unrecorded::Broken(Broken::while_doing(doing, error))
}

impl<'c> Tx<'c> {
    pub(super) fn begin(connection: &'c Connection, clock: &dyn Clock, log: &'c str) -> rusqlite::Result<Self> {
        let newest: i64 = connection.prepare_cached("SELECT newest FROM state")?.query_row([], |row| row.get(0))?;
        let now = clock.now().max(Instant(u64::try_from(newest).unwrap_or_default()));
        let head = Self::read_head(connection)?;
        Ok(Self { connection, now, start: head, head, log })
    }

    /// The journal's head.
    pub(super) fn read_head(connection: &Connection) -> rusqlite::Result<Head> {
        let mut last = connection.prepare_cached("SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1")?;
        let found = last.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))).optional()?;
        Ok(found.map_or(Head::EMPTY, |(number, hash)| Head {
            entries: u64::try_from(number).unwrap_or_default() + 1,
            hash: Digest::from_bytes(hash),
        }))
    }

    /// Whether the journal went through this head.
    pub(super) fn has(connection: &Connection, head: &Head) -> rusqlite::Result<bool> {
        let Some(number) = head.entries.checked_sub(1) else { return Ok(true) };
        let mut at = connection.prepare_cached("SELECT hash FROM journal WHERE number = ?1")?;
        let hash: Option<Vec<u8>> = at.query_row([number.cast_signed()], |row| row.get(0)).optional()?;
        Ok(hash.is_some_and(|hash| hash == head.hash.as_bytes()))
    }

    pub(super) fn finish(self) -> rusqlite::Result<()> {
        if self.head == self.start {
            return Ok(());
        }
        self.connection.prepare_cached("UPDATE state SET newest = ?1")?.execute([self.now.0.cast_signed()])?;
        Ok(())
    }

    /// Raises the version of the world.
    pub(super) fn raise(&self) -> Result<(), Unrecorded> {
        let raised = self.connection.execute("UPDATE state SET stamp = stamp + 1", []);
        raised.map(drop).map_err(|e| failed("raising the world's version", e))
    }

    /// Judges a premise again, if the world has moved since.
    pub(super) fn judge(&self, premise: &Premise) -> Result<(), Unrecorded> {
        let doing = "looking at the world again";
        let stamp = load::stamp(self.connection).map_err(|e| failed(doing, e))?;
        if stamp == premise.stamp && self.now < premise.until {
            return Ok(());
        }
        let directory = load::directory(self.connection, stamp).map_err(|e| failed(doing, e))?;
        premise.judge(&directory, self.now).map_err(Unrecorded::Refused)
    }

    /// Adds a chapter: each entry in its place, with its payloads under fresh random bytes.
    pub(super) fn append(&mut self, chapter: &Chapter) -> Result<(), Unrecorded> {
        if let Some(premise) = &chapter.premise {
            self.judge(premise)?;
        }
        for (seq, draft) in (chapter.first..).zip(&chapter.drafts) {
            let place = chapter.invocation.map(|invocation| (invocation, seq));
            self.entry(draft, place).map_err(|e| failed("writing to the journal", e))?;
        }
        Ok(())
    }

    fn entry(&mut self, draft: &Draft, place: Option<(InvocationId, u32)>) -> Result<(), String> {
        let text = |e: rusqlite::Error| e.to_string();
        let mut salts = vec![[0; 32]; draft.payloads.len()];
        for salt in &mut salts {
            getrandom::fill(salt).map_err(|e| e.to_string())?;
        }
        let mut entry = Entry::of(draft, &salts, &self.head, self.log, self.now);
        entry.place = place;
        let bytes = entry.bytes().map_err(|e| e.to_string())?;
        let head = self.head.then(&bytes);
        let number = entry.number.cast_signed();
        let (invocation, seq) = place.map_or((None, None), |(id, seq)| (Some(id.to_string()), Some(seq)));
        let written = String::from_utf8(bytes).map_err(|e| e.to_string())?;
        self.connection
            .prepare_cached("INSERT INTO journal (number, invocation, seq, hash, entry) VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut insert| insert.execute(params![number, invocation, seq, head.hash.as_bytes(), written]))
            .map_err(text)?;
        for (payload, salt) in draft.payloads.iter().zip(&salts) {
            self.connection
                .prepare_cached("INSERT INTO payloads (number, part, salt, bytes) VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut insert| insert.execute(params![number, payload.part, salt, payload.bytes]))
                .map_err(text)?;
        }
        self.note_open(draft, invocation.as_deref()).map_err(text)?;
        self.head = head;
        Ok(())
    }

    /// Remembers which invocations are under way, so that recovery finds them.
    fn note_open(&self, draft: &Draft, invocation: Option<&str>) -> rusqlite::Result<()> {
        let Some(invocation) = invocation else { return Ok(()) };
        if draft.kind == Kind::Began {
            let instance = draft.body.get("instance").and_then(serde_json::Value::as_str).unwrap_or_default();
            let mut insert = self.connection.prepare_cached("INSERT INTO open_invocations VALUES (?1, ?2)")?;
            insert.execute(params![invocation, instance])?;
        } else if draft.kind == Kind::Ended {
            self.connection.prepare_cached("DELETE FROM open_invocations WHERE invocation = ?1")?.execute([invocation])?;
        }
        Ok(())
    }
}
