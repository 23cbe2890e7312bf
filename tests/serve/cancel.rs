//! A caller that wants a running call no longer: the guest is stopped at once, whichever door it came through and whichever
//! process runs it, and its place is free.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Served, agent_token, until};
use crate::mcp::agent::Agent;
use crate::world::{GRANTS, World, program};

/// Loops that have begun.
const SPINS: &str =
    "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'began' AND entry ->> '$.body.function' = 'spin'";
const CANCELLED: &str = "SELECT count(*) FROM journal WHERE entry ->> '$.body.outcome' = 'cancelled'";

/// Cancelled loops whose receipt says that they used nothing.
const UNUSED: &str = "SELECT count(*) FROM journal, json_each(entry, '$.body.receipt') AS line
    WHERE entry ->> '$.body.outcome' = 'cancelled' AND line.value ->> '$.meter' = 'fuel' AND line.value ->> '$.used' = 0";

/// What is asked for is 50 ms in a release build; this one is not.
const SOON: Duration = Duration::from_millis(250);

/// A world whose probe may spin for a minute.
fn patient() -> World {
    let world = World::new();
    world.grant(&format!("{GRANTS}\n[limits]\ntime = \"60 s\"\nfuel = \"1000G\"\n"));
    world
}

/// A host that has one place for each caller, so that a later call of the same one shows that it is free; and a token.
fn narrow(world: &World) -> (Served, String) {
    let served = Served::with(world, "[serve.limits]\nper-caller = 1\n");
    let token = agent_token(world, "cli", "ben", "s1");
    (served, token)
}

/// Cancels a loop that runs: once, or a second and a third time where the machine was busy with other tests.
#[expect(clippy::disallowed_macros, reason = "a figure that a reader of the run wants")]
fn within(span: Duration, door: &str, mut attempt: impl FnMut(usize) -> Duration) {
    let mut took = Vec::new();
    while took.len() < 3 && took.last().is_none_or(|took| *took >= span) {
        took.push(attempt(took.len()));
    }
    println!("cancelled {door}: on record after {took:?}");
    assert!(took.last().is_some_and(|took| *took < span), "{door}: {took:?}");
}

/// From a cancellation until it is on record that one more call was cancelled.
fn measured(world: &World, cancel: impl FnOnce() + Send) -> Duration {
    let store = world.store();
    let ended = || store.query_row(CANCELLED, [], |row| row.get::<_, i64>(0)).expect("a number");
    let (before, began) = (ended(), Instant::now());
    // Not after its answer: what counts is the guest.
    let took = std::thread::scope(|scope| {
        scope.spawn(cancel);
        while ended() == before {
            assert!(began.elapsed() < Duration::from_secs(20), "it goes on");
            // Nothing tells a test of a commit in another process.
            std::thread::park_timeout(Duration::from_millis(1));
        }
        began.elapsed()
    });
    assert_eq!(store.query_row(UNUSED, [], |row| row.get::<_, i64>(0)), Ok(0), "its receipt says what it has used");
    took
}

