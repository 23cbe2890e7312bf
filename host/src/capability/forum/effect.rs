//! What `forum` does, given a permit.

use serde_json::json;

use super::backend::{Conversation, NewPost, Page};
use super::grants::{Backend, Thread, Threads};
use super::post::Post;
use crate::diagnostic::{Broken, Halt};
use crate::gate::{Permit, Told, Who};
use crate::journal::Unrecorded;
use crate::people::not_yours;
use crate::refusal::{Code, Refusal};

/// Lists threads.
pub(super) async fn threads(forums: &Backend, permit: Permit<Threads>) -> Result<Page, Halt> {
    permit
        .observe(async |action, room| {
            let forum = action.named.forum.clone().ok_or_else(not_yours)?;
            let source = format!("forum {forum}");
            let page = forums.threads(forum, action.after, room).await.map_err(|broken| unavailable(&broken))?;
            let bytes = page.threads.iter().map(|thread| thread.title.len() as u64).sum();
            let told = page.threads.iter().map(|thread| json!([thread.id, thread.title, thread.posts])).collect::<Vec<_>>();
            Ok((page, Told { bytes, payload: json!(told).to_string().into_bytes(), source: Some(source.into()) }))
        })
        .await
}

/// Reads a thread.
pub(super) async fn thread(forums: &Backend, permit: Permit<Thread>) -> Result<Conversation, Halt> {
    permit
        .observe(async |action, room| {
            let forum = action.named.forum.clone().ok_or_else(not_yours)?;
            let source = format!("forum {forum}");
            let found = forums.thread(forum, action.thread, action.after, room).await;
            let found = found.map_err(|broken| unavailable(&broken))?.ok_or_else(not_yours)?;
            let size = |post: &super::backend::Message| (post.author.len() + post.body.len()) as u64;
            let bytes = found.title.len() as u64 + found.posts.iter().map(size).sum::<u64>();
            let posts =
                found.posts.iter().map(|post| json!([post.id, post.author, post.at.0, post.body])).collect::<Vec<_>>();
            let payload = json!({ "title": found.title, "posts": posts }).to_string().into_bytes();
            Ok((found, Told { bytes, payload, source: Some(source.into()) }))
        })
        .await
}

/// Posts. The author is the host's finding, never the guest's claim.
pub(super) async fn post(forums: Backend, who: &Who, permit: Permit<Post>) -> Result<u64, Halt> {
    let author = format!("agent {} for user {}, tool {}, invocation {}", who.agent, who.initiator, who.tool, who.invocation);
    permit
        .spend(move |action, key, settle| async move {
            let forum = action.named.forum.clone().ok_or_else(not_yours).map_err(Unrecorded::Refused)?;
            let post = NewPost { forum, thread: action.thread, author, body: action.body.clone(), key };
            forums.post(post, settle).await
        })
        .await
}

pub(super) fn unavailable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "reading a forum");
    Refusal::new(Code::Unavailable, "the forum cannot be read now").unless("try again when the host is well")
}
