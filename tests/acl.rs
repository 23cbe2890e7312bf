//! Access: a widening is a lease, within the grant, by somebody who may, and an ended one is no right.

use serde_json::{Value, json};

use crate::world::{World, codes};

fn widen(object: &str, principal: &str, seconds: u64) -> Value {
    json!({ "object": object, "principal": principal, "right": "read", "seconds": seconds.to_string() })
}

#[test]
fn a_widening_is_a_lease_that_really_widens() {
    let world = World::new();
    world.edit("paths = [\"runbooks/**\"]", "paths = [\"runbooks/**\", \"scratch/**\"]");
    let read = json!({ "path": "scratch/note.txt", "offset": "0", "length": 64 }).to_string();
    let as_fay = ["-o", "json", "call", "probe.files-read", &read, "--as", "fay"];
    assert_eq!(codes(&world.tollgate(&as_fay).json()), ["cover.not-yours"], "fay may not read it yet");
    let report = world.call("probe.acl-widen", &widen("scratch", "group:web", 60));
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(world.tollgate(&as_fay).json()["outcome"], "returned", "now she may");
    world.store().execute("UPDATE acl_entries SET ends = 1 WHERE tool IS NOT NULL", []).expect("the end comes");
    world.store().execute("UPDATE state SET stamp = stamp + 1", []).expect("the stamp moves");
    assert_eq!(codes(&world.tollgate(&as_fay).json()), ["cover.not-yours"], "an ended entry is no right");
}

#[test]
fn a_widening_beyond_the_grant_is_refused() {
    let world = World::new();
    let before = world.outside();
    for (arguments, code) in [
        (widen("scratch", "group:web", 3600), "cover.not-granted"),
        (widen("scratch", "group:everyone", 60), "cover.not-granted"),
        (widen("pay", "group:web", 60), "cover.not-granted"),
    ] {
        assert_eq!(codes(&world.call("probe.acl-widen", &arguments)), [code], "{arguments}");
    }
    world.edit("{ objects = [\"scratch\"], principals", "{ objects = [\"scratch\", \"pay\"], principals");
    assert_eq!(
        codes(&world.call("probe.acl-widen", &widen("pay", "group:web", 60))),
        ["cover.not-yours"],
        "ben does not own pay"
    );
    assert_eq!(world.outside(), before);
}

#[test]
fn a_tool_ends_its_own_lease_and_no_other() {
    let world = World::new();
    let lease = world.call("probe.acl-widen", &widen("scratch", "group:web", 60))["value"].clone();
    let end = json!({ "object": "scratch", "lease": lease });
    assert_eq!(world.call("probe.acl-end", &end)["outcome"], "returned");
    assert_eq!(codes(&world.call("probe.acl-end", &end)), ["cover.not-yours"], "it is closed already");
    let other = json!({ "object": "scratch", "lease": "999" });
    assert_eq!(codes(&world.call("probe.acl-end", &other)), ["cover.not-yours"]);
}
