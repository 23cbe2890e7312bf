//! The SDK's attribute: values of every kind pass, the component says what its author wrote, and imports only what it uses.

use serde_json::{Value, json};
use wasmparser::{Parser, Payload};

use crate::world::{World, guests};

/// The guest made with the attribute that imports nothing, in a world of its own.
fn world() -> World {
    let world = World::new();
    std::fs::copy(guests().fixtures.join("shapes.wasm"), world.path("tools/shapes.wasm")).expect("the guest");
    let manifest =
        "tollgate = 1\n\n[tool]\ncomponent = \"shapes.wasm\"\ncallers = [\"group:everyone\"]\nagents = [\"cli\"]\n";
    world.write("tools/shapes.toml", manifest);
    world.done(&["pin", "shapes"]);
    world
}

/// The sections `tollgate:tool/v1` of a component, with the depth at which they stand.
fn sections(component: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let (mut depth, mut found) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = usize::saturating_sub(depth, 1),
            Payload::CustomSection(section) if section.name() == "tollgate:tool/v1" => {
                found.push((depth, section.data().to_vec()));
            }
            _ => {}
        }
    }
    found
}

fn said_by(guest: &std::path::Path) -> Value {
    let sections = sections(&std::fs::read(guest).expect("the guest"));
    assert_eq!(sections.len(), 1, "one section");
    assert_eq!(sections[0].0, 1, "in the core module");
    serde_json::from_slice(&sections[0].1).expect("JSON")
}

fn everything() -> Value {
    let inner = json!({ "type": "é", "tags": ["a", ""] });
    json!({
        "truth": true,
        "small": { "0": 255, "1": 65535, "2": -128, "3": -32768 },
        "large": { "0": 4294967295u32, "1": "18446744073709551615", "2": -2147483648, "3": "-9223372036854775808" },
        "floats": { "0": 1.5, "1": -0.25 },
        "letter": "ß",
        "maybe": { "some": 7 },
        "outcome": { "tag": "err", "value": "no" },
        "bare": { "tag": "ok" },
        "bytes": "AAH/",
        "kind": "very-high",
        "shape": { "tag": "composed", "value": inner },
        "shapes": [{ "tag": "point" }, { "tag": "circle", "value": 2.5 }],
        "pairs": [{ "0": "a", "1": inner }, { "0": "b" }],
        "results": [{ "tag": "ok", "value": inner }, { "tag": "err", "value": "low" }],
    })
}

#[test]
fn every_kind_of_value_passes_through_a_tool_unchanged() {
    let world = world();
    let report = world.call("shapes.echo", &json!({ "everything": everything() }));
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(report["value"], everything());
}

#[test]
fn what_a_tool_borrows_and_what_it_fails_with_arrive() {
    let world = world();
    let inner = json!({ "type": "x", "tags": ["t"] });
    let last = world.call("shapes.last", &json!({ "inners": [inner, inner], "label": "l" }));
    assert_eq!(last["value"], json!({ "type": "l: x", "tags": ["t"] }), "{last}");
    let none = world.call("shapes.last", &json!({ "inners": [], "label": "l" }));
    assert_eq!((&none["outcome"], &none["value"]), (&json!("tool-error"), &json!("l: none")), "{none}");
    assert_eq!(world.call("shapes.sum", &json!({ "numbers": [1, 4294967295u32] }))["value"], "4294967296");
    let judged = world.call("shapes.judge", &json!({ "kind": "low", "in": { "0": 3 } }));
    assert_eq!(judged["value"], json!({ "tag": "circle", "value": 3.0 }), "{judged}");
    assert_eq!(world.call("shapes.nothing", &json!({}))["outcome"], "returned");
}

#[test]
fn a_tool_that_uses_nothing_of_the_host_imports_nothing_of_it() {
    let world = world();
    let imports = |tool: &str| {
        let said = world.done(&["inspect", tool]);
        let imports = said["imports"].as_array().expect("imports").clone();
        imports.into_iter().filter(|it| it["origin"] != "wasi").map(|it| it["interface"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(imports("shapes"), Vec::<Value>::new());
    // The same question to a tool that does use it.
    assert!(imports("answer").contains(&json!("tollgate:host/files@0.1.0")));
    assert!(!imports("answer").contains(&json!("tollgate:host/acl@0.1.0")), "nor what it does not call");
}

#[test]
fn a_component_carries_what_its_author_wrote() {
    let said = said_by(&guests().fixtures.join("shapes.wasm"));
    assert_eq!(said["docs"], "Gives back what it is given.");
    assert_eq!(
        said["functions"]["last"]["docs"],
        "The last of `inners`, or why there is none.\n\nFails where there are none."
    );
    let everything = &said["functions"]["echo"]["params"]["everything"];
    assert_eq!(everything["docs"], "Whatever it is.", "what stands at the parameter");
    assert_eq!(everything["fields"]["shape"]["docs"], "How it looks.", "what stands at the field");
    assert_eq!(everything["fields"]["kind"]["docs"], "How warm.", "or else at its type");
    assert_eq!(everything["fields"]["kind"]["cases"]["very-high"]["docs"], "As it should be.");
    assert_eq!(everything["fields"]["shapes"]["item"]["cases"]["circle"]["docs"], "Its radius.");
    assert_eq!(everything["fields"]["maybe"]["docs"], "Nothing, or perhaps nothing.", "an option is seen through");
    assert_eq!(said["functions"]["last"]["result"]["docs"], "A part.");
    assert_eq!(said["functions"]["judge"]["error"]["docs"], "What is drawn.");
    assert_eq!(said["functions"]["nothing"], json!({ "docs": "Does nothing." }), "empty parts are left out");
    assert_eq!(said.get("needs"), None, "its author declares nothing");
}

#[test]
fn a_component_carries_its_authors_declaration_as_toml() {
    let said = said_by(&guests().tools.join("answer.wasm"));
    let needs = said["needs"].as_str().expect("a declaration");
    let needs: toml::Table = needs.parse().unwrap_or_else(|error| panic!("{error}: {needs}"));
    let expected: toml::Table = r#"
        "files.read" = { paths = ["**"], calls = 10000, bytes = "64 MiB" }
        "forum.post" = { forums = ["*"], calls = 1, bytes = "8 KiB" }
    "#
    .parse()
    .expect("TOML");
    assert_eq!(needs, expected);
}
