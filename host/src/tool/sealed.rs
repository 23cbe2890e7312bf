//! Sealed results: what an agent is handed in place of a value that it may pass on and not see.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::name::InvocationId;

const KEY: &str = "sealed";
const BEFORE: &str = "sealed:";

/// What stands in place of the value of an invocation.
#[must_use]
pub fn in_place_of(invocation: InvocationId) -> Value {
    json!({ KEY: format!("{BEFORE}{invocation}") })
}

/// Whether a value stands in place of another.
#[must_use]
pub fn is_sealed(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1) && value[KEY].as_str().and_then(named).is_some()
}

/// The invocations whose sealed values arguments hand over: texts that are a name as a whole.
#[must_use]
pub fn handed(arguments: &str) -> Vec<InvocationId> {
    let mut found = Vec::new();
    // Most arguments name none, and are not parsed twice for that.
    if arguments.contains(BEFORE)
        && let Ok(mut json) = serde_json::from_str::<Value>(arguments)
    {
        each(&mut json, &mut |text| found.extend(named(text)));
    }
    found
}

/// The arguments with values in place of their names: a text as it is, anything else as JSON.
#[must_use]
pub fn opened(arguments: &str, values: &BTreeMap<InvocationId, Value>) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(arguments) else { return arguments.to_owned() };
    each(&mut json, &mut |text| {
        if let Some(value) = named(text).and_then(|id| values.get(&id)) {
            *text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        }
    });
    json.to_string()
}

fn named(text: &str) -> Option<InvocationId> {
    text.strip_prefix(BEFORE).and_then(|id| InvocationId::parse(id).ok())
}

fn each(json: &mut Value, with: &mut impl FnMut(&mut String)) {
    match json {
        Value::String(text) => with(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, with)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each(field, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
