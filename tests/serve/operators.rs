//! What operators look at and stop over HTTP, and what others may not: leases, freezes, the journal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::client::{Reply, Served, agent_token, person_token, until};
use crate::world::World;

/// A person's token that was issued so many seconds ago, signed with the workspace's own key.
fn older(world: &World, person: &str, seconds: u64) -> String {
    let token = person_token(world, person);
    let mut parts = token.split('.');
    let head = parts.next().expect("a head");
    let claims = URL_SAFE_NO_PAD.decode(parts.next().expect("claims")).expect("base64");
    let mut claims: Value = serde_json::from_slice(&claims).expect("claims");
    claims["iat"] = json!(claims["iat"].as_u64().expect("a time") - seconds);
    let key = SigningKey::from_pkcs8_pem(&world.read("keys/tokens.pem")).expect("a key");
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

fn call(served: &Served, token: &str, key: &str) -> Reply {
    let read = json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 8 });
    served.call("probe_files_read", token, key, &read)
}

#[test]
fn an_operator_freezes_and_thaws_with_a_fresh_token() {
    let world = World::new();
    let served = Served::start(&world);
    let agent = agent_token(&world, "cli", "ben", "s1");
    let (ben, gus) = (person_token(&world, "ben"), person_token(&world, "gus"));
    call(&served, &agent, "1").is(200);
    let tool = json!({ "scope": "tool", "name": "probe", "reason": "odd reads", "for": "2 h" });
    let freeze = |token: &str, what: &Value| served.person("POST", "/v1/freezes", token, &[], Some(what));
    freeze(&ben, &tool).problem(403, "door.operators");
    for (what, status) in [
        (json!({ "scope": "tool", "name": "probe" }), 422),
        (json!({ "scope": "tool", "name": "probe", "reason": " " }), 422),
        (json!({ "scope": "planet", "name": "probe", "reason": "x" }), 422),
        (json!({ "scope": "tool", "name": "no name", "reason": "x" }), 422),
        (json!({ "scope": "everything", "name": "x", "reason": "x" }), 422),
        (json!({ "scope": "tool", "name": "probe", "reason": "x", "for": "long" }), 422),
        (json!({ "scope": "tool", "name": "probe", "reason": "x", "by": "ben" }), 422),
    ] {
        freeze(&gus, &what).problem(status, "door.body");
    }
    call(&served, &agent, "2").is(200);

    let frozen = freeze(&gus, &tool).is(201);
    assert_eq!((&frozen["freeze"]["id"], &frozen["freeze"]["by"]), (&json!("1"), &json!("gus")));
    let stopped = call(&served, &agent, "3");
    stopped.problem(503, "freeze.frozen");
    assert!(stopped.header("retry-after").is_some());
    assert_eq!(served.look("/v1/freezes", &ben).is(200)["freezes"][0]["reason"], "odd reads");

    let path = "/v1/freezes/1?reason=looked";
    let thaw = |token: &str, path: &str| served.person("DELETE", path, token, &[], None);
    thaw(&ben, path).problem(403, "door.operators");
    let stale = thaw(&older(&world, "gus", 301), path);
    stale.problem(401, "door.not-fresh");
    assert!(stale.header("www-authenticate").is_some_and(|it| it.contains("insufficient_user_authentication")), "{stale:?}");
    thaw(&gus, "/v1/freezes/1").problem(400, "door.query");
    call(&served, &agent, "4").problem(503, "freeze.frozen");
    assert_eq!(thaw(&older(&world, "gus", 200), path).is(200)["thawed"]["id"], "1");
    thaw(&gus, path).problem(404, "door.unknown");
    call(&served, &agent, "5").is(200);
    // What names a person is that person's and the operators' business; and nobody thaws himself.
    freeze(&gus, &json!({ "scope": "person", "name": "ben", "reason": "a word with ben" })).is(201);
    let mistyped = freeze(&gus, &json!({ "scope": "tool", "name": "prode", "reason": "x" })).is(201);
    assert!(mistyped["warning"].as_str().is_some_and(|it| it.contains("stops nothing")), "{mistyped}");
    let fay = person_token(&world, "fay");
    let seen = |token: &str| served.look("/v1/freezes", token).is(200)["freezes"].as_array().expect("freezes").len();
    assert_eq!((seen(&fay), seen(&ben), seen(&gus)), (1, 2, 2));
    drop(served);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn a_lease_is_ended_by_its_owner_or_an_operator_once() {
    let world = World::new();
    let served = Served::start(&world);
    let agent = agent_token(&world, "cli", "ben", "s1");
    let [ben, gus, fay] = ["ben", "gus", "fay"].map(|person| person_token(&world, person));
    let widen = |key: &str| {
        let lease = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "60" });
        served.call("probe_acl_widen", &agent, key, &lease).is(200);
    };
    widen("1");
    let listed = served.look("/v1/leases", &ben).is(200);
    let id = listed["leases"][0]["lease"].as_str().expect("a lease").to_owned();
    let shown = served.look(&format!("/v1/leases/{id}"), &ben).is(200);
    assert_eq!((&shown["state"], &shown["people"][0]["person"]), (&json!("open"), &json!("fay")));
    // fay has the right through it, and it is none of her business who else does.
    served.look(&format!("/v1/leases/{id}"), &fay).problem(404, "door.unknown");
    assert_eq!(served.look("/v1/leases?state=all", &fay).is(200)["leases"], json!([]));
    let end = |token: &str, id: &str| served.person("POST", &format!("/v1/leases/{id}/end"), token, &[], None);
    end(&fay, &id).problem(404, "door.unknown");
    end(&ben, "999").problem(404, "door.unknown");
    let over = end(&ben, &id).is(200);
    assert_eq!(over, json!({ "lease": id, "found": "closed" }));
    assert_eq!(end(&ben, &id).is(200), over);
    assert_eq!(end(&gus, &id).is(200), over);
    widen("2");
    let second = served.look("/v1/leases", &gus).is(200)["leases"][0]["lease"].as_str().expect("a lease").to_owned();
    assert_ne!(second, id);
    assert_eq!(end(&gus, &second).is(200)["found"], "closed");
    assert_eq!(served.look("/v1/leases?state=all&limit=1", &gus).is(200)["leases"][0]["lease"], json!(second));
    assert_eq!(world.count("SELECT count(*) FROM journal WHERE entry ->> '$.body.ended' = 'by-person'"), 2);
    assert_eq!(world.count("SELECT count(*) FROM journal WHERE entry ->> '$.body.by' = 'gus'"), 1);
}

