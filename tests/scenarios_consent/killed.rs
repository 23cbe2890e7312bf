//! Asked in one process, which is killed; answered in another; taken up and performed in a third: once, as on the card.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{arguments, card, gus, post, posts, result, state, waits, world};
use crate::world::{PASSPHRASE, World, codes, program, report};

/// A text with what terminals, JSON and forums trip over.
const TEXT: &str = "Use \u{202e}evil\u{202c}.\u{1b}[2J\r\n\"quoted\" \\ \u{200b}caf\u{e9}\n";

/// Starts a call without a terminal and does not wait for it. `setsid` becomes the program.
fn start(world: &World, arguments: &[&str]) -> Child {
    let mut command = Command::new("setsid");
    command.arg(program()).args(arguments).current_dir(world.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

fn kill(mut started: Child) {
    started.kill().expect("it was alive");
    started.wait().expect("an end");
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

fn invocation(world: &World) -> String {
    let listed = world.done(&["journal", "list"]);
    listed["invocations"][0]["invocation"].as_str().expect("an id").to_owned()
}

/// The one post is what the card showed, and the receipt tells what every process did.
fn told_whole(world: &World, invocation: &str, shown: &Value, story: &[&str]) {
    let query = "SELECT body FROM posts WHERE invocation = ?1";
    let body: String = world.store().query_row(query, [invocation], |row| row.get(0)).expect("one post");
    let digest = tollgate::name::Digest::of(body.as_bytes()).hex();
    assert_eq!((shown["sha256"].as_str(), body.as_str()), (Some(digest.as_str()), TEXT), "byte for byte as on the card");
    assert_eq!(posts(world), 1);
    let receipt = world.done(&["receipt", invocation]);
    let did = receipt["did"].as_array().expect("deeds");
    let kinds: Vec<&str> = did.iter().map(|deed| deed["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, story, "{receipt}");
    let answered = did.iter().find(|deed| deed["kind"] == "answered").expect("an answer");
    assert_eq!((&answered["body"]["answer"], &answered["body"]["of"]), (&"yes".into(), &"gus".into()), "{receipt}");
    assert_eq!(receipt["outcome"], "returned");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn s01_killed_after_it_was_set_down_it_is_answered_elsewhere_and_posted_once() {
    let world = world();
    let waiting = start(&world, &["call", "probe.forum-post", &arguments(TEXT), "--wait"]);
    wait_until("it is set down", || world.count("SELECT count(*) FROM waits") == 1);
    kill(waiting);
    let shown = card(&world, 1);
    assert_eq!(posts(&world), 0);
    let invocation = invocation(&world);
    assert_eq!(result(&world, &invocation).0, 6);
    assert_eq!(gus(&world, "yes", 1)["invocations"][0]["outcome"], "returned");
    assert_eq!(result(&world, &invocation).0, 0);
    told_whole(&world, &invocation, &shown, &["asked", "set-down", "answered", "taken-up", "intent", "outcome"]);
}

#[test]
fn s01_killed_while_it_holds_the_question_is_answered_elsewhere_and_posted_once() {
    let world = world();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &config.replace("hold = \"0 s\"", "hold = \"1 min\""));
    let holding = start(&world, &["call", "probe.forum-post", &arguments(TEXT)]);
    wait_until("it is asked", || world.count("SELECT count(*) FROM approvals") == 1);
    kill(holding);
    let shown = card(&world, 1);
    let invocation = invocation(&world);
    assert_eq!(gus(&world, "yes", 1)["invocations"][0]["outcome"], "returned");
    told_whole(&world, &invocation, &shown, &["asked", "set-down", "answered", "taken-up", "intent", "outcome"]);
}

#[test]
fn s01_killed_at_a_terminal_that_shows_the_card_it_is_answered_elsewhere_and_posted_once() {
    let world = world();
    world.edit("consent = \"group:pay\"", "consent = [\"group:pay\", \"initiator\"]");
    let mut terminal = world.at_terminal(&["-o", "json", "call", "probe.forum-post", &arguments(TEXT)]);
    terminal.expect("[yes/no]").expect("the card");
    terminal.type_line("yes").expect("typing");
    terminal.expect("passphrase").expect("the prompt");
    terminal.kill().expect("it was alive");
    let shown = card(&world, 1);
    assert_eq!(gus(&world, "yes", 1)["state"], "open", "ben has not agreed yet");
    assert_eq!(posts(&world), 0);
    let typed = ["-o", "json", "approvals", "yes", "1"];
    let answered = world.answered(&typed, &[("ben's passphrase", PASSPHRASE)]).0;
    assert_eq!(answered["invocations"][0]["outcome"], "returned", "{answered}");
    let invocation = invocation(&world);
    told_whole(&world, &invocation, &shown, &["asked", "set-down", "answered", "answered", "taken-up", "intent", "outcome"]);
}

#[test]
fn s01_killed_after_the_yes_and_before_the_act_it_is_done_by_whoever_looks() {
    let world = world();
    let (invocation, question) = waits(&post(&world, TEXT, &[]));
    let shown = card(&world, question);
    super::answers(&world, question, "gus", true);
    assert_eq!(posts(&world), 0, "nobody has gone on yet");
    assert_eq!(result(&world, &invocation).0, 0);
    assert_eq!(shown["sha256"], json!(tollgate::name::Digest::of(TEXT.as_bytes()).hex()));
    assert_eq!((posts(&world), state(&world, question).as_str()), (1, "used"));
}

#[test]
fn s01_a_call_that_holds_is_answered_from_another_process_and_goes_on_where_it_is() {
    let world = world();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &config.replace("hold = \"0 s\"", "hold = \"1 min\""));
    let holding = world.at_terminal(&["-o", "json", "call", "probe.forum-post", &arguments(TEXT)]);
    wait_until("it is asked", || world.count("SELECT count(*) FROM approvals") == 1);
    gus(&world, "yes", 1);
    let report = report(&holding.end().expect("an end"));
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(world.kinds(&report), ["began", "asked", "intent", "outcome", "ended"]);
    assert_eq!(posts(&world), 1);
}

#[test]
fn s01_the_four_endings_of_a_question() {
    let ending = |make: &dyn Fn(&World, &str, u64)| {
        let world = world();
        let (invocation, question) = waits(&post(&world, TEXT, &[]));
        let listed = world.done(&["approvals", "list", "--as", "gus"]);
        assert_eq!(listed["questions"].as_array().map(Vec::len), Some(1), "one card: {listed}");
        make(&world, &invocation, question);
        let (code, report) = result(&world, &invocation);
        (code, report, posts(&world))
    };
    let (code, report, made) = ending(&|world, _, question| drop(answers_of(world, question, false)));
    assert_eq!((code, codes(&report), made), (3, vec!["agree.declined".to_owned()], 0), "{report}");
    let (code, _, made) = ending(&|world, _, question| drop(answers_of(world, question, true)));
    assert_eq!((code, made), (0, 1));
    let (code, report, made) = ending(&|world, _, _| {
        world.store().execute("UPDATE approvals SET expires = asked", []).map(drop).expect("its time is over");
    });
    assert_eq!((code, codes(&report), made), (3, vec!["agree.expired".to_owned()], 0), "{report}");
    let (code, _, made) = ending(&|world, invocation, _| drop(world.done(&["cancel", invocation])));
    assert_eq!((code, made), (130, 0));
}

fn answers_of(world: &World, question: u64, yes: bool) -> tollgate::approval::Answered {
    super::answers(world, question, "gus", yes)
}
