//! Calls of tools that are not the caller's: answered like a name that nothing has, and as fast, and seen by an investigator.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Served, exchange};
use super::world;

const TRIES: &str = "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'turned-away'";

fn tries(served: &Served, number: i64) {
    crate::serve::client::until(&served.world, TRIES, number);
}

#[test]
fn a_call_of_what_is_anothers_is_answered_as_nothing_and_is_on_record() {
    let served = Served::new(world(), "");
    let stranger = served.agent("ben", &["agent-5", "agent-7"]);
    let bearer = format!("Authorization: Bearer {stranger}\r\nIdempotency-Key: k\r\n");
    let call = |name: &str| {
        let mcp = served.mcp(&stranger, "tools/call", &json!({ "name": name, "arguments": {} }));
        let path = format!("/v1/tools/{name}/invocations");
        let api = exchange(served.agents, &served.post(served.agents, &path, &bearer, "{\"arguments\":{}}"));
        let shown = served.get(served.agents, &format!("/v1/tools/{name}"), &bearer);
        [mcp, api, shown].map(|answer| (answer.status, answer.body.replace(name, "NAME")))
    };
    let (there, never) = (call("probe_nothing"), call("probe_nobody"));
    assert_eq!(there, never);
    assert_eq!([there[0].0, there[1].0, there[2].0], [200, 404, 404], "{there:?}");
    assert!(there[0].1.contains("-32602") && there[1].1.contains("door.unknown"), "{there:?}");
    tries(&served, 3);
    let report = served.world.done(&["report"]);
    let tried: Vec<&Value> = report["turned-away"].as_array().expect("a part").iter().collect();
    assert_eq!(tried.len(), 3, "a name that nothing has is no try: {report}");
    for tried in tried {
        let said = ["door", "code", "initiator", "agent", "via", "tool"].map(|key| tried[key].as_str().unwrap_or_default());
        assert_eq!(said, ["agents", "cover.not-granted", "ben", "agent-5", "agent-7", "probe"], "{tried}");
    }
    let text = served.world.tollgate(&["report"]).stdout;
    assert!(text.contains("called a tool that is not for it") && text.contains("agent-5"), "{text}");
    // Whose it is, calls it, and that is no try.
    assert_eq!(served.call(&served.agent("ben", &["agent-7"]), "nothing", &json!({})).code(), "200 returned");
    assert_eq!(served.world.count(TRIES), 3);
}

/// Nobody fills the journal so, and nobody hides a try to answer behind many of these.
#[test]
fn many_of_them_fill_no_journal() {
    let served = Served::new(world(), "");
    let stranger = served.agent("ben", &["agent-5"]);
    for _ in 0..60 {
        assert_eq!(served.call(&stranger, "nothing", &json!({})).code(), "200 -32602");
    }
    let other = served.agent("gus", &["agent-5"]);
    served.call(&other, "nothing", &json!({}));
    let of = |person: &str| {
        let query = format!("{TRIES} AND entry ->> '$.body.initiator' = '{person}'");
        served.world.count(&query)
    };
    crate::serve::client::until(&served.world, &format!("{TRIES} AND entry ->> '$.body.initiator' = 'gus'"), 1);
    assert!((30..40).contains(&of("ben")), "{} of 60 are on record", of("ben"));
}

#[expect(clippy::disallowed_macros, reason = "a figure that a reader of the run wants")]
#[test]
fn it_takes_as_long_as_a_name_that_nothing_has() {
    let served = Served::new(world(), "");
    let stranger = served.agent("ben", &["agent-5"]);
    let timed = |function: &str| {
        let began = Instant::now();
        served.call(&stranger, function, &json!({}));
        began.elapsed()
    };
    let (mut there, mut never): (Vec<Duration>, Vec<Duration>) =
        (0..25).map(|_| (timed("nothing"), timed("nobody"))).unzip();
    tries(&served, 25);
    there.sort_unstable();
    never.sort_unstable();
    println!("one that is another's {:?}, one that nothing has {:?} (medians of 25)", there[12], never[12]);
    let ratio = there[12].as_secs_f64() / never[12].as_secs_f64();
    assert!((0.5..1.5).contains(&ratio), "{:?} and {:?}", there[12], never[12]);
}
