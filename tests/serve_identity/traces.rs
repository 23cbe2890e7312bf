//! Spans at a collector: what an invocation looks like to whoever follows a request through many systems.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use prost::Message as _;
use serde_json::{Value, json};

use super::http::{Answer, Served, exchange};
use super::other::{answer, listens, request};
use super::{asked, world};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A collector of OTLP over HTTP.
pub struct Collector {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    bodies: Vec<Vec<u8>>,
    status: u16,
    /// Those that are never answered.
    holds: Option<Vec<TcpStream>>,
}

/// A span, as far as these tests look.
#[derive(Debug, Clone)]
struct Span {
    name: String,
    trace: String,
    state: String,
    id: String,
    parent: String,
    says: BTreeMap<String, String>,
}

impl Collector {
    pub fn start() -> Self {
        let state = State { status: 200, ..State::default() };
        let shared = Arc::new(Shared { state: state.into(), came: Condvar::new() });
        let serving = shared.clone();
        let address = listens(move |mut stream| {
            let Some((head, body)) = request(&mut stream) else { return };
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
            assert!(head.to_ascii_lowercase().contains("content-type: application/x-protobuf\r\n"), "{head}");
            let mut state = serving.state.lock().expect("nobody panicked");
            state.bodies.push(body);
            let status = state.status;
            match &mut state.holds {
                Some(holds) => holds.push(stream),
                None => {
                    let said = format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                    answer(&mut stream, said.as_bytes());
                }
            }
            serving.came.notify_all();
        });
        Self { url: format!("http://{address}/v1/traces"), shared }
    }

    /// As `[serve]` names it.
    pub fn setting(&self) -> String {
        format!("traces = \"{}\"", self.url)
    }

    /// Everything that was sent to it.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.state.lock().expect("nobody panicked").bodies.concat()
    }

    fn turn(&self, turn: impl FnOnce(&mut State)) {
        turn(&mut self.shared.state.lock().expect("nobody panicked"));
    }

    fn batches(&self) -> usize {
        self.shared.state.lock().expect("nobody panicked").bodies.len()
    }

    fn until(&self, batches: usize) {
        let state = self.shared.state.lock().expect("nobody panicked");
        let waited = self.shared.came.wait_timeout_while(state, PATIENCE, |state| state.bodies.len() < batches);
        assert!(!waited.expect("nobody panicked").1.timed_out(), "nothing comes");
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.shared.state.lock().expect("nobody panicked").bodies.clone();
        let batches = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP"));
        let scopes = batches.flat_map(|batch| batch.resource_spans).flat_map(|resource| resource.scope_spans);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let spans = scopes.flat_map(|scope| scope.spans).map(|span| {
            assert!(span.events.is_empty() && span.links.is_empty(), "{span:?}");
            let says = span.attributes.into_iter().map(|it| {
                let value = match it.value.and_then(|value| value.value) {
                    Some(Any::StringValue(text)) => text,
                    Some(Any::BoolValue(it)) => it.to_string(),
                    other => panic!("{other:?} as {}", it.key),
                };
                (it.key.strip_prefix("tollgate.").unwrap_or_else(|| panic!("{}", it.key)).to_owned(), value)
            });
            let says = says.collect();
            let (trace, id, parent) = (hex(&span.trace_id), hex(&span.span_id), hex(&span.parent_span_id));
            Span { name: span.name, trace, state: span.trace_state, id, parent, says }
        });
        spans.collect()
    }
}

impl Span {
    fn says(&self, key: &str) -> &str {
        self.says.get(key).map_or("", String::as_str)
    }

    fn keys(&self) -> BTreeSet<&str> {
        self.says.keys().map(String::as_str).collect()
    }
}

/// The spans of the host calls within another one, as they ended: what each says beside its name.
fn within<'s>(spans: &'s [Span], parent: &Span) -> Vec<(&'s str, Vec<(&'s str, &'s str)>)> {
    let children = spans.iter().filter(|span| span.parent == parent.id && span.trace == parent.trace);
    let says = |span: &'s Span| span.says.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    children.map(|span| (span.name.as_str(), says(span))).collect()
}

/// The span of an invocation; what it holds is what every one holds.
fn of<'s>(spans: &'s [Span], invocation: &Value, attempt: &str) -> &'s Span {
    let id = invocation.as_str().expect("an invocation");
    let mut found = spans.iter().filter(|span| span.says("invocation") == id && span.says("taken_up") == attempt);
    let span = found.next().unwrap_or_else(|| panic!("no span of {id}: {spans:#?}"));
    assert!(found.next().is_none(), "two of {id}: {spans:#?}");
    assert_eq!(span.name, "invoke");
    assert_eq!(span.keys(), BTreeSet::from(["agent", "code", "function", "invocation", "taken_up", "tool"]));
    span
}

