//! A token's signature is worked out once; what else it says holds for every request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde_json::json;
use tollgate::clock::Instant;
use tollgate::name::{AgentName, PersonName};
use tollgate::serve::{Caller, Denied, Tokens};
use tollgate::setup::Workspace;
use tollgate::unit::Duration;

use super::http::sign;
use super::world;

const ISSUER: &str = "https://login.example";

#[test]
fn a_token_that_was_checked_still_ends() {
    let world = world();
    let tokens = Tokens::open(&Workspace::open(&world.path("")).expect("a workspace")).expect("its keys");
    let caller = Caller {
        person: PersonName::parse("ben").expect("a name"),
        actors: AgentName::parse("agent-7").expect("a name").into(),
        session: Some("s1".to_owned()),
    };
    let (now, hour) = (Instant(1_800_000_000_000), Duration(3_600_000));
    let token = tokens.for_agent(&caller, (now, hour)).expect("a token");
    let at = |seconds: i64| tokens.agent(Some(&token), Instant(now.0.saturating_add_signed(seconds * 1000)));
    let works = |seconds: i64| assert_eq!(at(seconds).as_ref(), Ok(&caller), "after {seconds} s");
    let ended = |seconds: i64| assert!(matches!(at(seconds), Err(Denied::Invalid(_))), "after {seconds} s");
    // The first is checked, the others are remembered; clocks may be 30 s apart.
    for seconds in [0, 1, 3_600, 3_630] {
        works(seconds);
    }
    ended(3_631);
    works(0);
    ended(-31);
    works(-30);
    let cut = &token[..token.len() - 4];
    assert!(matches!(tokens.agent(Some(cut), now), Err(Denied::Invalid(_))), "its signature is cut off");
}

#[test]
fn what_replaced_keys_had_signed_is_not_remembered() {
    let world = world();
    let key = SigningKey::from_bytes(&[9; 32]);
    let set = |kid: &str, key: &SigningKey| {
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": public, "kid": kid, "alg": "EdDSA" }] }).to_string()
    };
    world.write("login.jwks.json", &set("k1", &key));
    let settings =
        format!("{}\n[serve.tokens]\nissuer = \"{ISSUER}\"\nkeys = \"login.jwks.json\"\n", world.read("tollgate.toml"));
    world.write("tollgate.toml", &settings);
    let workspace = Workspace::open(&world.path("")).expect("a workspace");
    let tokens = Tokens::open(&workspace).expect("its keys");
    let seconds = 1_800_000_000;
    let claims = |inner: u64| {
        json!({ "iss": ISSUER, "sub": "ben", "aud": tokens.resource(), "exp": seconds + 3_600,
            "act": { "sub": "agent-7", "act": { "sub": "agent-8", "exp": inner } } })
    };
    let signed = |inner| sign(&key, &json!({ "alg": "EdDSA", "kid": "k1" }), &claims(inner));
    let agent = |token: &str, at: u64| tokens.agent(Some(token), Instant(at * 1000)).map(|caller| caller.person.to_string());
    // An agent in the chain ends before the token does.
    let chained = signed(seconds + 60);
    assert_eq!(agent(&chained, seconds), Ok("ben".to_owned()));
    assert_eq!(agent(&chained, seconds + 90), Ok("ben".to_owned()));
    assert!(agent(&chained, seconds + 91).is_err());
    let whole = signed(seconds + 3_600);
    assert_eq!(agent(&whole, seconds + 91), Ok("ben".to_owned()));
    world.write("login.jwks.json", &set("k2", &SigningKey::from_bytes(&[8; 32])));
    tokens.reload(&workspace).expect("new keys");
    assert_eq!(agent(&whole, seconds + 91), Err(Denied::NoKey), "its key is gone");
}
