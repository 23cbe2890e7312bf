//! The journal followed: entries after the last one that somebody saw, and the head that was signed.

use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

use super::read::Kept;
use super::{Store, signing};
use crate::diagnostic::Broken;
use crate::name::Digest;

/// An entry in its place.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Its number.
    pub number: u64,
    /// Its hash in the chain.
    pub hash: Digest,
    /// The entry, clear part and commitments.
    pub entry: Kept,
    /// The question that it is about: one it asks, or one that it names.
    pub question: Option<u64>,
}

impl Store {
    /// At most `limit` entries after the one of this number, in order; from the first where there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn after(&self, number: Option<u64>, limit: u32) -> Result<Vec<Followed>, Broken> {
        let after = number.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX));
        self.read("following the journal", |connection| {
            let mut rows = connection.prepare_cached(
                "SELECT journal.number, hash, entry, approvals.id FROM journal \
                 LEFT JOIN approvals ON approvals.number = journal.number \
                 WHERE journal.number > ?1 ORDER BY journal.number LIMIT ?2",
            )?;
            let rows = rows.query_map(params![after, limit], |row| {
                let entry = Kept::of(row, 2)?;
                let named = entry.body()["question"].as_u64();
                let asked = row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned);
                let (number, hash) = (row.get::<_, i64>(0)?.cast_unsigned(), Digest::from_bytes(row.get(1)?));
                Ok(Followed { number, hash, entry, question: asked.or(named) })
            })?;
            rows.collect()
        })
    }

    /// The number of the last entry; none where there is no entry.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn last(&self) -> Result<Option<u64>, Broken> {
        self.read("following the journal", |connection| {
            let mut last = connection.prepare_cached("SELECT number FROM journal ORDER BY number DESC LIMIT 1")?;
            last.query_row([], |row| row.get::<_, i64>(0).map(i64::cast_unsigned)).optional()
        })
    }

    /// The newest signed head: how many entries it is over, and the note. None while nothing is signed.
    ///
    /// # Errors
    /// When the checkpoints cannot be read.
    pub fn signed(&self) -> Result<Option<(u64, String)>, Broken> {
        signing::last_note(&self.opening.checkpoints, self.opening.signer.verifier())
            .map(|last| last.map(|(head, note)| (head.entries, note)))
    }
}

impl Followed {
    /// The invocation that it belongs to, as it stands there.
    #[must_use]
    pub fn invocation(&self) -> Option<&str> {
        self.entry.json().get("invocation").and_then(Value::as_str)
    }
}
