//! The card: everything that a yes is about, kept as it was, and shown so that nothing in it can deceive.

mod chains;
mod differ;
mod hostile;
mod kept;

use std::collections::BTreeSet;

use tollgate::approval::{Act, Card, Meanwhile};
use tollgate::clock::Instant;
use tollgate::name::{AgentName, Digest, GroupName, PersonName, ToolName};
use tollgate::people::Gain;

fn person(name: &str) -> PersonName {
    PersonName::parse(name).expect("a person's name")
}

fn people(names: &[&str]) -> BTreeSet<PersonName> {
    names.iter().map(|name| person(name)).collect()
}

fn group(name: &str) -> GroupName {
    GroupName::parse(name).expect("a group's name")
}

/// Seconds after ten o'clock.
fn at(seconds: u64) -> Instant {
    Instant(1_772_532_000_000 + seconds * 1000)
}

/// A post for three people, asked at ten and open for a day.
fn post(body: &str) -> Card {
    let act = Act {
        function: "forum.post".to_owned(),
        canonical: serde_json::json!({ "body": body, "forum": "eng-help" }).to_string(),
        audience: people(&["ben", "fay", "gus"]),
        tool: ToolName::parse("answer").expect("a tool's name"),
        component: Digest::of(b"component"),
        manifest: Digest::of(b"manifest"),
        rules: Digest::of(b"rules"),
        initiator: person("ben"),
        actors: AgentName::parse("agent-7").expect("an agent's name").into(),
        session: None,
        found: None,
        releases: None,
    };
    Card {
        does: vec!["does      post in forum eng-help, thread 1 “How do I?”".to_owned()],
        payload: Some(body.to_owned()),
        rules: vec!["initiator".to_owned(), "two of group:pay".to_owned()],
        new: Some(people(&["gus"])),
        ..Card::about(act, at(0), at(86_400))
    }
}

fn whole(card: &Card) -> String {
    card.text(&Meanwhile::default())
}

/// What stands on the card from the counts of the text to its last line.
fn shown(body: &str) -> String {
    let text = whole(&post(body));
    let from = text.find("  text      ").expect("the counts of the text");
    let to = text.rfind("  on yes    ").expect("what a yes does");
    text[from..to].to_owned()
}

#[test]
fn a_card_says_who_asks_for_whom_what_happens_and_who_sees_it() {
    let card =
        Card { read: vec!["runbooks/deploy.md".to_owned(), "forum eng-help".to_owned()], ..post("Use it.\nThen stop.") };
    let meanwhile = Meanwhile {
        answers: vec!["ben said yes at 2026-03-03T10:01:00.000Z".to_owned()],
        frozen: Some("the tool answer is frozen by cam: looking into it".to_owned()),
    };
    assert_eq!(
        card.text(&meanwhile),
        "\
agent-7 asks to act for ben
  frozen    the tool answer is frozen by cam: looking into it; no answer
            counts until this is thawed
  tool      answer (sha256:6985ca1f4daa…)
  component 6985ca1f4daa5a584a28eae043a239cb96689af1337ea13afb63e00c2bf512fa
  does      post in forum eng-help, thread 1 “How do I?”
  seen by   3 people: ben, fay, gus
  new       1 person: gus
  it read   runbooks/deploy.md, forum eng-help
  needs     a yes of initiator, and of two of group:pay
  so far    ben said yes at 2026-03-03T10:01:00.000Z
  asked     2026-03-03T10:00:00.000Z
  expires   2026-03-04T10:00:00.000Z
  text      18 bytes, 2 lines
  │ Use it.
  │ Then stop.
  on yes    exactly this happens, once
  on no     nothing happens, and the tool is told"
    );
    let view = card.view(&meanwhile);
    assert_eq!(view["payload"]["text"], "Use it.\nThen stop.");
    assert_eq!(view["audience"], serde_json::json!({ "count": 3, "people": ["ben", "fay", "gus"], "new": ["gus"] }));
    assert_eq!(view["frozen"], "the tool answer is frozen by cam: looking into it");
    assert_eq!(view["must-agree"], serde_json::json!(["initiator", "two of group:pay"]));
}

