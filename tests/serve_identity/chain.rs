//! S27: a chain of agents. Each of them must be let in, the card and the record name all, and a chain that cannot be
//! followed to its end opens nothing.

use serde_json::{Value, json};

use super::http::{Served, now};
use super::{asked, world};
use crate::world::World;

/// An `act` claim of these agents, the one that calls first.
fn act(agents: &[&str]) -> Value {
    let inner = |inner: Option<Value>, agent: &&str| {
        let mut act = json!({ "sub": agent });
        inner.into_iter().for_each(|inner| act["act"] = inner);
        Some(act)
    };
    agents.iter().rev().fold(None, inner).expect("an agent")
}

/// How the last invocation began.
fn began(world: &World) -> Value {
    let query = "SELECT entry FROM journal WHERE entry ->> '$.kind' = 'began' ORDER BY number DESC LIMIT 1";
    let entry: String = world.store().query_row(query, [], |row| row.get(0)).expect("an entry");
    serde_json::from_str::<Value>(&entry).expect("JSON")["body"].take()
}

#[test]
fn s27_the_chain_loses_its_head() {
    let served = Served::new(world(), "");
    let with = |more: Value| {
        let mut claims = served.claims();
        claims.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        served.signed(&claims)
    };
    let without_act = {
        let mut claims = served.claims();
        claims.as_object_mut().expect("an object").remove("act");
        served.signed(&claims)
    };
    let inner = |inner: Value| with(json!({ "act": { "sub": "agent-9", "act": inner } }));
    let five = act(&["agent-7", "agent-8", "agent-9", "agent-8", "agent-7"]);
    let cases = [
        ("a sub-agent's token without `act`", without_act, "401 door.person"),
        ("an `act` that says nothing", with(json!({ "act": null })), "401 door.token"),
        ("a chain longer than the limit", with(json!({ "act": five })), "401 door.token"),
        ("another audience", with(json!({ "aud": "https://elsewhere.example/mcp" })), "401 door.token"),
        ("an inner actor that has expired", inner(json!({ "sub": "agent-7", "exp": now() - 3600 })), "401 door.token"),
        ("an inner actor whose end is no time", inner(json!({ "sub": "agent-7", "exp": "never" })), "401 door.token"),
        (
            "an inner actor of another issuer",
            inner(json!({ "sub": "agent-7", "iss": "https://x.example" })),
            "401 door.token",
        ),
        ("an inner actor without a name", inner(json!({ "role": "agent-7" })), "401 door.token"),
        ("an inner actor with two names", inner(json!({ "sub": "agent-7 agent-8" })), "401 door.token"),
        ("an inner actor that is null", inner(Value::Null), "401 door.token"),
        ("an inner actor that is a list", inner(json!([{ "sub": "agent-7" }])), "401 door.token"),
        ("an agent as the person", with(json!({ "sub": "agent-7", "act": { "sub": "agent-9" } })), "200 -32602"),
        ("a person that the agent made up", with(json!({ "sub": "zoe" })), "200 -32602"),
        ("an inner actor that no manifest has", inner(json!({ "sub": "agent-x" })), "200 -32602"),
        ("an outer actor that no manifest has", with(json!({ "act": act(&["agent-x", "agent-7"]) })), "200 -32602"),
    ];
    let count = "SELECT count(*) FROM journal WHERE entry ->> '$.kind' <> 'turned-away'";
    let (before, entries) = (served.world.outside(), served.world.count(count));
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "by hand" });
    for (case, token, code) in &cases {
        let turned = served.call(token, "forum_post", &post);
        assert_eq!(turned.code(), *code, "{case}: {turned:?}");
    }
    assert_eq!((served.world.outside(), served.world.count(count)), (before, entries), "none of them did anything");
    // Those that were understood called what is not theirs, and that is to be seen.
    let understood = cases.iter().filter(|(_, _, code)| code.starts_with("200")).count();
    crate::serve::client::until(&served.world, &count.replace("<>", "="), understood as i64);
    let alone = served.call(&with(json!({})), "context_agent", &json!({}));
    assert_eq!(alone.code(), "200 returned", "the same token with nothing wrong: {alone:?}");
    assert_eq!(began(&served.world).get("via"), None);

    // The whole chain stands on record, on the card, and on what is done.
    let nested = with(json!({ "act": act(&["agent-9", "agent-7"]) }));
    let (question, (etag, digest)) = asked(&served, &nested);
    let began = began(&served.world);
    assert_eq!((&began["initiator"], &began["agent"], &began["via"]), (&json!("ben"), &json!("agent-9"), &json!("agent-7")));
    let shown = served.world.done(&["approvals", "show", &question.to_string(), "--as", "ben"]);
    assert_eq!((&shown["card"]["agent"], &shown["card"]["via"]), (&json!("agent-9"), &json!(["agent-7"])));
    assert_eq!((&shown["initiator"], &shown["consent"]), (&json!("ben"), &json!("initiator")));
    let text = served.world.tollgate(&["approvals", "show", &question.to_string(), "--as", "ben"]).stdout;
    assert!(text.starts_with("agent-9, for agent-7, asks to act for ben\n"), "{text}");

    // A yes to this chain is none to another one, nor to a part of it.
    let agreed = served.decide(question, &served.person("ben"), (&etag, &digest));
    assert_eq!(agreed.status, 200, "{agreed:?}");
    for other in [&["agent-9"][..], &["agent-7"], &["agent-7", "agent-9"], &["agent-9", "agent-8"]] {
        let waits = served.call(&with(json!({ "act": act(other) })), "forum_post", &post);
        let asked = &waits.json()["result"]["_meta"]["dev.tollgate/approval"]["id"];
        assert!(asked.as_u64().is_some_and(|id| id != question), "{other:?}: {waits:?}");
    }
    let done = served.answered(&nested, &json!({ "name": "probe_forum_post", "arguments": post }));
    assert_eq!(done.code(), "200 returned", "{done:?}");
    let author: String =
        served.world.store().query_row("SELECT author FROM posts ORDER BY id DESC", [], |row| row.get(0)).expect("a post");
    assert!(author.starts_with("agent agent-9, for agent-7, for user ben, tool probe, invocation "), "{author}");
    assert_eq!(served.world.count("SELECT count(*) FROM posts WHERE body = 'by hand'"), 1);
}

