//! A forum in a process of its own, over HTTP, and the whole command line with it behind `forum.post`: both are one program,
//! which is the forum where its first argument says so.
//!
//! A workspace has such a forum where a folder `forum` stands beside it: `terms` says what it is like, `posts` holds what
//! it took, durably and with the key of each, `port` where it listens.

mod client;
mod running;
mod server;
mod terms;

pub use running::{Mishap, Running};
pub(crate) use running::{beside, posts};
pub use terms::{Class, Terms};

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tollgate::capability::forum::Elsewhere;
use tollgate::setup::Embedding;

use client::Client;

/// What the forum is called with.
const FORUM: &str = "forum";

/// The program: a forum, or the command line over the one beside the current folder, if there is one.
#[must_use]
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    if arguments.get(1).is_some_and(|first| first == FORUM) {
        return server::run(&arguments[2..]);
    }
    let beside = Path::new("..").join(FORUM);
    let forum = Terms::read(&beside).ok().map(|terms| Arc::new(Client::of(beside, terms)) as Arc<dyn Elsewhere>);
    tollgate::cli::main_with(arguments, Embedding { forum, ..Embedding::default() })
}
