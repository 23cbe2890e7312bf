//! S15: what a guest reads or says stands in the result that its caller asked for, and nowhere else.

use serde_json::json;

use super::http::{Served, exchange};
use super::traces::Collector;
use super::world;

const CANARY: &str = "canary-4711-secret";

#[test]
fn s15_secrets_where_nobody_looks() {
    let collector = Collector::start();
    let mut served = Served::new(world(), &collector.setting());
    served.world.write("files/runbooks/key.env", CANARY);
    let token = served.agent("ben", &["agent-7"]);
    // Where it belongs: a value, and the tool's own error.
    let read = served.call(&token, "files_read", &json!({ "path": "runbooks/key.env", "offset": "0", "length": 100 }));
    assert_eq!(read.code(), "200 returned", "{read:?}");
    let failed = served.call(&token, "fail", &json!({ "message": CANARY }));
    assert_eq!((failed.code().as_str(), failed.body.matches(CANARY).count()), ("200 tool-error", 1), "{failed:?}");
    // Everywhere else it is said and not heard.
    let post = json!({ "forum": "eng-help", "thread": "1", "body": CANARY });
    let elsewhere = [
        ("stdout", served.call(&token, "say", &json!({ "text": CANARY }))),
        ("a refused path", served.call(&token, "files_read", &json!({ "path": CANARY, "offset": "0", "length": 1 }))),
        ("a body that waits for ben", served.call(&token, "forum_post", &post)),
        ("a panic", served.call(&token, "panic", &json!({}))),
        ("arguments that fit no schema", served.call(&token, "say", &json!({ "text": { "x": CANARY } }))),
        (
            "a body that is no JSON",
            exchange(served.agents, &served.post(served.agents, "/mcp", &bearer(&token), &format!("{{\"{CANARY}\""))),
        ),
        ("a path of the door", served.get(served.agents, &format!("/{CANARY}"), &bearer(&token))),
        ("a path of people's door", served.get(served.people, &format!("/v1/{CANARY}"), "")),
        ("a token", served.get(served.agents, "/mcp", &bearer(CANARY))),
        ("health", served.get(served.admin, "/healthz", "")),
        ("readiness", served.get(served.admin, "/readyz", "")),
        ("metrics", served.get(served.admin, "/metrics", "")),
    ];
    for (case, answer) in &elsewhere {
        assert!(
            answer.status > 0 && !answer.body.contains(CANARY) && !answer.headers.contains(CANARY),
            "{case}: {answer:?}"
        );
    }
    // The guest did say it, and it is kept where payloads are.
    let kept = "SELECT count(*) FROM payloads WHERE instr(bytes, 'canary-4711-secret') > 0";
    assert!(served.world.count(kept) >= 4, "{}", served.world.count(kept));
    let clear = "SELECT count(*) FROM journal WHERE instr(entry, 'canary-4711-secret') > 0";
    assert_eq!(served.world.count(clear), 0, "the clear part of the journal");
    let log = served.log();
    assert!(log.lines().count() > 0, "it was made to say as much as it can");
    assert!(!log.contains(CANARY), "{}", log.lines().find(|line| line.contains(CANARY)).unwrap_or_default());
    let end = &token[token.len() - 40..];
    assert!(!log.contains(end), "no token either");
    // What a collector gets: ids and codes, and nothing that a guest, a caller or a person named.
    served.stop();
    let sent = collector.bytes();
    // A text stands behind its length.
    for word in [CANARY, end, "runbooks", "key.env", "eng-help", "\u{3}ben"] {
        assert!(!holds(&sent, word), "`{word}` is in a span");
    }
    for word in
        ["\u{7}agent-7", "forum.post", "files.read", "cover.not-granted", "agree.waiting", "tool-error", "fault.trap"]
    {
        assert!(holds(&sent, word), "there are spans, and `{word}` is in none");
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}
