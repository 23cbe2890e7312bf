//! JSON Schema (2020-12) of manifests, for editors. It knows keys and shapes; what only a check can know, it leaves to the check.

use serde_json::{Map, Value, json};

use super::limits::Limits;
use crate::grant::{Kind, Spec, Values};

/// The schema of a manifest that may hold these grants.
#[must_use]
pub fn schema(specs: &[&Spec]) -> Value {
    let texts = || json!({ "type": "array", "items": text(""), "minItems": 1, "uniqueItems": true });
    let tool = json!({
        "component": text("The file beside this one: NAME.wasm"),
        "digest": text("What was reviewed; `tollgate pin` writes it"),
        "callers": described(texts(), "On whose behalf it may be called: people and groups"),
        "agents": described(texts(), "Which agents may call it; `cli` is the command line"),
    });
    let limits: Map<String, Value> = Limits::default()
        .each()
        .into_iter()
        .map(|(key, default)| {
            let schema = if default.starts_with('"') {
                json!({ "type": "string" })
            } else {
                json!({ "type": "integer", "minimum": 0 })
            };
            (key.to_owned(), described(schema, &format!("Of one invocation; {default} where nothing is said")))
        })
        .collect();
    let grants = specs.iter().map(|spec| (spec.name.to_owned(), either(grant(spec))));
    let quotas = specs.iter().filter(|spec| spec.kind == Kind::Change).map(|spec| {
        let one = text("`20 per day per initiator`: a rate, and whose it is (initiator, agent, tool)");
        (spec.name.to_owned(), either(one))
    });
    object(
        "A tool's manifest",
        &json!({
            "tollgate": { "const": 1 },
            "tool": object("Which component, for whom", &tool, &["component", "callers", "agents"]),
            "limits": object("What the sandbox of one invocation may use", &Value::Object(limits), &[]),
            "grant": object("What it may use of the host", &Value::Object(grants.collect()), &[]),
            "quota": object("What may be done over time", &Value::Object(quotas.collect()), &[]),
        }),
        &["tollgate", "tool"],
    )
}

fn grant(spec: &Spec) -> Value {
    let mut keys = json!({ "calls": described(json!({ "type": "integer", "minimum": 0 }), "Uses in one invocation") });
    let mut needed = vec!["calls"];
    for dimension in spec.reach {
        let item = match dimension.values {
            Values::Words(words) => json!({ "enum": words }),
            Values::Paths | Values::Names | Values::Principals => json!({ "type": "string" }),
        };
        keys[dimension.key] = json!({ "type": "array", "items": item, "minItems": 1 });
        needed.push(dimension.key);
    }
    if spec.bytes {
        keys["bytes"] = text("Bytes in one invocation: \"64 KiB\"");
        needed.push("bytes");
    }
    if spec.lease {
        keys["lease"] = text("How long what it opens stays open at most: \"30 min\"");
        needed.push("lease");
    }
    if spec.kind == Kind::Change {
        let rule = text("none, initiator, owner, group:NAME or two of group:NAME");
        keys["consent"] = described(either(rule), "Who must agree; of a list, each");
        needed.push("consent");
    }
    if spec.sends() {
        let kinds = json!({ "enum": crate::vet::Kind::ALL.map(crate::vet::Kind::name) });
        let kinds = json!({ "type": "array", "items": kinds, "minItems": 1, "uniqueItems": true });
        keys["refuse"] = described(kinds, "What is refused, not only shown, where it is found in what would be sent");
    }
    let (other, says) = match spec.kind {
        Kind::Change => ("ask", "Where what was read may not go: refuse, or ask an owner of it to release it"),
        Kind::Observation => ("seal", "seal: what is read does not reach the agent, which is handed a name for the result"),
    };
    keys["flow"] = described(json!({ "enum": ["refuse", other], "default": "refuse" }), says);
    keys["wide"] = described(json!({ "type": "boolean" }), "That a pattern of stars alone is meant");
    object(&format!("Opens {}", spec.functions.join(", ")), &keys, &needed)
}

/// One, or a list of such.
fn either(one: Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

fn text(description: &str) -> Value {
    described(json!({ "type": "string" }), description)
}

fn described(mut schema: Value, description: &str) -> Value {
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    schema
}

/// A table with these keys and no other.
pub(crate) fn object(description: &str, properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object", "description": description, "properties": properties, "required": required,
        "additionalProperties": false,
    })
}
