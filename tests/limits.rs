//! Limits: each stops the guest that runs into it by its own name, and nobody beside it notices.

use serde_json::{Value, json};

use crate::world::{World, codes, meter};

/// The fault that a call ends in.
fn fault(world: &World, call: &str, arguments: &Value) -> String {
    let report = world.call(call, arguments);
    assert_eq!(report["outcome"], "fault", "{call}: {report}");
    assert_eq!(world.call("probe.nothing", &json!({}))["outcome"], "returned", "the next call of the tool works");
    report["fault"]["kind"].as_str().expect("a kind").to_owned()
}

#[test]
fn each_limit_has_its_own_fault() {
    let world = World::new();
    world.grant(&format!("[limits]\nfuel = \"200M\"\nmemory = \"128 MiB\"\n\n{}", crate::world::GRANTS));
    for (call, arguments, kind) in [
        ("probe.spin", json!({}), "fuel"),
        // Its own stack in linear memory ends before the engine's does.
        ("probe.recurse", json!({}), "trap"),
        ("probe.grow", json!({ "mib": 200 }), "memory"),
        ("probe.panic", json!({}), "trap"),
        ("probe.do-exit", json!({ "code": 3 }), "exit"),
        ("probe.big-result", json!({ "mib": 2 }), "output"),
        ("probe.big-argument", json!({ "mib": 2 }), "arguments"),
        ("probe.big-argument", json!({ "mib": 60 }), "arguments"),
        ("probe.host-calls", json!({ "n": "10001" }), "host-calls"),
        ("probe.post-hidden", json!({ "forum": "pay-room", "thread": "1", "body": "x", "times": 33 }), "refusals"),
    ] {
        assert_eq!(fault(&world, call, &arguments), kind, "{call}");
    }
    assert_eq!(world.call("probe.host-calls", &json!({ "n": "10000" }))["outcome"], "returned");
    assert_eq!(world.call("probe.grow", &json!({ "mib": 8 }))["outcome"], "returned");
}

#[test]
fn a_guests_own_time_ends_and_so_does_its_sleep() {
    let world = World::new();
    world.grant(&format!("[limits]\nfuel = \"1000G\"\ntime = \"800 ms\"\n\n{}", crate::world::GRANTS));
    assert_eq!(fault(&world, "probe.spin", &json!({})), "time");
    assert_eq!(fault(&world, "probe.sleep", &json!({ "ms": "60000" })), "time");
}

#[test]
fn refusals_that_a_guest_hides_are_on_record_all_the_same() {
    let world = World::new();
    let hidden = json!({ "forum": "pay-room", "thread": "1", "body": "x", "times": 5 });
    let report = world.call("probe.post-hidden", &hidden);
    assert_eq!((&report["outcome"], &report["value"]), (&json!("returned"), &json!(0)));
    assert_eq!(codes(&report), ["cover.not-granted"; 5]);
    assert_eq!(meter(&report, "refusals"), (5, 32));
}

#[test]
fn what_floods_stdout_is_cut_and_goes_on() {
    let world = World::new();
    let report = world.call("probe.flood-stdout", &json!({ "mib": 10 }));
    assert_eq!(report["outcome"], "returned", "{report}");
    let entries = world.entries(&report);
    let output = entries.iter().find(|entry| entry["kind"] == "output").expect("an entry");
    assert_eq!(output["body"]["kept"], 64 << 10);
    assert!(output["body"]["bytes"].as_u64() >= Some(10 << 20), "{output}");
}

#[test]
fn wasi_gives_nothing() {
    let world = World::new();
    assert_eq!(world.call("probe.environment", &json!({}))["value"], json!([]));
    for (call, arguments) in [("probe.try-socket", json!({})), ("probe.try-file", json!({ "path": "/etc/passwd" }))] {
        let value = world.call(call, &arguments)["value"].as_str().expect("a text").to_owned();
        assert!(!value.starts_with("connected") && !value.starts_with("opened"), "{call}: {value}");
    }
    let (one, two) = (world.call("probe.random", &json!({})), world.call("probe.random", &json!({})));
    assert_ne!(one["value"], two["value"], "each invocation has its own seed");
}

#[test]
fn meters_are_known_to_the_tool() {
    let world = World::new();
    let report = world.call("probe.context-meters", &json!({}));
    let meters = report["value"].as_array().expect("meters");
    let files = meters.iter().find(|it| it["grant"] == "files.read").expect("files.read");
    assert_eq!((&files["calls"], &files["bytes"]), (&json!("1000"), &json!("16777216")));
    assert_eq!(world.call("probe.context-initiator", &json!({}))["value"], "ben");
    assert_eq!(world.call("probe.context-agent", &json!({}))["value"], "cli");
}
