//! What tells something though it looks like nothing: a file that is not there, a line of an access list, and what lies in a
//! folder that is opened.

use serde_json::{Value, json};

use super::written::{CLI, EIGHT, OPEN, SEVEN, call, did, open, write};
use super::{apply, posts, read, thread};
use crate::world::{PASSPHRASE, World, codes, guests};

fn tell(world: &World, of: (&str, &str)) -> Value {
    let body = json!({ "forum": "eng-help", "thread": thread(world, "eng-help"), "body": "4711" });
    call(world, of, "forum-post", &body)
}

#[test]
fn that_nothing_is_there_is_of_where_it_was_looked_for() {
    let world = open();
    let missing = call(&world, CLI, "files-read", &read("pay/missing.csv"));
    assert_eq!(codes(&missing), ["cover.not-yours"], "{missing}");
    let told = tell(&world, CLI);
    assert_eq!(codes(&told), ["clear.too-wide"], "whether it is there is pay's: {told}");
    let change = told["refusals"][0]["change"].as_str().unwrap_or_default();
    assert!(change.contains("pay/missing.csv"), "{change}");
    let his = call(&world, ("hal", "cli"), "files-read", &read("pay/missing.csv"));
    assert_eq!(his["refusals"], missing["refusals"]);
    did(&tell(&world, ("hal", "cli")));
    assert_eq!(posts(&world), 1, "who may not look was told nothing");
}

#[test]
fn it_is_not_forgotten_while_a_call_waits() {
    let world = open();
    std::fs::copy(guests().fixtures.join("errand.wasm"), world.path("tools/errand.wasm")).expect("the guest");
    let tool = "tollgate = 1\n[tool]\ncomponent = \"errand.wasm\"\ncallers = [\"ben\"]\nagents = [\"cli\"]\n";
    let reads = "[grant]\n\"files.read\" = { paths = [\"pay/**\"], calls = 9, bytes = \"1 MiB\" }\n";
    let tells = "\"forum.post\" = { forums = [\"pay-room\"], calls = 9, bytes = \"1 MiB\", consent = \"initiator\" }\n";
    world.write("tools/errand.toml", &format!("{tool}{reads}{tells}"));
    world.done(&["pin", "errand"]);
    let steps = ["read pay/missing.csv 0".to_owned(), format!("post pay-room {} 0", thread(&world, "pay-room"))];
    let waits = world.call("errand.run", &json!({ "steps": steps, "memory": ["", "", "", "", ""] }));
    assert_eq!(waits["outcome"], "waiting", "{waits}");
    apply(&world, "tollgate = 1\n[objects.pay]\nowner = \"ben\"\nfolders = [\"pay\"]\nentries = []\ncleared = []\n");
    let question = waits["question"].to_string();
    world.answered(&["-o", "json", "approvals", "yes", &question, "--as", "ben"], &[("ben's passphrase", PASSPHRASE)]);
    let ended = world.tollgate(&["-o", "json", "result", waits["invocation"].as_str().expect("an id")]).json();
    assert_eq!(codes(&ended), ["cover.not-yours", "clear.too-wide"], "gus reads there and is not cleared now: {ended}");
    assert_eq!(posts(&world), 0);
}

fn widen(principal: &str) -> Value {
    json!({ "object": "scratch", "principal": principal, "right": "read", "seconds": "60" })
}

#[test]
fn what_is_opened_is_sent_with_what_lies_there() {
    let world = open();
    did(&call(&world, CLI, "files-read", &read("pay/ledger.csv")));
    did(&call(&world, CLI, "files-write", &write("scratch/copy.txt")));
    let before = world.outside();
    let wide = call(&world, SEVEN, "acl-widen", &widen("hal"));
    assert_eq!(codes(&wide), ["clear.too-wide"], "he is cleared for scratch, and not for what lies there: {wide}");
    assert_eq!(world.outside(), before);
    let typed = ["explain", "probe", "acl.widen", "object=scratch", "principal=hal", "right=read", "--agent", "agent-7"];
    let explained = world.tollgate(&[&["-o", "json"], &typed[..]].concat());
    assert!(explained.code == 3 && explained.stdout.contains("pay/ledger.csv"), "explain says so too: {explained:?}");
    did(&call(&world, SEVEN, "acl-widen", &widen("gus")));
    // Replaced by somebody who holds nothing.
    did(&call(&world, EIGHT, "files-write", &write("scratch/copy.txt")));
    did(&call(&world, SEVEN, "acl-widen", &widen("hal")));
}

#[test]
fn whoever_reads_an_object_reads_its_new_line() {
    let world = open();
    apply(&world, &OPEN.replace("entries = []", "entries = [{ principal = \"hal\", right = \"read\" }]"));
    did(&call(&world, SEVEN, "acl-widen", &widen("ida")));
    did(&call(&world, CLI, "files-read", &read("pay/ledger.csv")));
    let told = call(&world, CLI, "acl-widen", &widen("gus"));
    assert_eq!(codes(&told), ["clear.too-wide"], "gus may know it; hal reads whom it was opened to: {told}");
}