#[test]
fn a_card_of_access_names_who_gains_and_loses_through_which_groups() {
    let through = ["atlas", "legacy-readers", "everyone"].map(group).to_vec();
    let card = Card {
        payload: None,
        gains: vec![Gain { person: person("eli"), through }, Gain { person: person("kim"), through: Vec::new() }],
        loses: vec![Gain { person: person("fay"), through: vec![group("web")] }],
        new: None,
        ..post("")
    };
    let text = whole(&card);
    assert!(text.contains("  gains     eli, through atlas → legacy-readers → everyone\n  gains     kim\n"), "{text}");
    assert!(text.contains("  loses     fay, through web\n"), "{text}");
    assert!(text.contains("  new       first of its kind: there was no similar act before\n"), "{text}");
    let gains = serde_json::json!([
        { "person": "eli", "through": ["atlas", "legacy-readers", "everyone"] },
        { "person": "kim", "through": [] },
    ]);
    assert_eq!(card.view(&Meanwhile::default())["gains"], gains);
}

#[test]
fn a_long_list_is_counted_and_a_short_card_shows_where_a_text_begins_and_ends() {
    let mut card = post(&(1..=10_000).map(|line| format!("line {line}\n")).collect::<String>());
    card.act.audience = (0..1000).map(|number| person(&format!("p{number:04}"))).collect();
    let (whole, short) = (whole(&card), card.text_short(&Meanwhile::default()));
    assert!(whole.contains("  seen by   1000 people: p0000, "), "the count comes first");
    assert!(whole.contains("p0199 and 800 more\n"), "and names up to 200");
    assert!(short.contains("p0011 and 988 more\n"), "{short}");
    assert_eq!(whole.matches("  │ line ").count(), 10_000, "the whole card leaves nothing out");
    assert!(short.contains("  │ line 6\n  ⋮ 9992 rows not shown here\n  │ line 9999\n  │ line 10000\n  │ \n"), "{short}");
    assert!(short.contains("  text      98894 bytes, 10001 lines\n"), "{short}");
    let odd = Card { payload: card.payload.map(|text| text.replace("line 5000", "line\u{202e} 5000")), ..post("") };
    let short = odd.text_short(&Meanwhile::default());
    let middle = "  ⋮ 9992 rows not shown here but for what is odd, 1:\n  │ line\\u{202e} 5000\n  │ line 9999\n";
    assert!(short.contains(middle), "{short}");
    let few = post("1\n2\n3\n4");
    assert_eq!(few.text_short(&Meanwhile::default()), few.text(&Meanwhile::default()), "little is shown whole");
}

#[test]
fn a_yes_is_bound_to_each_part_and_each_has_a_name() {
    let act = post("x").act;
    let changed: [(&str, Act); 11] = [
        ("the text and where it goes", Act { canonical: "y".to_owned(), ..act.clone() }),
        ("the audience", Act { audience: people(&["ben"]), ..act.clone() }),
        ("the tool", Act { tool: ToolName::parse("other").expect("a name"), ..act.clone() }),
        ("the component", Act { component: Digest::of(b"2"), ..act.clone() }),
        ("the manifest", Act { manifest: Digest::of(b"2"), ..act.clone() }),
        ("the configuration", Act { rules: Digest::of(b"2"), ..act.clone() }),
        ("the initiator", Act { initiator: person("gus"), ..act.clone() }),
        ("what was read before", Act { releases: Some(Digest::of(b"pay")), ..act.clone() }),
        ("what it replaces", Act { found: Some("x".to_owned()), ..act.clone() }),
        ("the agent", Act { actors: AgentName::parse("cli").expect("a name").into(), ..act.clone() }),
        ("the session", Act { session: Some("null".to_owned()), ..act.clone() }),
    ];
    let parts = act.parts();
    assert_eq!(parts.len(), changed.len(), "each part is tried");
    for (what, other) in changed {
        assert_ne!(other.digest(), act.digest(), "{what}");
        let differs: Vec<_> = other.parts().into_iter().filter(|part| !parts.contains(part)).map(|(name, _)| name).collect();
        assert_eq!(differs, [what]);
    }
}
