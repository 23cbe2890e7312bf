//! The sandbox's stopwatch, as the gate knows it.

use crate::clock::Instant;
use crate::gate::Timing;
use crate::runtime::{Skew, Stopwatch};

/// Hands the gate's words on to the stopwatch.
pub(super) struct Watch {
    pub(super) watch: Stopwatch,
    pub(super) clock: Skew,
}

impl Timing for Watch {
    fn host_call(&self, inside: bool) {
        self.watch.host_call(inside);
    }

    fn person(&self, waiting: bool) {
        self.watch.person(waiting);
    }

    fn clock(&self, now: Instant) {
        self.clock.moves_to(now);
    }
}
