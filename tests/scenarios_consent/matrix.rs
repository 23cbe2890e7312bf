//! S02 and S03: a yes is worth exactly what was shown. Whatever is different when it is given or used, it is void, and says what.

use serde_json::{Value, json};
use tollgate::approval::Answered;

use super::{answers, apply, card, gus, post, posts, result, state, waits, world};
use crate::world::{World, codes};

/// What is different.
struct Change {
    /// In one word.
    name: &'static str,
    make: fn(&World),
    /// What the refusal says; none where the act is the same.
    says: Option<&'static str>,
}

/// A section of its own that no engine reads: other bytes, the same program.
fn replace_component(world: &World) {
    let path = world.path("tools/probe.wasm");
    let mut bytes = std::fs::read(&path).expect("the component");
    bytes.extend([0, 3, 1, b'x', b'y']);
    std::fs::write(path, bytes).expect("another component");
}

const CHANGES: &[Change] = &[
    Change {
        name: "somebody joins the audience, three groups down",
        make: |world| apply(world, "[groups.crew]\nmembers = [\"ida\", \"hal\"]\n"),
        says: Some("the audience has grown: hal"),
    },
    Change { name: "somebody leaves the audience", make: |world| apply(world, "[groups.crew]\nmembers = []\n"), says: None },
    Change { name: "another component under the same name", make: replace_component, says: Some("component has changed") },
    Change {
        name: "another component, pinned",
        make: |world| {
            replace_component(world);
            world.done(&["pin", "probe"]);
        },
        says: Some("component has changed"),
    },
    Change {
        name: "a narrower grant",
        make: |world| world.edit("paths = [\"runbooks/**\"]", "paths = [\"runbooks/deploy.md\"]"),
        says: Some("manifest has changed"),
    },
    Change {
        name: "a wider grant",
        make: |world| world.edit("forums = [\"eng-help\"], calls = 5", "forums = [\"eng-help\"], calls = 6"),
        says: Some("manifest has changed"),
    },
    Change {
        name: "a comment in the manifest",
        make: |world| world.edit("[grant]", "# What it may do.\n[grant]"),
        says: None,
    },
    Change {
        name: "the configuration's rules of consent",
        make: |world| {
            let config = world.read("tollgate.toml");
            world.write("tollgate.toml", &format!("{config}declined = \"2 h\"\n"));
        },
        says: Some("configuration"),
    },
    Change {
        name: "a comment in the configuration",
        make: |world| {
            let config = world.read("tollgate.toml");
            world.write("tollgate.toml", &format!("{config}# Nothing is different.\n"));
        },
        says: None,
    },
];

