//! Fixtures that speak while they run: notifications, and requests to the client inside a session of the older revisions.

#![expect(deprecated, reason = "sampling and logging are deprecated, and the suite asks for them")]

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ContentBlock, CreateMessageRequestParams, ElicitRequestParams, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam, Role, SamplingMessage, SamplingMessageContentBlock,
};
use rmcp::service::{RequestContext, ServiceError};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::tools::{argument, text};

/// The suite wants to see them one by one.
const BETWEEN: Duration = Duration::from_millis(50);

/// Tools that speak; none where the name is another's.
pub async fn tool(
    request: &CallToolRequestParams,
    cx: &RequestContext<RoleServer>,
) -> Option<Result<CallToolResult, ErrorData>> {
    let done = match request.name.as_ref() {
        "test_tool_with_progress" => progress(cx).await,
        "test_tool_with_logging" => logs(cx).await,
        "test_logging_tool" => log_if_asked(cx).await,
        "test_reconnection" => {
            tokio::time::sleep(BETWEEN).await;
            Ok(text("still here"))
        }
        "test_sampling" => sampled(argument(request, "prompt"), cx).await,
        "test_elicitation" => {
            let text = |of: &str| json!({ "type": "string", "description": of });
            let fields = json!({ "username": text("User's response"), "email": text("User's email address") });
            elicited(argument(request, "message"), "User response:", fields, cx).await
        }
        "test_elicitation_sep1034_defaults" => elicited("Confirm", "Elicitation completed:", defaults(), cx).await,
        "test_elicitation_sep1330_enums" => elicited("Choose", "Elicitation completed:", choices(), cx).await,
        _ => return None,
    };
    Some(done.map_err(|e| ErrorData::internal_error(e.to_string(), None)))
}

/// Without a session there is nobody to ask: what the client can do was said in a request that is over.
fn unable(what: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(format!("this client has not said that it answers {what}"))])
}

async fn progress(cx: &RequestContext<RoleServer>) -> Result<CallToolResult, ServiceError> {
    for done in [0.0, 50.0, 100.0] {
        if let Some(token) = cx.meta.get_progress_token() {
            cx.peer.notify_progress(ProgressNotificationParam::new(token, done).with_total(100.0)).await?;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(text("done in three steps"))
}

async fn logs(cx: &RequestContext<RoleServer>) -> Result<CallToolResult, ServiceError> {
    for line in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        log(line, cx).await?;
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(text("three lines were logged"))
}

/// Revision 2026-07-28 logs only where the request names a level.
async fn log_if_asked(cx: &RequestContext<RoleServer>) -> Result<CallToolResult, ServiceError> {
    if cx.meta.log_level().is_some() {
        log("a line that was asked for", cx).await?;
    }
    Ok(text("done"))
}

async fn log(line: &str, cx: &RequestContext<RoleServer>) -> Result<(), ServiceError> {
    cx.peer.notify_logging_message(LoggingMessageNotificationParam::new(LoggingLevel::Info, line.into())).await
}

async fn sampled(prompt: &str, cx: &RequestContext<RoleServer>) -> Result<CallToolResult, ServiceError> {
    if cx.client_capabilities().is_none_or(|it| it.sampling.is_none()) {
        return Ok(unable("sampling"));
    }
    let message = SamplingMessage::new(Role::User, SamplingMessageContentBlock::text(prompt));
    let came = cx.peer.create_message(CreateMessageRequestParams::new(vec![message], 100)).await?;
    let came = serde_json::to_value(&came.message.content).unwrap_or_default();
    Ok(text(format!("LLM response: {}", came["text"].as_str().unwrap_or_default())))
}

async fn elicited(
    message: &str,
    says: &str,
    fields: Value,
    cx: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ServiceError> {
    if cx.client_capabilities().is_none_or(|it| it.elicitation.is_none()) {
        return Ok(unable("elicitation"));
    }
    let required: Vec<_> = fields.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let schema = json!({ "type": "object", "properties": fields, "required": required });
    let asked = ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: message.to_owned(),
        requested_schema: serde_json::from_value(schema).expect("a schema of a form"),
    };
    let came = cx.peer.create_elicitation(asked).await?;
    let action = serde_json::to_value(&came.action).unwrap_or_default();
    let content = came.content.unwrap_or_default();
    Ok(text(format!("{says} action={}, content={content}", action.as_str().unwrap_or_default())))
}

/// A form with a default of every kind.
fn defaults() -> Value {
    json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    })
}

/// A form with a choice of every kind.
fn choices() -> Value {
    let each = |values: [(&str, &str); 3]| -> Vec<Value> {
        values.iter().map(|(value, title)| json!({ "const": value, "title": title })).collect()
    };
    let options = ["option1", "option2", "option3"];
    json!({
        "untitledSingle": { "type": "string", "enum": options },
        "titledSingle": { "type": "string", "oneOf": each([
            ("value1", "First Option"), ("value2", "Second Option"), ("value3", "Third Option"),
        ]) },
        "legacyEnum": {
            "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options } },
        "titledMulti": { "type": "array", "items": { "anyOf": each([
            ("value1", "First Choice"), ("value2", "Second Choice"), ("value3", "Third Choice"),
        ]) } },
    })
}
