//! Tools over HTTP: called once for each key, refused with the code that MCP has, stopped at a deadline or by their caller;
//! and what is malformed, is another's, or comes to the wrong door.

use serde_json::{Value, json};

use super::client::{Reply, Served, agent_token, person_token, until};
use crate::world::{GRANTS, World};

fn post(body: &str) -> Value {
    json!({ "forum": "eng-help", "thread": "1", "body": body })
}

fn read(path: &str) -> Value {
    json!({ "path": path, "offset": "0", "length": 8 })
}

const POSTS: &str = "SELECT count(*) FROM posts WHERE invocation IS NOT NULL";
const KEYS: &str = "SELECT count(*) FROM keys";

/// A world whose probe may run for a minute.
fn patient() -> World {
    let world = World::new();
    world.grant(&format!("{GRANTS}\n[limits]\ntime = \"60 s\"\n"));
    world
}

#[test]
fn a_key_is_one_call_however_often_it_is_sent() {
    let world = World::new();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    let cases = [
        ("probe_forum_post", post("once"), 200),
        ("probe_fail", json!({ "message": "no" }), 200),
        ("probe_panic", json!({}), 200),
        ("probe_files_read", read("pay/ledger.csv"), 403),
    ];
    for (tool, arguments, status) in &cases {
        let first = served.call(tool, &token, tool, arguments);
        assert_eq!(first.status, *status, "{first:?}");
        assert_eq!(first.header("idempotency-replayed"), None);
        let again = served.call(tool, &token, tool, arguments);
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{tool}");
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again:?}");
    }
    assert_eq!((world.count(POSTS), world.count(KEYS)), (1, 4));
    let other = served.call("probe_forum_post", &token, "probe_forum_post", &post("another"));
    other.problem(422, "door.idempotency-key");
    served.called("probe_forum_post", &token, &[], &json!({ "arguments": post("x") })).problem(400, "door.idempotency-key");
    assert_eq!(world.count(POSTS), 1);
    // Another agent's key is another key.
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
    drop(served);
    let served = Served::start(&world);
    let other = agent_token(&world, "agent-7", "ben", "s1");
    let reply = served.call("probe_forum_post", &other, "probe_forum_post", &post("once"));
    assert_eq!((reply.status, reply.header("idempotency-replayed"), world.count(POSTS)), (200, None, 2));
}

#[test]
fn what_came_of_a_call_has_one_code_in_every_door() {
    let world = World::new();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    let call = |key: &str, tool: &str, arguments: Value| served.call(tool, &token, key, &arguments);
    for (key, tool, arguments, outcome, code) in [
        ("1", "probe_files_read", read("runbooks/deploy.md"), "returned", "returned"),
        ("2", "probe_fail", json!({ "message": "no" }), "tool-error", "tool-error"),
        ("3", "probe_panic", json!({}), "fault", "fault.trap"),
    ] {
        let invocation = call(key, tool, arguments).is(200);
        assert_eq!(invocation["state"], "over");
        assert_eq!((&invocation["report"]["outcome"], &invocation["report"]["code"]), (&json!(outcome), &json!(code)));
        let id = invocation["invocation"].as_str().expect("an id");
        assert_eq!(world.tollgate(&["-o", "json", "result", id]).json()["outcome"], outcome);
    }
    let problem = call("4", "probe_files_read", read("pay/ledger.csv")).problem(403, "cover.not-granted");
    let entries = world.done(&["journal", "show", problem["invocation"].as_str().expect("an id")]);
    assert!(entries["entries"].to_string().contains("\"cover.not-granted\""), "{entries}");
    call("5", "probe_files_read", json!({ "path": 7 })).problem(422, "door.arguments");
    call("6", "probe_nothing_like_it", json!({})).problem(404, "door.unknown");
}

