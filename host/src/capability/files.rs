//! The capability `files`: documents below the files root.

mod beneath;
mod effect;
mod grants;
mod host;

pub use beneath::Beneath;
pub use grants::{Backend, FUNCTIONS, GRANTS, List, READ, Read, action};
