//! For whom the tool runs, and what it has left. Needs no grant.

use crate::behind::context as host;

pub use crate::bindings::tollgate::host::context::Meter;

/// The person on whose behalf the tool runs.
pub fn initiator() -> String {
    host::initiator()
}

/// The agent that called it.
pub fn agent() -> String {
    host::agent()
}

/// What is left of every meter.
pub fn meters() -> Vec<Meter> {
    host::meters()
}
