//! What was read bounds where it goes: scenarios of labels under their numbers, and the laws of their sets.

mod ceilings;
mod doors;
mod released;
mod sealed;
mod sessions;
mod sets;
mod told;
mod written;

use serde_json::{Value, json};

use crate::world::{PASSPHRASE, World, codes};

/// 25 people: ben and gus are in pay, ida is cleared for it and cannot read it yet, hal and the crowd are not.
fn people() -> String {
    let crowd: Vec<String> = (0..20).map(|number| format!("p{number}")).collect();
    let named: String = crowd.iter().map(|name| format!("[people.{name}]\nname = \"{name}\"\n")).collect();
    format!(
        r#"tollgate = 1
[people.ida]
name = "Ida"
[people.hal]
name = "Hal"
{named}
[groups.everyone]
members = ["ben", "gus", "fay", "ida", "hal", "group:crowd"]
[groups.crowd]
members = {crowd:?}
[groups.pay]
members = ["gus", "ben"]
[objects.pay]
owner = "gus"
folders = ["pay"]
entries = [{{ principal = "group:pay", right = "read" }}]
cleared = ["group:pay", "ida"]
[[threads]]
forum = "pay-room"
author = "gus"
title = "The ledger"
body = "Here"
"#
    )
}

const GRANTS: &str = r#"[grant]
"files.read" = { paths = ["runbooks/**", "pay/**"], calls = 1000, bytes = "16 MiB" }
"forum.read" = { forums = ["eng-help", "pay-room"], calls = 10, bytes = "1 MiB" }
"forum.post" = { forums = ["eng-help", "pay-room"], calls = 5, bytes = "8 KiB", consent = "none" }
"acl.read" = { objects = ["scratch", "pay"], calls = 10, bytes = "64 KiB" }
"acl.write" = { objects = ["scratch", "pay"], wide = true, principals = ["*", "group:*"], rights = ["read"], calls = 5, lease = "30 min", consent = "none" }
"#;

fn world() -> World {
    let world = World::new();
    apply(&world, &people());
    world.grant(GRANTS);
    world
}

/// An object of somebody, for a folder that lies below another one, which these may read; nobody declares who is cleared.
fn below(world: &World, (object, owner): (&str, &str), folder: &str, reader: &str) {
    let entry = format!("{{ principal = \"{reader}\", right = \"read\" }}");
    apply(
        world,
        &format!("tollgate = 1\n[objects.{object}]\nowner = \"{owner}\"\nfolders = [\"{folder}\"]\nentries = [{entry}]\n"),
    );
}

fn apply(world: &World, text: &str) {
    world.write("change.toml", text);
    world.done(&["world", "apply", "change.toml"]);
}

fn thread(world: &World, forum: &str) -> String {
    world.count(&format!("SELECT min(id) FROM threads WHERE forum = '{forum}'")).to_string()
}

/// Reads the ledger and posts it, on behalf of somebody.
fn tell(world: &World, forum: &str) -> Value {
    let arguments = json!({ "path": "pay/ledger.csv", "forum": forum, "thread": thread(world, forum) });
    world.call("probe.read-then-post", &arguments)
}

fn post(world: &World, forum: &str, body: &str) -> Value {
    world.call("probe.forum-post", &json!({ "forum": forum, "thread": thread(world, forum), "body": body }))
}

fn call_as(world: &World, person: &str, call: &str, arguments: &Value) -> Value {
    world.tollgate(&["-o", "json", "call", call, &arguments.to_string(), "--as", person]).json()
}

fn read(path: &str) -> Value {
    json!({ "path": path, "offset": "0", "length": 64 })
}

fn posts(world: &World) -> i64 {
    world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL")
}

/// The ledger is opened to everybody by hand, as on bad advice.
fn hole(world: &World) {
    let opened = "INSERT INTO acl_entries (object, principal, right_) VALUES ('pay', 'group:everyone', 'read')";
    world.store().execute(opened, []).expect("the wrong widening");
    world.store().execute("UPDATE state SET stamp = stamp + 1", []).expect("the stamp moves");
}

#[test]
fn s11_read_then_tell() {
    let world = world();
    assert_eq!(post(&world, "eng-help", "before reading")["outcome"], "returned");
    assert_eq!(tell(&world, "pay-room")["outcome"], "returned", "whoever reads there is cleared");
    let before = world.outside();
    let told = tell(&world, "eng-help");
    assert_eq!(codes(&told), ["clear.too-wide"], "{told}");
    let (message, change) = (told["refusals"][0]["message"].as_str(), told["refusals"][0]["change"].as_str());
    assert!(message.is_some_and(|it| it.contains("22 of 25 whom this reaches are")), "{told}");
    assert!(change.is_some_and(|it| it.contains("forum pay-room") && it.contains("pay/ledger.csv")), "{told}");
    assert!(!told["refusals"].to_string().contains("hal"), "a count, no names: {told}");
    assert_eq!(world.outside(), before);
    assert!(world.kinds(&told).contains(&"refused".to_owned()));
    let explain = |reads: &[&str]| {
        let typed = ["-o", "json", "explain", "probe", "forum.post", "forum=eng-help", "--agent", "cli"];
        world.tollgate(&[&typed, reads].concat())
    };
    let explained = explain(&["--read", "pay/ledger.csv"]);
    assert_eq!(explained.code, 3, "{explained:?}");
    let steps = explained.json()["steps"].clone();
    let last = steps.as_array().and_then(|steps| steps.last()).cloned().unwrap_or_default();
    assert_eq!((&last["code"], &last["says"]), (&json!("clear.too-wide"), &told["refusals"][0]["message"]));
    assert_eq!(last["change"], told["refusals"][0]["change"], "explain says what the gate says");
    let says = steps.to_string();
    assert!(says.contains("22 people: fay (Fay), hal (Hal)") && says.contains("release it: 1 person: gus"), "{steps}");
    let his = explain(&["--read", "pay/ledger.csv", "--as", "hal"]);
    assert!(his.code == 3 && his.stdout.contains("cover.not-yours"), "hal cannot have read it: {his:?}");
}

