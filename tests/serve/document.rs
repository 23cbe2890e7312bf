//! The documents of the API: those that are committed are those that the program hands out.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::client::Served;
use crate::world::World;

/// The document that a door hands out, and the committed one; with BLESS=1 the committed one becomes it.
fn compare(handed_out: &Value, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    let printed = format!("{handed_out:#}\n");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &printed).expect("writing the document");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "docs/{name} is not what the program hands out: run this test with BLESS=1 and look");
}

#[test]
fn the_committed_documents_are_what_the_doors_hand_out() {
    let world = World::new();
    let served = Served::start(&world);
    let agents = served.agent("GET", "/v1/openapi.json", "", &[], None).is(200);
    let people = served.look("/v1/openapi.json", "").is(200);
    compare(&agents, "openapi-agents.json");
    compare(&people, "openapi-people.json");
    for (document, floor) in [(&agents, 6), (&people, 14)] {
        let paths = document["paths"].as_object().expect("paths");
        let operations: Vec<&Value> = paths.values().flat_map(|item| item.as_object().expect("methods").values()).collect();
        let ids: BTreeSet<&str> = operations.iter().filter_map(|it| it["operationId"].as_str()).collect();
        assert_eq!(ids.len(), operations.len(), "each operation has a name of its own");
        assert!(operations.len() >= floor, "{} operations", operations.len());
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    }
}
