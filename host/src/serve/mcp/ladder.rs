//! What a client is told of a call that waits for a person, by what it can do: a task, a link to open before it tries again, a
//! link to open now, or plain words. The answer is never the client's: it is given at the approvers' door, or at a terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CreateTaskResult, ElicitRequest,
    ElicitRequestParams, ElicitationAction, InputRequest, InputRequiredResult, ProgressNotificationParam, ProtocolVersion,
    SealOptions,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use super::{Mcp, answer, arguments};
use crate::clock::Instant;
use crate::name::{Digest, InvocationId};
use crate::serve::Caller;
use crate::serve::front::Came;

/// How long one request waits for an answer at most, where its client has opened the link.
const HOLD: Duration = Duration::from_secs(25);

/// So often a client is asked to open the link; then it gets plain words.
const ROUNDS: u32 = 3;

/// A call that waits.
pub(super) struct Wait<'a> {
    pub(super) caller: &'a Caller,
    pub(super) request: &'a CallToolRequestParams,
    pub(super) invocation: InvocationId,
    /// The question; none while somebody works on it.
    pub(super) question: Option<u64>,
    /// How often the client was asked to open the link.
    pub(super) round: u32,
}

/// What of clients matters here.
struct Client {
    modern: bool,
    tasks: bool,
    urls: bool,
    asks_back: bool,
}

impl Client {
    fn of(cx: &RequestContext<RoleServer>) -> Self {
        let capabilities = cx.client_capabilities();
        let modern = cx.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        let tasks = modern && capabilities.as_ref().is_some_and(rmcp::model::ClientCapabilities::supports_tasks);
        // An empty object means forms alone.
        let urls = capabilities.and_then(|it| it.elicitation).is_some_and(|it| it.url.is_some());
        Self { modern, tasks, urls, asks_back: !modern && cx.peer.peer_info().is_some() }
    }
}

impl Mcp {
    /// Answers a call that waits.
    pub(super) async fn waits(
        &self,
        wait: Wait<'_>,
        cx: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let client = Client::of(cx);
        if client.tasks {
            return Ok(CreateTaskResult::new(self.new_task(wait.caller, wait.invocation, wait.question).await).into());
        }
        let Some(link) = wait.question.and_then(|question| self.front.link(question)) else {
            return Ok(self.words(&wait).await.into());
        };
        if client.modern && client.urls && wait.round < ROUNDS {
            return self.input_required(&wait, &link).map(Into::into);
        }
        if client.asks_back && client.urls && wait.round == 0 {
            return self.opened_now(wait, link, cx).await;
        }
        Ok(self.words(&wait).await.into())
    }

