//! S05: the agent answers its own question, seven ways. Nobody is asked what role the agent has.

use serde_json::json;

use super::http::{Served, sign};
use super::{asked, world};

#[test]
fn s05_the_agent_says_yes() {
    let served = Served::new(world(), "");
    let (key, kid) = served.key();
    let bearer = served.agent("ben", &["agent-7"]);
    let (question, (etag, digest)) = asked(&served, &bearer);
    let shown = (etag.as_str(), digest.as_str());
    let before = served.world.outside();

    let act = json!({ "act": { "sub": "agent-7" } });
    let chain = json!({ "act": { "sub": "agent-9", "act": { "sub": "agent-7" } } });
    let tokens = [
        ("the agent's bearer", bearer.clone()),
        ("ben's token with act", served.signed(&served.bens(&act))),
        ("with an act that says nothing", served.signed(&served.bens(&json!({ "act": null })))),
        ("with a chain", served.signed(&served.bens(&chain))),
        ("minted from s1", served.signed(&served.bens(&json!({ "sid": "s1" })))),
        ("its client is the agent", served.signed(&served.bens(&json!({ "azp": "agent-7" })))),
        ("as RFC 9068 names a client", served.signed(&served.bens(&json!({ "client_id": "agent-7" })))),
    ];
    for (case, token) in &tokens {
        let turned = served.decide(question, token, shown);
        assert_eq!(turned.code(), "403 door.self-approval", "{case}: {turned:?}");
        // Nor may it look.
        let looked = served.get(served.people, "/v1/approvals", &format!("Authorization: Bearer {token}\r\n"));
        assert_eq!(looked.code(), "403 door.self-approval", "{case}");
        assert!(!looked.body.contains("by hand"), "{case}");
    }
    // What nobody here has signed is turned away and fills no journal.
    let forged =
        sign(&ed25519_dalek::SigningKey::from_bytes(&[7; 32]), &json!({ "alg": "EdDSA", "kid": kid }), &served.bens(&act));
    assert_eq!(served.decide(question, &forged, shown).code(), "401 door.token");

    // The command line, in the agent's environment.
    let number = question.to_string();
    for attempt in [&["approvals", "yes", &number][..], &["token", "person", "ben"], &["token", "code", "ben"]] {
        let ran = served.world.tollgate(attempt);
        assert!(ran.code != 0 && ran.stderr.contains("terminal"), "{attempt:?}: {ran:?}");
    }
    // An argument that no schema has, and a tool that no list has.
    let approved = json!({ "forum": "eng-help", "thread": "1", "body": "by hand", "approved": true });
    let refused = served.call(&bearer, "forum_post", &approved);
    assert_eq!(refused.code(), "200 door.arguments", "{refused:?}");
    let tools = served.mcp(&bearer, "tools/list", &json!({}));
    let tools = tools.json()["result"]["tools"].as_array().expect("tools").clone();
    assert!(
        tools.len() > 10
            && tools.iter().all(|tool| tool["name"]
                .as_str()
                .is_some_and(|name| name.starts_with("probe_") || name.starts_with("answer_"))),
        "{tools:?}"
    );
    let none = served.mcp(&bearer, "tools/call", &json!({ "name": "approve", "arguments": { "question": question } }));
    assert_eq!(none.code(), "200 -32602", "{none:?}");

    // Not one answer, and every try that came to a door, twice where it also looked.
    assert_eq!(served.world.count("SELECT count(*) FROM answers"), 0);
    assert_eq!(served.world.outside(), before);
    let report = served.world.done(&["report"]);
    let turned = report["turned-away"].as_array().expect("a part");
    let of = |door: &str, code: &str| turned.iter().filter(|it| it["door"] == door && it["code"] == code).count();
    assert_eq!(of("people", "door.self-approval"), 2 * tokens.len(), "{report}");
    assert_eq!(of("terminal", "door.no-terminal"), 3, "{report}");
    assert!(
        turned.iter().any(|it| it["agent"] == "agent-9" && it["via"] == "agent-7" && it["initiator"] == "ben"),
        "{report}"
    );
    let text = served.world.tollgate(&["report"]).stdout;
    assert!(text.contains("an agent tried to answer for a person") && text.contains("door.self-approval"), "{text}");
    // No token stands anywhere.
    assert!(!served.log().contains(&bearer[bearer.len() - 40..]), "{}", served.log());
    let store = served.world.store();
    let held: i64 = store
        .query_row("SELECT count(*) FROM journal WHERE instr(entry, ?1) > 0", [bearer.rsplit('.').next()], |row| row.get(0))
        .expect("a number");
    assert_eq!(held, 0);

    // The same question, the same answer, by ben: so it was none of the rest that was turned away.
    let agreed = served.decide(question, &served.person("ben"), shown);
    assert_eq!((agreed.status, agreed.json()["state"].as_str()), (200, Some("agreed")), "{agreed:?}");
    drop(key);
}
