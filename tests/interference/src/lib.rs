//! Searches for people who see what they are not cleared for: worlds, sessions and tools are drawn from a seed, each trace is
//! played twice with one secret changed, on the host's rules in memory or through real guests and the real store, and whoever
//! is not cleared for it must see the same in both. docs/labels.md says what *sees* is, and what is not compared.

pub mod bug;
mod draw;
mod memory;
mod real;
mod rules;
mod scene;
mod search;
mod stage;
mod trace;
mod view;

use std::path::Path;

pub use bug::Bug;
pub use real::{Command, Real};
pub use rules::Rules;
pub use search::{Compared, Found, Pair, Violation};
pub use stage::{Failed, Stage};
pub use trace::Trace;

/// A search on the rules over the seeds from `first` on: so many traces, until so many violations.
///
/// # Errors
/// When something cannot be played.
pub fn on_rules(bug: Option<Bug>, first: u64, count: u64, most: usize) -> Result<Found, Failed> {
    let mut pair = Pair { stages: [Rules::new(bug)?, Rules::new(bug)?] };
    pair.search((first..first + count).map(Trace::draw), most)
}

/// The same through real guests and the real store: `component` is the guest `errand`.
///
/// # Errors
/// When something cannot be played.
pub fn for_real(component: &Path, command: Command<'_>, (first, count): (u64, u64), most: usize) -> Result<Found, Failed> {
    let mut pair = Pair { stages: [Real::new(component, command)?, Real::new(component, command)?] };
    pair.search((first..first + count).map(Trace::draw), most)
}
