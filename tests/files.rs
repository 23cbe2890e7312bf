//! Reading: what is granted, what is the initiator's, and nothing else, byte for byte.

use serde_json::json;

use crate::world::{World, codes, meter};

fn read(path: &str) -> serde_json::Value {
    json!({ "path": path, "offset": "0", "length": 64 })
}

#[test]
fn a_granted_read_is_told_metered_and_on_record() {
    let world = World::new();
    let text = world.read("files/runbooks/deploy.md");
    let report = world.call("probe.files-read", &read("runbooks/deploy.md"));
    assert_eq!(report["outcome"], "returned", "{report}");
    use base64::Engine as _;
    let expected = base64::engine::general_purpose::STANDARD.encode(&text);
    assert_eq!(report["value"], expected);
    assert_eq!(meter(&report, "files.read bytes"), (text.len() as u64, 16 << 20), "the receipt counts what came");
    assert_eq!(meter(&report, "files.read calls"), (1, 1000));
    assert_eq!(world.kinds(&report), ["began", "observed", "ended"]);
}

#[test]
fn without_its_grant_a_read_is_refused_and_nothing_is_touched() {
    let world = World::new();
    world.edit("\"files.read\" =", "# \"files.read\" =");
    let before = world.outside();
    let report = world.call("probe.files-read", &read("runbooks/deploy.md"));
    assert_eq!(report["outcome"], "refused", "{report}");
    assert_eq!(codes(&report), ["cover.not-granted"]);
    assert_eq!(world.kinds(&report), ["began", "refused", "ended"]);
    assert_eq!(world.outside(), before);
    let explained = world.tollgate(&["-o", "json", "explain", "probe", "files.read", "path=runbooks/deploy.md"]);
    assert_eq!(explained.code, 3, "{explained:?}");
    let explained = explained.json();
    assert_eq!(explained["add"]["file"], "tools/probe.toml");
    let line = usize::try_from(explained["add"]["line"].as_u64().expect("a line")).expect("a line");
    assert_eq!(world.read("tools/probe.toml").lines().nth(line - 1), Some("[grant]"), "{explained}");
    assert!(explained["add"]["text"].as_str().expect("a text").starts_with("\"files.read\" = {"), "{explained}");
}

#[test]
fn the_line_that_explain_names_makes_it_pass() {
    let world = World::new();
    world.grant("[grant]\n");
    let explained = world.tollgate(&["-o", "json", "explain", "probe", "files.read", "path=runbooks/deploy.md"]).json();
    let line = explained["add"]["text"].as_str().expect("a line").to_owned();
    world.grant(&format!("[grant]\n{line}\n"));
    assert_eq!(world.call("probe.files-read", &read("runbooks/deploy.md"))["outcome"], "returned");
}

#[test]
fn a_file_of_somebody_else_is_refused_in_the_words_of_a_missing_one() {
    let world = World::new();
    world.edit("\"runbooks/**\"", "\"runbooks/**\", \"pay/**\"");
    let his = world.call("probe.files-read", &read("pay/ledger.csv"));
    let missing = world.call("probe.files-read", &read("pay/missing.csv"));
    assert_eq!(codes(&his), ["cover.not-yours"], "{his}");
    assert_eq!(his["refusals"], missing["refusals"]);
    assert!(!his.to_string().contains("Q0FOQVJZ"), "the canary in base64");
}

#[test]
fn the_second_call_over_its_meter_is_refused() {
    let world = World::new();
    world.edit("calls = 1000", "calls = 1");
    let report = world.call("probe.read-many", &json!({ "path": "runbooks/deploy.md", "times": 2 }));
    assert_eq!(codes(&report), ["fund.meter-spent"], "{report}");
    assert_eq!(meter(&report, "files.read calls"), (2, 1), "charged on asking");
    assert_eq!(
        world.call("probe.files-read", &read("runbooks/deploy.md"))["outcome"],
        "returned",
        "each invocation has its own"
    );
}

#[test]
fn a_listing_shows_what_the_grant_reaches_and_the_initiator_may_read() {
    let world = World::new();
    world.write("files/runbooks/secret/plan.md", "x");
    world.write("files/notes.txt", "nobody's");
    std::os::unix::fs::symlink("deploy.md", world.path("files/runbooks/link.md")).expect("a link");
    let names = |folder: &str| {
        let report = world.call("probe.files-list", &json!({ "folder": folder }));
        let entries = report["value"]["entries"].as_array().unwrap_or_else(|| panic!("{report}")).clone();
        entries.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("runbooks"), ["deploy.md", "secret", "welcome.md"]);
    assert_eq!(names(""), ["runbooks"], "pay and scratch are outside the grant");
}
