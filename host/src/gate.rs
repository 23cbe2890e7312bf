//! The gate: the only way from an action to an effect.
//!
//! `permit.rs` holds the sentence's words and the only constructor of [`Permit`], and below it is what a permit is used for;
//! `pass.rs` says the sentence, once for the whole host, and puts every refusal on record; `judge.rs` has the rules that
//! `explain` runs too; `session.rs` is one invocation, `book.rs` its book, `services.rs` what stands behind the gate.

mod action;
mod again;
mod book;
mod consent;
mod explain;
mod judge;
mod pass;
mod permit;
mod services;
mod session;
mod tape;
mod trace;
mod unrecorded;
mod vetting;

pub use action::{Action, Brought, Looking, Retold};
pub use again::{Again, Grounds};
pub use book::{Book, Patience, Seen, refused};
pub use explain::{Step, explain, read_first};
pub use judge::longest_lease;
pub use pass::{Inside, pass};
pub use permit::{Agreed, Asked, Cleared, Covered, Failed, Funded, Permit};
pub use services::{Answer, Questions, Services, Timing, Told, World, opens};
pub use session::{Session, Who};
pub use tape::{Recalled, Recorded, Tape, never_begun};
pub use trace::{Attempt, TARGET, came, invocation};
pub use unrecorded::in_doubt;
