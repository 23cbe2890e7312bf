//! Grants: what a manifest opens. Pure: patterns, what they reach, and which grant an act falls under.

mod allowed;
mod pattern;
mod patterns;
mod spec;

pub use allowed::{Allowed, Place};
pub use pattern::{BadPattern, Pattern};
pub use patterns::Patterns;
pub use spec::{Class, Dimension, Hints, Kind, Spec, Values};

use std::fmt;
use std::sync::Arc;

use crate::name::GroupName;
use crate::unit::{Bytes, Duration};
use crate::vet::Kind as Finds;

/// One person, or one kind of person, who must agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The person on whose behalf the tool runs.
    Initiator,
    /// The owner of what the act is about: the forum, the object, the object that covers the file.
    Owner,
    /// Somebody in this group, through groups in groups.
    Group(GroupName),
    /// Two different people in this group.
    TwoOf(GroupName),
    /// An owner of what was read and stands in the way, who is cleared for all that was read. The gate adds it; no manifest says it.
    Release,
    /// Beside whoever releases it another person who is cleared for all that was read, and not the initiator.
    Another,
}

impl Rule {
    /// Whether it is about what was read, and not about the act: then it comes before all others.
    #[must_use]
    pub const fn releases(&self) -> bool {
        matches!(self, Self::Release | Self::Another)
    }

    /// Parses what a manifest writes and [`fmt::Display`] prints; none where it names nobody who could be asked.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let group = |text: &str| text.strip_prefix("group:").and_then(|name| GroupName::parse(name).ok());
        match (text, text.strip_prefix("two of ")) {
            ("initiator", _) => Some(Self::Initiator),
            ("owner", _) => Some(Self::Owner),
            (RELEASE, _) => Some(Self::Release),
            (ANOTHER, _) => Some(Self::Another),
            (_, Some(rest)) => group(rest).map(Self::TwoOf),
            (_, None) => group(text).map(Self::Group),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initiator => f.write_str("initiator"),
            Self::Owner => f.write_str("owner"),
            Self::Group(group) => write!(f, "group:{group}"),
            Self::TwoOf(group) => write!(f, "two of group:{group}"),
            Self::Release => f.write_str(RELEASE),
            Self::Another => f.write_str(ANOTHER),
        }
    }
}

const RELEASE: &str = "an owner of what was read";
const ANOTHER: &str = "another who is cleared for it";

/// Who must agree before an act under a grant happens: each of these rules must be met. Nobody, where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent(Arc<[Rule]>);

impl Consent {
    /// These rules, in one order whatever the order written.
    #[must_use]
    pub fn new(mut rules: Vec<Rule>) -> Self {
        rules.sort();
        rules.dedup();
        Self(rules.into())
    }

    /// Nobody.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The initiator.
    #[must_use]
    pub fn initiator() -> Self {
        Self::new(vec![Rule::Initiator])
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// The same, and somebody must release what was read; two people where `two` says so.
    #[must_use]
    pub fn releasing(&self, two: bool) -> Self {
        let added = [Rule::Release, Rule::Another];
        Self::new(self.0.iter().cloned().chain(added.into_iter().take(if two { 2 } else { 1 })).collect())
    }

    /// Whether somebody must release what was read.
    #[must_use]
    pub fn releases(&self) -> bool {
        self.0.contains(&Rule::Release)
    }

    /// Whether nobody has to agree.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl Consent {
    /// Parses what [`fmt::Display`] prints.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::none());
        }
        text.split(", ").map(Rule::parse).collect::<Option<Vec<_>>>().map(Self::new)
    }
}

impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("none");
        }
        for (place, rule) in self.0.iter().enumerate() {
            let between = if place == 0 { "" } else { ", " };
            write!(f, "{between}{rule}")?;
        }
        Ok(())
    }
}

/// What happens under a grant when what was read may not go where it would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flow {
    /// The act is refused.
    #[default]
    Refuse,
    /// Somebody who owns what was read is asked to release it, for this act alone.
    Ask,
    /// What is read does not reach the agent: it is handed a name for the result, which its later calls may pass on.
    Seal,
}

impl Flow {
    /// The word that a manifest writes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Ask => "ask",
            Self::Seal => "seal",
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
    /// What happens when what was read may not go where it would.
    pub flow: Flow,
    /// What is refused where it is found in what would be sent, in order and each once.
    pub refuse: Vec<Finds>,
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
