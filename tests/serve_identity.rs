//! Who is asking: every door, with credentials of every kind, and what each is worth.

mod chain;
mod checked;
mod deputy;
pub mod http;
mod issuer;
mod other;
mod probes;
mod requests;
mod rotation;
mod says_yes;
mod secrets;
mod traces;

use http::Served;
use serde_json::json;

use crate::world::World;

/// A world in which three agents may call the probe, and a post on eng-help needs ben's yes.
fn world() -> World {
    let world = World::new();
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\", \"agent-8\", \"agent-9\"]");
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"initiator\"");
    world
}

/// Has agent-7 ask for a post, which waits for ben. The question, and what an answer to it must bring.
fn asked(served: &Served, token: &str) -> (u64, (String, String)) {
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "by hand" });
    let waits = served.call(token, "forum_post", &post);
    let question = waits.json()["result"]["_meta"]["dev.tollgate/approval"]["id"].as_u64();
    let question = question.unwrap_or_else(|| panic!("it does not wait: {waits:?}"));
    let bearer = format!("Authorization: Bearer {}\r\n", served.person("ben"));
    let shown = served.get(served.people, &format!("/v1/approvals/{question}"), &bearer);
    let etag = shown.header("etag").expect("an ETag").to_owned();
    let digest = shown.json()["payload_sha256"].as_str().expect("a digest").to_owned();
    (question, (etag, digest))
}
