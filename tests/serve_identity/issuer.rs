//! Tokens of somebody else's issuer: which of them is a person's, and whose word an agent's chain is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::http::{Served, sign};
use super::world;

const ISSUER: &str = "https://login.example";

#[test]
fn an_issuers_token_is_a_persons_only_through_a_client_of_people() {
    let key = SigningKey::from_bytes(&[9; 32]);
    let world = world();
    let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": public, "kid": "k1", "alg": "EdDSA" }] });
    world.write("login.jwks.json", &keys.to_string());
    let tokens = format!(
        "[serve.tokens]\nissuer = \"{ISSUER}\"\nkeys = \"login.jwks.json\"\nsession = \"platform_session\"\nclients = [\"approvals-page\"]"
    );
    let served = Served::new(world, &tokens);
    let signed = |claims: Value| sign(&key, &json!({ "alg": "EdDSA", "kid": "k1" }), &claims);
    let with = |mut claims: Value, more: Value| {
        let all = claims.as_object_mut().expect("an object");
        all.insert("iss".to_owned(), json!(ISSUER));
        all.extend(more.as_object().expect("an object").clone());
        signed(claims)
    };
    let looks =
        |token: &str| served.get(served.people, "/v1/approvals", &format!("Authorization: Bearer {token}\r\n")).code();
    for (case, more, code) in [
        ("no client", json!({}), "200"),
        ("the client of people", json!({ "azp": "approvals-page" }), "200"),
        ("and again as another claim", json!({ "azp": "approvals-page", "client_id": "approvals-page" }), "200"),
        ("a session of people's", json!({ "sid": "s1" }), "200"),
        ("an agent as the client", json!({ "azp": "agent-7" }), "403 door.self-approval"),
        ("any other client", json!({ "client_id": "chat" }), "403 door.self-approval"),
        ("one of each", json!({ "azp": "approvals-page", "client_id": "chat" }), "403 door.self-approval"),
        ("a client that is no text", json!({ "azp": ["approvals-page"] }), "403 door.self-approval"),
        ("as Okta writes it", json!({ "cid": "chat" }), "403 door.self-approval"),
        ("as Entra writes it", json!({ "appid": "chat" }), "403 door.self-approval"),
        ("the platform's session", json!({ "platform_session": "s1" }), "403 door.self-approval"),
        ("the platform's session, empty", json!({ "platform_session": null }), "403 door.self-approval"),
        ("an actor", json!({ "act": { "sub": "agent-7" } }), "403 door.self-approval"),
    ] {
        assert_eq!(looks(&with(served.bens(&json!({})), more)), code, "{case}");
    }
    // Its agents are those it names itself; our own key's name is no help, nor is ours signed with its key.
    let lists = |token: &str| served.mcp(token, "tools/list", &json!({})).code();
    let act = |iss: &str| json!({ "act": { "sub": "agent-9", "act": { "sub": "agent-7", "iss": iss } } });
    assert_eq!(lists(&with(served.claims(), act(ISSUER))), "200");
    assert_eq!(lists(&with(served.claims(), act("https://x.example"))), "401 door.token");
    assert_eq!(lists(&signed(served.claims())), "401 door.token", "our own issuer, signed by the other");
    let (own, kid) = served.key();
    let mut claims = served.claims();
    claims["iss"] = json!(ISSUER);
    assert_eq!(
        lists(&sign(&own, &json!({ "alg": "EdDSA", "kid": kid }), &claims)),
        "401 door.token",
        "and the other way round"
    );
}
