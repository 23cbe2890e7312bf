//! The example tools, each called through the program on input as people have it, with its receipt.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tollgate::refusal::Code;

use crate::world::{PASSPHRASE, Ran, World, codes, guests, meter};

/// What dpkg writes when two packages are installed and one of them stays half-configured.
const DPKG: &str = "\
2026-11-24 18:00:01 startup archives unpack
2026-11-24 18:00:01 install libssl3:amd64 <none> 3.0.17-1~deb12u1
2026-11-24 18:00:01 status half-installed libssl3:amd64 3.0.17-1~deb12u1
2026-11-24 18:00:02 status unpacked libssl3:amd64 3.0.17-1~deb12u1
2026-11-24 18:00:02 install curl:amd64 <none> 7.88.1-10+deb12u12
2026-11-24 18:00:02 status half-installed curl:amd64 7.88.1-10+deb12u12
2026-11-24 18:00:02 status unpacked curl:amd64 7.88.1-10+deb12u12
2026-11-24 18:00:03 startup packages configure
2026-11-24 18:00:03 configure libssl3:amd64 3.0.17-1~deb12u1 <none>
2026-11-24 18:00:03 status half-configured libssl3:amd64 3.0.17-1~deb12u1
2026-11-24 18:00:03 status installed libssl3:amd64 3.0.17-1~deb12u1
2026-11-24 18:00:04 configure curl:amd64 7.88.1-10+deb12u12 <none>
2026-11-24 18:00:04 status half-configured curl:amd64 7.88.1-10+deb12u12
";

const THREAD: &str = r#"tollgate = 1
[[threads]]
forum = "eng-help"
author = "fay"
title = "curl is gone"
body = "Since 18:00 curl fails. Is it `libssl3`? Not ENOSPC."
"#;

/// What `du` and a spreadsheet make: delimiters, quotes and a line break within a cell.
const SIZES: &str = "name,size,note\nlibssl3,6029,\"crypto, TLS\"\nlibssl-dev,12182,\ncurl,501,\"one\ntwo\"\nlibc6,12999,\"says \"\"core\"\"\"\n";

#[test]
fn every_example_tool_is_here_and_in_order() {
    let mut placed: Vec<String> = std::fs::read_dir(&guests().tools)
        .expect("the tools")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".wasm").map(str::to_owned))
        .collect();
    placed.sort();
    assert_eq!(placed, ["answer", "lend", "table", "triage"], "each has a test below");
    let world = World::new();
    let ran = world.tollgate(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for tool in placed {
        assert!(!ran.stderr.contains(&format!("tools/{tool}.toml")), "nothing is said against it: {ran:?}");
    }
}

#[test]
fn answer_cites_what_it_read_and_nothing_else() {
    let world = World::new();
    let report = world.call("answer.ask", &json!({ "question": "How do I roll back?", "folder": "runbooks" }));
    assert_eq!(report["outcome"], "returned", "{report}");
    let text = report["value"]["text"].as_str().expect("a text");
    assert!(text.contains("ship rollback") && text.contains("runbooks/deploy.md:3"), "{text}");
    let names = ["deploy.md", "welcome.md"];
    let read: usize = names.iter().map(|name| world.read(&format!("files/runbooks/{name}")).len() + name.len()).sum();
    assert_eq!(meter(&report, "files.read bytes").0, read as u64, "the listing's names, and each byte once");
    assert_eq!(meter(&report, "files.read calls").0, 3);
    assert_eq!(codes(&world.call("answer.ask", &json!({ "question": "x", "folder": "pay" }))), ["cover.not-granted"]);
}

#[test]
fn triage_reports_on_a_log_beside_a_thread_and_changes_nothing() {
    let world = World::new();
    world.write("files/logs/dpkg.log", DPKG);
    world.write("thread.toml", THREAD);
    world.done(&["world", "apply", "thread.toml"]);
    let before = world.outside();
    let arguments = json!({ "log": "logs/dpkg.log", "forum": "eng-help", "thread": "2" });
    let report = world.call("triage.triage", &arguments);
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(meter(&report, "files.read bytes").0, DPKG.len() as u64);
    assert_eq!((meter(&report, "files.read calls").0, meter(&report, "forum.read calls").0), (1, 1));
    assert_eq!(world.outside(), before);
    let value = &report["value"];
    assert_eq!((&value["log"]["lines"], &value["log"]["bytes"]), (&json!("13"), &json!(DPKG.len().to_string())));
    assert_eq!(value["unsettled"][0]["package"], "curl:amd64", "{value}");
    let count = |what: &str| -> Value {
        let mentions = value["mentions"].as_array().expect("mentions");
        mentions.iter().find(|mention| mention["what"] == what).expect(what)["count"].clone()
    };
    assert_eq!((count("libssl3"), count("enospc"), count("curl")), (json!("6"), json!("0"), json!("5")));
    assert_eq!(value["around"][0]["lines"], "13");
    // One line of the manifest less, and the thread is not read; the log still is, and the report says so.
    let manifest = world.read("tools/triage.toml");
    let line = manifest.lines().find(|line| line.starts_with("\"forum.read\"")).expect("the grant").to_owned();
    world.write("tools/triage.toml", &manifest.replace(&line, ""));
    let narrowed = world.call("triage.triage", &arguments);
    assert_eq!((&narrowed["outcome"], codes(&narrowed)), (&json!("returned"), vec!["cover.not-granted".to_owned()]));
    assert_eq!(narrowed["value"]["unread"][0]["reason"]["reason"], "not-granted", "{narrowed}");
    assert_eq!(narrowed["value"]["log"], value["log"]);
}

