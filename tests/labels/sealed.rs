//! What is read under a sealing grant does not reach the agent: it is handed a name, which its calls may pass on.

use serde_json::{Value, json};

use super::{apply, below, call_as, post, posts, read, tell, thread, world};
use crate::world::{PASSPHRASE, World, codes};

/// The canary, as a result of bytes has it.
const BASE64: &str = "Q0FOQVJZ";

/// A world whose ledger is read sealed, and forums beside it are not.
fn sealing() -> World {
    let world = world();
    let grants = r#"[[grant."files.read"]]
paths = ["runbooks/**"]
calls = 10
bytes = "1 MiB"
[[grant."files.read"]]
paths = ["pay/**"]
calls = 10
bytes = "1 MiB"
flow = "seal"
[grant."forum.post"]
forums = ["eng-help", "pay-room"]
calls = 5
bytes = "8 KiB"
consent = "none"
"#;
    world.grant(grants);
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
    world
}

/// The name that the agent is handed in place of the ledger.
fn handed(world: &World) -> String {
    handed_of(world, "pay/ledger.csv")
}

fn handed_of(world: &World, path: &str) -> String {
    let ran = world.tollgate(&["-o", "json", "call", "probe.files-read", &read(path).to_string()]);
    assert!(!format!("{ran:?}").contains(BASE64), "the agent is told nothing of it: {ran:?}");
    let told = ran.json();
    assert_eq!(told["outcome"], "returned", "{told}");
    let name = told["value"]["sealed"].as_str().unwrap_or_else(|| panic!("a name: {told}")).to_owned();
    let again = world.tollgate(&["-o", "json", "result", told["invocation"].as_str().expect("an id")]);
    assert!(!format!("{again:?}").contains(BASE64), "nor when it asks again: {again:?}");
    name
}

/// Ben takes it on himself that his session holds nothing any more.
fn shed(world: &World) {
    let shed = ["-o", "json", "session", "shed", "--reason", "the task is over, its context is gone"];
    world.answered(&shed, &[("ben's passphrase", PASSPHRASE)]);
}

#[test]
fn s15_what_is_sealed_is_passed_on_unseen() {
    let world = sealing();
    let open = world.call("probe.files-read", &read("runbooks/deploy.md"));
    assert!(open["value"].is_string(), "another grant of the same function seals nothing: {open}");
    let name = handed(&world);
    let told = post(&world, "pay-room", &name);
    assert_eq!(told["outcome"], "returned", "{told}");
    let written = world.count(&format!("SELECT count(*) FROM posts WHERE body LIKE '{BASE64}%'"));
    assert_eq!(written, 1, "the tool was handed what the name stands for");
    assert!(told["value"]["sealed"].is_string(), "whoever was handed it could give it back: {told}");
    assert_eq!(codes(&post(&world, "eng-help", &name)), ["clear.too-wide"], "it comes from the ledger all the same");
    assert_eq!(codes(&post(&world, "eng-help", "hello")), ["clear.too-wide"], "and the session knows of it");
    assert_eq!(posts(&world), 1);
}

#[test]
fn a_name_is_worth_nothing_in_another_session() {
    let world = sealing();
    let name = handed(&world);
    let as_agent = |agent: &str, name: &str| {
        let arguments = json!({ "forum": "pay-room", "thread": thread(&world, "pay-room"), "body": name }).to_string();
        world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments, "--agent", agent])
    };
    let other = as_agent("agent-7", &name);
    assert_eq!(other.code, 2, "{other:?}");
    let unknown = name.replace(|c: char| c.is_ascii_digit(), "1");
    let says = |ran: &crate::world::Ran, name: &str| format!("{ran:?}").replace(name, "it");
    assert_eq!(says(&other, &name), says(&as_agent("agent-7", &unknown), &unknown), "as one that never was");
    let plain = world.call("probe.files-read", &read("runbooks/deploy.md"));
    let plain = format!("sealed:{}", plain["invocation"].as_str().expect("an id"));
    assert_eq!(as_agent("cli", &plain).code, 2, "nor one that names what was not sealed");
    let arguments = json!({ "forum": "pay-room", "thread": thread(&world, "pay-room"), "body": name });
    let gus = world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments.to_string(), "--as", "gus"]);
    assert_eq!((gus.code, posts(&world)), (2, 0), "{gus:?}");
}

#[test]
fn what_is_sealed_keeps_its_sources_when_its_session_is_rid_of_them() {
    let world = sealing();
    let name = handed(&world);
    shed(&world);
    assert_eq!(post(&world, "eng-help", "hello")["outcome"], "returned");
    assert_eq!(codes(&post(&world, "eng-help", &name)), ["clear.too-wide"]);
    assert_eq!(codes(&post(&world, "eng-help", "hello again")), ["clear.too-wide"], "the session is told of it anew");
    apply(&world, "tollgate = 1\n[objects.pay]\nowner = \"gus\"\nfolders = [\"pay\"]\nentries = []\ncleared = []\n");
    let told = world.tollgate(&[
        "-o",
        "json",
        "call",
        "probe.forum-post",
        &json!({ "forum": "pay-room", "thread": thread(&world, "pay-room"), "body": name }).to_string(),
    ]);
    assert_eq!(told.code, 2, "ben is not cleared for it any more: {told:?}");
}