#[test]
fn every_agent_of_a_chain_must_be_in_the_manifest() {
    let world = world();
    world.edit(", \"agent-8\"", "");
    let served = Served::new(world, "[serve.limits]\nrequests = \"100000 per minute\"");
    let names = ["agent-7", "agent-8", "agent-9"];
    let mut chains: Vec<Vec<&str>> = names.iter().map(|name| vec![*name]).collect();
    for from in [0, 3] {
        let longer: Vec<Vec<&str>> =
            chains[from..].iter().flat_map(|chain| names.map(|name| [&[name], chain.as_slice()].concat())).collect();
        chains.extend(longer);
    }
    assert_eq!(chains.len(), 3 + 9 + 27);
    for chain in chains {
        let mut claims = served.claims();
        claims["act"] = act(&chain);
        let listed = served.mcp(&served.signed(&claims), "tools/list", &json!({}));
        let tools = listed.json()["result"]["tools"].as_array().expect("tools").len();
        assert_eq!(tools > 0, !chain.contains(&"agent-8"), "{chain:?}: {tools}");
    }
}

#[test]
fn a_freeze_of_one_agent_stops_whoever_works_for_it() {
    let served = Served::new(world(), "");
    let (chain, alone) = (served.agent("ben", &["agent-9", "agent-7"]), served.agent("ben", &["agent-9"]));
    let (question, (etag, digest)) = asked(&served, &chain);
    // It is agreed to and not yet done.
    let store = served.world.store();
    let agreed = format!(
        "UPDATE approvals SET state = 'agreed' WHERE id = {question}; INSERT INTO answers VALUES ({question}, 'ben', 'yes', 0, 0)"
    );
    store.execute_batch(&agreed).expect("an answer");
    let frozen = served.world.done(&["freeze", "agent", "agent-7", "--reason", "odd", "--as", "ben"]);
    assert_eq!(frozen["asked-again"], 1, "{frozen}");
    assert_eq!(served.call(&chain, "context_agent", &json!({})).code(), "200 freeze.frozen");
    assert_eq!(served.call(&alone, "context_agent", &json!({})).code(), "200 returned");
    let refused = served.decide(question, &served.person("ben"), (&etag, &digest));
    assert_ne!(refused.status, 200, "{refused:?}");
}
