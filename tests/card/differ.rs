//! What a second question differs in from the first, so that a small change is seen as one.

use tollgate::approval::{Card, differences};
use tollgate::name::{AgentName, Digest, ToolName};

use super::{people, person, post, whole};

/// What is said about the texts of two cards.
fn texts(before: &str, now: &str) -> String {
    let lines = differences(&post(before), &post(now));
    let [line] = &lines[..] else { panic!("one difference, not {lines:?}") };
    line.clone()
}

#[test]
fn a_text_that_differs_a_little_is_said_to() {
    for (before, now, said) in [
        ("pay gus 10", "pay gus 99", "2 bytes differ at byte 8, line 1: “10” became “99”"),
        ("pay gus", "pay  gus", "one space more (only blanks differ) at byte 4, line 1: nothing became “\\u{20}”"),
        ("pay  gus", "pay gus", "one space less (only blanks differ) at byte 4, line 1: “\\u{20}” became nothing"),
        ("pay gus", "pay\ngus", "one character differs (only blanks differ) at byte 3, line 1: “\\u{20}” became “\\u{a}”"),
        (
            "pay gus",
            "pay\u{200b} gus",
            "one character more (only what is not seen differs) at byte 3, line 1: nothing became “\\u{200b}”",
        ),
        ("pay gus", "p\u{430}y gus", "one character differs (it looks the same) at byte 1, line 1: “a” became “а⟨U+0430⟩”"),
        ("pay gus", "Pay gus", "one character differs (only capitals differ) at byte 0, line 1: “p” became “P”"),
        ("on 2026-03-01\nstop", "on 2026-03-02\nstop", "one character differs at byte 12, line 1: “1” became “2”"),
        ("one\ntwo", "one\ntwo\nthree", "6 bytes where 0 were at byte 7, line 2: nothing became “\\u{a}three”"),
        (
            "hidden\u{202e}",
            "hidden",
            "one character less (only what is not seen differs) at byte 6, line 1: “\\u{202e}” became nothing",
        ),
    ] {
        assert_eq!(texts(before, now), format!("the text: {said}"), "{before:?} {now:?}");
    }
}

#[test]
fn every_part_that_changed_is_named() {
    let before = post("x");
    assert_eq!(differences(&before, &before.clone()), Vec::<String>::new());
    let mut now = post("x");
    now.act.function = "forum.reply".to_owned();
    now.act.actors = AgentName::parse("cli").expect("a name").into();
    now.act.initiator = person("gus");
    now.act.tool = ToolName::parse("other").expect("a name");
    now.act.component = Digest::of(b"2");
    now.act.manifest = Digest::of(b"2");
    now.act.rules = Digest::of(b"2");
    now.act.session = Some("s1".to_owned());
    now.act.audience = people(&["ben", "eli", "fay", "hal"]);
    now.does = vec!["does      something else".to_owned()];
    now.rules = vec!["initiator".to_owned()];
    now.payload = None;
    let lines = differences(&before, &now);
    assert_eq!(
        lines,
        [
            "the function: “forum.post” became “forum.reply”",
            "the agent: “agent-7” became “cli”",
            "the initiator: “ben” became “gus”",
            "the tool: “answer” became “other”",
            "the component: sha256:6985ca1f4daa… became sha256:d4735e3a265e…",
            "the manifest: sha256:05b3abf2579a… became sha256:d4735e3a265e…",
            "the configuration: sha256:6c621d1a0513… became sha256:d4735e3a265e…",
            "the session: “none” became “s1”",
            "what it does: “post in forum eng-help, thread 1 “How do I?”” became “something else”",
            "who must agree: “initiator; two of group:pay” became “initiator”",
            "the audience: eli, hal are new; gus is gone",
            "the text: there is none any more",
        ]
    );
    let text = whole(&Card { changed: lines, ..now });
    assert!(
        text.contains("  differs   from the question before, which was refused or void, by:\n            - the function: "),
        "{text}"
    );
}

#[test]
fn arguments_that_no_line_shows_are_compared_too() {
    let (mut before, mut now) = (post("x"), post("x"));
    (before.act.canonical, now.act.canonical) = ("seconds 60".to_owned(), "seconds 90".to_owned());
    let said = "the arguments: one character differs at byte 8, line 1: “6” became “9”";
    assert_eq!(differences(&before, &now), [said]);
}
