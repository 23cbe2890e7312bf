//! Stores that were put back from a backup: which signed heads are of what was lost, once a person has accepted that.

use std::fmt;

use crate::journal::Kind;
use crate::journal::chain::{Entry, Head};
use crate::name::Digest;

/// A person accepted that the store was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The entry that says so.
    pub number: u64,
    /// How many entries the store had when it was put back.
    pub kept: u64,
    /// The newest signed head of what was lost; none where nobody could see from the checkpoints that something was.
    pub lost: Option<Head>,
}

impl Restored {
    /// What an entry says of this; none if it says nothing.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        if entry.kind != Kind::Restored {
            return None;
        }
        let number = |key| entry.body.get(key).and_then(serde_json::Value::as_u64);
        let hash = entry.body.get("lost-hash").and_then(|hash| Digest::parse_hex(hash.as_str()?).ok());
        let lost = number("lost").zip(hash).map(|(entries, hash)| Head { entries, hash });
        Some(Self { number: entry.number, kept: number("kept")?, lost })
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, kept, lost } = self;
        match lost {
            None => write!(f, "restored at entry {number}; nothing here says what was lost before"),
            Some(head) => {
                let last = head.entries.saturating_sub(1);
                write!(f, "restored at entry {number}; entries {kept} to {last} of before were lost")
            }
        }
    }
}

/// One that the journal's key vouches for: a head that covers its entry was signed after the lost one. Whoever can write the
/// entry and cannot sign explains nothing away by it.
pub(super) struct Accepted {
    /// It.
    pub(super) restored: Restored,
    /// The line of the newest head of what was lost.
    until: Option<usize>,
}

impl Accepted {
    /// Whether a head is of what was lost.
    pub(super) fn lost(&self, line: usize, head: &Head) -> bool {
        self.until.is_some_and(|until| line <= until) && head.entries > self.restored.kept
    }
}

/// Those of `restored` that are vouched for by `heads`, the lines of `checkpoints`; `fits` says whether the log went through one.
pub(super) fn accepted(restored: &[Restored], heads: &[(usize, Head)], fits: impl Fn(&Head) -> bool) -> Vec<Accepted> {
    let vouched = |it: &Restored, until: usize| {
        heads.iter().any(|(line, head)| *line > until && head.entries > it.number && fits(head))
    };
    let accept = |it: &Restored| match it.lost {
        None => Some(Accepted { restored: it.clone(), until: None }),
        Some(lost) => {
            let (until, _) = heads.iter().find(|(_, head)| *head == lost)?;
            vouched(it, *until).then(|| Accepted { restored: it.clone(), until: Some(*until) })
        }
    };
    restored.iter().filter_map(accept).collect()
}
