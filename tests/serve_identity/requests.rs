//! Hostile requests, each with its answer: a table that `docs/hostile-requests.md` shows, written anew with `BLESS=1`.

use std::path::Path;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::http::{Answer, Served, exchange, now, sign};
use super::{asked, world};

/// A request: which part of the table, what is wrong with it, which door, and its bytes.
type Row = (&'static str, &'static str, u16, Vec<u8>);

const SETTINGS: &str = "[serve.limits]\narrival = \"300 ms\"\nbody = \"64 KiB\"";

/// What is asked for in all of them, where anything is: a post that waits for ben.
fn post() -> Value {
    json!({ "name": "probe_forum_post", "arguments": { "forum": "eng-help", "thread": "1", "body": "by hand" } })
}

#[test]
fn hostile_requests() {
    let served = Served::new(world(), SETTINGS);
    let token = served.agent("ben", &["agent-7"]);
    let question = asked(&served, &token);
    let doors = [(served.agents, "agents"), (served.people, "people"), (served.admin, "admin")];
    let groups = [
        tokens(&served, &token),
        people(&served, &token, &question),
        bodies(&served, &token),
        heads(&served, &token),
        paths(&served, &token),
    ];
    let mut table = String::new();
    let mut last = "";
    for (group, name, port, bytes) in groups.into_iter().flatten() {
        let (before, entries, tried) = (served.world.outside(), entries(&served), tried(&served));
        let answer = exchange(port, &bytes);
        assert_eq!((served.world.outside(), self::entries(&served)), (before, entries), "{name}: {answer:?}");
        let record = if self::tried(&served) > tried { "the try" } else { "" };
        if group != last {
            table.push_str(&format!("\n## {group}\n\n| request | door | answer | on record |\n|---|---|---|---|\n"));
            last = group;
        }
        let door = doors.iter().find(|(known, _)| *known == port).expect("a door").1;
        table.push_str(&format!("| {name} | {door} | {} | {record} |\n", shown(&answer)));
    }
    repeated_key(&served, &token);
    let (id, (etag, digest)) = &question;
    let agreed = served.decide(*id, &served.person("ben"), (etag, digest));
    assert_eq!(agreed.status, 200, "the same answer with nothing wrong: {agreed:?}");
    let sound = served.answered(&token, &post());
    assert_eq!(sound.code(), "200 returned", "the same call with nothing wrong: {sound:?}");
    let intro = "# Hostile requests\n\nWhat each door answers to requests that no well-behaved client sends. None of them has an effect: no call begins,\n\
                 nothing in the world changes, and nothing is added to the journal but, where the last column says so, that an agent\n\
                 tried to answer for a person. `0` stands for a connection that is closed without an answer. The test `hostile_requests`\n\
                 sends each of them and compares this page.\n";
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hostile-requests.md");
    let text = format!("{intro}{table}");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, &text).expect("writing the page");
    }
    assert_eq!(std::fs::read_to_string(&page).unwrap_or_default(), text, "see it with BLESS=1");
}

fn shown(answer: &Answer) -> String {
    let code = answer.code();
    match code.split_once(' ') {
        Some((status, code)) => format!("{status} `{code}`"),
        None => code,
    }
}

fn entries(served: &Served) -> i64 {
    served.world.count("SELECT count(*) FROM journal WHERE entry ->> '$.kind' <> 'turned-away'")
}