/// What the tool was told in the end.
fn told(report: &Value) -> String {
    report["refusals"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn s02_what_changes_between_the_yes_and_the_act_voids_the_yes() {
    for Change { name, make, says } in CHANGES {
        let world = world();
        let (invocation, question) = waits(&post(&world, "for five", &[]));
        assert!(matches!(answers(&world, question, "gus", true), Answered::Counted(_)), "{name}");
        make(&world);
        let (code, report) = result(&world, &invocation);
        let Some(says) = says else {
            assert_eq!((code, posts(&world)), (0, 1), "{name}: {report}");
            assert_eq!(state(&world, question), "used", "{name}");
            continue;
        };
        assert_eq!((code, codes(&report), posts(&world)), (3, vec!["agree.changed".to_owned()], 0), "{name}: {report}");
        assert!(told(&report).contains(says), "{name}: {report}");
        assert_eq!(state(&world, question), "void", "{name}");
        again(&world, name, question);
    }
}

#[test]
fn s02_what_changes_between_asking_and_the_yes_voids_the_question() {
    for Change { name, make, says } in CHANGES {
        let world = world();
        let (invocation, question) = waits(&post(&world, "for five", &[]));
        make(&world);
        let answered = gus(&world, "yes", question);
        let went = &answered["invocations"][0];
        let Some(says) = says else {
            assert_eq!((&answered["state"], posts(&world)), (&json!("agreed"), 1), "{name}: {answered}");
            assert_eq!(result(&world, &invocation).0, 0, "{name}");
            continue;
        };
        assert_eq!((&answered["state"], posts(&world)), (&json!("void"), 0), "{name}: {answered}");
        assert!(answered["why"].as_str().is_some_and(|why| why.contains(says)), "{name}: {answered}");
        assert_eq!(codes(went), ["agree.changed"], "{name}: {went}");
        assert!(told(went).contains(says), "{name}: {went}");
        assert_eq!(codes(&result(&world, &invocation).1), ["agree.changed"], "{name}: what its caller hears");
        again(&world, name, question);
    }
}

/// Asked again, it is a new question that shows what is different; the old one is never worth anything again.
fn again(world: &World, name: &str, old: u64) {
    assert!(matches!(answers(world, old, "gus", true), Answered::Turned(_)), "{name}: the old question is over");
    let ran = post(world, "for five", &[]);
    if name == "another component under the same name" {
        assert_ne!(ran.code, 0, "what is not pinned is not called: {ran:?}");
    } else {
        let (_, new) = waits(&ran);
        assert_ne!(new, old, "{name}");
        let card = card(world, new);
        assert!(card["changed"].as_array().is_some_and(|lines| !lines.is_empty()), "{name}: {card}");
    }
    assert_eq!(posts(world), 0, "{name}");
}

#[test]
fn s02_who_agreed_and_may_not_any_more_has_not_agreed() {
    let leaves = |world: &World| apply(world, "[groups.pay]\nmembers = [\"cam\"]\n");
    let world = world();
    let (invocation, question) = waits(&post(&world, "between", &[]));
    answers(&world, question, "gus", true);
    leaves(&world);
    let (code, report) = result(&world, &invocation);
    assert_eq!((code, codes(&report), posts(&world)), (3, vec!["agree.changed".to_owned()], 0), "{report}");
    assert!(told(&report).contains("may not agree to this any more"), "{report}");
    let world = super::world();
    let (_, question) = waits(&post(&world, "before", &[]));
    leaves(&world);
    let Answered::Turned(why) = answers(&world, question, "gus", true) else { panic!("gus is nobody to ask now") };
    assert!(why.contains("gus is not among those who may answer"), "{why}");
    assert_eq!((state(&world, question), posts(&world)), ("open".to_owned(), 0));
}

#[test]
fn s02_a_call_that_differs_in_anything_never_uses_the_yes() {
    let world = world();
    let (invocation, question) = waits(&post(&world, "exactly this", &[]));
    answers(&world, question, "gus", true);
    let thread = json!({ "forum": "eng-help", "thread": "2", "body": "exactly this" }).to_string();
    let other = [
        ("a byte", post(&world, "exactly thi5", &[])),
        ("a space", post(&world, "exactly this ", &[])),
        ("a thread", world.tollgate(&["-o", "json", "call", "probe.forum-post", &thread])),
        ("an agent", post(&world, "exactly this", &["--agent", "agent-7"])),
        ("a session", post(&world, "exactly this", &["--session", "s1"])),
        ("an initiator", post(&world, "exactly this", &["--as", "fay"])),
    ];
    for (name, ran) in &other {
        assert_ne!(waits(ran).1, question, "{name}");
    }
    assert_eq!((posts(&world), state(&world, question)), (0, "agreed".to_owned()));
    let pay = json!({ "forum": "pay-room", "thread": "1", "body": "exactly this" }).to_string();
    let ran = world.tollgate(&["-o", "json", "call", "probe.forum-post", &pay]);
    assert_eq!(codes(&ran.json()), ["cover.not-granted"], "another forum is not even granted");
    // The same act, written in another order, is the call that waits: it gets that one's result.
    let same = r#"{ "thread": "1", "body": "exactly this", "forum": "eng-help" }"#;
    let ran = world.tollgate(&["-o", "json", "call", "probe.forum-post", same]);
    assert_eq!((ran.code, &ran.json()["invocation"]), (0, &json!(invocation)), "{ran:?}");
    assert_eq!((posts(&world), state(&world, question)), (1, "used".to_owned()));
}
