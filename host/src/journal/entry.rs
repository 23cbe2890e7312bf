//! Entries before they have their place: kind, body, and the payloads they commit to.

use super::Body;

/// What an entry says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An invocation was admitted: tool, component, manifest, engine, function, initiator, agent (and `via`, the agents on whose
    /// behalf it works), instance.
    Began,
    /// The tool was told something.
    Observed,
    /// A rule said no.
    Refused,
    /// Refusals beyond the last that has an entry of its own, or observations, counted.
    Counted,
    /// A person was asked.
    Asked,
    /// A person answered, or nobody could.
    Answered,
    /// A change is about to be made.
    Intent,
    /// How an intent ended.
    Outcome,
    /// What the tool wrote to stdout and stderr.
    Output,
    /// The invocation is over: outcome, meters, how many entries it has.
    Ended,
    /// A world file was applied.
    Applied,
    /// A component was pinned in a manifest.
    Pinned,
    /// A person's passphrase was set.
    Passphrase,
    /// Payloads were erased.
    Erased,
    /// An invocation was set down until somebody answers: approval, what it has used.
    SetDown,
    /// An invocation was taken up again by replay: what its clock says from here on.
    TakenUp,
    /// A question was taken back: what it was bound to has changed, or its time is over.
    Voided,
    /// What was in doubt is known: found out by the host, or said by a person.
    Settled,
    /// The switch was thrown.
    Frozen,
    /// The switch was thrown back.
    Thawed,
    /// A lease is over: on time, early, or found over at a start.
    Reverted,
    /// A lease was extended.
    Extended,
    /// A person did without the consent that an act needed.
    Glass,
    /// Somebody else has looked at what was done without consent.
    Reviewed,
    /// The host's clock has gone back behind the newest entry: how far, and what it says.
    Clock,
    /// A person accepted that the store was put back from a backup: what is kept, and the signed head of what was lost.
    Restored,
    /// Somebody was turned away where people answer, with what is no person's, or called a tool that is not his: at which
    /// door, with which code, which tool, and for whom and through whom it was signed, where it was.
    TurnedAway,
    /// A person shed what a session of his held: which session, and why; what it was is a payload.
    Shed,
    /// The watch has seen things become wider than their ceilings: what opened them, and how many to how many people; which, and
    /// who, are payloads.
    Exposed,
    /// What opened things wider than their ceilings is closed: how, and by whom where that is known.
    Closed,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Began,
        Self::Observed,
        Self::Refused,
        Self::Counted,
        Self::Asked,
        Self::Answered,
        Self::Intent,
        Self::Outcome,
        Self::Output,
        Self::Ended,
        Self::Applied,
        Self::Pinned,
        Self::Passphrase,
        Self::Erased,
        Self::SetDown,
        Self::TakenUp,
        Self::Voided,
        Self::Settled,
        Self::Frozen,
        Self::Thawed,
        Self::Reverted,
        Self::Extended,
        Self::Glass,
        Self::Reviewed,
        Self::Clock,
        Self::Restored,
        Self::TurnedAway,
        Self::Shed,
        Self::Exposed,
        Self::Closed,
    ];

    /// The kind's stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Observed => "observed",
            Self::Refused => "refused",
            Self::Counted => "counted",
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::Intent => "intent",
            Self::Outcome => "outcome",
            Self::Output => "output",
            Self::Ended => "ended",
            Self::Applied => "applied",
            Self::Pinned => "pinned",
            Self::Passphrase => "passphrase",
            Self::Erased => "erased",
            Self::SetDown => "set-down",
            Self::TakenUp => "taken-up",
            Self::Voided => "voided",
            Self::Settled => "settled",
            Self::Frozen => "frozen",
            Self::Thawed => "thawed",
            Self::Reverted => "reverted",
            Self::Extended => "extended",
            Self::Glass => "glass",
            Self::Reviewed => "reviewed",
            Self::Clock => "clock",
            Self::Restored => "restored",
            Self::TurnedAway => "turned-away",
            Self::Shed => "shed",
            Self::Exposed => "exposed",
            Self::Closed => "closed",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

/// Bytes that an entry commits to and does not hold: the entry has SHA-256(32 random bytes, payload).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Its part in the entry: `asked`, `answered`, `arguments`, `value`, `seed`, `stdout`, `stderr`, `card`, `label`, `from`,
    /// `opened`, `people`, `reason`.
    pub part: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An entry without its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What happened.
    pub kind: Kind,
    /// The clear part.
    pub body: Body,
    /// What it commits to.
    pub payloads: Vec<Payload>,
}

impl Draft {
    /// A draft with its clear part.
    #[must_use]
    pub fn new(kind: Kind, body: impl Into<Body>) -> Self {
        Self { kind, body: body.into(), payloads: Vec::new() }
    }

    /// The same draft with one more payload.
    #[must_use]
    pub fn with(mut self, part: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.payloads.push(Payload { part, bytes: bytes.into() });
        self
    }
}