fn tried(served: &Served) -> i64 {
    served.world.count("SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'turned-away'")
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

fn tokens(served: &Served, token: &str) -> Vec<Row> {
    let (key, kid) = served.key();
    let with = |more: Value| {
        let mut claims = served.claims();
        claims.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        claims
    };
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid });
    let unsigned = sign(&key, &json!({ "alg": "none", "kid": kid }), &served.claims());
    let unsigned = format!("{}.", unsigned.rsplit_once('.').expect("a signature").0);
    let hmac = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
    let hmac = jsonwebtoken::encode(&hmac, &served.claims(), &EncodingKey::from_secret(key.verifying_key().as_bytes()));
    let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let other = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let swapped = served.signed(&with(json!({ "sub": "gus" })));
    let swapped = swapped.split('.').nth(1).expect("claims");
    let cases = [
        ("garbage", "garbage".to_owned()),
        ("expired", served.signed(&with(json!({ "exp": now() - 3600 })))),
        ("without an end", served.signed(&with(json!({ "exp": null })))),
        ("not valid yet", served.signed(&with(json!({ "nbf": now() + 3600 })))),
        ("signed in the future", served.signed(&with(json!({ "iat": now() + 3600 })))),
        ("of another issuer", served.signed(&with(json!({ "iss": "https://x.example" })))),
        ("for another audience", served.signed(&with(json!({ "aud": "https://x.example/mcp" })))),
        ("for no audience", served.signed(&with(json!({ "aud": [] })))),
        ("`alg` none", unsigned),
        ("HS256 with the public key as the secret", hmac.expect("a token")),
        ("another key under our key's name", sign(&other, &header, &served.claims())),
        ("a key that nobody knows", sign(&other, &json!({ "alg": "EdDSA", "kid": "x" }), &served.claims())),
        (
            "a key that it brings along (`jwk`)",
            sign(
                &other,
                &json!({ "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "AAAA" } }),
                &served.claims(),
            ),
        ),
        (
            "an extension that must be understood (`crit`)",
            sign(&key, &json!({ "alg": "EdDSA", "kid": kid, "crit": ["x"], "x": 1 }), &served.claims()),
        ),
        ("another one's claims under its signature", format!("{head}.{swapped}.{signature}")),
        ("its signature cut off", format!("{head}.{body}.")),
        ("larger than 8 KiB", served.signed(&with(json!({ "x": "x".repeat(9_000) })))),
        ("a person's", served.signed(&served.bens(&json!({})))),
        ("a person's, for this audience", served.signed(&served.bens(&json!({ "aud": served.claims()["aud"] })))),
    ];
    let call = |token: &str| served.mcp_bytes(token, "tools/call", &post());
    let sound = String::from_utf8(call(token)).expect("text");
    let line = bearer(token);
    let group = "Tokens where agents call";
    let mut rows: Vec<Row> = cases.into_iter().map(|(name, token)| (group, name, served.agents, call(&token))).collect();
    rows.extend([
        (group, "none", served.agents, sound.replace(&line, "").into_bytes()),
        (group, "under another scheme", served.agents, sound.replace("Bearer", "Basic").into_bytes()),
        (group, "twice", served.agents, sound.replace(&line, &format!("{line}{line}")).into_bytes()),
        (
            group,
            "in the query",
            served.agents,
            sound.replace(&line, "").replace("/mcp", &format!("/mcp?access_token={token}")).into_bytes(),
        ),
    ]);
    rows
}

fn people(served: &Served, token: &str, (question, (etag, digest)): &(u64, (String, String))) -> Vec<Row> {
    let group = "Where people answer";
    let (port, path) = (served.people, format!("/v1/approvals/{question}/decision"));
    let ben = served.signed(&served.bens(&json!({})));
    let sound = json!({ "decision": "yes", "payload_sha256": digest }).to_string();
    let get = |path: &str, more: &str| bare(port, "GET", path, more);
    let decide = |token: &str, etag: &str, body: &str| {
        served.post(port, &path, &format!("{}If-Match: {etag}\r\n", bearer(token)), body)
    };
    let bens = |more: Value| served.signed(&served.bens(&more));
    let form = "decision=yes&proof=00&shown=00&payload=00";
    let pressed = |more: &str| {
        let head = format!("Content-Type: application/x-www-form-urlencoded\r\n{more}");
        let request = served.post(port, &format!("/approvals/{question}"), &head, form);
        String::from_utf8(request).expect("text").replacen("Content-Type: application/json\r\n", "", 1).into_bytes()
    };
    let row = |name, bytes| (group, name, port, bytes);
    vec![
        row("no token", served.post(port, &path, "", &sound)),
        row("an agent's token", decide(token, etag, &sound)),
        row("an agent's token, only to look", get("/v1/approvals", &bearer(token))),
        row("ben's token with `act`", decide(&bens(json!({ "act": { "sub": "agent-7" } })), etag, &sound)),
        row("ben's token with a session", decide(&bens(json!({ "sid": "s1" })), etag, &sound)),
        row("ben's token whose client is an agent", decide(&bens(json!({ "azp": "agent-7" })), etag, &sound)),
        row("ben's token for the agents' door", decide(&bens(json!({ "aud": served.claims()["aud"] })), etag, &sound)),
        row("ben's token, expired", decide(&bens(json!({ "exp": now() - 3600 })), etag, &sound)),
        row("an agent's token as the page's cookie", pressed(&format!("Cookie: tollgate={token}\r\n"))),
        row("the page's form without its proof", pressed(&format!("Cookie: tollgate={ben}\r\n"))),
        row("the page's cookie twice", pressed(&format!("Cookie: tollgate={ben}; tollgate={ben}\r\n"))),
        row("a code that is none", {
            let head = "Content-Type: application/x-www-form-urlencoded\r\n";
            let request = String::from_utf8(served.post(port, "/sign-in", head, "code=aaaaaaaaaaaa")).expect("text");
            request.replacen("Content-Type: application/json\r\n", "", 1).into_bytes()
        }),
        row("another person's answer", decide(&bens(json!({ "sub": "gus" })), etag, &sound)),
        row("an answer of nobody known", decide(&bens(json!({ "sub": "zoe" })), etag, &sound)),
        row(
            "a question that never was",
            served.post(port, "/v1/approvals/4711/decision", &format!("{}If-Match: {etag}\r\n", bearer(&ben)), &sound),
        ),
        row("without `If-Match`", served.post(port, &path, &bearer(&ben), &sound)),
        row("with an old `If-Match`", decide(&ben, "\"00\"", &sound)),
        row("with any `If-Match`", decide(&ben, "*", &sound)),
        row(
            "with another text's digest",
            decide(&ben, etag, &json!({ "decision": "yes", "payload_sha256": "00" }).to_string()),
        ),
        row("a no and a yes in one body", decide(&ben, etag, &sound.replace('{', "{\"decision\":\"no\","))),
        row("a key that no answer has", decide(&ben, etag, &sound.replace('{', "{\"force\":true,"))),
        row("an answer that is neither", decide(&ben, etag, &sound.replace("yes", "maybe"))),
    ]
}

/// A request without a body.
fn bare(port: u16, verb: &str, path: &str, more: &str) -> Vec<u8> {
    format!("{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

fn bodies(served: &Served, token: &str) -> Vec<Row> {
    let group = "Bodies";
    let port = served.agents;
    let sound = String::from_utf8(served.mcp_bytes(token, "tools/call", &post())).expect("text");
    let (head, body) = sound.split_once("\r\n\r\n").expect("a body");
    let length = format!("Content-Length: {}", body.len());
    let with = |body: &[u8]| {
        let head = head.replace(&length, &format!("Content-Length: {}", body.len()));
        [head.as_bytes(), b"\r\n\r\n", body].concat()
    };
    let chunked = |body: &str| {
        let head = head.replace(&length, "Transfer-Encoding: chunked");
        format!("{head}\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes()
    };
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let within = body.replace("\"by hand\"", &deep);
    let invalid = [&body.as_bytes()[..body.len() - 1], b",\"x\":\"\xff\xfe\"}"].concat();
    let tasks =
        json!({ "io.modelcontextprotocol/clientCapabilities": { "extensions": { "io.modelcontextprotocol/tasks": {} } } });
    let row = |name, bytes| (group, name, port, bytes);
    vec![
        row("larger than the limit", with(" ".repeat(70_000).as_bytes())),
        row("larger than the limit, in chunks", chunked(&" ".repeat(70_000))),
        row("of a length that never comes", sound.replace(&length, "Content-Length: 60000").into_bytes()),
        row("of two lengths", sound.replace(&length, &format!("{length}\r\nContent-Length: 1")).into_bytes()),
        row(
            "of a length and in chunks",
            sound.replace(&length, &format!("{length}\r\nTransfer-Encoding: chunked")).into_bytes(),
        ),
        row(
            "in a chunk of no size",
            format!("{}\r\n\r\nxyz\r\n", head.replace(&length, "Transfer-Encoding: chunked")).into_bytes(),
        ),
        row("empty", with(b"")),
        row("no JSON", with(b"{")),
        row("20,000 lists deep", with(deep.as_bytes())),
        row("20,000 lists deep in an argument", with(within.as_bytes())),
        row("a key twice", with(body.replace("\"method\"", "\"method\":\"tools/list\",\"method\"").as_bytes())),
        row("an argument twice", with(body.replace("\"body\"", "\"body\":\"x\",\"body\"").as_bytes())),
        row("not UTF-8", with(&invalid)),
        row("of another kind", sound.replace("Content-Type: application/json", "Content-Type: text/plain").into_bytes()),
        row("a batch", with(format!("[{body},{body}]").as_bytes())),
        row("another method than its header's", with(body.replace("tools/call", "tools/list").as_bytes())),
        row("another tool than its header's", with(body.replace("probe_forum_post", "probe_spin").as_bytes())),
        row("an argument that no schema has", with(body.replace("\"body\"", "\"approved\":true,\"body\"").as_bytes())),
        row("a number for a text", with(body.replace("\"by hand\"", "1e999").as_bytes())),
        row("a method that MCP has and this server has not", served.mcp_bytes(token, "prompts/list", &json!({}))),
        row("a tool that is none", served.mcp_bytes(token, "tools/call", &json!({ "name": "approve", "arguments": {} }))),
        row("a task that never was", served.mcp_bytes(token, "tasks/get", &json!({ "taskId": "x", "_meta": tasks }))),
        row("a request state that is none", {
            let mut call = post();
            (call["requestState"], call["inputResponses"]) = (json!("v1.x"), json!({ "approval": { "action": "accept" } }));
            served.mcp_bytes(token, "tools/call", &call)
        }),
        row(
            "a session that never was",
            sound.replace("Accept:", "Mcp-Session-Id: 00000000-0000-0000-0000-000000000000\r\nAccept:").into_bytes(),
        ),
    ]
}

fn heads(served: &Served, token: &str) -> Vec<Row> {
    let group = "Heads";
    let port = served.agents;
    let sound = String::from_utf8(served.mcp_bytes(token, "tools/call", &post())).expect("text");
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let with = |more: &str| sound.replace(&host, &format!("{host}{more}")).into_bytes();
    let of = |name: &str| sound.replace(&host, &format!("Host: {name}\r\n")).into_bytes();
    let flood: String = (0..200).map(|n| format!("X-{n}: x\r\n")).collect();
    let own = format!("http://127.0.0.1:{port}/mcp");
    let row = |name, bytes| (group, name, port, bytes);
    vec![
        row("200 headers", with(&flood)),
        row("a header of 100 KiB", with(&format!("X: {}\r\n", "x".repeat(100 << 10)))),
        row("a head that never ends", sound.split("\r\nAccept").next().expect("a head").as_bytes().to_vec()),
        row("a header over two lines", with("X: a\r\n b\r\n")),
        row("a NUL in a header", with("X: a\0b\r\n")),
        row("a space before a header's colon", with("X : a\r\n")),
        row("no name of a host", sound.replace(&host, "").into_bytes()),
        row("two names of hosts", with("Host: evil.example\r\n")),
        row("another host's name (rebinding)", of("evil.example")),
        row("another host's name with our port", of(&format!("evil.example:{port}"))),
        row("our name with another port", of("127.0.0.1:1")),
        row("our name with more behind it", of(&format!("127.0.0.1:{port}.evil.example"))),
        row("another host in the request's line", sound.replace("POST /mcp", "POST http://evil.example/mcp").into_bytes()),
        row(
            "our host in the line, another in the header",
            of("evil.example")
                .iter()
                .map(|it| char::from(*it))
                .collect::<String>()
                .replace("POST /mcp", &format!("POST {own}"))
                .into_bytes(),
        ),
        row("a strange page's origin", with("Origin: https://evil.example\r\n")),
        row("an origin that is null", with("Origin: null\r\n")),
        row("an origin that begins like ours", with(&format!("Origin: http://127.0.0.1:{port}.evil.example\r\n"))),
        row("two origins", with(&format!("Origin: http://127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n"))),
        row(
            "a strange page's question beforehand",
            bare(port, "OPTIONS", "/mcp", "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n"),
        ),
        row("HTTP/0.9", b"GET /mcp\r\n\r\n".to_vec()),
        row("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        row("TRACE", bare(port, "TRACE", "/mcp", &bearer(token))),
        row("CONNECT", bare(port, "CONNECT", "example.com:443", &bearer(token))),
    ]
}

fn paths(served: &Served, token: &str) -> Vec<Row> {
    let group = "Paths";
    let ben = served.signed(&served.bens(&json!({})));
    let mcp = String::from_utf8(served.mcp_bytes(token, "tools/call", &post())).expect("text");
    let at = |path: &str| mcp.replace("POST /mcp", &format!("POST {path}")).into_bytes();
    let agents = |name, path: &str| (group, name, served.agents, bare(served.agents, "GET", path, &bearer(token)));
    let people = |name, path: &str| (group, name, served.people, bare(served.people, "GET", path, &bearer(&ben)));
    let admin = |name, path: &str| (group, name, served.admin, bare(served.admin, "GET", path, ""));
    vec![
        (group, "`//mcp`", served.agents, at("//mcp")),
        (group, "`/MCP`", served.agents, at("/MCP")),
        (group, "`/mcp/..%2f`", served.agents, at("/mcp/..%2f")),
        (group, "`/mcp/../mcp`", served.agents, at("/mcp/../mcp")),
        (group, "`/%6dcp`", served.agents, at("/%6dcp")),
        (group, "`/mcp;x`", served.agents, at("/mcp;x")),
        agents("`/v1/approvals`", "/v1/approvals"),
        agents("`/mcp/../v1/approvals`", "/mcp/../v1/approvals"),
        agents("`/approvals/1`", "/approvals/1"),
        agents("`/sign-in`", "/sign-in"),
        agents("`/healthz`", "/healthz"),
        people("`/mcp`", "/mcp"),
        people("`/healthz`", "/healthz"),
        people("`/v1/%2e%2e`", "/v1/%2e%2e"),
        people("`/v1/approvals/../../healthz`", "/v1/approvals/../../healthz"),
        people("`/v1/approvals/-1`", "/v1/approvals/-1"),
        people("`/v1/approvals/1%00`", "/v1/approvals/1%00"),
        people("`/v1/approvals/99999999999999999999`", "/v1/approvals/99999999999999999999"),
        people("`/v1/approvals/18446744073709551615`", "/v1/approvals/18446744073709551615"),
        people("`/v1/approvals?limit=-1`", "/v1/approvals?limit=-1"),
        people("`/v1/approvals?as=gus`", "/v1/approvals?as=gus"),
        people("`/v1/approvals/%ff`", "/v1/approvals/%ff"),
        admin("`/v1/approvals`", "/v1/approvals"),
        admin("`/mcp`", "/mcp"),
    ]
}

/// A key that comes again with another call.
fn repeated_key(served: &Served, token: &str) {
    let call = |message: &str| {
        let meta = json!({ "dev.tollgate/idempotency-key": "k-1" });
        served.mcp(token, "tools/call", &json!({ "name": "probe_fail", "arguments": { "message": message }, "_meta": meta }))
    };
    assert_eq!(call("one").code(), "200 tool-error");
    let before = entries(served);
    assert_eq!(call("two").code(), "200 door.arguments");
    assert_eq!(entries(served), before);
}
