//! Grants: what a manifest opens. Pure: patterns, what they reach, and which grant an act falls under.

mod allowed;
mod pattern;
mod patterns;
mod spec;

pub use allowed::{Allowed, Place};
pub use pattern::{BadPattern, Pattern};
pub use patterns::Patterns;
pub use spec::{Dimension, Kind, Spec, Values};

use crate::unit::{Bytes, Duration};

/// Who must agree before an act under a grant happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nobody.
    None,
    /// The person on whose behalf the tool runs.
    Initiator,
}

impl Consent {
    /// As a manifest writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Initiator => "initiator",
        }
    }
}

/// One grant of a checked manifest: it cannot be wrong any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What it is a grant of.
    pub spec: &'static Spec,
    /// Its place among the grants of that name, from 0.
    pub index: u32,
    /// For each dimension of the spec, in its order, the patterns written; never empty.
    pub reach: Vec<Patterns>,
    /// Calls that one invocation may make.
    pub calls: u64,
    /// Bytes that one invocation may move; present exactly where the spec is metered in bytes.
    pub bytes: Option<Bytes>,
    /// Who must agree.
    pub consent: Consent,
    /// The longest lease; present exactly where the spec has leases.
    pub lease: Option<Duration>,
    /// The line of the manifest on which it begins, from 1.
    pub line: usize,
}

/// What an act asks of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached<'a> {
    /// This very value.
    Exactly(&'a str),
    /// Something beneath this folder (`""` is the root): what a listing asks.
    Beneath(&'a str),
    /// Any value: the act is about one that is known already (ending a lease).
    Any,
}

impl Grant {
    /// Whether every dimension reaches what is asked of it, in the order of the spec.
    #[must_use]
    pub fn reaches(&self, asked: &[Reached<'_>]) -> bool {
        asked.len() == self.reach.len()
            && self.reach.iter().zip(asked).all(|(patterns, asked)| match asked {
                Reached::Exactly(value) => patterns.matches(value),
                Reached::Beneath(folder) => patterns.reaches_beneath(folder),
                Reached::Any => true,
            })
    }

    /// Whether something exists that both reach.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.spec.name == other.spec.name
            && self
                .reach
                .iter()
                .zip(&other.reach)
                .all(|(ours, theirs)| ours.iter().any(|our| theirs.iter().any(|their| our.overlaps(their))))
    }
}

/// The grants of one tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(pub Vec<Grant>);

impl Grants {
    /// The grant that an act falls under, with its place in this list.
    #[must_use]
    pub fn find(&self, spec: &Spec, asked: &[Reached<'_>]) -> Option<(usize, &Grant)> {
        let mut found = self.0.iter().enumerate().filter(|(_, grant)| grant.spec.name == spec.name);
        found.find(|(_, grant)| grant.reaches(asked))
    }
}
