//! Posting: only where it is granted, only as the initiator may, and signed by the host.

use serde_json::{Value, json};

use crate::world::{World, codes, meter};

fn post(forum: &str, body: &str) -> Value {
    json!({ "forum": forum, "thread": "1", "body": body })
}

#[test]
fn a_granted_post_is_attributed_by_the_host() {
    let world = World::new();
    let report = world.call("probe.forum-post", &post("eng-help", "Signed, ada"));
    assert_eq!(report["outcome"], "returned", "{report}");
    let author: String =
        world.store().query_row("SELECT author FROM posts ORDER BY id DESC", [], |row| row.get(0)).expect("a post");
    let invocation = report["invocation"].as_str().expect("an id");
    assert_eq!(author, format!("agent cli for user ben, tool probe, invocation {invocation}"));
    assert_eq!(meter(&report, "forum.post bytes").0, 11);
    assert_eq!(world.kinds(&report), ["began", "intent", "outcome", "ended"]);
}

#[test]
fn a_post_outside_the_grant_or_the_membership_is_refused() {
    let world = World::new();
    let before = world.outside();
    assert_eq!(codes(&world.call("probe.forum-post", &post("pay-room", "x"))), ["cover.not-granted"]);
    assert_eq!(codes(&world.call("probe.forum-post", &post("no-such-forum", "x"))), ["cover.not-granted"]);
    world.edit("{ forums = [\"eng-help\"], calls = 5", "{ forums = [\"eng-help\", \"pay-room\"], calls = 5");
    assert_eq!(codes(&world.call("probe.forum-post", &post("pay-room", "x"))), ["cover.not-yours"], "ben is no member");
    let missing = json!({ "forum": "eng-help", "thread": "99", "body": "x" });
    assert_eq!(codes(&world.call("probe.forum-post", &missing)), ["cover.not-yours"]);
    assert_eq!(world.outside(), before);
    assert_eq!(
        world.call("probe.forum-post", &post("eng-help", "x"))["outcome"],
        "returned",
        "the same call with its grant"
    );
}

#[test]
fn a_body_larger_than_the_meter_is_refused_whole() {
    let world = World::new();
    let before = world.outside();
    let report = world.call("probe.forum-post", &post("eng-help", &"x".repeat(8193)));
    assert_eq!(codes(&report), ["fund.meter-spent"]);
    assert_eq!(world.outside(), before);
    assert_eq!(world.call("probe.forum-post", &post("eng-help", &"x".repeat(8192)))["outcome"], "returned");
}

#[test]
fn a_thread_is_read_as_it_stands() {
    let world = World::new();
    world.call("probe.forum-post", &post("eng-help", "an answer"));
    let report = world.call("probe.forum-thread", &json!({ "forum": "eng-help", "thread": "1" }));
    let posts = report["value"]["posts"].as_array().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(posts.last().expect("a post")["body"], "an answer");
    assert_eq!(
        codes(&world.call("probe.forum-thread", &json!({ "forum": "pay-room", "thread": "1" }))),
        ["cover.not-granted"]
    );
}
