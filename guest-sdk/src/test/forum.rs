//! `forum` of a world.

use super::state::{Call, State, Want, not_granted, not_yours};
use super::{Posted, here, names};
use crate::Refusal;
use crate::forum::{Conversation, Message, Page, Summary};

const READ: &str = "forum.read";
const POST: &str = "forum.post";

/// The most that one page brings, in bytes.
const PAGE: u64 = 256 << 10;

/// Takes what fits: the first that does not, and everything after it, is more.
struct Room {
    left: u64,
    used: u64,
    more: bool,
}

impl Room {
    fn take(&mut self, bytes: usize) -> bool {
        self.more = self.more || bytes as u64 > self.left;
        if !self.more {
            self.left -= bytes as u64;
            self.used += bytes as u64;
        }
        !self.more
    }
}

fn covered(state: &State, grant: &str, forum: &str) -> Result<(), Refusal> {
    match (names::is_identifier(forum), state.forums.contains_key(forum)) {
        (false, _) => Err(not_granted(grant)),
        (true, false) => Err(not_yours()),
        (true, true) => Ok(()),
    }
}

fn is_there(state: &State, forum: &str, thread: u64) -> bool {
    state.forums.get(forum).is_some_and(|threads| threads.contains_key(&thread))
}

pub fn threads(forum: &str, after: Option<u64>) -> Result<Page, Refusal> {
    here(|state| {
        let call = Call { function: "forum.threads", grant: READ, about: forum, there: true };
        let covered = covered(state, READ, forum);
        state.pass(call, Want::UpTo(PAGE), covered, |state, room| {
            let mut room = Room { left: room, used: 0, more: false };
            let all = state.forums.get(forum).ok_or_else(not_yours)?.iter();
            let later = all.filter(|(id, _)| **id > after.unwrap_or_default());
            let threads = later.map_while(|(id, thread)| {
                let posts = u32::try_from(thread.posts.len()).unwrap_or(u32::MAX);
                room.take(thread.title.len()).then(|| Summary { id: *id, title: thread.title.clone(), posts })
            });
            let threads = threads.collect();
            Ok((Page { threads, more: room.more }, room.used))
        })
    })
}

pub fn thread(forum: &str, thread: u64, after: Option<u64>) -> Result<Conversation, Refusal> {
    here(|state| {
        let call = Call { function: "forum.thread", grant: READ, about: forum, there: is_there(state, forum, thread) };
        let covered = covered(state, READ, forum);
        state.pass(call, Want::UpTo(PAGE), covered, |state, room| {
            let found = state.forums.get(forum).and_then(|threads| threads.get(&thread)).ok_or_else(not_yours)?;
            let mut room = Room { left: room, used: 0, more: false };
            let titled = room.take(found.title.len());
            let later = found.posts.iter().filter(|post| post.id > after.unwrap_or_default());
            let posts: Vec<Message> =
                later.map_while(|post| room.take(post.author.len() + post.body.len()).then(|| post.clone())).collect();
            let title = if titled { found.title.clone() } else { String::new() };
            Ok((Conversation { title, posts, more: room.more }, room.used))
        })
    })
}

pub fn post(forum: &str, thread: u64, body: &str) -> Result<u64, Refusal> {
    let want = body.len() as u64;
    here(|state| {
        let call = Call { function: "forum.post", grant: POST, about: forum, there: is_there(state, forum, thread) };
        let covered = covered(state, POST, forum);
        state.pass(call, Want::Sends(want), covered, |state, _| {
            let (post, at) = (state.number(), state.now);
            let author = format!("agent {} for user {}, tool under test", state.agent, state.initiator);
            let threads = state.forums.get_mut(forum).ok_or_else(not_yours)?;
            let posts = &mut threads.get_mut(&thread).ok_or_else(not_yours)?.posts;
            posts.push(Message { id: post, author, at, body: body.to_owned() });
            state.posts.push(Posted { post, forum: forum.to_owned(), thread, body: body.to_owned() });
            Ok((post, want))
        })
    })
}
