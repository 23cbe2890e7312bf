//! JSON Schema (2020-12) of `tollgate.toml`, for editors.

use serde_json::{Value, json};

use super::{Address, Limits, Serve, Terms};
use crate::manifest::schema::object;

/// The schema of a configuration.
#[must_use]
pub fn schema() -> Value {
    let terms = Terms::default()
        .each()
        .into_iter()
        .map(|(key, default)| (key.to_owned(), text(&format!("\"{default}\" where nothing is said"))));
    object(
        "What a host is",
        &json!({
            "tollgate": { "const": 1 },
            "host": object("This host", &json!({ "name": text("Stands in every signed head of the journal") }), &["name"]),
            "call": object("The command line", &json!({ "as": text("On whose behalf `tollgate call` acts") }), &[]),
            "files": object("Documents", &json!({ "root": text("A folder below the workspace") }), &["root"]),
            "consent": object("How people are asked", &Value::Object(terms.collect()), &[]),
            "vet": vet(),
            "serve": serve(),
        }),
        &["tollgate", "host", "files"],
    )
}

fn vet() -> Value {
    let texts = |what: &str| json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "description": what });
    let keys = json!({
        "words": texts("Words, in any case and whole"),
        "patterns": texts("Regular expressions, without look-around and back references"),
        "markers": texts("With what a line begins that marks a document; in place of the usual ones"),
    });
    object("What is looked for in what goes out, beside secrets, personal data and passages", &keys, &[])
}

fn serve() -> Value {
    let (default, most) = (Serve::default(), Limits::default());
    let address = |what: &str, at: &dyn std::fmt::Display| text(&format!("{what}; \"{at}\" where nothing is said"));
    let count = |default: usize| json!({ "type": "integer", "minimum": 1, "maximum": 100_000, "default": default });
    let flag = |default: bool| json!({ "type": "boolean", "default": default });
    let names = |what: &str| json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "description": what });
    let tokens = json!({
        "issuer": text("As `iss` of its tokens says it"), "keys": text("Its JWK set, a file below the workspace"),
        "jwks-url": text("Its JWK set, at the issuer; in place of `keys`"),
        "jwks-every": text(&format!("How often that is looked at; \"{}\" where nothing is said", Address::EVERY)),
        "jwks-pause": text(&format!("How near two looks may be; \"{}\" where nothing is said", Address::PAUSE)),
        "session": text("The claim that names the platform's session; \"sid\" where nothing is said"),
        "clients": names("Clients through which people sign in; a token that names another is an agent's"),
    });
    let mut tokens = object("Whose tokens are taken beside this workspace's own", &tokens, &["issuer"]);
    tokens["oneOf"] = json!([{ "required": ["keys"] }, { "required": ["jwks-url"] }]);
    let limits = json!({
        "per-caller": count(most.per_caller), "per-tool": count(most.per_tool), "queue": count(most.queue),
        "requests": text(&format!("Of one caller; \"{}\" where nothing is said", most.requests)),
        "body": text(&format!("\"{}\" where nothing is said", most.body)),
        "arrival": text(&format!("How long a request may take to arrive; \"{}\" where nothing is said", most.arrival)),
    });
    let keys = json!({
        "agents": address("Where agents come", &default.agents.address), "agents-url": text("How agents reach it"),
        "people": address("Where people come", &default.people.address), "people-url": text("How people reach it"),
        "admin": address("Health and metrics", &default.admin),
        "certificate": text("A PEM file below the workspace"), "key": text("A PEM file below the workspace"),
        "behind-proxy": flag(default.behind_proxy), "sessions": flag(default.sessions),
        "operators": names("People and groups who see everything, freeze and thaw"),
        "origins": names("Web pages that may call the agents' door"),
        "tokens": tokens,
        "traces": text("Where spans go: a collector of OTLP over HTTP, with its path"),
        "limits": object("How much is taken on", &limits, &[]),
    });
    object("How it is served", &keys, &[])
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}
