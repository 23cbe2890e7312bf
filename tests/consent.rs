//! Consent at the terminal: the right person, with a passphrase of his own, to exactly what the card showed.

use serde_json::{Value, json};

use crate::world::{PASSPHRASE, World, codes, report};

/// A body that would repaint the terminal and hide a line, were it printed as it is.
const BODY: &str = "Use \u{202e}evil\u{202c}.\u{1b}[2J\r\nseen by   nobody";

fn asking() -> World {
    let world = World::new();
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"initiator\"");
    world
}

fn typed(body: &str) -> Vec<String> {
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": body }).to_string();
    ["-o", "json", "call", "probe.forum-post", &arguments].map(str::to_owned).to_vec()
}

/// Posts at a terminal where a script types `answers`, each after the text it waits for.
fn post(world: &World, body: &str, answers: &[(&str, &str)]) -> (Value, String) {
    let typed = typed(body);
    world.answered(&typed.iter().map(String::as_str).collect::<Vec<_>>(), answers)
}

#[test]
fn a_no_leaves_the_forum_as_it_was() {
    let world = asking();
    let before = world.outside();
    let (report, _) = post(&world, BODY, &[("[yes/no]", "no")]);
    assert_eq!(codes(&report), ["agree.declined"], "{report}");
    assert_eq!(report["outcome"], "refused");
    assert_eq!(world.kinds(&report), ["began", "asked", "answered", "refused", "ended"]);
    assert_eq!(world.outside(), before);
}

#[test]
fn a_yes_posts_exactly_what_the_card_showed() {
    let world = asking();
    let (report, screen) = post(&world, BODY, &[("[yes/no]", "yes"), ("passphrase", PASSPHRASE)]);
    assert_eq!(report["outcome"], "returned", "{report}\n{screen}");
    let (author, body): (String, String) = world
        .store()
        .query_row("SELECT author, body FROM posts ORDER BY id DESC", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a post");
    assert_eq!(body, BODY);
    assert!(author.starts_with("agent cli for user ben, tool probe, invocation "), "{author}");
    assert_eq!(world.kinds(&report), ["began", "asked", "answered", "intent", "outcome", "ended"]);
    let card = screen.split("[yes/no]").next().expect("a card").replace("\r\n", "\n");
    assert!(card.contains("cli asks to act for ben"), "{card}");
    assert!(card.contains("\\u{202e}evil\\u{202c}.\\u{1b}[2J\\u{d}\n  │ seen by   nobody"), "{card}");
    assert!(card.contains("seen by   3 people: ben, fay, gus"), "{card}");
    assert!(!card.contains(['\u{202e}', '\u{1b}']), "nothing hidden reaches the terminal");
}

#[test]
fn a_terminal_without_the_passphrase_gets_nothing() {
    let world = asking();
    let before = world.outside();
    let wrong = [("[yes/no]", "yes"), ("passphrase", "guess"), ("passphrase", "guess again"), ("passphrase", "and again")];
    let (report, _) = post(&world, "x", &wrong);
    assert_eq!(codes(&report), ["agree.nobody-here"], "{report}");
    let entries = world.entries(&report);
    let answered = entries.iter().find(|entry| entry["kind"] == "answered").expect("an answer on record");
    assert_eq!(answered["body"]["wrong-passphrases"], 3);
    assert_eq!(world.outside(), before);
}

#[test]
fn without_a_terminal_it_waits() {
    let world = asking();
    let before = world.outside();
    let ran = world.tollgate(&typed("x").iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 6, "{ran:?}");
    assert_eq!(ran.json()["outcome"], "waiting");
    assert_eq!(world.kinds(&ran.json()), ["began", "asked", "set-down"]);
    assert_eq!(world.outside(), before);
}

#[test]
fn who_has_no_passphrase_cannot_agree() {
    let world = asking();
    let typed = typed("x");
    let arguments: Vec<&str> = typed.iter().map(String::as_str).chain(["--as", "fay"]).collect();
    let ended = world.at_terminal(&arguments).end().expect("an end");
    assert_eq!(codes(&report(&ended)), ["agree.nobody-can"]);
    assert!(!ended.screen.contains("[yes/no]"), "{}", ended.screen);
}

#[test]
fn a_growing_audience_voids_the_yes() {
    let world = asking();
    let typed = typed("for three");
    let mut terminal = world.at_terminal(&typed.iter().map(String::as_str).collect::<Vec<_>>());
    terminal.expect("[yes/no]").expect("the card");
    world.write("more.toml", "tollgate = 1\n[people.hal]\nname = \"Hal\"\n[groups.web]\nmembers = [\"fay\", \"hal\"]\n[groups.everyone]\nmembers = [\"ben\", \"gus\", \"group:web\"]\n");
    world.done(&["world", "apply", "more.toml"]);
    let before = world.outside();
    terminal.type_line("yes").expect("typing");
    terminal.expect("passphrase").expect("the prompt");
    terminal.type_line(PASSPHRASE).expect("typing");
    let report = report(&terminal.end().expect("an end"));
    assert_eq!(codes(&report), ["agree.changed"], "{report}");
    assert_eq!(world.outside(), before);
}

#[test]
fn a_host_killed_while_it_waits_has_done_nothing_and_the_next_one_says_so() {
    let world = asking();
    let before = world.outside();
    let typed = typed("never");
    let mut terminal = world.at_terminal(&typed.iter().map(String::as_str).collect::<Vec<_>>());
    terminal.expect("[yes/no]").expect("the card");
    terminal.kill().expect("it was alive");
    let listed = world.done(&["journal", "list"]);
    assert_eq!(listed["invocations"][0]["outcome"], "waiting", "{listed}");
    assert_eq!(world.outside(), before);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}
