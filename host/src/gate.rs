//! The gate: the only way from an action to an effect.
//!
//! `permit.rs` holds the sentence's words and the only constructor of [`Permit`]; `pass.rs` says the sentence, once for
//! the whole host, and puts every refusal on record; `judge.rs` has the rules that `explain` runs too.

mod action;
mod again;
mod book;
mod consent;
mod explain;
mod judge;
mod pass;
mod permit;
mod tape;
mod trace;
mod vetting;

pub use action::{Action, Brought, Looking, Retold};
pub use again::{Again, Grounds};
pub use book::{Answer, Book, Patience, Questions, Seen, Services, Session, Timing, Told, Who, World, opens, refused};
pub use explain::{Step, explain, read_first};
pub use judge::longest_lease;
pub use pass::{Inside, pass};
pub use permit::{Agreed, Asked, Cleared, Covered, Failed, Funded, Permit, in_doubt};
pub use tape::{Recalled, Recorded, Tape, never_begun};
pub use trace::{Attempt, TARGET, came, invocation};
