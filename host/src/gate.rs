//! The gate: the only way from an action to an effect.
//!
//! `permit.rs` holds the sentence's words and the only constructor of [`Permit`]; `pass.rs` says the sentence, once for
//! the whole host, and puts every refusal on record; `judge.rs` has the rules that `explain` runs too.

mod action;
mod book;
mod explain;
mod judge;
mod pass;
mod permit;

pub use action::{Action, Looking, Told};
pub use book::{Book, Patience, Seen, Services, Session, Timing, Who, World};
pub use explain::{Step, explain};
pub use pass::{Inside, pass};
pub use permit::{Agreed, Asked, Cleared, Covered, Failed, Funded, Permit};
