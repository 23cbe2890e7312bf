//! The watch: out-of-band widening is seen, named with its cause, counted, and closed. Scenarios under their numbers, in the
//! small world of 400 people.

mod door;
mod feed;
mod gain;
mod hole;
mod incident;
mod itself;
mod model;
mod taken;

use std::time::{Duration as Span, Instant as Real};

use serde_json::{Value, json};

use crate::world::{PASSPHRASE, World};

const CLOSE: [(&str, &str); 1] = [("passphrase", PASSPHRASE)];

/// The people of the small world beside ben, gus and fay, who are there.
const NAMED: [&str; 6] = ["ada", "cam", "dee", "eli", "ida", "hal"];

/// The small world: 400 people in teams in organisations; `atlas` looks like a project of three and has everybody in it.
fn people() -> String {
    let crowd: Vec<String> = (0..391).map(|number| format!("p{number}")).collect();
    let mut text = "tollgate = 1\n".to_owned();
    for name in NAMED.iter().copied().chain(crowd.iter().map(String::as_str)) {
        text += &format!("[people.{name}]\nname = \"{name}\"\n");
    }
    let named = NAMED.iter().copied().chain(["ben", "gus", "fay"]).map(str::to_owned);
    let all: Vec<String> = named.chain(crowd.iter().cloned()).collect();
    assert_eq!(all.len(), 400);
    let group = |name: &str, members: &[String]| format!("[groups.{name}]\nmembers = {members:?}\n");
    for team in 0..20 {
        let members: Vec<String> = all.iter().skip(team).step_by(20).cloned().collect();
        text += &group(&format!("team-{team}"), &members);
    }
    for org in 0..5 {
        let teams: Vec<String> = (4 * org..4 * org + 4).map(|team| format!("group:team-{team}")).collect();
        text += &group(&format!("org-{org}"), &teams);
    }
    let orgs: Vec<String> = (0..5).map(|org| format!("group:org-{org}")).collect();
    text += &group("everyone", &orgs);
    let contractors: Vec<String> = ["fay".to_owned()].into_iter().chain(crowd[..60].iter().cloned()).collect();
    text += &group("contractors", &contractors);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    text += &group("web", &names(&["ada", "ben", "hal"]));
    text += &group("pay", &names(&["cam", "gus", "ben"]));
    text += &group("legacy-readers", &names(&["group:everyone"]));
    text += &group("atlas", &names(&["ben", "gus", "group:legacy-readers"]));
    text += r#"
[objects.runbooks]
owner = "ben"
folders = ["runbooks"]
entries = [{ principal = "group:everyone", right = "read" }]
[objects.pay]
owner = "gus"
folders = []
entries = []
[objects."dataset/pay"]
owner = "cam"
folders = ["pay"]
entries = [{ principal = "group:pay", right = "read" }]
cleared = ["cam", "gus", "ben", "ida"]
[objects."dataset/scratch-1"]
owner = "ben"
folders = []
entries = []
[objects.scratch]
owner = "ben"
folders = ["scratch"]
entries = []
cleared = ["group:web"]
[forums.eng-help]
owner = "eli"
audience = ["group:everyone"]
[forums.web-room]
owner = "hal"
audience = ["group:web"]
[[threads]]
forum = "pay-room"
author = "gus"
title = "The ledger"
body = "Here"
"#;
    text
}

/// The small world, made once.
fn world() -> World {
    static MADE: std::sync::OnceLock<World> = std::sync::OnceLock::new();
    let made = MADE.get_or_init(|| {
        let world = World::new();
        apply(&world, &people());
        world.grant(GRANTS);
        world
    });
    World::copy_of(made)
}

const GRANTS: &str = r#"[grant]
"files.read" = { paths = ["runbooks/**", "pay/**", "scratch/**"], calls = 1000, bytes = "16 MiB" }
"forum.read" = { forums = ["eng-help", "pay-room", "web-room"], calls = 10, bytes = "1 MiB" }
"forum.post" = { forums = ["eng-help", "pay-room", "web-room"], calls = 5, bytes = "8 KiB", consent = "none" }
"acl.read" = { objects = ["scratch", "dataset/*"], calls = 10, bytes = "64 KiB" }
"acl.write" = { objects = ["scratch", "dataset/*"], wide = true, principals = ["*", "group:*"], rights = ["read"], calls = 5, lease = "30 min", consent = "none" }
"#;

fn apply(world: &World, text: &str) {
    world.write("change.toml", text);
    world.done(&["world", "apply", "change.toml"]);
}

/// What somebody does with his own rights and another program: it knows nothing of the host, and raises no version.
fn by_hand(world: &World, script: &str) {
    world.store().execute_batch(script).expect("a change by hand");
}

const ATLAS: &str = "INSERT INTO acl_entries (object, principal, right_) VALUES ('dataset/pay', 'group:atlas', 'read');";

fn alerts(world: &World) -> Vec<Value> {
    world.done(&["watch"])["alerts"].as_array().expect("alerts").clone()
}

fn close(world: &World, alert: &Value, person: &str) -> (Value, String) {
    let (number, reason) = (alert["alert"].to_string(), "taken back after bad advice");
    let typed = ["-o", "json", "watch", "close", &number, "--reason", reason, "--as", person];
    world.answered(&typed, &CLOSE)
}

/// Sets a passphrase for somebody.
fn give(world: &World, person: &str) {
    let typed = ["passphrase", person];
    let twice = [("New passphrase", PASSPHRASE), ("The same again", PASSPHRASE)];
    let mut terminal = world.at_terminal(&typed);
    for (prompt, answer) in twice {
        terminal.expect(prompt).expect("the prompt");
        terminal.type_line(answer).expect("typing");
    }
    assert!(terminal.end().expect("an end").status.success());
}

fn journaled(world: &World, kind: &str) -> Vec<Value> {
    let store = world.store();
    let query = format!("SELECT entry FROM journal WHERE instr(entry, '\"kind\":\"{kind}\"') > 0 ORDER BY number");
    let mut statement = store.prepare(&query).expect("a query");
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    rows.map(|row| serde_json::from_str(&row.expect("a row")).expect("JSON")).collect()
}

fn reads(world: &World, person: &str) -> Value {
    let read = json!({ "path": "pay/ledger.csv", "offset": "0", "length": 64 }).to_string();
    world.tollgate(&["-o", "json", "call", "probe.files-read", &read, "--as", person]).json()
}

/// Waits until the watch of a store that is open has seen so many causes; how long that took.
fn seen(world: &World, open: i64) -> Span {
    let began = Real::now();
    while world.count("SELECT count(*) FROM alerts WHERE closed IS NULL") != open {
        assert!(began.elapsed() < Span::from_secs(10), "the watch does not see it");
        std::thread::yield_now();
    }
    began.elapsed()
}
