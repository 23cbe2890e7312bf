//! The sandbox's stopwatch, as the gate knows it.

use crate::gate::Timing;
use crate::runtime::Stopwatch;

/// Hands the gate's words on to the stopwatch.
pub(super) struct Watch(pub(super) Stopwatch);

impl Timing for Watch {
    fn host_call(&self, inside: bool) {
        self.0.host_call(inside);
    }

    fn person(&self, waiting: bool) {
        self.0.person(waiting);
    }
}
