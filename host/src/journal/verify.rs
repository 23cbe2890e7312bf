//! Verifying a journal offline: fed row by row and note by note, it names what is wrong. Pure.

mod finding;
mod invocations;
mod restored;

pub use finding::{Finding, Verdict, Wrong};
pub use restored::Restored;

use std::collections::BTreeMap;

use super::Kind;
use super::chain::{Entry, Head, NOTHING_BEFORE, commitment};
use super::checkpoint::{self, Verifier};
use crate::clock::Instant;
use crate::name::Digest;
use invocations::Invocations;

/// A row of the journal as it stands in the store: what its columns say, and the entry's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The column `number`.
    pub number: i64,
    /// The column `invocation`.
    pub invocation: Option<String>,
    /// The column `seq`.
    pub seq: Option<i64>,
    /// The column `hash`.
    pub hash: Vec<u8>,
    /// The entry.
    pub bytes: Vec<u8>,
}

/// A payload as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadRow {
    /// The entry it belongs to.
    pub number: i64,
    /// Its part.
    pub part: String,
    /// Its salt.
    pub salt: Vec<u8>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A commitment whose payload was not seen yet.
#[derive(Debug)]
struct Open {
    digest: Digest,
    invocation: Option<String>,
    time: Instant,
    /// An erasure that covers it is on record after it.
    erased: bool,
}

/// A verification under way: rows in the order of their numbers, then payloads, then the file `checkpoints`.
#[derive(Debug)]
pub struct Verification {
    verifier: Verifier,
    head: Head,
    /// The hash after each number of entries: what a checkpoint is compared with.
    hashes: BTreeMap<u64, Digest>,
    invocations: Invocations,
    open: BTreeMap<(u64, String), Open>,
    restored: Vec<Restored>,
    findings: Vec<Finding>,
}

impl Verification {
    /// A verification of the log that `verifier` signs.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            head: Head::EMPTY,
            hashes: BTreeMap::from([(0, NOTHING_BEFORE)]),
            invocations: Invocations::default(),
            open: BTreeMap::new(),
            restored: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn find(&mut self, number: u64, wrong: Wrong, why: impl Into<String>) {
        self.findings.push(Finding { number: Some(number), wrong, why: why.into() });
    }

    /// Takes the next row.
    pub fn row(&mut self, row: &Row) {
        let place = self.head.entries;
        match u64::try_from(row.number) {
            Ok(number) if number > place => {
                self.find(place, Wrong::Missing, format!("the next row is number {number}"));
                self.head.entries = number;
            }
            Ok(number) if number == place => {}
            Ok(_) | Err(_) => self.find(place, Wrong::Reordered, format!("its row says number {}", row.number)),
        }
        let number = self.head.entries;
        let next = self.head.then(&row.bytes);
        match Entry::parse(&row.bytes) {
            Ok(entry) => self.entry(number, row, &entry, next.hash),
            Err(e) => self.find(number, Wrong::Altered, format!("its bytes are not those of an entry: {e}")),
        }
        self.head = next;
        self.hashes.insert(next.entries, next.hash);
    }

    fn entry(&mut self, number: u64, row: &Row, entry: &Entry, hash: Digest) {
        if row.hash != hash.as_bytes() {
            self.find(number, Wrong::Column, "its column `hash` is not the hash of its bytes");
        }
        let columns = (row.invocation.clone(), row.seq);
        let said = entry.place.map(|(invocation, seq)| (invocation.to_string(), i64::from(seq)));
        if columns != said.map_or((None, None), |(invocation, seq)| (Some(invocation), Some(seq))) {
            self.find(number, Wrong::Column, "its columns `invocation` and `seq` are not what the entry says");
        }
        if entry.number != number {
            self.find(number, Wrong::Reordered, format!("the entry here calls itself number {}", entry.number));
        }
        if entry.previous != self.head.hash {
            self.find(number, Wrong::Altered, "it names another entry before it: that one or this one was changed");
        }
        if entry.log != self.verifier.name {
            self.find(number, Wrong::Altered, "it is of another log");
        }
        if let Err(why) = self.invocations.next(entry) {
            self.find(number, Wrong::Numbering, why);
        }
        self.restored.extend(Restored::of(entry));
        self.commitments(number, entry);
    }

