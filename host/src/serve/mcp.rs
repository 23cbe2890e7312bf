//! MCP: tools as a model's host sees them. One server answers revision 2026-07-28 and those with a handshake.

mod answer;
mod changed;
mod ladder;
mod listed;
mod task;

pub use changed::Subscribers;

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, GetTaskParams, GetTaskResult, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, SubscriptionFilter,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::front::{Asked, Came, Turned};
use super::{Caller, Front, Trace, cursor, over, said};

/// So many tools on one page of the list.
const PAGE: usize = 200;

/// How long a call that joins one that runs waits for it.
const MOMENT: Duration = Duration::from_secs(2);

/// How long a client may keep the list.
const LIST_MS: u64 = 30_000;

/// Prefix of what only Tollgate says in `_meta`.
pub(super) const PREFIX: &str = "dev.tollgate/";

/// Who calls.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The one that the operator named: standard input has no other.
    Fixed(Caller),
    /// As the door found out for each request, and left with it.
    OfRequest,
}

/// An MCP server over a workspace. Cheap to clone: over HTTP each request has its own.
#[derive(Clone)]
pub struct Mcp {
    front: Arc<Front>,
    identity: Identity,
}

impl Mcp {
    /// A server for one agent, or for whoever each request is from.
    #[must_use]
    pub const fn new(front: Arc<Front>, identity: Identity) -> Self {
        Self { front, identity }
    }

    fn caller(&self, cx: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let of_request = || {
            let parts = cx.extensions.get::<axum::http::request::Parts>()?;
            parts.extensions.get::<Caller>().cloned()
        };
        match &self.identity {
            Identity::Fixed(caller) => Some(caller.clone()),
            Identity::OfRequest => of_request(),
        }
        .ok_or_else(|| ErrorData::internal_error("nobody has found out who calls", None))
    }

    async fn called(
        &self,
        request: CallToolRequestParams,
        cx: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.caller(cx)?;
        if let Some(again) = self.retried(&caller, &request, cx).await? {
            return Ok(again);
        }
        // What a request brings beside its parameters stands in its context, not with them.
        let meta = |key: &str| cx.meta.get(&format!("{PREFIX}{key}"));
        let asked = Asked {
            name: request.name.to_string(),
            arguments: arguments(&request),
            key: meta("idempotency-key").and_then(|key| key.as_str()).map(str::to_owned),
            trace: trace(cx),
        };
        let within = meta("deadline-ms").and_then(serde_json::Value::as_u64).map(Duration::from_millis);
        let call = self.front.call(&caller, asked);
        let came = tokio::select! {
            came = call => came,
            () = cx.ct.cancelled() => return Ok(answer::cancelled().into()),
            () = over(within) => return Ok(answer::too_late().into()),
        };
        match came {
            Ok((offer, Came::Over(invocation, told))) => Ok(answer::over(&offer.function, invocation, &told).into()),
            Ok((_, Came::Waiting(invocation, question))) => {
                let wait = ladder::Wait { caller: &caller, request: &request, invocation, question, round: 0 };
                match question {
                    Some(_) => self.waits(wait, cx).await,
                    // Somebody has taken it up: mostly it is over in a moment.
                    None => self.held(wait, within.unwrap_or(MOMENT).min(MOMENT), cx).await,
                }
            }
            Err(Turned::Unknown) => Err(ErrorData::invalid_params(format!("unknown tool: {}", request.name), None)),
            Err(turned) => Ok(answer::turned(&said::of_turned(&turned)).into()),
        }
    }
}

/// The trace that a request is in: as its `_meta` says, or as the request that carries it does.
fn trace(cx: &RequestContext<RoleServer>) -> Trace {
    let headers = || cx.extensions.get::<axum::http::request::Parts>().map(|parts| Trace::of_headers(&parts.headers));
    Trace::of(|name| Some(cx.meta.get(name)?.as_str()?.to_owned())).or(|| headers().unwrap_or_default())
}

/// The arguments as JSON text; without any, an empty object.
fn arguments(request: &CallToolRequestParams) -> String {
    request.arguments.as_ref().map_or_else(|| "{}".to_owned(), |object| serde_json::to_string(object).unwrap_or_default())
}

impl ServerHandler for Mcp {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tool_list_changed().enable_tasks().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("tollgate", env!("CARGO_PKG_VERSION"))).with_instructions(
            "Tools run for one person, within what an operator granted. A result whose text begins with a code such as \
             `cover.not-granted` is a refusal: nothing happened. `agree.waiting` means that a person has to agree: tell your \
             user, and call again with the same arguments for the result.",
        )
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.caller(&cx)?;
        let offers = self.front.offers(&caller).await.map_err(|broken| {
            let said = said::of_turned(&broken.into());
            ErrorData::internal_error(said.text, None)
        })?;
        let key = |cursor: String| cursor::key(&cursor).ok_or_else(|| ErrorData::invalid_params(cursor::FOREIGN, None));
        let after = page.and_then(|page| page.cursor).map(key).transpose()?;
        let mut rest = offers.iter().filter(|offer| after.as_ref().is_none_or(|after| offer.name > *after));
        let tools: Vec<_> = rest.by_ref().take(PAGE).map(|offer| listed::tool(offer)).collect();
        let next = if rest.next().is_some() { tools.last().map(|tool| cursor::after(&tool.name)) } else { None };
        let mut list = ListToolsResult::with_all_items(tools).with_ttl_ms(LIST_MS).with_cache_scope(CacheScope::Private);
        list.next_cursor = next;
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.called(request, &cx).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.front.subscribers.subscription(context).await;
        Ok(())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.front.subscribers.session(context.peer);
    }

    async fn get_task(&self, request: GetTaskParams, cx: RequestContext<RoleServer>) -> Result<GetTaskResult, ErrorData> {
        self.task(&self.caller(&cx)?, &request.task_id).await
    }

    async fn cancel_task(&self, request: CancelTaskParams, cx: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.withdraw(&self.caller(&cx)?, &request.task_id).await
    }

    async fn update_task(
        &self,
        request: rmcp::model::UpdateTaskParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Nothing is ever asked of a client inside a task.
        self.task(&self.caller(&cx)?, &request.task_id).await.map(drop)
    }
}
