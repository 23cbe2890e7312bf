//! The capability `files`: documents below the files root.

mod beneath;
mod effect;
mod find_out;
mod grants;
mod host;
mod replace;
mod write;

pub use beneath::Beneath;
pub use find_out::find_out;
pub use grants::{Backend, FUNCTIONS, GRANTS, List, READ, Read, WRITE, action};
pub use write::Write;