/// Calls `lend` at a terminal where a script types `answers`.
fn lend(world: &World, answers: &[(&str, &str)]) -> (Value, String) {
    let arguments = json!({ "object": "dataset/example", "group": "guests", "minutes": 30 }).to_string();
    world.answered(&["-o", "json", "call", "lend.lend", &arguments], answers)
}

#[test]
fn lend_opens_a_data_set_for_a_while_once_its_person_agrees() {
    let world = World::new();
    let before = world.outside();
    let (declined, _) = lend(&world, &[("[yes/no]", "no")]);
    assert_eq!(declined["value"]["tag"], "declined", "{declined}");
    assert_eq!(world.outside(), before);
    let world = World::new();
    let (report, screen) = lend(&world, &[("[yes/no]", "yes"), ("passphrase", PASSPHRASE)]);
    assert_eq!(report["value"]["tag"], "opened", "{report}\n{screen}");
    assert!(screen.contains("let group:guests read dataset/example for 30 min"), "{screen}");
    assert_eq!((meter(&report, "acl.read calls").0, meter(&report, "acl.write calls").0), (2, 1));
    let loan = &report["value"]["value"];
    assert!(loan["ends"].is_string(), "{loan}");
    let objects = world.done(&["world", "show"])["objects"]["dataset/example"].to_string();
    assert!(objects.contains("group:guests may read until"), "{objects}");
    let entries = world.call("lend.who", &json!({ "object": "dataset/example" }));
    assert_eq!(entries["value"][0]["who"], "group:guests", "{entries}");
    let again = world.call("lend.lend", &json!({ "object": "dataset/example", "group": "guests", "minutes": 30 }));
    assert_eq!(again["value"]["tag"], "already-can", "nobody is asked: {again}");
    let early = json!({ "object": "dataset/example", "lease": loan["lease"] });
    assert_eq!(world.call("lend.return-early", &early)["outcome"], "returned");
    assert_eq!(world.call("lend.return-early", &early)["value"]["tag"], "no-such-lease");
    assert_eq!(world.call("lend.who", &json!({ "object": "dataset/example" }))["value"], json!([]));
}

fn query(world: &World, table: &str, query: &str) -> Ran {
    world.tollgate(&["-o", "json", "call", "table.query", &json!({ "table": table, "query": query }).to_string()])
}

#[test]
fn table_answers_queries_and_imports_nothing_of_ours() {
    let world = World::new();
    let inspected = world.done(&["inspect", "table"]);
    let imports = inspected["imports"].as_array().expect("imports");
    assert!(imports.iter().all(|import| import["origin"] == "wasi"), "{imports:?}");
    let ran = query(&world, SIZES, "select name, size where size > 1000 and name ~ 'LIB' order by size desc limit 2");
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = ran.json();
    assert_eq!(report["value"]["rows"][1]["cells"][0], json!({ "tag": "text", "value": "libssl-dev" }), "{report}");
    assert_eq!((&report["value"]["read"], &report["value"]["matched"]), (&json!(4), &json!(3)));
    assert_eq!(meter(&report, "host-calls").0, 0);
    let wrong = query(&world, SIZES, "select nmae");
    assert_eq!((wrong.code, &wrong.json()["value"]["help"]), (1, &json!("did you mean `name`?")));
}

#[test]
fn the_most_that_table_takes_is_no_fault() {
    let world = World::new();
    let long = "a\n".repeat(40_000);
    let heavy = |terms: usize| format!("where {}", vec!["lower(a) ~ 'b'"; terms].join(" and "));
    let ran = query(&world, &long, &heavy(33));
    assert_eq!((ran.code, &ran.json()["value"]["matched"]), (0, &json!(0)), "{ran:?}");
    let beyond = query(&world, &long, &heavy(34));
    assert!(beyond.code == 1 && beyond.stdout.contains("too long for a query of"), "{beyond:?}");
    let deep = query(&world, SIZES, &format!("select {}1", "(".repeat(4_000)));
    assert!(deep.code == 1 && deep.stdout.contains("stand within each other"), "{deep:?}");
}

#[test]
fn the_authors_page_explains_every_refusal_there_is() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/authors.md")).expect("the page");
    let rows: Vec<Vec<&str>> = page.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let sent = |when: &str| -> BTreeSet<String> {
        let rows = rows.iter().filter(|cells| cells.get(2) == Some(&when));
        rows.map(|cells| cells[1].trim_matches('`').to_owned()).collect()
    };
    assert_eq!(sent("now"), Code::ALL.iter().map(ToString::to_string).collect());
    assert_eq!(sent("later").len(), 0, "there is no code of the design that no rule sends");
}
