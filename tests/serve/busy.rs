//! More calls than a host takes on: who comes first is served first, the line is bounded, who finds it full is told when to
//! come again, and afterwards nothing is lost.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Reply, Served, agent_token, ids, until};
use crate::world::{GRANTS, World};

const KEYS: &str = "SELECT count(*) FROM keys";

/// A world whose probe may spin for a minute and that takes on `limits` at once.
fn narrow(limits: &str) -> (World, Served) {
    let world = World::new();
    world.grant(&format!("{GRANTS}\n[limits]\ntime = \"60 s\"\nfuel = \"1000G\"\n"));
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
    let served = Served::with(&world, &format!("[serve.limits]\n{limits}"));
    (world, served)
}

/// Waits until so many calls stand in the line.
fn queued(served: &Served, calls: usize) {
    let line = format!("tollgate_queue {calls}");
    let mut left = 6_000;
    while !served.metrics().lines().any(|it| it == line) {
        left -= 1;
        assert!(left > 0, "{line} never comes: {}", served.metrics());
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn full(reply: &Reply) {
    reply.problem(429, "door.busy");
    let after = reply.header("retry-after").and_then(|after| after.parse::<u64>().ok());
    assert!(after.is_some_and(|after| (1..=60).contains(&after)), "{reply:?}");
}

#[test]
fn the_line_is_in_order_and_bounded_and_nothing_is_lost() {
    let (world, served) = narrow("per-caller = 1\nqueue = 3\n");
    let token = agent_token(&world, "cli", "ben", "s1");
    std::thread::scope(|scope| {
        let spins = scope.spawn(|| served.call("probe_spin", &token, "spins", &json!({})));
        until(&world, KEYS, 1);
        let call = |key: String| {
            let (served, token) = (&served, &token);
            move || served.call("probe_nothing", token, &key, &json!({}))
        };
        let waits: Vec<_> = (1..=3)
            .map(|place| {
                let waits = scope.spawn(call(format!("waits-{place}")));
                queued(&served, place);
                waits
            })
            .collect();
        full(&call("one-more".to_owned())());
        let told = served.tool(&token, "probe_nothing", &json!({}));
        assert_eq!(
            (&told["isError"], &told["_meta"]["dev.tollgate/outcome"]),
            (&json!(true), &json!("door.busy")),
            "{told}"
        );
        assert!(told["content"][0]["text"].as_str().is_some_and(|text| text.starts_with("door.busy: ")), "{told}");
        assert_eq!(world.count(KEYS), 1, "none of them is an invocation");
        stop(&world, &served, &token);
        assert_eq!(spins.join().expect("an answer").is(200)["report"]["code"], "cancelled");
        let waited = waits.into_iter().map(|waits| waits.join().expect("an answer").is(200));
        let came: Vec<Value> = waited.map(|came| came["invocation"].clone()).collect();
        assert_eq!(json!(came), json!(began(&world)[1..]), "who came first began first");
        queued(&served, 0);
        // The key that found no place names nothing yet.
        assert_eq!(call("one-more".to_owned())().is(200)["report"]["code"], "returned");
        assert_eq!(served.tool(&token, "probe_nothing", &json!({}))["_meta"]["dev.tollgate/outcome"], "returned");
    });
}

/// Invocations in the order in which they began.
fn began(world: &World) -> Vec<String> {
    let query = "SELECT invocation FROM journal WHERE entry ->> '$.kind' = 'began' ORDER BY number";
    ids(world, query)
}

/// What one tool asks too much of takes nothing from another.
#[test]
fn a_full_line_before_one_tool_leaves_other_tools_and_its_own_end_alone() {
    let (world, served) = narrow("per-tool = 1\nqueue = 1\n");
    let [one, other, third] =
        [("cli", "ben"), ("agent-7", "ben"), ("cli", "gus")].map(|(agent, of)| agent_token(&world, agent, of, "s1"));
    std::thread::scope(|scope| {
        let served = &served;
        let spins = scope.spawn(|| served.call("probe_spin", &one, "spins", &json!({})));
        until(&world, KEYS, 1);
        let waits = scope.spawn(|| served.call("probe_nothing", &other, "waits", &json!({})));
        queued(served, 1);
        full(&served.call("probe_nothing", &third, "no-place", &json!({})));
        // Its arguments are looked at when it has its turn.
        served.call("table_query", &third, "another-tool", &json!({})).problem(422, "door.arguments");
        stop(&world, served, &one);
        assert_eq!(spins.join().expect("an answer").is(200)["report"]["code"], "cancelled");
        assert_eq!(waits.join().expect("an answer").is(200)["report"]["code"], "returned");
        queued(served, 0);
        assert_eq!(served.call("probe_nothing", &third, "no-place", &json!({})).is(200)["report"]["code"], "returned");
    });
}

/// Whoever waits in the line as long as anybody does is told so too.
#[test]
fn a_place_in_the_line_is_kept_for_a_while_and_no_longer() {
    let (world, served) = narrow("per-caller = 1\n");
    let token = agent_token(&world, "cli", "ben", "s1");
    std::thread::scope(|scope| {
        let spins = scope.spawn(|| served.call("probe_spin", &token, "spins", &json!({})));
        until(&world, KEYS, 1);
        full(&served.call("probe_nothing", &token, "waits", &json!({})));
        queued(&served, 0);
        stop(&world, &served, &token);
        assert_eq!(spins.join().expect("an answer").is(200)["report"]["code"], "cancelled");
    });
}

/// Takes back the first call that brought a key.
fn stop(world: &World, served: &Served, token: &str) {
    let first = "SELECT invocation FROM keys ORDER BY at LIMIT 1";
    let id: String = world.store().query_row(first, [], |row| row.get(0)).expect("its id");
    served.agent("POST", &format!("/v1/invocations/{id}/cancel"), token, &[], None).is(200);
}
