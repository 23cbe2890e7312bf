//! What `forum` does, given a permit.

use std::sync::Arc;

use serde_json::{Value, json};

use super::backend::{Backend, Conversation, Elsewhere, Forums, Message, NewPost, Page, Summary};
use super::grants::{Thread, Threads};
use super::post::Post;
use crate::clock::Instant;
use crate::diagnostic::{Broken, Halt};
use crate::gate::{Again, Brought, Failed, Permit, Retold, Who};
use crate::journal::Unrecorded;
use crate::label::Label;
use crate::name::InvocationId;
use crate::people::{Rights, not_yours};
use crate::refusal::{Code, Refusal};
use crate::unit::Duration;

impl Retold for Page {
    fn tell(&self) -> Vec<u8> {
        let threads = self.threads.iter().map(|it| json!([it.id, it.title, it.posts])).collect::<Vec<_>>();
        json!({ "threads": threads, "more": self.more }).to_string().into_bytes()
    }

    fn recall(told: &[u8]) -> Option<Self> {
        let told: Value = serde_json::from_slice(told).ok()?;
        let threads = told["threads"].as_array()?.iter().map(|it| {
            let posts = u32::try_from(it[2].as_u64()?).ok()?;
            Some(Summary { id: it[0].as_u64()?, title: it[1].as_str()?.to_owned(), posts })
        });
        Some(Self { threads: threads.collect::<Option<_>>()?, more: told["more"].as_bool()? })
    }
}

impl Retold for Conversation {
    fn tell(&self) -> Vec<u8> {
        let posts = self.posts.iter().map(|it| json!([it.id, it.author, it.at.0, it.body])).collect::<Vec<_>>();
        json!({ "title": self.title, "posts": posts, "more": self.more }).to_string().into_bytes()
    }

    fn recall(told: &[u8]) -> Option<Self> {
        let told: Value = serde_json::from_slice(told).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let posts = told["posts"].as_array()?.iter().map(|it| {
            let at = Instant(it[2].as_u64()?);
            Some(Message { id: it[0].as_u64()?, author: text(&it[1])?, at, body: text(&it[3])? })
        });
        Some(Self { title: text(&told["title"])?, posts: posts.collect::<Option<_>>()?, more: told["more"].as_bool()? })
    }
}

/// Lists threads.
pub(super) async fn threads(forums: &dyn Forums, permit: Permit<Threads>) -> Result<Page, Halt> {
    permit
        .observe(async |action, room| {
            let forum = action.named.forum.clone().ok_or_else(not_yours)?;
            let page = forums.threads(forum, action.after, room).await.map_err(|broken| unavailable(&broken))?;
            let bytes = page.threads.iter().map(|thread| thread.title.len() as u64).sum();
            Ok(Brought::here(page, bytes))
        })
        .await
}

/// Reads a thread. Posts that carry what the initiator may not know are left out.
pub(super) async fn thread(forums: &dyn Forums, permit: Permit<Thread>) -> Result<Conversation, Halt> {
    let rights = permit.rights();
    permit
        .observe(async |action, room| {
            let forum = action.named.forum.clone().ok_or_else(not_yours)?;
            let mut after = action.after;
            loop {
                let found = forums.thread(forum.clone(), action.thread, after, room).await;
                let mut found = found.map_err(|broken| unavailable(&broken))?.ok_or_else(not_yours)?;
                after = found.posts.last().map(|post| post.id);
                let from = known(forums, &rights, &mut found).await?;
                // A part of which nothing may be known is no part: its reader would not know where to go on.
                if found.more && found.posts.is_empty() && after.is_some() {
                    continue;
                }
                let size = |post: &Message| (post.author.len() + post.body.len()) as u64;
                let bytes = found.title.len() as u64 + found.posts.iter().map(size).sum::<u64>();
                return Ok(Brought { value: found, bytes, from });
            }
        })
        .await
}

/// Leaves the posts that may be known, and says what they carry.
async fn known(forums: &dyn Forums, rights: &Rights, found: &mut Conversation) -> Result<Label, Refusal> {
    let ids = found.posts.iter().map(|post| post.id).collect();
    let carried = forums.carried(ids).await.map_err(|broken| unavailable(&broken))?;
    let (mut from, mut carried) = (Label::default(), carried.into_iter());
    found.posts.retain(|_| {
        let carries = carried.next().unwrap_or_default();
        let known = rights.standing.may_know(&carries);
        if known {
            from.unite(&carries);
        }
        known
    });
    Ok(from)
}

/// Posts.
pub(super) async fn post(forums: Backend, who: &Who, permit: Permit<Post>) -> Result<u64, Halt> {
    let author = author(who);
    let posted = |outcome: &Value| outcome["post"].as_u64();
    match forums {
        Backend::Embedded(forums) => {
            let effect = move |action: Arc<Post>, key, settle| async move {
                forums.post(new(&action, author, key).map_err(Unrecorded::Refused)?, settle).await
            };
            permit.spend(effect, posted).await
        }
        Backend::Elsewhere(away) => {
            let effect = move |action: Arc<Post>, key| async move { send(&*away.forums, new(&action, author, key)?).await };
            permit.spend_outside(effect, |id, outcome| outcome.number("post", *id), posted).await
        }
    }
}

/// Sends a post once more, with the key and in the words that it was sent with the first time.
pub(super) async fn send_again(forums: &dyn Elsewhere, again: Again<Post>) -> Result<u64, Failed> {
    let (action, who, key) = again.spend();
    send(forums, new(&action, author(&who), key)?).await
}

/// The longest that a post to another system may take: less than the gate gives it.
const LONGEST: Duration = Duration(20_000);

async fn send(forums: &dyn Elsewhere, post: NewPost) -> Result<u64, Failed> {
    let patience = forums.patience().min(LONGEST);
    let posted = tokio::time::timeout(patience.to_std(), forums.post(post)).await;
    posted.unwrap_or_else(|_| Err(Failed::InDoubt(format!("the forum takes longer than {patience}"))))
}

/// The author is the host's finding, never the guest's claim.
fn author(who: &Who) -> String {
    let comma = if who.actors.via().is_empty() { "" } else { "," };
    format!("agent {}{comma} for user {}, tool {}, invocation {}", who.actors, who.initiator, who.tool, who.invocation)
}

fn new(action: &Post, author: String, key: (InvocationId, u32)) -> Result<NewPost, Refusal> {
    let forum = action.named.forum.clone().ok_or_else(not_yours)?;
    Ok(NewPost { forum, thread: action.thread, author, body: action.body.clone(), key })
}

pub(super) fn unavailable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "reading a forum");
    Refusal::new(Code::Unavailable, "the forum cannot be read now").unless("try again when the host is well")
}