/// A call of the loop that never ends, with a key: when that is on record, so is its beginning.
fn spin(id: usize) -> Value {
    let meta = json!({ "dev.tollgate/idempotency-key": format!("spin-{id}") });
    let params = json!({ "name": "probe_spin", "arguments": {}, "_meta": meta });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// Waits until one more loop runs: whoever calls meanwhile as somebody else has an answer.
fn runs(world: &World, served: &Served, attempt: usize) {
    until(world, SPINS, attempt as i64 + 1);
    let other = agent_token(world, "cli", "gus", "s1");
    served.call("probe_nothing", &other, &format!("meanwhile-{attempt}"), &json!({})).is(200);
}

/// The place of the loop is free.
fn is_free(served: &Served, token: &str, attempt: usize) {
    served.call("probe_nothing", token, &format!("next-{attempt}"), &json!({})).is(200);
}

/// The id of the last loop.
fn last(world: &World) -> String {
    let last = SPINS.replace("count(*)", "invocation") + " ORDER BY number DESC LIMIT 1";
    world.store().query_row(&last, [], |row| row.get(0)).expect("its id")
}

#[test]
fn who_closes_the_stream_has_cancelled() {
    let world = patient();
    let (served, token) = narrow(&world);
    let named = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "probe_spin")];
    within(SOON, "by closing the stream", |attempt| {
        let mut spin = spin(attempt);
        spin["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
        spin["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        let stream = served.mcp(&token, &named, &spin);
        runs(&world, &served, attempt);
        let took = measured(&world, || drop(stream));
        is_free(&served, &token, attempt);
        took
    });
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
    within(SOON, "in a session", |attempt| {
        let id = attempt + 7;
        let _stream = served.mcp(&token, &headers, &spin(id));
        runs(&world, &served, attempt);
        let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
        let took = measured(&world, || tell(&cancelled));
        is_free(&served, &token, attempt);
        took
    });
}

#[test]
fn standard_input_cancels_by_a_notification() {
    let world = patient();
    let mut agent = Agent::start(&world, &json!({}));
    within(SOON, "over standard input", |attempt| {
        let id = attempt + 4711;
        agent.tell(&spin(id));
        until(&world, SPINS, attempt as i64 + 1);
        agent.call("nothing", &json!({}));
        let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
        measured(&world, || agent.tell(&cancelled))
    });
    agent.end();
}

#[test]
fn the_api_cancels_what_runs() {
    let world = patient();
    let (served, token) = narrow(&world);
    within(SOON, "over the API", |attempt| {
        let took = std::thread::scope(|scope| {
            let spins = scope.spawn(|| served.call("probe_spin", &token, &format!("spin-{attempt}"), &json!({})));
            runs(&world, &served, attempt);
            let id = last(&world);
            let path = format!("/v1/invocations/{id}/cancel");
            let took = measured(&world, || drop(served.agent("POST", &path, &token, &[], None).is(200)));
            let ended = spins.join().expect("an answer").is(200);
            assert_eq!((&ended["report"]["code"], &ended["invocation"]), (&json!("cancelled"), &json!(id)));
            let meters = ended["report"]["receipt"].as_array().expect("a receipt");
            let fuel =
                meters.iter().find(|it| it["meter"] == "fuel").and_then(|it| it["used"].as_str()?.parse::<u64>().ok());
            assert!(fuel.is_some_and(|used| used > 0), "what it used until then is on record: {meters:?}");
            took
        });
        is_free(&served, &token, attempt);
        took
    });
}

/// Two processes over one store; the one that is asked is not the one that runs it.
#[test]
fn what_another_process_runs_is_cancelled_too() {
    let world = patient();
    let served = Served::start(&world);
    let [token, stranger] = ["s1", "s2"].map(|session| agent_token(&world, "cli", "ben", session));
    let mut begun = 0;
    let mut attempt = |cancel: &(dyn Fn(&str) -> Value + Sync)| {
        begun += 1;
        let (key, mut command) = (format!("spin-{begun}"), Command::new(program()));
        command.args(["-o", "json", "call", "probe.spin", "{}", "--session", "s1", "--key", &key]);
        let child = command.current_dir(world.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let child = child.expect("it starts");
        until(&world, SPINS, begun);
        let id = last(&world);
        let path = format!("/v1/invocations/{id}/cancel");
        let before = world.count(CANCELLED);
        served.agent("POST", &path, &stranger, &[], None).problem(404, "door.unknown");
        assert_eq!(world.count(CANCELLED), before, "not by somebody else");
        let took = measured(&world, || assert_eq!(cancel(&id), "cancelled"));
        let output = child.wait_with_output().expect("its report");
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        assert_eq!((&report["outcome"], &report["invocation"]), (&json!("cancelled"), &json!(id)));
        took
    };
    let asked = |id: &str| {
        let path = format!("/v1/invocations/{id}/cancel");
        served.agent("POST", &path, &token, &[], None).is(200)["report"]["code"].clone()
    };
    within(SOON, "over the API of another process", |_| attempt(&asked));
    let typed = |id: &str| world.done(&["cancel", id])["outcome"].clone();
    within(10 * SOON, "by a command, which has to start first", |_| attempt(&typed));
}
