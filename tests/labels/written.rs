//! What a tool writes carries what was read before it, wherever it rests in between.

use serde_json::{Value, json};

use super::{apply, posts, read, thread, world};
use crate::world::{PASSPHRASE, World, codes};

/// Places whose own ceilings let everybody know: only what was written there says who may.
pub(super) const OPEN: &str = r#"tollgate = 1
[objects.scratch]
owner = "ben"
folders = ["scratch"]
entries = []
cleared = ["group:everyone"]
[forums.pay-room]
owner = "gus"
audience = ["group:pay"]
cleared = ["group:everyone"]
"#;

pub(super) fn open() -> World {
    let world = world();
    apply(&world, OPEN);
    world.edit(
        "[grant]\n",
        "[grant]\n\"files.write\" = { paths = [\"scratch/**\"], calls = 9, bytes = \"8 KiB\", consent = \"none\" }\n",
    );
    world.edit("\"pay/**\"]", "\"pay/**\", \"scratch/**\"]");
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\", \"agent-8\", \"agent-9\"]");
    world
}

/// A call in a session of its own: another agent's, or another person's.
pub(super) fn call(world: &World, of: (&str, &str), function: &str, arguments: &Value) -> Value {
    let (person, agent) = of;
    let typed =
        ["-o", "json", "call", &format!("probe.{function}"), &arguments.to_string(), "--as", person, "--agent", agent];
    world.tollgate(&typed).json()
}

pub(super) fn did(told: &Value) {
    assert_eq!(told["outcome"], "returned", "{told}");
}

/// Insists that a session which looked at the place may not tell, because of the ledger.
fn may_not_tell(world: &World, of: (&str, &str), function: &str, arguments: &Value) {
    did(&call(world, of, function, arguments));
    let body = json!({ "forum": "eng-help", "thread": thread(world, "eng-help"), "body": "4711" });
    let told = call(world, of, "forum-post", &body);
    assert_eq!(codes(&told), ["clear.too-wide"], "{function}: {told}");
    let change = told["refusals"][0]["change"].as_str().unwrap_or_default();
    assert!(change.contains("pay/ledger.csv"), "{function}: the source is still named: {change}");
}

pub(super) const CLI: (&str, &str) = ("ben", "cli");
pub(super) const SEVEN: (&str, &str) = ("ben", "agent-7");
pub(super) const EIGHT: (&str, &str) = ("ben", "agent-8");
const NINE: (&str, &str) = ("ben", "agent-9");

pub(super) fn write(path: &str) -> Value {
    json!({ "path": path, "contents": "NDcxMQ==" })
}

#[test]
fn s13_laundering_through_a_file() {
    let world = open();
    did(&call(&world, CLI, "files-read", &read("pay/ledger.csv")));
    did(&call(&world, CLI, "files-write", &write("scratch/copy.txt")));
    may_not_tell(&world, SEVEN, "files-read", &read("scratch/copy.txt"));
    may_not_tell(&world, EIGHT, "files-list", &json!({ "folder": "scratch" }));
    let typed = ["-o", "json", "explain", "probe", "forum.post", "forum=eng-help", "--agent", "agent-9"];
    let explained = world.tollgate(&[&typed[..], &["--read", "scratch/copy.txt"]].concat());
    assert!(explained.code == 3 && explained.stdout.contains("pay/ledger.csv"), "explain knows it too: {explained:?}");
    let nothing = world.tollgate(&[&typed[..], &["--read", "scratch/note.txt"]].concat());
    assert_eq!(nothing.code, 0, "of another file it says yes: {nothing:?}");
    // From one file into the next.
    did(&call(&world, SEVEN, "files-write", &write("scratch/second.txt")));
    may_not_tell(&world, NINE, "files-read", &read("scratch/second.txt"));
    assert_eq!(posts(&world), 0);
    // Somebody who may read the folder and not know the ledger: it is not there for him.
    let shared = OPEN.replace("entries = []", "entries = [{ principal = \"hal\", right = \"read\" }]");
    apply(&world, &shared);
    let hal = ("hal", "cli");
    let his = call(&world, hal, "files-read", &read("scratch/copy.txt"));
    let missing = call(&world, hal, "files-read", &read("scratch/missing.txt"));
    assert_eq!((codes(&his), &his["refusals"]), (vec!["cover.not-yours".to_owned()], &missing["refusals"]));
    let listed = call(&world, hal, "files-list", &json!({ "folder": "scratch" }));
    assert_eq!(listed["value"]["entries"].as_array().map(Vec::len), Some(1), "only the note: {listed}");
    let again = call(&world, CLI, "files-write", &write("scratch/copy.txt"));
    assert_eq!(codes(&again), ["clear.too-wide"], "hal reads that folder, with other programs too: {again}");
}

