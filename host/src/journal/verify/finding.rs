//! What a verification says.

use std::fmt;

use super::Restored;

/// What kind of wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// An entry's bytes were changed.
    Altered,
    /// An entry is not there.
    Missing,
    /// An entry stands in another's place.
    Reordered,
    /// The newest entries are gone, or an older copy was put back.
    CutOff,
    /// The chain is whole, but not the one that was signed.
    RolledBack,
    /// A payload was changed, or is gone without an erasure on record.
    Payload,
    /// The numbers within an invocation have a gap, or its last entry counts wrong.
    Numbering,
    /// A column does not say what the entry says.
    Column,
    /// A line of `checkpoints` is not a note signed with this key.
    Checkpoint,
}

impl Wrong {
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Reordered => "reordered",
            Self::CutOff => "cut-off",
            Self::RolledBack => "rolled-back",
            Self::Payload => "payload",
            Self::Numbering => "numbering",
            Self::Column => "column",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry it is about; none for a line of `checkpoints`.
    pub number: Option<u64>,
    /// What kind.
    pub wrong: Wrong,
    /// One sentence.
    pub why: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "entry {number}: {}: {}", self.wrong.as_str(), self.why),
            None => write!(f, "{}: {}", self.wrong.as_str(), self.why),
        }
    }
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry is what was signed.
    Sound {
        /// How many entries.
        entries: u64,
        /// How many checkpoints.
        checkpoints: u64,
        /// Where the store was put back from a backup, and a person accepted that.
        restored: Vec<Restored>,
    },
    /// Something is wrong; the lowest entry first.
    Wrong {
        /// What.
        findings: Vec<Finding>,
    },
    /// Nothing contradicts itself, but not all of it is signed: the hashes could have been made anew.
    CannotTell {
        /// How many entries a checkpoint covers; sound up to there.
        signed: u64,
        /// Why.
        why: String,
        /// Where the store was put back from a backup, and a person accepted that.
        restored: Vec<Restored>,
    },
}

/// How much of the log there is.
pub(super) struct Extent {
    /// Entries.
    pub(super) entries: u64,
    /// Checkpoints over it.
    pub(super) checkpoints: u64,
    /// The entries that they cover.
    pub(super) signed: u64,
}

/// The verdict from what was found, how much there is, and where the store was put back.
pub(super) fn judge(mut findings: Vec<Finding>, extent: &Extent, restored: Vec<Restored>) -> Verdict {
    let Extent { entries, checkpoints, signed } = *extent;
    if !findings.is_empty() {
        findings.sort_by_key(|finding| finding.number.unwrap_or(u64::MAX));
        return Verdict::Wrong { findings };
    }
    if checkpoints == 0 {
        let why = "there is no checkpoint to compare with: whoever can write the rows could have made all hashes anew";
        return Verdict::CannotTell { signed, why: why.to_owned(), restored };
    }
    if signed < entries {
        let why = format!("the {} entries after the last checkpoint are not signed yet", entries - signed);
        return Verdict::CannotTell { signed, why, restored };
    }
    Verdict::Sound { entries, checkpoints, restored }
}
