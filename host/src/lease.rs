//! Leases: access that a tool opened, and what becomes of it when its time is over.
//!
//! Pure. A revert is three-way: what the lease added, what the access list is now, and so what people did in between. It
//! takes back only what the lease added and is still there because of it; what is in doubt is reported and left alone.

mod extension;

pub use extension::{Ender, Extension, may_end};

use serde_json::{Value, json};

use crate::clock::Instant;
use crate::name::{InvocationId, ObjectName, PersonName, Principal, ToolName};
use crate::people::{Entry, Right};
use crate::unit::Duration;

/// A lease as a store keeps it, whatever has become of its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Its number; never given twice.
    pub id: u64,
    /// Of what.
    pub object: ObjectName,
    /// For whom.
    pub principal: Principal,
    /// Which right.
    pub right: Right,
    /// Since when.
    pub began: Instant,
    /// Until when.
    pub ends: Instant,
    /// The tool that opened it.
    pub tool: ToolName,
    /// On whose behalf.
    pub initiator: PersonName,
    /// The invocation that opened it, and the number of the intent's entry there.
    pub key: (InvocationId, u32),
    /// The latest end that an extension may give it, where somebody broke the glass for it.
    pub latest: Option<Instant>,
    /// When its end was put on record, and what was found then; none while that has not happened.
    pub reverted: Option<(Instant, Found)>,
}

/// What a lease is at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It holds.
    Open,
    /// Its time is over; nobody has put that on record yet.
    Ended,
    /// Its end is on record.
    Reverted,
}

impl State {
    /// The state's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Reverted => "reverted",
        }
    }
}

/// An object's access list as it is when a lease is to be reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now<'a> {
    /// The object was deleted.
    Gone,
    /// It was deleted, and another one has its name.
    Another,
    /// It is the one it was, with these entries, ended ones included.
    Same(&'a [Entry]),
}

/// What a revert found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The lease's own entry, which was taken away.
    Closed,
    /// Nothing: somebody had removed the entry.
    GoneBefore,
    /// People have given the same principal this right themselves; that stays, and what the lease added is gone.
    KeptByPeople,
    /// Something that is not for a host to decide; nothing was touched.
    Conflict(Conflict),
}

/// Why a revert touched nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The object was deleted.
    Deleted,
    /// The object was deleted and made again under its name.
    Replaced,
    /// The lease's entry says something else than the lease.
    Altered,
}

impl Found {
    /// Everything that can be found.
    pub const ALL: &'static [Self] = &[
        Self::Closed,
        Self::GoneBefore,
        Self::KeptByPeople,
        Self::Conflict(Conflict::Deleted),
        Self::Conflict(Conflict::Replaced),
        Self::Conflict(Conflict::Altered),
    ];

    /// Its word, as journal and store have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::GoneBefore => "gone-before",
            Self::KeptByPeople => "kept-by-people",
            Self::Conflict(Conflict::Deleted) => "conflict-object-deleted",
            Self::Conflict(Conflict::Replaced) => "conflict-object-replaced",
            Self::Conflict(Conflict::Altered) => "conflict-entry-altered",
        }
    }

    /// The finding with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|found| found.as_str() == word)
    }

    /// What it means, for a person.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Closed => "the entry was taken away",
            Self::GoneBefore => "somebody had removed the entry before",
            Self::KeptByPeople => "people have given this right themselves meanwhile, and that stays",
            Self::Conflict(Conflict::Deleted) => "the object was deleted; nothing was touched, please look",
            Self::Conflict(Conflict::Replaced) => {
                "the object was deleted and made again under its name; nothing was touched, please look"
            }
            Self::Conflict(Conflict::Altered) => "somebody changed the entry itself; nothing was touched, please look",
        }
    }
}

/// What is to be done about a lease that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revert {
    /// Whether the lease's own entry is to be taken away: the only thing that a revert ever does.
    pub take: bool,
    /// What was found.
    pub found: Found,
}

/// Decides what is to be done about a lease that is over, or is ended early, at `at`.
///
/// An entry is the lease's own by its number, not by what it says: what people wrote has none. One that was shortened is
/// taken away too, since it adds nothing that the lease had not; one that says more is in doubt.
#[must_use]
pub fn revert(lease: &Lease, now: Now<'_>, at: Instant) -> Revert {
    let conflict = |why| Revert { take: false, found: Found::Conflict(why) };
    let entries = match now {
        Now::Gone => return conflict(Conflict::Deleted),
        Now::Another => return conflict(Conflict::Replaced),
        Now::Same(entries) => entries,
    };
    let own: Vec<&Entry> = entries.iter().filter(|entry| entry.lease == Some(lease.id)).collect();
    let as_it_was = |entry: &&Entry| {
        entry.principal == lease.principal && entry.right == lease.right && entry.ends.is_some_and(|ends| ends <= lease.ends)
    };
    let take = match own.as_slice() {
        [] => false,
        [one] if as_it_was(one) => true,
        [..] => return conflict(Conflict::Altered),
    };
    let by_people = |entry: &Entry| {
        entry.lease.is_none() && entry.principal == lease.principal && entry.right >= lease.right && entry.holds(at)
    };
    let found = match (entries.iter().any(by_people), take) {
        (true, _) => Found::KeptByPeople,
        (false, true) => Found::Closed,
        (false, false) => Found::GoneBefore,
    };
    Revert { take, found }
}

impl Lease {
    /// The lease as it is listed.
    #[must_use]
    pub fn json(&self, now: Instant) -> Value {
        json!({
            "lease": self.id, "object": self.object.as_str(), "principal": self.principal.to_string(),
            "right": self.right.as_str(), "began": self.began.to_string(), "ends": self.ends.to_string(),
            "tool": self.tool.as_str(), "initiator": self.initiator.as_str(), "invocation": self.key.0.to_string(),
            "state": self.state(now).as_str(), "reverted": self.reverted.map(|(at, _)| at.to_string()),
            "found": self.reverted.map(|(_, found)| found.as_str()),
        })
    }

    /// What it is at `now`.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        match (&self.reverted, now < self.ends) {
            (Some(_), _) => State::Reverted,
            (None, true) => State::Open,
            (None, false) => State::Ended,
        }
    }

    /// How much longer than planned the access was there, where a backend keeps entries without an end and the lease was
    /// reverted at `at`. Where entries carry their end, nobody had it longer.
    #[must_use]
    pub const fn overdue(&self, at: Instant) -> Duration {
        Duration(at.0.saturating_sub(self.ends.0))
    }
}
