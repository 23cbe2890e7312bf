//! Who is who: people, nested groups, forums and objects at one version of the world, and what each may do at an instant.
//!
//! Pure. The store loads a [`Directory`] and stamps it; the gate asks it before an act and again inside the
//! transaction that records the intent, if the stamp has moved.

mod about;
mod chain;
mod derived;
mod directory;
pub mod drift;
mod flow;
mod need;

pub use about::About;
pub use chain::Gain;
pub use derived::Groups;
pub use directory::{Ceiling, Directory, Entry, Forum, Object, Right};
pub use flow::{label_of, not_cleared};
pub use need::{Audience, Need, Premise, Rights, Standing, not_yours};