#[test]
fn s13_a_file_that_was_replaced_carries_what_its_last_writer_held() {
    let world = open();
    did(&call(&world, CLI, "files-read", &read("pay/ledger.csv")));
    did(&call(&world, CLI, "files-write", &write("scratch/copy.txt")));
    did(&call(&world, SEVEN, "files-write", &write("scratch/copy.txt")));
    assert_eq!(world.count("SELECT count(*) FROM carried_files"), 0);
    did(&call(&world, EIGHT, "files-read", &read("scratch/copy.txt")));
    let body = json!({ "forum": "eng-help", "thread": thread(&world, "eng-help"), "body": "clean" });
    did(&call(&world, EIGHT, "forum-post", &body));
}

#[test]
fn s13_laundering_through_a_post() {
    let world = open();
    let room = thread(&world, "pay-room");
    let told = json!({ "path": "pay/ledger.csv", "forum": "pay-room", "thread": room });
    did(&call(&world, CLI, "read-then-post", &told));
    let look = json!({ "forum": "pay-room", "thread": room });
    may_not_tell(&world, SEVEN, "forum-thread", &look);
    may_not_tell(&world, ("gus", "cli"), "forum-thread", &look);
    assert_eq!(posts(&world), 1);
    // The room grows: whoever came later and may not know the ledger does not see that post.
    apply(&world, &OPEN.replace("[\"group:pay\"]", "[\"group:pay\", \"hal\"]"));
    let seen = call(&world, ("hal", "cli"), "forum-thread", &look);
    assert_eq!(seen["value"]["posts"].as_array().map(Vec::len), Some(1), "{seen}");
    assert_eq!(seen["value"]["posts"][0]["body"], "Here");
}

#[test]
fn s13_laundering_through_an_access_list() {
    let world = open();
    did(&call(&world, CLI, "files-read", &read("pay/ledger.csv")));
    let widen = |principal: &str| json!({ "object": "scratch", "principal": principal, "right": "read", "seconds": "60" });
    let wide = call(&world, CLI, "acl-widen", &widen("hal"));
    assert_eq!(codes(&wide), ["clear.too-wide"], "hal is cleared for scratch, and not for what was read: {wide}");
    did(&call(&world, CLI, "acl-widen", &widen("gus")));
    may_not_tell(&world, SEVEN, "acl-entries", &json!({ "object": "scratch" }));
}

#[test]
fn what_a_file_carried_is_not_forgotten_while_a_call_waits() {
    let world = open();
    did(&call(&world, CLI, "files-read", &read("pay/ledger.csv")));
    did(&call(&world, CLI, "files-write", &write("scratch/copy.txt")));
    world.edit("calls = 5, bytes = \"8 KiB\", consent = \"none\"", "calls = 5, bytes = \"8 KiB\", consent = \"initiator\"");
    let told = json!({ "path": "scratch/copy.txt", "forum": "pay-room", "thread": thread(&world, "pay-room") });
    let waits = call(&world, SEVEN, "read-then-post", &told);
    assert_eq!(waits["outcome"], "waiting", "{waits}");
    let question = waits["question"].to_string();
    let card = world.done(&["approvals", "show", &question])["card"].clone();
    assert_eq!(card["read"], json!(["pay/ledger.csv", "scratch/copy.txt"]));
    apply(&world, "tollgate = 1\n[objects.pay]\nowner = \"ben\"\nfolders = [\"pay\"]\nentries = []\ncleared = []\n");
    world.answered(&["-o", "json", "approvals", "yes", &question, "--as", "ben"], &[("ben's passphrase", PASSPHRASE)]);
    let ended = world.tollgate(&["-o", "json", "result", waits["invocation"].as_str().expect("an id")]).json();
    assert_eq!(codes(&ended), ["clear.too-wide"], "{ended}");
    assert_eq!(posts(&world), 0);
}