fn invocation(answer: &Answer) -> Value {
    let json = answer.json();
    let found = [&json["invocation"], &json["result"]["_meta"]["dev.tollgate/invocation"]];
    found.into_iter().find(|it| it.is_string()).unwrap_or_else(|| panic!("no invocation: {answer:?}")).clone()
}

/// A call over the HTTP API.
fn over_http(served: &Served, token: &str, headers: &str, (function, arguments): (&str, &Value)) -> Answer {
    let more = format!("Authorization: Bearer {token}\r\nIdempotency-Key: {function}-{}\r\n{headers}", headers.len());
    let path = format!("/v1/tools/probe_{function}/invocations");
    let body = json!({ "arguments": arguments }).to_string();
    exchange(served.agents, &served.post(served.agents, &path, &more, &body))
}

/// A call over MCP, with headers of its own.
fn over_mcp(served: &Served, token: &str, headers: &str, params: &Value) -> Answer {
    let bytes = String::from_utf8(served.mcp_bytes(token, "tools/call", params)).expect("text");
    exchange(served.agents, bytes.replacen("\r\n", &format!("\r\n{headers}"), 1).as_bytes())
}

#[test]
fn an_invocation_is_a_span_in_its_callers_trace_and_each_host_call_one_in_it() {
    let collector = Collector::start();
    let mut served = Served::new(world(), &collector.setting());
    let token = served.agent("ben", &["agent-7"]);
    let trace = |number: u8| format!("{number:032x}");
    let parent = |number: u8, flags: &str| format!("00-{}-00000000000000{number:02x}-{flags}", trace(number));
    let header = |number: u8, flags: &str| format!("traceparent: {}\r\ntracestate: there=t61r\r\n", parent(number, flags));
    let reads = json!({ "paths": ["runbooks/deploy.md", "pay/ledger.csv"] });
    let params = json!({ "name": "probe_read_any", "arguments": reads });
    let mut said = params.clone();
    said["_meta"] = json!({ "traceparent": parent(3, "01"), "tracestate": "there=t61r" });
    let members = ["a", "b", "c"].map(|it| format!("{it}={}", "x".repeat(200))).join(",");
    let long = format!("traceparent: {}\r\ntracestate: {members}\r\n", parent(5, "01"));
    let twice = format!("{}traceparent: {}\r\n", header(6, "01"), parent(7, "01"));
    let followed = [
        ("over HTTP", 1, over_http(&served, &token, &header(1, "01"), ("read_any", &reads))),
        ("over MCP", 2, over_mcp(&served, &token, &header(2, "01"), &params)),
        ("as MCP's own field says", 3, over_mcp(&served, &token, &header(4, "01"), &said)),
        ("a state that is too long", 5, over_mcp(&served, &token, &long, &params)),
    ];
    let alone = [
        ("without a trace", over_http(&served, &token, "", ("read_any", &reads))),
        ("malformed", over_mcp(&served, &token, "traceparent: 00-zz-01\r\n", &params)),
        ("said twice", over_mcp(&served, &token, &twice, &params)),
    ];
    let unfollowed = over_mcp(&served, &token, &header(8, "00"), &params);
    let ends = [
        ("files_read", json!({ "path": "pay/ledger.csv", "offset": "0", "length": 1 })),
        ("fail", json!({ "message": "no" })),
        ("panic", json!({})),
    ];
    let ends = ends.map(|(function, arguments)| (function, served.call(&token, function, &arguments)));
    served.stop();

    let spans = collector.spans();
    let calls = [("files.read", vec![]), ("files.read", vec![("code", "cover.not-granted")])];
    for (case, number, answer) in &followed {
        let span = of(&spans, &invocation(answer), "false");
        assert_eq!((&span.trace, &span.parent), (&trace(*number), &format!("{number:016x}")), "{case}: {span:?}");
        assert_eq!(span.state, if *number == 5 { "" } else { "there=t61r" }, "{case}");
        let names = ["tool", "function", "agent", "code"].map(|key| span.says(key));
        assert_eq!(names, ["probe", "read-any", "agent-7", "returned"], "{case}");
        assert_eq!(within(&spans, span), calls, "{case}");
    }
    for (case, answer) in &alone {
        let span = of(&spans, &invocation(answer), "false");
        assert_eq!((span.parent.as_str(), within(&spans, span)), ("", calls.to_vec()), "{case}");
        assert!((1..=8).all(|number| trace(number) != span.trace), "{case}: {span:?}");
    }
    let id = invocation(&unfollowed);
    assert!(spans.iter().all(|span| span.says("invocation") != id), "its caller said that nobody follows it");
    for (function, answer) in &ends {
        let span = of(&spans, &invocation(answer), "false");
        assert_eq!(format!("200 {}", span.says("code")), answer.code(), "{function}");
    }
    let codes = ends.map(|(_, answer)| answer.code());
    assert_eq!(codes, ["200 cover.not-granted", "200 tool-error", "200 fault.trap"]);
    let log = served.log();
    assert!(
        !log.contains("invoke{") && !log.contains("host call") && !log.contains(&trace(1)),
        "the log has none of it: {log}"
    );
}

