//! A transaction under way: its time, the journal's head inside it, and how chapters are added to it.

use std::cell::Cell;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::writer::Desk;
use super::{approvals, doubts, labels, load, quota, waits};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::chain::{Head, Place, Sealed, seal};
use crate::journal::{Chapter, Draft, IN_DOUBT, Kind, Unrecorded, With, Written};
use crate::name::{Digest, InvocationId};
use crate::people::Premise;

/// A transaction under way.
pub(super) struct Tx<'c> {
    /// Where SQL goes.
    pub(super) connection: &'c Connection,
    /// The time of the store: the larger of the clock and the newest time in it.
    pub(super) now: Instant,
    /// What the clock said when it began.
    pub(super) clock: Instant,
    /// What it said when something was last written, here or anywhere: the earlier of both, for two hosts may disagree.
    pub(super) clock_before: Instant,
    /// The head before this transaction.
    pub(super) start: Head,
    /// The head inside it.
    pub(super) head: Head,
    desk: &'c Desk,
    changes: &'c Cell<u64>,
}

/// A failed statement, with what it was for.
pub(super) fn failed(doing: &str, error: impl std::fmt::Display) -> Unrecorded {
    Unrecorded::Broken(Broken::while_doing(doing, error))
}

impl<'c> Tx<'c> {
    pub(super) fn begin(connection: &'c Connection, desk: &'c Desk, changes: &'c Cell<u64>) -> rusqlite::Result<Self> {
        let mut state = connection.prepare_cached("SELECT newest, clock FROM state")?;
        let (newest, written) = state.query_row([], |row| Ok((instant(row.get(0)?), instant(row.get(1)?))))?;
        let clock = desk.clock.now();
        let now = clock.max(newest);
        let clock_before = desk.clock_before.replace(Some(clock)).map_or(written, |here| here.min(written));
        let head = Self::read_head(connection)?;
        Ok(Self { connection, now, clock, clock_before, start: head, head, desk, changes })
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

    /// The page that the processes of this store share.
    pub(super) fn board(&self) -> &super::board::Board {
        &self.desk.board
    }

    pub(super) fn finish(self) -> rusqlite::Result<()> {
        if self.head == self.start {
            return Ok(());
        }
        let state = [self.now.0.cast_signed(), self.clock.0.cast_signed()];
        self.connection.prepare_cached("UPDATE state SET newest = ?1, clock = ?2")?.execute(state)?;
        Ok(())
    }

    /// Raises the version of the world.
    pub(super) fn raise(&self) -> Result<(), Unrecorded> {
        self.changes.set(self.changes.get() + 1);
        self.desk.board.mark();
        let raised = self.connection.execute("UPDATE state SET stamp = stamp + 1", []);
        raised.map(drop).map_err(|e| failed("raising the world's version", e))
    }

    /// Judges a premise again, if the world has moved since.
    pub(super) fn judge(&self, premise: &Premise) -> Result<(), Unrecorded> {
        self.desk.held.judge(premise.subject.as_ref(), self.now).map_err(Unrecorded::Refused)?;
        self.near()?;
        let doing = "looking at the world again";
        let stamp = load::stamp(self.connection).map_err(|e| failed(doing, e))?;
        if stamp == premise.stamp && self.now < premise.until {
            return Ok(());
        }
        let directory = load::directory(self.connection, stamp).map_err(|e| failed(doing, e))?;
        premise.judge(Arc::new(directory), self.now).map_err(Unrecorded::Refused)
    }

    /// Adds a chapter: each entry in its place, with its payloads under fresh random bytes.
    pub(super) fn append(&mut self, chapter: Chapter) -> Result<Written, Unrecorded> {
        self.write(Ready::of(chapter)?)
    }

    /// Adds a chapter that was made ready outside of this transaction.
    pub(super) fn write(&mut self, ready: Ready) -> Result<Written, Unrecorded> {
        let Ready { chapter, sealed } = ready;
        if let Some(premise) = &chapter.terms.premise {
            self.judge(premise)?;
        }
        if chapter.drafts.iter().any(|draft| draft.kind == Kind::Intent) {
            self.desk.ballast.keeps_room()?;
        }
        let whole = is_whole(&chapter);
        for ((seq, draft), sealed) in (chapter.first..).zip(&*chapter.drafts).zip(sealed) {
            let place = chapter.invocation.map(|invocation| (invocation, seq));
            let doing = "writing to the journal";
            self.entry(draft, sealed, place).map_err(|e| failed(doing, e))?;
            if let (Some(invocation), true) = (chapter.invocation, is_in_doubt(draft)) {
                doubts::note(self, invocation, &draft.body).map_err(|e| failed(doing, e))?;
            }
            if let (Some(invocation), false) = (chapter.invocation, whole) {
                self.note_open(draft.kind, invocation).map_err(|e| failed(doing, e))?;
            }
        }
        self.beside(&chapter)
    }

    /// Writes what stands beside a chapter's entries, which are there already.
    fn beside(&self, chapter: &Chapter) -> Result<Written, Unrecorded> {
        let last = || {
            let count = u32::try_from(chapter.drafts.len()).unwrap_or(u32::MAX);
            let invocation = chapter.invocation.ok_or_else(|| failed("writing to the journal", "no invocation asks"))?;
            Ok((invocation, chapter.first.saturating_add(count).saturating_sub(1)))
        };
        let asked = match &chapter.terms.with {
            None => None,
            Some(With::Ask(new)) => Some(approvals::ask(self, new, self.head.entries.saturating_sub(1))?),
            Some(With::Spend(spends)) => {
                if let Some(used) = &spends.approval {
                    approvals::consume(self, used, last()?)?;
                }
                quota::spend(self, &spends.quotas)?;
                None
            }
            Some(With::SetDown(wait)) => {
                waits::set_down(self, last()?.0, wait).map_err(|e| failed("setting an invocation down", e))?;
                None
            }
            Some(With::Key(key)) => {
                waits::keep_key(self, last()?.0, key)?;
                None
            }
        };
        if let Some(mark) = &chapter.terms.mark {
            labels::mark(self, mark, last()?).map_err(|e| failed("writing what carries a label", e))?;
        }
        Ok(Written { asked })
    }

    fn entry(
        &mut self,
        draft: &Draft,
        (sealed, salts): (Sealed, Vec<[u8; 32]>),
        place: Option<(InvocationId, u32)>,
    ) -> Result<(), String> {
        let text = |e: rusqlite::Error| e.to_string();
        let number = self.head.entries.cast_signed();
        let at = Place { log: &self.desk.log, invocation: place, time: self.now };
        let (entry, head) = sealed.place(&self.head, &at).map_err(|e| e.to_string())?;
        let (invocation, seq) = place.map_or((None, None), |(id, seq)| (Some(id.to_string()), Some(seq)));
        self.connection
            .prepare_cached("INSERT INTO journal (number, invocation, seq, hash, entry) VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut insert| insert.execute(params![number, invocation, seq, head.hash.as_bytes(), entry]))
            .map_err(text)?;
        for (payload, salt) in draft.payloads.iter().zip(&salts) {
            self.connection
                .prepare_cached("INSERT INTO payloads (number, part, salt, bytes) VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut insert| insert.execute(params![number, payload.part, salt, payload.bytes]))
                .map_err(text)?;
        }
        self.head = head;
        Ok(())
    }

    /// Remembers which invocations are under way, so that recovery finds them.
    fn note_open(&self, kind: Kind, invocation: InvocationId) -> rusqlite::Result<()> {
        if kind == Kind::Began {
            let mut insert = self.connection.prepare_cached("INSERT INTO open_invocations VALUES (?1, ?2)")?;
            insert.execute(params![invocation.to_string(), self.desk.instance])?;
        } else if kind == Kind::Ended {
            let mut delete = self.connection.prepare_cached("DELETE FROM open_invocations WHERE invocation = ?1")?;
            let invocation = invocation.to_string();
            delete.execute([&invocation])?;
            approvals::asker_is_gone(self, &invocation)?;
            waits::ended(self, &invocation)?;
        }
        Ok(())
    }
}

/// A time as it is kept.
fn instant(kept: i64) -> Instant {
    Instant(u64::try_from(kept).unwrap_or_default())
}

/// A chapter that begins and ends its invocation: nobody will ever find it open.
fn is_whole(chapter: &Chapter) -> bool {
    let kind = |draft: Option<&Draft>| draft.map(|draft| draft.kind);
    kind(chapter.drafts.first()) == Some(Kind::Began) && kind(chapter.drafts.last()) == Some(Kind::Ended)
}

/// An outcome that says that nobody knows it.
fn is_in_doubt(draft: &Draft) -> bool {
    draft.kind == Kind::Outcome && draft.body.text_of("outcome") == Some(IN_DOUBT)
}

/// A chapter whose digests are worked out: by whoever asks, so that the one thread that writes need not.
#[derive(Clone)]
pub(super) struct Ready {
    chapter: Chapter,
    /// Each entry, and the random bytes of its payloads.
    sealed: Vec<(Sealed, Vec<[u8; 32]>)>,
}

impl Ready {
    /// Whether it says what came of a change, or how an invocation ends that may have made one: then space is kept for it.
    pub(super) fn is_owed(&self) -> bool {
        let went_on = self.chapter.first > 0;
        self.chapter.drafts.iter().any(|it| it.kind == Kind::Outcome || it.kind == Kind::Ended && went_on)
    }

    pub(super) fn of(chapter: Chapter) -> Result<Self, Unrecorded> {
        let sealed = chapter.drafts.iter().map(seal).collect::<Result<_, _>>();
        let sealed = sealed.map_err(|e| failed("writing to the journal", e))?;
        Ok(Self { chapter, sealed })
    }
}