#[test]
fn the_journal_is_for_operators_and_its_head_verifies() {
    let world = World::new();
    let served = Served::start(&world);
    let agent = agent_token(&world, "cli", "ben", "s1");
    let [ben, gus, fay] = ["ben", "gus", "fay"].map(|person| person_token(&world, person));
    let id = call(&served, &agent, "1").is(200)["invocation"].as_str().expect("an id").to_owned();
    for path in ["/v1/journal", "/v1/journal/head"] {
        served.look(path, &ben).problem(403, "door.operators");
    }
    let (mut numbers, mut path) = (Vec::new(), "/v1/journal?limit=3".to_owned());
    loop {
        let page = served.look(&path, &gus).is(200);
        let entries = page["entries"].as_array().expect("entries");
        numbers
            .extend(entries.iter().map(|it| it["number"].as_str().and_then(|it| it.parse::<i64>().ok()).expect("a number")));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/journal?limit=3&after={next}");
    }
    assert_eq!(numbers, (0..world.count("SELECT count(*) FROM journal")).collect::<Vec<_>>());
    served.look("/v1/journal?after=x", &gus).problem(400, "door.query");
    let receipt = |token: &str| served.look(&format!("/v1/receipts/{id}"), token);
    assert_eq!(receipt(&gus).is(200)["outcome"], "returned");
    assert_eq!(receipt(&ben).is(200), receipt(&gus).is(200));
    receipt(&fay).problem(404, "door.unknown");
    // The signer comes by every second.
    let entries = numbers.len().to_string();
    let mut left = 100;
    let head = loop {
        let head = served.look("/v1/journal/head", &gus);
        if head.status == 200 && head.json()["entries"] == json!(entries) {
            break head.json();
        }
        left -= 1;
        assert!(left > 0, "nobody signs {entries} entries: {head:?}");
        until(&world, "SELECT 1", 1);
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    };
    let key = tollgate::journal::checkpoint::Verifier::parse(&world.read("journal.vkey")).expect("a key");
    let signed = key.open(head["checkpoint"].as_str().expect("a note")).expect("the journal's own signature");
    assert_eq!(signed.entries.to_string(), entries);
    assert_eq!(served.look("/v1/doubts", &gus).is(200)["doubts"], json!([]));
}
