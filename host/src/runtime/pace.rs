//! How long a tool's runs take: one that overran its first quantum again and again begins on the longer set.
//!
//! A single instruction may fill all of a tool's memory, and no epoch interrupts it; such tools must not be what short
//! calls wait for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The first quantum: one epoch.
const QUANTUM: Duration = Duration::from_millis(1);

/// So many overruns in a row: one may be the machine's doing.
const PATIENCE: u32 = 2;

/// Shared by all runs of one tool.
#[derive(Debug, Default)]
pub struct Pace(AtomicU32);

impl Pace {
    /// Whether the next run is expected to be long.
    pub(super) fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= PATIENCE
    }

    /// A run took so much time of its own.
    pub(super) fn note(&self, own: Duration) {
        if own <= QUANTUM {
            self.0.store(0, Ordering::Relaxed);
        } else if !self.is_long() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
