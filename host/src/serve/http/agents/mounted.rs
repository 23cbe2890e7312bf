//! MCP at `/mcp`: what every request passes on its way to the protocol, in one go. As layers of a router each step would copy
//! all that lie beneath it, with every request.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;

use crate::serve::Caller;
use crate::serve::http::Site;
use crate::serve::http::guard::{Guard, arrived, known, sealed};
use crate::serve::http::problem::Problem;
use crate::serve::http::sessions::Sessions;

/// The protocol, with sessions for the older revisions or without.
enum Protocol<S> {
    Sessions(StreamableHttpService<S, LocalSessionManager>, Sessions),
    Alone(StreamableHttpService<S, NeverSessionManager>),
}

struct Mounted<S, K> {
    guard: Guard,
    known: K,
    protocol: Protocol<S>,
}

/// Finds out who calls, by what a request brings.
pub trait Knows: Send + Sync + 'static {
    /// Whose a request is, or how it is turned away.
    fn caller(&self, headers: &HeaderMap) -> impl Future<Output = Result<Caller, Response>> + Send;
}

/// By a token, as everywhere at this door.
impl Knows for Guard {
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Response> {
        known(self, headers).await.map_err(Problem::into_response)
    }
}

/// MCP over streamable HTTP at `/mcp`: what the servers that `server` makes answer, with the site's settings and its checks
/// of name, origin and body. `known` finds out who calls, or turns the request away.
pub fn mount<S: ServerHandler>(
    site: &Arc<Site>,
    server: impl Fn() -> S + Send + Sync + 'static,
    known: impl Knows,
) -> Router {
    // Names and origins were checked before it.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(usize::try_from(site.config.limits.body.0).unwrap_or(usize::MAX))
        .with_legacy_session_mode(site.config.sessions)
        .with_json_response(!site.config.sessions);
    let server = move || Ok(server());
    let protocol = if site.config.sessions {
        let sessions = Sessions::default();
        Protocol::Sessions(StreamableHttpService::new(server, sessions.manager.clone(), config), sessions)
    } else {
        Protocol::Alone(StreamableHttpService::new(server, Arc::new(NeverSessionManager::default()), config))
    };
    let mounted = Mounted { guard: super::guard(site), known, protocol };
    Router::new().route("/mcp", any(asked)).with_state(Arc::new(mounted))
}

async fn asked<S: ServerHandler, K: Knows>(State(mounted): State<Arc<Mounted<S, K>>>, request: Request) -> Response {
    let request = match arrived(&mounted.guard, request).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    sealed(mounted.answered(request).await)
}

impl<S: ServerHandler, K: Knows> Mounted<S, K> {
    async fn answered(&self, mut request: Request) -> Response {
        let caller = match self.known.caller(request.headers()).await {
            Ok(caller) => caller,
            Err(turned_away) => return turned_away,
        };
        request.extensions_mut().insert(caller.clone());
        let request = match named(request).await {
            Ok(request) => request,
            Err(problem) => return problem.into_response(),
        };
        match &self.protocol {
            Protocol::Sessions(service, sessions) => {
                let next = async |request| service.handle(request).await.map(axum::body::Body::new);
                sessions.bound(&caller, request, next).await
            }
            Protocol::Alone(service) => service.handle(request).await.map(axum::body::Body::new),
        }
    }
}

/// Some clients leave out the name of the task that they ask for (`Mcp-Name`); it stands in the body.
async fn named(request: Request) -> Result<Request, Problem> {
    if !lacks_name(request.headers()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 64 << 10)
        .await
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "door.body", "a question about a task is not that long"))?;
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(task) = body["params"]["taskId"].as_str().and_then(|task| HeaderValue::from_str(task).ok()) {
        parts.headers.insert("mcp-name", task);
    }
    Ok(Request::from_parts(parts, bytes.into()))
}

fn lacks_name(headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    header("mcp-method").is_some_and(|method| method.starts_with("tasks/")) && header("mcp-name").is_none()
}
