//! Prompts and resources: the product has none, the suite asks for them.

use rmcp::ErrorData;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate, Role,
};
use serde_json::{Value, json};

use crate::tools::PNG;

/// Every prompt.
pub fn prompts() -> Vec<Prompt> {
    let of = |name: &str, arguments: &[&str]| {
        let each = |name: &&str| PromptArgument::new(*name).with_description("a text").with_required(true);
        let arguments: Vec<_> = arguments.iter().map(each).collect();
        Prompt::new(name, Some("a fixture of the conformance suite"), (!arguments.is_empty()).then_some(arguments))
    };
    vec![
        of("test_simple_prompt", &[]),
        of("test_prompt_with_arguments", &["arg1", "arg2"]),
        of("test_prompt_with_embedded_resource", &["resourceUri"]),
        of("test_prompt_with_image", &[]),
        of("test_input_required_result_prompt", &[]),
    ]
}

/// One prompt.
pub fn prompt(request: &GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let argument = |name: &str| {
        let all = request.arguments.as_ref();
        all.and_then(|all| all.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let said = match request.name.as_str() {
        "test_simple_prompt" => vec![ContentBlock::text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => vec![ContentBlock::text(format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument("arg1"),
            argument("arg2")
        ))],
        "test_prompt_with_embedded_resource" => {
            let resource = ResourceContents::text("Embedded resource content for testing.", argument("resourceUri"));
            vec![
                ContentBlock::resource(resource.with_mime_type("text/plain")),
                ContentBlock::text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => {
            vec![ContentBlock::image(PNG, "image/png"), ContentBlock::text("Please analyze the image above.")]
        }
        "test_input_required_result_prompt" => vec![ContentBlock::text("A prompt within the context that was given.")],
        other => return Err(ErrorData::invalid_params(format!("unknown prompt: {other}"), None)),
    };
    Ok(GetPromptResult::new(said.into_iter().map(|content| PromptMessage::new(Role::User, content)).collect()))
}

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";

/// Every resource with an address of its own.
pub fn resources() -> Vec<Resource> {
    let of = |uri: &str, name: &str, kind: &str| {
        Resource::new(uri, name).with_description("a fixture of the conformance suite").with_mime_type(kind)
    };
    vec![of(TEXT, "static-text", "text/plain"), of(BINARY, "static-binary", "image/png")]
}

/// The template of those that have none.
pub fn templates() -> Vec<ResourceTemplate> {
    let one = ResourceTemplate::new("test://template/{id}/data", "template");
    vec![one.with_description("a fixture of the conformance suite").with_mime_type("application/json")]
}

/// One resource.
pub fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let contents = match uri {
        TEXT => ResourceContents::text("This is the content of the static text resource.", uri).with_mime_type("text/plain"),
        BINARY => ResourceContents::blob(PNG, uri).with_mime_type("image/png"),
        _ => {
            let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
            let unknown = || ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri })));
            let id = id.ok_or_else(unknown)?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            ResourceContents::text(data.to_string(), uri).with_mime_type("application/json")
        }
    };
    Ok(ReadResourceResult::new(vec![contents]))
}