    fn commitments(&mut self, number: u64, entry: &Entry) {
        let invocation = entry.place.map(|(invocation, _)| invocation.to_string());
        for (part, digest) in &entry.commits {
            let open = Open { digest: *digest, invocation: invocation.clone(), time: entry.time, erased: false };
            self.open.insert((number, part.clone()), open);
        }
        if entry.kind == Kind::Erased {
            self.erasure(entry);
        }
    }

    /// Only what was committed to before is excused: an erasure is no licence for later payloads to be missing.
    fn erasure(&mut self, entry: &Entry) {
        let invocation = entry.body.get("invocation").and_then(|value| value.as_str());
        let before = entry.body.get("before").and_then(serde_json::Value::as_u64).map(Instant);
        for open in self.open.values_mut() {
            let named = invocation.is_some() && open.invocation.as_deref() == invocation;
            open.erased |= named || before.is_some_and(|before| open.time < before);
        }
    }

    /// Asks for no payloads: an export may leave them out.
    pub fn without_payloads(&mut self) {
        self.open.clear();
    }

    /// Takes a payload, after the last row.
    pub fn payload(&mut self, row: &PayloadRow) {
        let number = u64::try_from(row.number).unwrap_or(u64::MAX);
        let Some(open) = self.open.remove(&(number, row.part.clone())) else {
            return self.find(
                number,
                Wrong::Payload,
                format!("no entry commits to this payload `{}`", row.part.escape_debug()),
            );
        };
        let salt = <&[u8; 32]>::try_from(row.salt.as_slice());
        if !salt.is_ok_and(|salt| commitment(salt, &row.bytes) == open.digest) {
            self.find(number, Wrong::Payload, format!("its payload `{}` or the salt of it was changed", row.part));
        }
    }

    /// Compares with the file `checkpoints` and gives the verdict. `None`: there is no such file.
    #[must_use]
    pub fn finish(mut self, checkpoints: Option<&str>) -> Verdict {
        for ((number, part), open) in std::mem::take(&mut self.open) {
            if !open.erased {
                self.find(number, Wrong::Payload, format!("its payload `{part}` is gone, and no erasure is on record"));
            }
        }
        let mut heads = Vec::new();
        for (line, note) in checkpoint::lines(checkpoints.unwrap_or_default()) {
            match note.and_then(|note| self.verifier.open(&note)) {
                Ok(head) => heads.push((line, head)),
                Err(e) => self.findings.push(Finding {
                    number: None,
                    wrong: Wrong::Checkpoint,
                    why: format!("line {line} of `checkpoints`: {e}"),
                }),
            }
        }
        let (mut signed, mut valid) = (0, 0);
        let accepted = restored::accepted(&self.restored, &heads, |head| self.hashes.get(&head.entries) == Some(&head.hash));
        for (line, head) in heads.into_iter().filter(|(line, head)| !accepted.iter().any(|it| it.lost(*line, head))) {
            valid += 1;
            signed = signed.max(head.entries);
            self.compare(line, &head);
        }
        let extent = finding::Extent { entries: self.head.entries, checkpoints: valid, signed };
        finding::judge(self.findings, &extent, accepted.into_iter().map(|it| it.restored).collect())
    }

    fn compare(&mut self, line: usize, head: &Head) {
        if head.entries > self.head.entries {
            let why = format!(
                "line {line} of `checkpoints` has {} entries: the newest were cut off, or an older copy was put back",
                head.entries
            );
            return self.find(self.head.entries, Wrong::CutOff, why);
        }
        let found = self.hashes.get(&head.entries);
        if found != Some(&head.hash) {
            let why = format!("up to here the log is not the one that line {line} of `checkpoints` signs");
            self.find(head.entries.saturating_sub(1), Wrong::RolledBack, why);
        }
    }
}
