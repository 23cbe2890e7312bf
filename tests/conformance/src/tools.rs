//! The fixture tools: what is listed of them, and those that answer without asking anybody.

use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, ResourceContents, Tool};
use serde_json::{Value, json};

/// A picture of one red pixel.
pub const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// A sound without a sample: a header of 44 bytes.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

/// Tools without arguments.
const PLAIN: [&str; 31] = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
    "test_tool_with_progress",
    "test_tool_with_logging",
    "test_logging_tool",
    "test_missing_capability",
    "test_streaming_elicitation",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_tampered_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_capabilities",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_reconnection",
    "failing_job",
    "protocol_error_job",
    "multi_input",
    "test_tool_with_task",
    "test_sampling",
    "test_elicitation",
    "greet",
];

/// The fixture tools as they are listed.
pub fn listed() -> Vec<Tool> {
    let text = json!({ "type": "string" });
    let arguments = |name: &str| match name {
        "test_sampling" => json!({ "prompt": text }),
        "test_elicitation" => json!({ "message": text }),
        "greet" => json!({ "name": text }),
        _ => json!({}),
    };
    let plain = PLAIN.iter().map(|name| tool(name, takes(arguments(name))));
    let others = [
        tool("slow_compute", takes(json!({ "seconds": { "type": "number" }, "label": text }))),
        tool("confirm_delete", takes(json!({ "filename": text }))),
        tool("test_custom_header", takes(json!({ "value": { "type": "string", "x-mcp-header": "Value" } }))),
        tool("json_schema_2020_12_tool", rich()),
    ];
    plain.chain(others).collect()
}

fn tool(name: &str, schema: Value) -> Tool {
    Tool::new(name.to_owned(), format!("A fixture of the conformance suite: {name}"), object(schema))
}

fn takes(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

/// A JSON object that was written as one.
pub fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => unreachable!("{other} is no object"),
    }
}

/// A schema with what JSON Schema 2020-12 has beyond plain properties; it must come through unchanged.
fn rich() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef", "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

/// A result of one text.
pub fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// An argument that is a text; empty without it.
pub fn argument<'r>(request: &'r CallToolRequestParams, name: &str) -> &'r str {
    request.arguments.as_ref().and_then(|all| all.get(name)).and_then(Value::as_str).unwrap_or_default()
}

/// Tools that always answer the same, or say what they were given.
pub fn simple(request: &CallToolRequestParams) -> Option<CallToolResult> {
    let resource =
        |uri: &str, kind: &str, text: &str| ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(kind));
    let result = match request.name.as_ref() {
        "test_simple_text" => text("This is a simple text response for testing."),
        "test_image_content" => CallToolResult::success(vec![ContentBlock::image(PNG, "image/png")]),
        "test_audio_content" => CallToolResult::success(vec![ContentBlock::audio(WAV, "audio/wav")]),
        "test_embedded_resource" => CallToolResult::success(vec![resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => CallToolResult::success(vec![
            ContentBlock::text("Multiple content types test:"),
            ContentBlock::image(PNG, "image/png"),
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ]),
        "test_error_handling" => {
            CallToolResult::error(vec![ContentBlock::text("This tool intentionally returns an error for testing")])
        }
        "greet" => text(format!("Hello, {}!", argument(request, "name"))),
        "test_custom_header" => text(argument(request, "value")),
        "json_schema_2020_12_tool" => text(Value::from(request.arguments.clone().unwrap_or_default()).to_string()),
        _ => return None,
    };
    Some(result)
}
