//! Results of calls. A guest's words stand only where a tool's value or its own error belongs.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Map, Value, json};

use super::PREFIX;
use crate::name::InvocationId;
use crate::serve::Told;
use crate::serve::said::{Said, of_report};
use crate::tool::{Function, encode};

/// The result of an invocation that is over.
pub(super) fn over(function: &Function, invocation: InvocationId, told: &Told) -> CallToolResult {
    let id = ("invocation", json!(invocation.to_string()));
    if let Some(value) = told.plainly_returned() {
        let mut result = returned(function, value);
        result.meta = Some(metas(vec![id, ("outcome", json!("returned"))]));
        return result;
    }
    let report = told.json();
    let said = of_report(&report);
    let mut result = if said.code == "returned" {
        returned(function, &report["value"])
    } else {
        // Without structured content: a client checks that against the schema of a success, also in an error.
        CallToolResult::error(vec![ContentBlock::text(said.text)])
    };
    let mut meta = vec![id, ("outcome", json!(said.code))];
    if report["refusals"].as_array().is_some_and(|all| !all.is_empty()) {
        meta.push(("refusals", report["refusals"].clone()));
    }
    result.meta = Some(metas(meta));
    result
}

fn returned(function: &Function, value: &Value) -> CallToolResult {
    let value = encode::structured(function, value);
    let mut result = CallToolResult::success(vec![ContentBlock::text(value.to_string())]);
    result.structured_content = Some(value);
    result
}

/// A call that was turned away.
pub(super) fn turned(said: &Said) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(format!("{}: {}", said.code, said.text))]);
    result.meta = Some(metas(vec![("outcome", json!(said.code))]));
    result
}

/// A call whose client has gone.
pub(super) fn cancelled() -> CallToolResult {
    turned(&Said { code: "cancelled".to_owned(), text: "the client cancelled it".to_owned() })
}

/// A call whose deadline is over.
pub(super) fn too_late() -> CallToolResult {
    turned(&Said {
        code: "door.deadline".to_owned(),
        text: "it was stopped at the deadline that the call brought".to_owned(),
    })
}

/// What only Tollgate says.
pub(super) fn metas(each: Vec<(&str, Value)>) -> MetaObject {
    MetaObject(each.into_iter().map(|(key, value)| (format!("{PREFIX}{key}"), value)).collect::<Map<_, _>>())
}
