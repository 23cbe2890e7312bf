//! Fixtures that ask for input by answering `input_required` (revision 2026-07-28). What a client brings back is believed only
//! where the product's own seal says that it was given out here.

#![expect(deprecated, reason = "sampling and roots are deprecated, and the suite asks for them")]

use std::collections::BTreeMap;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, CreateMessageRequest, CreateMessageRequestParams,
    ElicitRequest, ElicitRequestParams, GetPromptRequestParams, InputRequest, InputRequiredResult, InputResponses,
    ListRootsRequest, RequestStateCodec, Role, SamplingMessage, SamplingMessageContentBlock,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::tools::text;

/// Something that is asked, by its key.
type Ask = (&'static str, InputRequest);

/// A form with one field.
pub fn form(message: &str, field: &str, kind: &str) -> InputRequest {
    let schema = json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] });
    InputRequest::Elicitation(ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: message.to_owned(),
        requested_schema: serde_json::from_value(schema).expect("a schema of a form"),
    }))
}

fn sample(prompt: &str, most: u32) -> InputRequest {
    let message = SamplingMessage::new(Role::User, SamplingMessageContentBlock::text(prompt));
    InputRequest::CreateMessage(CreateMessageRequest::new(CreateMessageRequestParams::new(vec![message], most)))
}

fn roots() -> InputRequest {
    InputRequest::ListRoots(ListRootsRequest::default())
}

/// The answers that came, to those of `asked` whose answers are fit; none where one is missing.
fn answers<'r>(asked: &[Ask], came: Option<&'r InputResponses>) -> Option<Vec<&'r Value>> {
    let fit = |(key, request): &Ask| {
        let answer = came?.get(*key)?;
        let fits = match request {
            InputRequest::Elicitation(it) => match &it.params {
                ElicitRequestParams::FormElicitationParams { requested_schema, .. } => {
                    let fields = requested_schema.required.iter().flatten();
                    answer["action"] == "accept"
                        && fields.into_iter().all(|field| !answer["content"][field.as_str()].is_null())
                }
                _ => false,
            },
            InputRequest::CreateMessage(_) => answer["content"].is_object() || answer["content"].is_array(),
            _ => answer["roots"].is_array(),
        };
        fits.then_some(answer)
    };
    asked.iter().map(fit).collect()
}

fn required(asked: Vec<Ask>, state: Option<String>) -> InputRequiredResult {
    let asked: BTreeMap<_, _> = asked.into_iter().map(|(key, request)| (key.to_owned(), request)).collect();
    InputRequiredResult::new(Some(asked), state)
}

/// What a prompt asks before it is given.
pub fn prompt(request: &GetPromptRequestParams) -> Option<InputRequiredResult> {
    let asked = vec![("user_context", form("What context should the prompt use?", "context", "string"))];
    let asks = request.name == "test_input_required_result_prompt";
    (asks && answers(&asked, request.input_responses.as_ref()).is_none()).then(|| required(asked, None))
}

/// Tools that ask; none where the name is another's.
pub fn tool(
    request: &CallToolRequestParams,
    seals: &RequestStateCodec,
    cx: &RequestContext<RoleServer>,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let client = cx.client_capabilities().unwrap_or_default();
    let name = request.name.strip_prefix("test_input_required_result_").unwrap_or(&request.name);
    let name_form = || ("user_name", form("What is your name?", "name", "string"));
    let stateful = |asked| Some(with_state(request, seals, asked));
    let plain = |asked: Vec<Ask>| {
        Some(Ok(match answers(&asked, request.input_responses.as_ref()) {
            Some(answers) => text(said(&answers)).into(),
            None => required(asked, None).into(),
        }))
    };
    match name {
        "test_missing_capability" => Some(match client.sampling {
            Some(_) => Ok(text("the client can sample").into()),
            None => {
                let needed = ClientCapabilities::builder().enable_sampling().build();
                Err(ErrorData::missing_required_client_capability(needed))
            }
        }),
        "elicitation" | "test_streaming_elicitation" => plain(vec![name_form()]),
        "sampling" => plain(vec![("capital_question", sample("What is the capital of France?", 100))]),
        "list_roots" => plain(vec![("client_roots", roots())]),
        "capabilities" => plain(declared(&client)),
        "request_state" | "tampered_state" => stateful(vec![("confirm", form("Please confirm", "ok", "boolean"))]),
        "multiple_inputs" => {
            stateful(vec![name_form(), ("greeting", sample("Generate a greeting", 50)), ("client_roots", roots())])
        }
        "multi_round" => Some(rounds(request, seals)),
        _ => None,
    }
}

/// Only what the client said that it can answer.
fn declared(client: &ClientCapabilities) -> Vec<Ask> {
    let elicits = client.elicitation.is_some().then(|| ("user_name", form("What is your name?", "name", "string")));
    let samples = client.sampling.is_some().then(|| ("greeting", sample("Generate a greeting", 50)));
    let lists = client.roots.is_some().then(|| ("client_roots", roots()));
    [elicits, samples, lists].into_iter().flatten().collect()
}

/// Asks once, with a state that must come back as it was given.
fn with_state(
    request: &CallToolRequestParams,
    seals: &RequestStateCodec,
    asked: Vec<Ask>,
) -> Result<CallToolResponse, ErrorData> {
    let opened = round(request, seals)?;
    Ok(match answers(&asked, request.input_responses.as_ref()).filter(|_| opened > 0) {
        Some(answers) => text(format!("state-ok: {}", said(&answers))).into(),
        None => required(asked, Some(sealed(seals, 1)?)).into(),
    })
}

/// Asks twice, the second time knowing the first answer.
fn rounds(request: &CallToolRequestParams, seals: &RequestStateCodec) -> Result<CallToolResponse, ErrorData> {
    let first = vec![("step1", form("Step 1: What is your name?", "name", "string"))];
    let second = vec![("step2", form("Step 2: What is your favorite color?", "color", "string"))];
    let came = request.input_responses.as_ref();
    let asked = match round(request, seals)? {
        1 if answers(&first, came).is_some() => (second, 2),
        2 if answers(&second, came).is_some() => return Ok(text("both steps are done").into()),
        2 => (second, 2),
        _ => (first, 1),
    };
    Ok(required(asked.0, Some(sealed(seals, asked.1)?)).into())
}

fn sealed(seals: &RequestStateCodec, round: u32) -> Result<String, ErrorData> {
    seals.seal_json(&round).map_err(|e| ErrorData::internal_error(e.to_string(), None))
}

/// Which round it is, as the seal says; none of the client's saying.
fn round(request: &CallToolRequestParams, seals: &RequestStateCodec) -> Result<u32, ErrorData> {
    let opened = request.request_state.as_ref().map(|state| seals.open_json(state)).transpose();
    opened.map(Option::unwrap_or_default).map_err(|_| ErrorData::invalid_params("the request state was changed", None))
}

fn said(answers: &[&Value]) -> String {
    let each = answers.iter().map(|answer| match (&answer["content"]["name"], &answer["content"]["text"]) {
        (Value::String(name), _) => format!("Hello, {name}!"),
        (_, Value::String(text)) => text.clone(),
        _ => answer.to_string(),
    });
    each.collect::<Vec<_>>().join(" ")
}
