//! S37: a hole is no permission, and the watch counts who tried.

use serde_json::json;

use super::{ATLAS, alerts, by_hand, close, give, reads, world};
use crate::world::{World, codes};

/// The small world, in which everybody is cleared for the ledger.
fn everybody_is_cleared() -> World {
    let world = world();
    let everybody =
        super::people().replace("cleared = [\"cam\", \"gus\", \"ben\", \"ida\"]", "cleared = [\"group:everyone\"]");
    super::apply(&world, &everybody);
    world
}

#[test]
fn s37_the_watch_counts_both_tries_and_nothing_wide_is_remembered() {
    let world = world();
    by_hand(&world, ATLAS);
    assert_eq!(codes(&reads(&world, "hal")), ["clear.not-cleared"], "though the list lets him");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'eng-help'").to_string();
    let tell = json!({ "path": "pay/ledger.csv", "forum": "eng-help", "thread": thread });
    assert_eq!(codes(&world.call("probe.read-then-post", &tell)), ["clear.too-wide"], "though everybody there can read it");
    assert_eq!(world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL"), 0);
    let readers = || world.done(&["session", "list"])["sessions"][0]["readers"].clone();
    assert_eq!(readers(), 4, "what ben holds is known to those who are cleared, hole or not");
    let found = alerts(&world);
    assert_eq!(found[0]["meanwhile"]["refused"], 2, "hal's and ben's: {found:?}");
    assert_eq!(found[0]["meanwhile"]["through-the-host"], json!([]), "ben is cleared, and hal read nothing");
    give(&world, "cam");
    close(&world, &found[0], "cam");
    assert_eq!(codes(&reads(&world, "hal")), ["cover.not-yours"]);
    assert_eq!(readers(), 4);
    let post = json!({ "forum": "eng-help", "thread": thread, "body": "what I read" });
    assert_eq!(codes(&world.call("probe.forum-post", &post)), ["clear.too-wide"]);
}

#[test]
fn what_was_read_through_the_host_before_is_named() {
    let world = everybody_is_cleared();
    by_hand(&world, ATLAS);
    assert_eq!(alerts(&world).len(), 0, "everybody is cleared for it");
    let narrowed = "DELETE FROM object_ceilings WHERE object = 'dataset/pay'; INSERT INTO object_ceilings VALUES ('dataset/pay', 'gus', 1);";
    by_hand(&world, narrowed);
    let found = alerts(&world);
    assert_eq!((&found[0]["cause"], &found[0]["people"]), (&json!("ceiling object dataset/pay"), &json!(398)), "{found:?}");
    // He was let in, and let out again, before anybody looked away: what he read in between is on record.
    by_hand(&world, "INSERT INTO object_ceilings VALUES ('dataset/pay', 'hal', 1);");
    assert_eq!(reads(&world, "hal")["outcome"], "returned");
    let found = alerts(&world);
    assert_eq!(found[0]["people"], 397);
    let opened = &found[0]["meanwhile"]["through-the-host"];
    assert_eq!((&opened[0]["person"], &opened[0]["what"]), (&json!("hal"), &json!("pay/ledger.csv")), "{found:?}");
    assert!(world.tollgate(&["watch"]).stdout.contains("hal opened pay/ledger.csv at"), "it is said");
}

#[test]
fn only_what_was_read_while_it_stood_open_counts_and_what_was_erased_is_said() {
    let world = everybody_is_cleared();
    by_hand(&world, ATLAS);
    let read = || {
        let told = reads(&world, "hal");
        assert_eq!(told["outcome"], "returned", "{told}");
        told["invocation"].as_str().expect("an id").to_owned()
    };
    let clear = |who: &str| format!("INSERT INTO object_ceilings VALUES ('dataset/pay', '{who}', 1);");
    let nobody = "DELETE FROM object_ceilings WHERE object = 'dataset/pay';";
    read();
    by_hand(&world, &format!("{nobody}{}", clear("gus")));
    assert_eq!(alerts(&world).len(), 1);
    by_hand(&world, &clear("hal"));
    let meanwhile = read();
    by_hand(&world, &format!("{nobody}{}", clear("group:everyone")));
    assert_eq!(alerts(&world).len(), 0, "everybody is cleared for it again");
    read();
    let found = || world.done(&["watch", "--all"])["alerts"][0]["meanwhile"].clone();
    let counts = |found: &serde_json::Value| (found["through-the-host"].as_array().map(Vec::len), found["erased"].clone());
    assert_eq!(counts(&found()), (Some(1), json!(0)), "neither what was before nor what came after: {}", found());
    world.done(&["journal", "erase", "--invocation", &meanwhile]);
    assert_eq!(counts(&found()), (Some(0), json!(1)), "{}", found());
}

#[test]
fn what_a_session_read_before_and_tries_to_tell_is_counted() {
    let world = world();
    by_hand(&world, ATLAS);
    assert_eq!(reads(&world, "ben")["outcome"], "returned");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'eng-help'").to_string();
    let post = json!({ "forum": "eng-help", "thread": thread, "body": "what I read" });
    assert_eq!(codes(&world.call("probe.forum-post", &post)), ["clear.too-wide"]);
    assert_eq!(alerts(&world)[0]["meanwhile"]["refused"], 1, "that call itself read nothing");
}

/// A lease on what stands open by mistake would outlast the mistake.
#[test]
fn s37_the_hole_lets_no_agent_open_it_again() {
    let world = world();
    by_hand(&world, ATLAS);
    let before = world.outside();
    for principal in ["group:atlas", "hal"] {
        let widen = json!({ "object": "dataset/pay", "principal": principal, "right": "read", "seconds": "60" }).to_string();
        let told = world.tollgate(&["-o", "json", "call", "probe.acl-widen", &widen, "--as", "cam"]).json();
        assert_eq!(codes(&told), ["clear.too-wide"], "who reads it through the hole gains it all the same: {told}");
    }
    assert_eq!(world.outside(), before);
}