#[test]
fn s11_a_yes_does_not_help_and_nobody_is_asked() {
    let world = world();
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"initiator\"");
    let told = tell(&world, "eng-help");
    assert_eq!(codes(&told), ["clear.too-wide"], "{told}");
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 0);
    assert_eq!(posts(&world), 0);
}

#[test]
fn s11_what_is_not_the_initiators_is_not_there() {
    let world = world();
    let his = call_as(&world, "hal", "probe.files-read", &read("pay/ledger.csv"));
    let missing = call_as(&world, "hal", "probe.files-read", &read("pay/missing.csv"));
    assert_eq!(codes(&his), ["cover.not-yours"], "{his}");
    assert_eq!(his["refusals"], missing["refusals"]);
    let cleared = call_as(&world, "ida", "probe.files-read", &read("pay/ledger.csv"));
    assert_eq!(codes(&cleared), ["cover.not-yours"], "cleared is not readable: {cleared}");
}

#[test]
fn s37_the_hole_is_not_a_permission() {
    let world = world();
    hole(&world);
    let his = call_as(&world, "hal", "probe.files-read", &read("pay/ledger.csv"));
    assert_eq!(codes(&his), ["clear.not-cleared"], "{his}");
    let missing = call_as(&world, "hal", "probe.files-read", &read("pay/missing.csv"));
    assert_eq!(his["refusals"], missing["refusals"], "in the same words whether or not it exists");
    assert!(!his.to_string().contains("Q0FOQVJZ"), "the canary in base64");
    let listed = call_as(&world, "hal", "probe.files-list", &json!({ "folder": "pay" }));
    assert_eq!(listed["value"]["entries"], json!([]), "{listed}");
    let entries = call_as(&world, "hal", "probe.acl-entries", &json!({ "object": "pay" }));
    assert_eq!(codes(&entries), ["clear.not-cleared"], "{entries}");
    assert_eq!(codes(&tell(&world, "eng-help")), ["clear.too-wide"], "the label is bounded by who is cleared");
    assert_eq!(posts(&world), 0);
    let read = call_as(&world, "ida", "probe.files-read", &read("pay/ledger.csv"));
    assert_eq!(read["outcome"], "returned", "ida is cleared, and now she can read it: {read}");
}

#[test]
fn s18_access_is_opened_to_cleared_people_only() {
    let world = world();
    let widen = |principal: &str| {
        let arguments = json!({ "object": "pay", "principal": principal, "right": "read", "seconds": "60" });
        call_as(&world, "gus", "probe.acl-widen", &arguments)
    };
    let before = world.outside();
    let wide = widen("group:everyone");
    assert_eq!(codes(&wide), ["clear.too-wide"], "{wide}");
    let message = wide["refusals"][0]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("22 of 23 who would gain this are not cleared for pay"), "{message}");
    assert_eq!(codes(&widen("group:ghosts")), ["clear.too-wide"], "a group that is not there counts as everybody");
    assert_eq!(codes(&widen("hal")), ["clear.too-wide"]);
    assert_eq!(world.outside(), before);
    let typed = ["explain", "probe", "acl.widen", "object=pay", "principal=group:everyone", "right=read", "--as", "gus"];
    let explained = world.tollgate(&[&["-o", "json"], &typed[..]].concat());
    assert!(explained.code == 3 && explained.stdout.contains(message), "{explained:?}");
    let lease = widen("ida");
    assert_eq!(lease["outcome"], "returned", "{lease}");
    let end = json!({ "object": "pay", "lease": lease["value"] });
    assert_eq!(call_as(&world, "gus", "probe.acl-end", &end)["outcome"], "returned", "to close it is always clear");
}

#[test]
fn s06_who_can_read_it_through_a_hole_is_not_asked() {
    let world = world();
    apply(&world, "tollgate = 1\n[groups.fixers]\nmembers = [\"hal\"]\n");
    let prompts = [("New passphrase for hal", PASSPHRASE), ("The same again", PASSPHRASE)];
    let (set, _) = world.answered(&["-o", "json", "passphrase", "hal"], &prompts);
    assert_eq!(set["person"], "hal", "{set}");
    world.edit("lease = \"30 min\", consent = \"none\"", "lease = \"30 min\", consent = \"group:fixers\"");
    hole(&world);
    world.edit("rights = [\"read\"]", "rights = [\"read\", \"administer\"]");
    let widen = json!({ "object": "pay", "principal": "ida", "right": "administer", "seconds": "60" });
    let asked = call_as(&world, "gus", "probe.acl-widen", &widen);
    assert_eq!(codes(&asked), ["agree.nobody-can"], "hal can read it and is not cleared for it: {asked}");
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 0);
    let cleared = people().replace("\"group:pay\", \"ida\"]", "\"group:pay\", \"ida\", \"hal\"]");
    apply(&world, &cleared);
    hole(&world);
    assert_eq!(call_as(&world, "gus", "probe.acl-widen", &widen)["outcome"], "waiting", "now he is, and is asked");
}