#[test]
fn a_spent_quota_says_when_to_come_again() {
    let world = World::new();
    world.grant(&format!("{GRANTS}\n[quota]\n\"forum.post\" = \"1 per hour per initiator\"\n"));
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    served.call("probe_forum_post", &token, "1", &post("a")).is(200);
    let spent = served.call("probe_forum_post", &token, "2", &post("b"));
    spent.problem(429, "fund.quota-spent");
    // When the only use leaves the window, not a while that is the same for everything; the test may be slow.
    assert!((3_000..=3_600).contains(&after(&spent)), "{spent:?}");
    assert_eq!(world.count(POSTS), 1);
}

/// What a refusal says of when to come again, in seconds.
fn after(reply: &Reply) -> u64 {
    reply.header("retry-after").and_then(|after| after.parse().ok()).unwrap_or_else(|| panic!("not when: {reply:?}"))
}

#[test]
fn a_freeze_says_when_it_ends_and_otherwise_a_minute() {
    let world = World::new();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    world.done(&["freeze", "tool", "probe", "--reason", "odd", "--as", "ben", "--for", "10 min"]);
    let frozen = served.call("probe_nothing", &token, "1", &json!({}));
    frozen.problem(503, "freeze.frozen");
    assert!((500..=600).contains(&after(&frozen)), "{frozen:?}");
    world.done(&["freeze", "everything", "--reason", "odd", "--as", "ben"]);
    let frozen = served.call("probe_nothing", &token, "2", &json!({}));
    frozen.problem(503, "freeze.frozen");
    assert!((60..=600).contains(&after(&frozen)), "{frozen:?}");
}

#[test]
fn a_call_that_runs_is_in_flight_and_its_caller_stops_it() {
    let world = patient();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    let sleep = json!({ "ms": "50000" });
    let (first, id) = std::thread::scope(|scope| {
        let first = scope.spawn(|| served.call("probe_sleep", &token, "k", &sleep));
        until(&world, KEYS, 1);
        let busy = served.call("probe_sleep", &token, "k", &sleep);
        busy.problem(409, "door.in-flight");
        assert!(busy.header("retry-after").is_some(), "{busy:?}");
        let id: String = world.store().query_row("SELECT invocation FROM keys", [], |row| row.get(0)).expect("its id");
        let stranger = agent_token(&world, "cli", "ben", "s2");
        let cancel = |token: &str| served.agent("POST", &format!("/v1/invocations/{id}/cancel"), token, &[], None);
        cancel(&stranger).problem(404, "door.unknown");
        let cancelled = cancel(&token).is(200);
        assert_eq!((&cancelled["state"], &cancelled["report"]["code"]), (&json!("over"), &json!("cancelled")));
        assert_eq!(cancel(&token).is(200), cancelled, "to take back what is over changes nothing");
        (first.join().expect("an answer"), id)
    });
    assert_eq!(first.is(200)["report"]["code"], "cancelled");
    let again = served.call("probe_sleep", &token, "k", &sleep);
    assert_eq!(again.is(200)["report"]["code"], "cancelled");
    assert_eq!(again.json()["invocation"], id);
}

#[test]
fn a_client_that_does_not_wait_asks_for_the_result_later() {
    let world = patient();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    let body = json!({ "arguments": { "ms": "3000" } });
    let started = served.called("probe_sleep", &token, &[("idempotency-key", "a"), ("prefer", "respond-async")], &body);
    assert_eq!(started.is(202)["state"], "running");
    assert_eq!(started.header("preference-applied"), Some("respond-async"));
    assert!(started.header("retry-after").is_some());
    let location = started.header("location").expect("a place").to_owned();
    let again = served.called("probe_sleep", &token, &[("idempotency-key", "a"), ("prefer", "wait=0")], &body);
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, Some("true")), "{again:?}");
    assert_eq!(again.body, started.body);
    let over = served.agent("GET", &location, &token, &[("prefer", "wait=60")], None);
    assert_eq!((&over.is(200)["state"], &over.json()["report"]["code"]), (&json!("over"), &json!("returned")));
    let known = over.header("etag").expect("a tag");
    let same = served.agent("GET", &location, &token, &[("if-none-match", known)], None);
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", Some(known)));
    let receipt = location.replace("/v1/invocations", "/v1/receipts");
    assert_eq!(served.agent("GET", &receipt, &token, &[], None).is(200)["outcome"], "returned");
}

