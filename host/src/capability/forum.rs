//! The capability `forum`: threads that people read.

mod away;
mod backend;
mod effect;
mod find_out;
mod grants;
mod host;
mod post;

pub use away::Away;
pub use backend::{Backend, Conversation, Elsewhere, Embedded, Finding, Forums, Message, NewPost, Page, Summary};
pub use find_out::find_out;
pub use grants::{FUNCTIONS, GRANTS, POST, READ, Thread, Threads, action};
pub use post::Post;
