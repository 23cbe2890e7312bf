//! What a capability tells the manifest about its grants: their keys, their meters, whether anybody may be asked.

/// One grant that a manifest may hold, declared by its capability and listed in the registry.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    /// `files.read`, `forum.post`, …
    pub name: &'static str,
    /// The WIT functions it opens, as `interface.function`: `files.list`, `files.read`.
    pub functions: &'static [&'static str],
    /// Observation or change.
    pub kind: Kind,
    /// How far a grant reaches: every key is needed.
    pub reach: &'static [Dimension],
    /// Whether `bytes` is a meter of it.
    pub bytes: bool,
    /// Whether its effect is a lease, so that `lease` is needed.
    pub lease: bool,
    /// What agents are told of what a change may do.
    pub hints: Hints,
    /// How it is found out whether a change happened; none for what only reads.
    pub class: Option<Class>,
}

impl Spec {
    /// Whether what it does sends or writes a text, which is looked at before.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.kind == Kind::Change && self.bytes
    }
}

/// What agents are told beforehand of what a use may do. It decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    /// It may change something.
    pub changes: bool,
    /// What it changes may be lost, or it opens what was closed.
    pub destroys: bool,
    /// Done twice it leaves the same as done once.
    pub repeats: bool,
    /// It reaches people beyond the tool's own data.
    pub outward: bool,
    /// A person may have to agree.
    pub asks: bool,
}

impl Hints {
    /// Of what only reads.
    pub const READS: Self = Self { changes: false, destroys: false, repeats: true, outward: false, asks: false };
    /// Of what adds something that others read.
    pub const SPEAKS: Self = Self { changes: true, outward: true, repeats: false, ..Self::READS };
    /// Of what replaces something with something given.
    pub const REPLACES: Self = Self { changes: true, destroys: true, ..Self::READS };
}

/// How it is found out whether an act happened, when the host that did it died over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Act and outcome are one transaction of the host's own store: both happened, or neither.
    SameDatabase,
    /// The backend takes the act's key and does it once: sending it again finds out.
    Keyed,
    /// The backend can be asked.
    Queryable,
    /// Nobody can tell but a person.
    Blind,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[Self::SameDatabase, Self::Keyed, Self::Queryable, Self::Blind];

    /// The class's stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameDatabase => "same-database",
            Self::Keyed => "keyed",
            Self::Queryable => "queryable",
            Self::Blind => "blind",
        }
    }

    /// The class with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.as_str() == word)
    }
}

/// Whether an act tells the tool something or changes the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It reads. Has no `consent` key.
    Observation,
    /// It changes something. `consent` is needed.
    Change,
}

/// One key of a grant's reach.
#[derive(Debug, PartialEq, Eq)]
pub struct Dimension {
    /// The key in the manifest: `paths`.
    pub key: &'static str,
    /// One of it, as `explain` takes it: `path`.
    pub one: &'static str,
    /// What may stand there.
    pub values: Values,
}

/// What may stand in a dimension.
#[derive(Debug, PartialEq, Eq)]
pub enum Values {
    /// Patterns over paths below the files root.
    Paths,
    /// Patterns over names, with `/` between segments where the names have it.
    Names,
    /// Patterns over people and groups: `ben`, `group:team-*`.
    Principals,
    /// Some of these words, no patterns.
    Words(&'static [&'static str]),
}
