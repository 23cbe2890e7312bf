//! A caller that wants a running call no longer: the guest is stopped at once, whichever door it came through and whichever
//! process runs it, and its place is free.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Served, agent_token, until};
use crate::mcp::agent::Agent;
use crate::world::{GRANTS, World, program};

const KEYS: &str = "SELECT count(*) FROM keys";
const CANCELLED: &str = "SELECT count(*) FROM journal WHERE entry ->> '$.body.outcome' = 'cancelled'";

/// What is asked for is 50 ms in a release build; this one is not, and its machine is busy with other tests.
const SOON: Duration = Duration::from_millis(250);

/// A world whose probe may spin for ten minutes.
fn patient() -> World {
    let world = World::new();
    world.grant(&format!("{GRANTS}\n[limits]\ntime = \"10 min\"\nfuel = \"1000G\"\n"));
    world
}

/// From a cancellation until it is on record that one more call was cancelled.
fn measured(world: &World, door: &str, cancel: impl FnOnce() + Send) {
    let store = world.store();
    let ended = || store.query_row(CANCELLED, [], |row| row.get::<_, i64>(0)).expect("a number");
    let (before, began) = (ended(), Instant::now());
    // Not after its answer: what counts is the guest.
    std::thread::scope(|scope| {
        scope.spawn(cancel);
        while ended() == before {
            assert!(began.elapsed() < Duration::from_secs(60), "{door}: it goes on");
            // Nothing tells a test of a commit in another process.
            std::thread::park_timeout(Duration::from_millis(1));
        }
        say(door, began.elapsed());
    });
}

#[expect(clippy::disallowed_macros, reason = "a figure that a reader of the run wants")]
fn say(door: &str, took: Duration) {
    println!("cancelled {door}: on record after {took:?}");
    assert!(took < SOON, "{door}: {took:?}");
}

/// A call of the loop that never ends, with a key: when the key is on record, so is its beginning.
fn spin(id: u64, key: &str) -> Value {
    let meta = json!({ "dev.tollgate/idempotency-key": key });
    let params = json!({ "name": "probe_spin", "arguments": {}, "_meta": meta });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// The only invocation that has a key.
fn keyed(world: &World) -> String {
    world.store().query_row("SELECT invocation FROM keys", [], |row| row.get(0)).expect("its id")
}

/// A host that has one place for each caller: the next call shows that it is free.
fn narrow(world: &World) -> (Served, String) {
    let served = Served::with(world, "[serve.limits]\nper-caller = 1\n");
    let token = agent_token(world, "cli", "ben", "s1");
    (served, token)
}

/// Waits until the loop runs: whoever calls meanwhile as somebody else has an answer.
fn runs(world: &World, served: &Served) {
    until(world, KEYS, 1);
    let other = agent_token(world, "cli", "gus", "s1");
    served.call("probe_nothing", &other, "meanwhile", &json!({})).is(200);
}

#[test]
fn who_closes_the_stream_has_cancelled() {
    let world = patient();
    let (served, token) = narrow(&world);
    let named = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "probe_spin")];
    let mut spin = spin(1, "k");
    spin["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    spin["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let stream = served.mcp(&token, &named, &spin);
    runs(&world, &served);
    measured(&world, "by closing the stream", || drop(stream));
    served.call("probe_nothing", &token, "next", &json!({})).is(200);
}

#[test]
fn a_session_cancels_by_a_notification() {
    let world = patient();
    let (served, token) = narrow(&world);
    let client = json!({ "name": "test", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
    let mut begun = String::new();
    served.mcp(&token, &[], &hello).read_to_string(&mut begun).expect("an answer");
    let session = begun.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).expect("a session").to_owned();
    let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-11-25")];
    let tell = |message: &Value| {
        let mut answer = String::new();
        served.mcp(&token, &headers, message).read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    };
    tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let _stream = served.mcp(&token, &headers, &spin(7, "k"));
    runs(&world, &served);
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
    measured(&world, "in a session", || tell(&cancelled));
    served.call("probe_nothing", &token, "next", &json!({})).is(200);
}

#[test]
fn standard_input_cancels_by_a_notification() {
    let world = patient();
    let mut agent = Agent::start(&world, &json!({}));
    agent.tell(&spin(4711, "k"));
    until(&world, KEYS, 1);
    agent.call("nothing", &json!({}));
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 4711 } });
    measured(&world, "over standard input", || agent.tell(&cancelled));
    agent.end();
}

#[test]
fn the_api_cancels_what_runs() {
    let world = patient();
    let (served, token) = narrow(&world);
    std::thread::scope(|scope| {
        let spins = scope.spawn(|| served.call("probe_spin", &token, "k", &json!({})));
        runs(&world, &served);
        let id: String = world
            .store()
            .query_row("SELECT invocation FROM keys ORDER BY at LIMIT 1", [], |row| row.get(0))
            .expect("its id");
        let path = format!("/v1/invocations/{id}/cancel");
        let cancel = || drop(served.agent("POST", &path, &token, &[], None).is(200));
        measured(&world, "over the API", cancel);
        let ended = spins.join().expect("an answer").is(200);
        assert_eq!((&ended["report"]["code"], &ended["invocation"]), (&json!("cancelled"), &json!(id)));
        let meters = ended["report"]["receipt"].as_array().expect("a receipt");
        let time = meters.iter().find(|it| it["meter"] == "fuel").and_then(|it| it["used"].as_str()?.parse::<u64>().ok());
        assert!(time.is_some_and(|used| used > 0), "what it used until then is on record: {meters:?}");
    });
    served.call("probe_nothing", &token, "next", &json!({})).is(200);
}

/// Two processes over one store; the one that is asked is not the one that runs it.
#[test]
fn what_another_process_runs_is_cancelled_too() {
    let world = patient();
    let served = Served::start(&world);
    for (key, door) in [("over HTTP", "at another process"), ("typed", "at a terminal, at another process")] {
        let mut command = Command::new(program());
        command.args(["-o", "json", "call", "probe.spin", "{}", "--key", key, "--session", "s1"]);
        let child = command.current_dir(world.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let child = child.expect("it starts");
        until(&world, KEYS, 1);
        let (id, token) = (keyed(&world), agent_token(&world, "cli", "ben", "s1"));
        let stranger = agent_token(&world, "cli", "ben", "s2");
        let path = format!("/v1/invocations/{id}/cancel");
        served.agent("POST", &path, &stranger, &[], None).problem(404, "door.unknown");
        assert_eq!(world.count(CANCELLED), i64::from(key == "typed"), "not by somebody else");
        let mut said = Value::Null;
        measured(&world, door, || {
            if key == "typed" {
                said = world.done(&["cancel", &id])["outcome"].clone();
            } else {
                said = served.agent("POST", &path, &token, &[], None).is(200)["report"]["code"].clone();
            }
        });
        assert_eq!(said, "cancelled", "{door}");
        let output = child.wait_with_output().expect("its report");
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        assert_eq!((&report["outcome"], &report["invocation"]), (&json!("cancelled"), &json!(id)), "{door}");
        world.store().execute("DELETE FROM keys", []).expect("the store takes it");
    }
}