    /// Asks the client to have the link opened, and to come again.
    fn input_required(&self, wait: &Wait<'_>, link: &str) -> Result<InputRequiredResult, ErrorData> {
        let elicit = ElicitRequest::new(ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: asks(wait),
            url: link.to_owned(),
            elicitation_id: String::new(),
        });
        let state = json!([wait.invocation.to_string(), wait.round + 1]);
        let bound = bound(wait.caller, wait.request);
        let sealed = self.front.seals().seal_json_with(&state, &SealOptions::new().associated_data(&bound));
        let sealed = sealed.map_err(|e| ErrorData::internal_error(e.to_string(), None))?;
        let asked = BTreeMap::from([("approval".to_owned(), InputRequest::Elicitation(elicit))]);
        Ok(InputRequiredResult::new(Some(asked), Some(sealed)))
    }

    /// A call that comes again with what [`Mcp::input_required`] gave it; none where it is a new one.
    pub(super) async fn retried(
        &self,
        caller: &Caller,
        request: &CallToolRequestParams,
        cx: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResponse>, ErrorData> {
        let Some(sealed) = &request.request_state else { return Ok(None) };
        let opened = self.front.seals().open_json_with::<(String, u32)>(sealed, &bound(caller, request));
        let unknown = || ErrorData::invalid_params("this request state is none of this server's, or of another call", None);
        let (invocation, round) = opened.map_err(|_| unknown())?;
        let invocation = InvocationId::parse(&invocation).map_err(|_| unknown())?;
        let action = request.input_responses.as_ref().and_then(|all| all.get("approval")).map(|it| it["action"].clone());
        let hold = match action.as_ref().and_then(Value::as_str) {
            Some("accept") => HOLD,
            Some("decline" | "cancel") => return self.declined(caller, invocation).await.map(|it| Some(it.into())),
            _ => Duration::ZERO,
        };
        let wait = Wait { caller, request, invocation, question: None, round };
        self.held(wait, hold, cx).await.map(Some)
    }

    /// Asks a client with a session to have the link opened, and waits a while.
    async fn opened_now(
        &self,
        wait: Wait<'_>,
        link: String,
        cx: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let asked = ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: asks(&wait),
            url: link,
            elicitation_id: wait.invocation.to_string(),
        };
        match cx.peer.create_elicitation_with_timeout(asked, Some(HOLD)).await {
            Ok(result) if result.action == ElicitationAction::Accept => {
                let wait = Wait { round: ROUNDS, ..wait };
                self.held(wait, HOLD, cx).await
            }
            Ok(_) => self.declined(wait.caller, wait.invocation).await.map(Into::into),
            Err(why) => {
                tracing::debug!(%why, "a client does not open links after all");
                Ok(self.words(&wait).await.into())
            }
        }
    }

    /// Waits for the answer a while, and says how it stands then.
    pub(super) async fn held(
        &self,
        wait: Wait<'_>,
        hold: Duration,
        cx: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        progress(cx, &asks(&wait)).await;
        let unknown = |_| ErrorData::invalid_params("there is no such call any more", None);
        let began = self.front.own(wait.caller, wait.invocation).await.map_err(unknown)?;
        let came = tokio::select! {
            came = self.front.hold(wait.invocation, hold) => came.map_err(unknown)?,
            () = cx.ct.cancelled() => return Ok(answer::cancelled().into()),
        };
        match came {
            Came::Over(invocation, told) => self.over(&began, invocation, &told).map(Into::into),
            Came::Waiting(invocation, question) => Box::pin(self.waits(Wait { invocation, question, ..wait }, cx)).await,
        }
    }

    /// The client's user did not open the link: what waited is taken back, and nobody is asked again.
    async fn declined(&self, caller: &Caller, invocation: InvocationId) -> Result<CallToolResult, ErrorData> {
        let unknown = |_| ErrorData::invalid_params("there is no such call any more", None);
        self.front.cancel(caller, invocation).await.map_err(unknown)?;
        Ok(answer::cancelled())
    }

    /// Until when a question stands; none where there is none, or it cannot be found out now.
    pub(super) async fn expires(&self, question: Option<u64>) -> Option<Instant> {
        self.front.expires(question?).await.unwrap_or_else(|broken| {
            tracing::error!(doing = broken.doing, cause = broken.cause, "until when a question stands is not known");
            None
        })
    }

    /// In plain words, with the id in them: the model sees nothing else.
    async fn words(&self, wait: &Wait<'_>) -> CallToolResult {
        let link = wait.question.and_then(|question| self.front.link(question));
        let place = match (&link, wait.question) {
            (Some(link), _) => format!(" They answer at {link}."),
            (None, Some(question)) => format!(" They answer with `tollgate approvals show {question}`."),
            (None, None) => String::new(),
        };
        let text = format!(
            "agree.waiting: {}{place} Nothing has happened yet. Tell your user, and call again with the same arguments for the result.",
            asks(wait)
        );
        let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
        let expires = self.expires(wait.question).await.map(|expires| expires.to_string());
        let approval = json!({
            "id": wait.question, "url": link, "expires_at": expires, "invocation": wait.invocation.to_string(),
            "status_url": self.front.status(wait.invocation), "retry": "same_arguments",
        });
        result.meta = Some(answer::metas(vec![("outcome", json!("agree.waiting")), ("approval", approval)]));
        result
    }
}

/// What it waits for.
fn asks(wait: &Wait<'_>) -> String {
    match wait.question {
        Some(question) => format!("a person has to agree to this first (question {question})."),
        None => "it is being worked on.".to_owned(),
    }
}

/// What a request state is good for: this caller, this tool, these arguments.
fn bound(caller: &Caller, request: &CallToolRequestParams) -> Vec<u8> {
    let who = json!([caller.person.as_str(), caller.actors.text(), caller.session, request.name, arguments(request)]);
    Digest::of(who.to_string().as_bytes()).as_bytes().to_vec()
}

/// Tells a client that wants to know.
async fn progress(cx: &RequestContext<RoleServer>, message: &str) {
    if let Some(token) = cx.meta.get_progress_token() {
        let told = cx.peer.notify_progress(ProgressNotificationParam::new(token, 0.0).with_message(message)).await;
        if let Err(gone) = told {
            tracing::debug!(%gone, "nobody hears of the progress");
        }
    }
}