#[test]
fn a_call_that_waits_goes_on_with_what_it_was_handed() {
    let world = sealing();
    world.edit("consent = \"none\"", "consent = \"initiator\"");
    let told = post(&world, "pay-room", &handed(&world));
    assert_eq!(told["outcome"], "waiting", "{told}");
    let question = told["question"].to_string();
    let card = world.done(&["approvals", "show", &question])["card"].clone();
    assert!(card["payload"]["text"].as_str().is_some_and(|text| text.starts_with(BASE64)), "a person sees it: {card}");
    world.answered(&["-o", "json", "approvals", "yes", &question], &[("ben's passphrase", PASSPHRASE)]);
    assert_eq!(posts(&world), 1);
    let ended: Value = world.done(&["result", told["invocation"].as_str().expect("an id")]);
    assert!(ended["value"]["sealed"].is_string(), "{ended}");
    let wrong = call_as(&world, "ben", "probe.files-read", &json!({ "path": handed(&world), "offset": "0", "length": 1 }));
    assert_eq!(wrong["refusals"][0]["change"], Value::Null, "the words of a refusal may hold it: {wrong}");
    assert_eq!(codes(&wrong), ["cover.not-granted"], "in place of a path it is a text like any other: {wrong}");
    assert!(!wrong.to_string().contains(BASE64), "{wrong}");
    let later = world.tollgate(&["-o", "json", "result", wrong["invocation"].as_str().expect("an id")]).json();
    assert_eq!(later["refusals"], wrong["refusals"], "nor is it told more when it asks again");
}

#[test]
fn what_waited_with_something_sealed_keeps_where_that_came_from() {
    let world = sealing();
    let name = handed(&world);
    shed(&world);
    world.edit("consent = \"none\"", "consent = \"initiator\"");
    let told = post(&world, "pay-room", &name);
    world.answered(&["-o", "json", "approvals", "yes", &told["question"].to_string()], &[("ben's passphrase", PASSPHRASE)]);
    assert_eq!(posts(&world), 1, "{told}");
    let ended = world.done(&["result", told["invocation"].as_str().expect("an id")]);
    let given = ended["value"]["sealed"].as_str().unwrap_or_else(|| panic!("a name: {ended}"));
    shed(&world);
    world.edit("consent = \"initiator\"", "consent = \"none\"");
    assert_eq!(post(&world, "eng-help", "hello")["outcome"], "returned");
    assert_eq!(codes(&post(&world, "eng-help", given)), ["clear.too-wide"], "what came of it comes from the ledger too");
}

#[test]
fn what_a_call_read_sealed_before_it_waited_is_kept_from_the_agent_afterwards() {
    let world = sealing();
    world.edit("consent = \"none\"", "consent = \"initiator\"");
    let told = tell(&world, "pay-room");
    world.answered(&["-o", "json", "approvals", "yes", &told["question"].to_string()], &[("ben's passphrase", PASSPHRASE)]);
    assert_eq!(posts(&world), 1, "{told}");
    let ended = world.done(&["result", told["invocation"].as_str().expect("an id")]);
    assert!(ended["value"]["sealed"].is_string(), "{ended}");
}

#[test]
fn two_that_are_handed_sealed_come_from_where_both_came_from() {
    let world = sealing();
    below(&world, ("open", "gus"), "pay/open", "group:everyone");
    world.write("files/pay/open/hours.txt", "from eight to six");
    let ledger = handed(&world);
    shed(&world);
    let hours = handed_of(&world, "pay/open/hours.txt");
    let hand = |unused: &str, body: &str| {
        let thread = thread(&world, "eng-help");
        let two = json!({ "path": unused, "times": 0, "forum": "eng-help", "thread": thread, "body": body });
        let told = world.call("probe.read-many-then-post", &two);
        shed(&world);
        told
    };
    assert_eq!(hand(&hours, &hours)["outcome"], "returned", "everybody may know them");
    assert_eq!(codes(&hand(&hours, &ledger)), ["clear.too-wide"]);
    assert_eq!(codes(&hand(&ledger, &hours)), ["clear.too-wide"]);
}

#[test]
fn what_was_written_over_in_the_journal_is_not_opened() {
    let world = sealing();
    let name = handed(&world);
    let forged = "UPDATE payloads SET bytes = CAST('\"forged\"' AS BLOB) WHERE part = 'sealed'";
    assert_eq!(world.store().execute(forged, []).expect("a change by hand"), 1);
    let arguments = json!({ "forum": "pay-room", "thread": thread(&world, "pay-room"), "body": name });
    let told = world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments.to_string()]);
    assert!(told.code == 2 && format!("{told:?}").contains("is not what was put on record"), "{told:?}");
    assert_eq!(posts(&world), 0);
}
