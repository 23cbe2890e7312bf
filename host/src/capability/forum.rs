//! The capability `forum`: threads that people read.

mod backend;
mod effect;
mod grants;
mod host;
mod post;

pub use backend::{Conversation, Forums, Message, NewPost, Page, Summary};
pub use grants::{Backend, FUNCTIONS, GRANTS, POST, READ, Thread, Threads, action, find_out};
pub use post::Post;
