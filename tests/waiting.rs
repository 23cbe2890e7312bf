//! Questions that outlive a process: asked in one, answered in another, performed in a third, once.

use serde_json::{Value, json};
use tollgate_example_tools::terminal::Ended;

use crate::world::{PASSPHRASE, Ran, World, codes};

/// A world whose probe needs the initiator's yes for a post.
pub fn asking() -> World {
    let world = World::new();
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"initiator\"");
    world
}

/// Posts without a terminal; nobody is there to answer.
pub fn post(world: &World, body: &str) -> Ran {
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": body }).to_string();
    world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments])
}

/// Posts, and insists that it waits: the invocation and the question.
pub fn waits(world: &World, body: &str) -> (String, String) {
    let ran = post(world, body);
    assert_eq!(ran.code, 6, "{ran:?}");
    let report = ran.json();
    assert_eq!(report["outcome"], "waiting");
    (report["invocation"].as_str().expect("an id").to_owned(), report["question"].to_string())
}

/// Answers a question at a terminal.
pub fn answer(world: &World, word: &str, question: &str) -> Value {
    world.answered(&["-o", "json", "approvals", word, question], &[("passphrase", PASSPHRASE)]).0
}

fn posts(world: &World) -> i64 {
    world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL")
}

/// Somebody is editing the manifest at that moment.
#[test]
fn a_yes_is_not_judged_by_a_manifest_that_does_not_check() {
    let world = asking();
    let (invocation, question) = waits(&world, "while it is edited");
    let right = world.read("tools/probe.toml");
    world.write("tools/probe.toml", &right.replace("runbooks/**", "runbooks/**/x"));
    for word in ["yes", "no"] {
        let ended = answer_typed(&world, word, &question);
        assert_eq!(ended.status.code(), Some(5), "{}", ended.screen);
        let said = "the manifest of `probe` does not check now; the question stays open";
        assert!(ended.screen.contains(said) && ended.screen.contains("`tollgate check`"), "{}", ended.screen);
    }
    let listed = world.done(&["approvals", "list"]);
    assert_eq!(listed["questions"][0]["state"], "open", "{listed}");
    assert_eq!(world.count("SELECT count(*) FROM answers"), 0);
    world.write("tools/probe.toml", &right);
    assert_eq!(answer(&world, "yes", &question)["state"], "agreed");
    assert_eq!(world.done(&["result", &invocation])["outcome"], "returned");
    // A tool that is gone altogether is no tool that is being edited.
    let (_, question) = waits(&world, "then it is removed");
    std::fs::remove_file(world.path("tools/probe.toml")).expect("it was there");
    answer_typed(&world, "yes", &question);
    assert_eq!(world.done(&["approvals", "list", "--all"])["questions"][0]["state"], "void");
}

/// Types an answer, whatever comes of it.
fn answer_typed(world: &World, word: &str, question: &str) -> Ended {
    let mut terminal = world.at_terminal(&["approvals", word, question]);
    terminal.expect("passphrase").expect("the prompt");
    terminal.type_line(PASSPHRASE).expect("typing");
    terminal.end().expect("an end")
}

#[test]
fn a_post_waits_and_is_made_once_by_whoever_answers() {
    let world = asking();
    let (invocation, question) = waits(&world, "the text, byte for byte");
    assert_eq!(posts(&world), 0);
    let listed = world.done(&["approvals", "list"]);
    assert_eq!(listed["questions"][0]["question"].to_string(), question, "{listed}");
    assert_eq!(world.tollgate(&["result", &invocation]).code, 6);
    let answered = answer(&world, "yes", &question);
    assert_eq!(answered["state"], "agreed", "{answered}");
    assert_eq!(answered["invocations"][0]["outcome"], "returned", "{answered}");
    let body: String = world
        .store()
        .query_row("SELECT body FROM posts WHERE invocation = ?1", [&invocation], |row| row.get(0))
        .expect("the post");
    assert_eq!(body, "the text, byte for byte");
    let result = world.done(&["result", &invocation]);
    assert_eq!(result["outcome"], "returned", "{result}");
    assert_eq!(result["value"], answered["invocations"][0]["value"]);
    assert_eq!(posts(&world), 1);
    let kinds = world.kinds(&result);
    assert_eq!(kinds, ["began", "asked", "set-down", "taken-up", "intent", "outcome", "ended"], "{result}");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn an_equal_call_joins_the_one_that_waits_and_gets_its_result_once() {
    let world = asking();
    let (invocation, question) = waits(&world, "once");
    let (again, same) = waits(&world, "once");
    assert_eq!((&again, &same), (&invocation, &question));
    answer(&world, "yes", &question);
    let joined = post(&world, "once");
    assert_eq!(joined.code, 0, "{joined:?}");
    assert_eq!(joined.json()["invocation"], json!(invocation));
    assert_eq!(posts(&world), 1);
    let (new, other) = waits(&world, "once");
    assert_ne!(new, invocation, "its result was handed over: this is a new call");
    assert_ne!(other, question);
    assert_eq!(posts(&world), 1);
}

#[test]
fn a_no_ends_it_and_stands_for_a_while() {
    let world = asking();
    let (invocation, question) = waits(&world, "no");
    let answered = answer(&world, "no", &question);
    assert_eq!(answered["state"], "declined", "{answered}");
    let result = world.tollgate(&["-o", "json", "result", &invocation]);
    assert_eq!(result.code, 3, "{result:?}");
    assert_eq!(codes(&result.json()), ["agree.declined"]);
    let again = post(&world, "no");
    assert_eq!(codes(&again.json()), ["agree.declined-before"], "{again:?}");
    assert_eq!(posts(&world), 0);
}

#[test]
fn what_waits_can_be_cancelled_and_its_question_goes_with_it() {
    let world = asking();
    let (invocation, question) = waits(&world, "never");
    assert_eq!(world.done(&["cancel", &invocation])["outcome"], "cancelled");
    assert_eq!(world.tollgate(&["cancel", &invocation]).code, 2);
    let ended = world.at_terminal(&["approvals", "yes", &question]).end().expect("an end");
    assert!(!ended.status.success(), "{}", ended.screen);
    assert_eq!(world.tollgate(&["result", &invocation]).code, 130);
    assert_eq!(posts(&world), 0);
}
