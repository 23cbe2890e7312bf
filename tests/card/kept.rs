//! A card is kept as JSON and comes back as it was; what is no card is not read as one.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::approval::{Act, Card};
use tollgate::clock::Instant;
use tollgate::name::{AgentName, Digest, GroupName, PersonName, ToolName};
use tollgate::people::Gain;

use super::post;

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any::<String>(), 0..4)
}

fn some_people() -> impl Strategy<Value = BTreeSet<PersonName>> {
    let name = "[a-z0-9][a-z0-9._-]{0,9}".prop_map(|name| PersonName::parse(&name).expect("a name"));
    prop::collection::btree_set(name, 0..5)
}

fn gains() -> impl Strategy<Value = Vec<Gain>> {
    let groups = prop::collection::vec("[a-z][a-z-]{0,5}".prop_map(|it| GroupName::parse(&it).expect("a name")), 0..4);
    let person = "[a-z]{1,5}".prop_map(|name| PersonName::parse(&name).expect("a name"));
    prop::collection::vec((person, groups).prop_map(|(person, through)| Gain { person, through }), 0..3)
}

fn acts() -> impl Strategy<Value = Act> {
    let digests = any::<[[u8; 32]; 3]>();
    let names = ("[a-z]{1,9}", "[a-z]{1,9}", "[a-z]{1,9}");
    (any::<(String, String)>(), some_people(), digests, names, any::<Option<String>>()).prop_map(
        |((function, canonical), audience, [component, manifest, rules], (tool, initiator, agent), session)| Act {
            function,
            canonical,
            audience,
            tool: ToolName::parse(&tool).expect("a name"),
            component: Digest::from_bytes(component),
            manifest: Digest::from_bytes(manifest),
            rules: Digest::from_bytes(rules),
            initiator: PersonName::parse(&initiator).expect("a name"),
            actors: AgentName::parse(&agent).expect("a name").into(),
            session,
            found: None,
            releases: None,
        },
    )
}

fn cards() -> impl Strategy<Value = Card> {
    let lists = (texts(), texts(), texts(), texts(), texts(), texts(), texts());
    let rest =
        (any::<Option<String>>(), prop::option::of(some_people()), some_people(), gains(), gains(), any::<(u64, u64)>());
    (acts(), lists, rest).prop_map(|(act, (does, findings, read, rules, changed, on_yes, on_no), rest)| {
        let (payload, new, uncleared, gains, loses, (asked, expires)) = rest;
        let (asked, expires) = (Instant(asked), Instant(expires));
        Card {
            act,
            does,
            payload,
            findings,
            read,
            uncleared,
            rules,
            new,
            gains,
            loses,
            changed,
            asked,
            expires,
            on_yes,
            on_no,
        }
    })
}

proptest! {
    #[test]
    fn what_is_kept_is_the_card(card in cards()) {
        let written = card.json().to_string();
        let read: Value = serde_json::from_str(&written).expect("JSON");
        prop_assert_eq!(Card::parse(&read).expect("a card"), card);
    }
}

#[test]
fn what_is_no_card_is_not_read_as_one() {
    let kept = post("x").json();
    assert!(Card::parse(&kept).is_ok());
    let fields = kept.as_object().expect("an object").keys().cloned();
    for field in fields {
        let mut without = kept.clone();
        let gone = without.as_object_mut().expect("an object").remove(&field);
        Card::parse(&without).expect_err(&format!("without {field} ({gone:?})"));
    }
    for (change, to, why) in [
        ("/card", json!(2), "it is not a card of form 1"),
        ("/asked", json!("now"), "its `asked` is no time"),
        ("/read", json!(["x", 1]), "its `read` holds what is no text"),
        ("/must-agree", json!("ben"), "its `must-agree` is no list"),
        ("/act/component", json!("00"), "its `component` is malformed: `00` is not 64 digits of 0-9 and a-f"),
        ("/act/audience", json!(["gus", "ben"]), "it holds what no card holds"),
        ("/more", json!(1), "it holds what no card holds"),
    ] {
        let mut other = kept.clone();
        match other.pointer_mut(change) {
            Some(place) => *place = to,
            None => other["more"] = to,
        }
        assert_eq!(Card::parse(&other).expect_err(change).to_string(), why);
    }
}
