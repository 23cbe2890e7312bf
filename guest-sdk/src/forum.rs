//! Threads that people read, granted by `[grant] "forum.read"` and `[grant] "forum.post"`.

use crate::Refusal;
use crate::behind::forum as host;

pub use crate::bindings::tollgate::host::forum::{Conversation, Message, Page, Summary};

/// Lists the threads of `forum` after the thread `after`.
pub fn threads(forum: &str, after: Option<u64>) -> Result<Page, Refusal> {
    host::threads(forum, after)
}

/// Reads `thread` of `forum` after the post `after`.
pub fn thread(forum: &str, thread: u64, after: Option<u64>) -> Result<Conversation, Refusal> {
    host::thread(forum, thread, after)
}

/// Posts `body` in `thread` of `forum` and returns the post's id. May wait for a person.
pub fn post(forum: &str, thread: u64, body: &str) -> Result<u64, Refusal> {
    host::post(forum, thread, body)
}
