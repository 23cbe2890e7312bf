//! Time as a value: instants are handed in, and only `setup` knows where they come from.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::unit::Duration;

/// A moment: milliseconds since the Unix epoch, UTC. Written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub u64);

impl Instant {
    /// This moment and `span` more.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long it is from `earlier` to this moment; no time where that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Instant {
    /// Reads what is printed of one; none where it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(time.as_millisecond()).ok().map(Self)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "@{}ms", self.0),
        }
    }
}

/// How far a clock may be behind what is on record before that is put there too.
pub const SLACK: Duration = Duration(1000);

/// How far it may be behind before nothing is done any more.
pub const FAR: Duration = Duration(24 * 60 * 60 * 1000);

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Instant;
}

/// A clock that moves when it is told to, for replays and tests.
#[derive(Debug, Default)]
pub struct Manual(AtomicU64);

impl Manual {
    /// A clock that stands at `start`.
    #[must_use]
    pub const fn at(start: Instant) -> Self {
        Self(AtomicU64::new(start.0))
    }

    /// Sets the clock, also back.
    pub fn set(&self, now: Instant) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for Manual {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}
