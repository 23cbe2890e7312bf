//! `tollgate schema`: the keys that editors are told are those that the check takes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

/// Every key of a TOML table that the schema does not know, by its path.
fn unknown(schema: &Value, value: &toml::Value, path: &str, found: &mut BTreeSet<String>) {
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    let toml::Value::Table(table) = value else { return };
    for (key, value) in table {
        let at = format!("{path}/{key}");
        match schema["properties"].get(key) {
            Some(known) => unknown(known, value, &at, found),
            None => drop(found.insert(at)),
        }
    }
}

fn lacks(world: &World, of: &str, text: &str) -> BTreeSet<String> {
    let (schema, mut found) = (world.done(&["schema", of]), BTreeSet::new());
    unknown(&schema, &text.parse::<toml::Table>().expect("TOML").into(), "", &mut found);
    found
}

#[test]
fn editors_know_the_keys_of_manifests() {
    let world = World::new();
    for tool in ["answer", "lend", "table", "triage", "probe"] {
        assert_eq!(lacks(&world, "manifest", &world.read(&format!("tools/{tool}.toml"))), BTreeSet::new(), "{tool}");
    }
    let printed = world.done(&["schema", "manifest"]);
    let post = &printed["properties"]["grant"]["properties"]["forum.post"]["anyOf"][0];
    assert_eq!(post["required"], serde_json::json!(["calls", "forums", "bytes", "consent"]));
    let misspelt = "tollgate = 1\n[tool]\ncomponnt = \"x.wasm\"\n";
    assert_eq!(lacks(&world, "manifest", misspelt), BTreeSet::from(["/tool/componnt".to_owned()]));
}

/// What the page about serving shows is what the check takes and what editors know.
#[test]
fn editors_know_the_keys_of_the_configuration() {
    let world = World::new();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/serving.md")).expect("the page");
    let shown = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    assert_eq!(lacks(&world, "config", &format!("{}\n{shown}", world.read("tollgate.toml"))), BTreeSet::new());
    let schema = world.done(&["schema", "config"]);
    let keys = |value: &Value| value["properties"].as_object().expect("keys").keys().cloned().collect::<BTreeSet<_>>();
    let serve = &schema["properties"]["serve"];
    let example: toml::Table = shown.parse().expect("TOML");
    let written = |table: &toml::Value| table.as_table().expect("a table").keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(serve).difference(&written(&example["serve"])).cloned().collect::<Vec<_>>(), ["behind-proxy"]);
    assert_eq!(keys(&serve["properties"]["limits"]), written(&example["serve"]["limits"]));
    world.write("tls/cert.pem", "");
    world.write("tollgate.toml", &format!("{}\n{shown}", world.read("tollgate.toml")));
    let checked = world.tollgate(&["check"]);
    assert_eq!(checked.code, 0, "the page shows what the check does not take: {checked:?}");
}
