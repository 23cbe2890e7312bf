//! The capability `forum`: threads that people read.

mod backend;

pub use backend::{Conversation, Forums, Message, NewPost, Page, Summary};
