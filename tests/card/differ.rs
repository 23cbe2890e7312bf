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
        ("pay gus 10", "pay gus 99", ""),
        ("pay gus", "pay  gus", ""),
        ("pay gus", "pay\ngus", ""),
        ("pay gus", "pay\u{200b} gus", ""),
        ("pay gus", "p\u{430}y gus", ""),
        ("pay gus", "Pay gus", ""),
        ("on 2026-03-01\nwe stop", "on 2026-03-02\nwe stop", ""),
        ("one\ntwo", "one\ntwo\nthree", ""),
        ("hidden\u{202e}", "hidden", ""),
    ] {
        assert_eq!(texts(before, now), said, "{before:?} {now:?}");
    }
}

#[test]
fn every_part_that_changed_is_named() {
    let before = post("x");
    assert_eq!(differences(&before, &before.clone()), Vec::<String>::new());
    let mut now = post("x");
    now.act.function = "forum.reply".to_owned();
    now.act.agent = AgentName::parse("cli").expect("a name");
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
    assert_eq!(lines, [""]);
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
    assert_eq!(differences(&before, &now), [""]);
}
