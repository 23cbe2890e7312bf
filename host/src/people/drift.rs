//! The watch: who can read a thing and is not cleared for it, what opened it to them, and what closing that would do.
//!
//! Pure. A [`Model`] holds people, groups and what they may read as numbers. It is built from one version of the directory and
//! then told of changes, so that a change costs what it reaches, not the whole world. A change is looked at in two views of one
//! graph: as it was before, and as it is now; whoever reads now, did not before, and is not cleared was let in by an edge that
//! is new.

mod cause;
mod change;
mod close;
mod graph;
mod look;
mod model;
mod reach;

pub use cause::Cause;
pub use change::{Change, What};
pub use close::Closing;
pub use look::{Alert, Seen, Widened};
pub use model::Model;