#[test]
fn a_deadline_stops_the_guest() {
    let world = patient();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    let body = json!({ "arguments": { "ms": "50000" }, "deadline_ms": 300 });
    let headers = [("idempotency-key", "late")];
    served.called("probe_sleep", &token, &headers, &body).problem(504, "door.deadline");
    until(&world, "SELECT count(*) FROM journal WHERE entry ->> '$.body.outcome' = 'cancelled'", 1);
    served.called("probe_sleep", &token, &headers, &body).problem(504, "door.deadline");
    served
        .called("probe_sleep", &token, &[("idempotency-key", "0")], &json!({ "arguments": {}, "deadline_ms": 0 }))
        .problem(422, "door.body");
}

#[test]
fn the_list_is_paged_and_has_what_mcp_has() {
    let world = World::new();
    let served = Served::start(&world);
    let token = agent_token(&world, "cli", "ben", "s1");
    let get = |path: &str, headers: &[(&str, &str)]| served.agent("GET", path, &token, headers, None);
    let all = get("/v1/tools", &[]);
    let names = |page: &Value| -> Vec<String> {
        let tools = page["tools"].as_array().expect("tools").iter();
        tools.map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    };
    let (mut paged, mut path) = (Vec::new(), "/v1/tools?limit=7".to_owned());
    loop {
        let page = get(&path, &[]).is(200);
        paged.extend(names(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/tools?limit=7&cursor={next}");
    }
    assert_eq!(paged, names(&all.is(200)));
    let tag = all.header("etag").expect("a tag");
    assert_eq!(get("/v1/tools", &[("if-none-match", tag)]).status, 304);
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" } } } });
    let headers = [
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
    ];
    let said = served.agent("POST", "/mcp", &token, &headers, Some(&request));
    let result = said.body.lines().find_map(|line| {
        let line = line.strip_prefix("data: ").unwrap_or(line);
        serde_json::from_str::<Value>(line).ok().filter(|it| it["result"]["tools"].is_array())
    });
    let result = result.unwrap_or_else(|| panic!("{said:?}"));
    let mcp: Vec<Value> = result["result"]["tools"].as_array().expect("tools").iter().map(plain).collect();
    let http: Vec<Value> = all.json()["tools"].as_array().expect("tools").iter().map(plain).collect();
    assert_eq!(http, mcp);
    assert!(http.len() >= 20, "{} tools", http.len());
    let one = get("/v1/tools/probe_forum_post", &[]);
    assert_eq!(one.is(200)["hints"]["read_only"], false);
    assert_eq!(get("/v1/tools/probe_forum_post", &[("if-none-match", "\"x\", *")]).status, 200);
    assert_eq!(get("/v1/tools/probe_forum_post", &[("if-none-match", one.header("etag").expect("a tag"))]).status, 304);
}

/// A tool as both doors have it.
fn plain(tool: &Value) -> Value {
    let either = |one: &str, other: &str| tool.get(one).or_else(|| tool.get(other)).cloned().unwrap_or_default();
    let hints = either("hints", "annotations");
    let hint = |one: &str, other: &str| hints.get(one).or_else(|| hints.get(other)).cloned().unwrap_or_default();
    json!([
        tool["name"],
        tool["title"],
        tool["description"],
        either("input_schema", "inputSchema"),
        either("output_schema", "outputSchema"),
        hint("read_only", "readOnlyHint"),
        hint("destructive", "destructiveHint"),
        hint("idempotent", "idempotentHint"),
        hint("open_world", "openWorldHint"),
    ])
}

#[test]
fn a_door_is_for_those_it_is_for() {
    let world = World::new();
    let served = Served::start(&world);
    let (agent, person) = (agent_token(&world, "cli", "ben", "s1"), person_token(&world, "ben"));
    for path in ["/v1/approvals", "/v1/freezes", "/v1/journal", "/v1/events", "/v1/leases/1"] {
        served.look(path, &agent).problem(403, "door.self-approval");
        let none = served.look(path, "");
        none.problem(401, "door.token");
        assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    }
    served.look("/v1/approvals", &person).is(200);
    let refused = served.agent("GET", "/v1/tools", &person, &[], None);
    refused.problem(401, "door.person");
    assert!(refused.header("www-authenticate").is_some_and(|it| it.contains("resource_metadata=")), "{refused:?}");
    served.agent("GET", "/v1/tools", &agent, &[], None).is(200);
    // What belongs to one door is not at the other.
    served.agent("GET", "/v1/approvals", &agent, &[], None).problem(404, "door.unknown");
    served.look("/v1/tools", &person).problem(404, "door.unknown");
}

#[test]
fn what_is_malformed_is_a_problem_with_a_code() {
    let world = World::new();
    let served = Served::start(&world);
    let (agent, person) = (agent_token(&world, "cli", "ben", "s1"), person_token(&world, "ben"));
    let calls = "/v1/tools/probe_nothing/invocations";
    let keyed: &[(&str, &str)] = &[("idempotency-key", "k")];
    let text: &[(&str, &str)] = &[("idempotency-key", "k"), ("content-type", "text/plain")];
    let raw = |text: &str| Some(Value::from(text));
    for (method, path, headers, body, status, code) in [
        ("GET", "/v1/nothing", &[][..], None, 404, "door.unknown"),
        ("GET", "/v1/invocations/x", &[], None, 404, "door.unknown"),
        ("GET", "/v1/invocations/%ff", &[], None, 400, "door.path"),
        ("GET", "/v1/tools?limit=0", &[], None, 400, "door.query"),
        ("GET", "/v1/tools?limit=x", &[], None, 400, "door.query"),
        ("GET", "/v1/tools?colour=red", &[], None, 400, "door.query"),
        ("GET", "/v1/tools?cursor=!", &[], None, 400, "door.cursor"),
        ("DELETE", "/v1/tools", &[], None, 405, "door.method"),
        ("POST", calls, text, raw("{}"), 415, "door.body"),
        ("POST", calls, keyed, raw("{\"arguments\":"), 400, "door.body"),
        ("POST", calls, keyed, raw("{\"arguments\":{},\"arguments\":{}}"), 400, "door.body"),
        ("POST", calls, keyed, raw("{\"colour\":1}"), 422, "door.body"),
        ("POST", calls, keyed, raw("{\"arguments\":[]}"), 422, "door.body"),
        ("POST", calls, &[("idempotency-key", "a b")], raw("{}"), 400, "door.idempotency-key"),
        ("POST", calls, &[("idempotency-key", "a"), ("idempotency-key", "b")], raw("{}"), 400, "door.header"),
    ] {
        let reply = served.agent(method, path, &agent, headers, body.as_ref());
        reply.problem(status, code);
        assert_eq!(reply.header("allow").is_some(), status == 405, "{reply:?}");
    }
    for (method, path, headers, body, status, code) in [
        ("GET", "/v1/approvals/x", &[][..], None, 404, "door.unknown"),
        ("GET", "/v1/approvals/18446744073709551616", &[], None, 404, "door.unknown"),
        ("GET", "/v1/approvals?state=odd", &[], None, 400, "door.query"),
        ("GET", "/approvals/x", &[], None, 404, "door.unknown"),
        ("POST", "/sign-in", &[("content-type", "text/plain")], raw("x"), 415, "door.form"),
        ("PUT", "/v1/freezes", &[], None, 405, "door.method"),
        ("PUT", "/sign-in", &[], None, 405, "door.method"),
        ("GET", "/v1/events", &[("last-event-id", "x")], None, 400, "door.header"),
    ] {
        served.person(method, path, &person, headers, body.as_ref()).problem(status, code);
    }
    assert_eq!(world.count(KEYS), 0, "nothing came of any of them");
}