#[test]
fn what_waits_ends_its_span_and_what_is_taken_up_has_one_of_its_own() {
    let collector = Collector::start();
    let mut served = Served::new(world(), &collector.setting());
    let token = served.agent("ben", &["agent-7"]);
    let params = json!({ "name": "probe_read_then_post",
        "arguments": { "path": "runbooks/deploy.md", "forum": "eng-help", "thread": "1" } });
    let waits = served.mcp(&token, "tools/call", &params);
    assert_eq!(waits.code(), "200 agree.waiting");
    let question = waits.json()["result"]["_meta"]["dev.tollgate/approval"]["id"].as_u64().expect("a question");
    let bearer = format!("Authorization: Bearer {}\r\n", served.person("ben"));
    let shown = served.get(served.people, &format!("/v1/approvals/{question}"), &bearer);
    let digest = shown.json()["payload_sha256"].as_str().expect("a digest").to_owned();
    let etag = shown.header("etag").expect("an ETag").to_owned();
    assert_eq!(served.decide(question, &served.person("ben"), (&etag, &digest)).status, 200);
    let done = served.answered(&token, &params);
    assert_eq!(done.code(), "200 returned");
    served.stop();

    let spans = collector.spans();
    let first = of(&spans, &invocation(&done), "false");
    assert_eq!(first.says("code"), "agree.waiting");
    let asks = [("files.read", vec![]), ("forum.post", vec![("code", "agree.waiting")])];
    assert_eq!(within(&spans, first), asks);
    let second = of(&spans, &invocation(&done), "true");
    assert_eq!((second.says("code"), second.says("agent")), ("returned", "agent-7"));
    assert_eq!(within(&spans, second), [("files.read", vec![("replayed", "true")]), ("forum.post", vec![])]);
}

#[test]
fn a_collector_that_does_not_answer_holds_up_nobody_and_is_mentioned_once() {
    let collector = Collector::start();
    let queue =
        [("OTEL_BSP_SCHEDULE_DELAY", "10"), ("OTEL_BSP_MAX_QUEUE_SIZE", "8"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")];
    let mut served = Served::with(world(), &collector.setting(), &queue);
    let token = served.agent("ben", &["agent-7"]);
    let calls = |times: usize| {
        for _ in 0..times {
            let begun = Instant::now();
            assert_eq!(served.call(&token, "context_agent", &json!({})).code(), "200 returned");
            assert!(begun.elapsed() < Duration::from_secs(3), "it takes {:?}", begun.elapsed());
        }
    };
    let down = "spans do not reach the collector, and are dropped; calls go on";
    collector.turn(|state| state.status = 404);
    while collector.batches() < 4 {
        calls(1);
    }
    assert_eq!(served.log().matches(down).count(), 1, "{}", served.log());
    collector.turn(|state| state.status = 200);
    calls(1);
    collector.until(collector.batches() + 1);

    // It takes a batch, and never says that it did; nor does anything of what comes after fit.
    collector.turn(|state| state.holds = Some(Vec::new()));
    let before = collector.batches();
    calls(1);
    collector.until(before + 1);
    calls(40);
    assert!(collector.batches() <= before + 2, "one is on its way, for five seconds");
    let begun = Instant::now();
    served.stop();
    assert!(begun.elapsed() < Duration::from_secs(12), "a stop waits for it some seconds: {:?}", begun.elapsed());
    let log = served.log();
    assert!(log.contains("spans reach the collector again"), "{log}");
    assert_eq!(log.matches(down).count(), 1, "{log}");
}

#[test]
fn a_host_without_its_collector_serves() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let mut served = Served::new(world(), &format!("traces = \"http://{closed}/v1/traces\""));
    let token = served.agent("ben", &["agent-7"]);
    assert!(asked(&served, &token).0 > 0);
    assert_eq!(served.call(&token, "context_agent", &json!({})).code(), "200 returned");
    served.stop();
    assert!(served.log().contains("spans do not reach the collector"), "{}", served.log());
}
