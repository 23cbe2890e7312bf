//! The agents' door: MCP at `/mcp`, what its clients need to find their way there, and the same tools at `/v1`.

mod calls;
mod flights;
mod invocations;
mod prefer;
mod tools;

pub use self::flights::Flights;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::document::{begun, not_that_way, served};
use super::guard::{Guard, agent, arrive};
use super::problem::Problem;
use super::sessions::{Sessions, bound};
use crate::serve::mcp::{Identity, Mcp};

/// Everything of this door.
pub(super) fn router(site: &Arc<Site>) -> Router {
    let guard = guard(site);
    let open = Router::new()
        .route("/.well-known/oauth-protected-resource", get(metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata))
        .with_state(site.clone());
    let (api, document) = api().split_for_parts();
    let api = api.with_state(site.clone()).method_not_allowed_fallback(not_that_way);
    let api = api.layer(from_fn_with_state(guard.clone(), agent));
    let open = open.merge(served(&document)).method_not_allowed_fallback(not_that_way).merge(api);
    let open = open.fallback(nothing).layer(from_fn_with_state(guard.clone(), arrive));
    let front = site.front.clone();
    let server = move || Mcp::new(front.clone(), Identity::OfRequest);
    open.merge(mount(site, server, |mcp| mcp.layer(from_fn_with_state(guard, agent))))
}

/// The routes of the API at this door, with what describes them.
fn api() -> OpenApiRouter<Arc<Site>> {
    let says = "What agents call. Every request needs an agent's token: one with `act`.";
    begun("Tollgate, the agents' door", says)
        .routes(routes!(tools::list))
        .routes(routes!(tools::show))
        .routes(routes!(calls::invoke))
        .routes(routes!(invocations::show))
        .routes(routes!(invocations::cancel))
        .routes(routes!(invocations::receipt_of))
}

fn guard(site: &Arc<Site>) -> Guard {
    Guard::new(site, &site.config.agents.url, site.config.agents.address.port(), &site.config.origins)
}

/// MCP over streamable HTTP at `/mcp`: what the servers that `server` makes answer, with the site's settings and its checks
/// of name, origin and body. `known` finds out who calls: it leaves the [`Caller`](crate::serve::Caller) with each request,
/// or turns it away.
pub fn mount<S: ServerHandler>(
    site: &Arc<Site>,
    server: impl Fn() -> S + Send + Sync + 'static,
    known: impl FnOnce(Router) -> Router,
) -> Router {
    // Names and origins were checked before it.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(usize::try_from(site.config.limits.body.0).unwrap_or(usize::MAX))
        .with_legacy_session_mode(site.config.sessions)
        .with_json_response(!site.config.sessions);
    let server = move || Ok(server());
    let routes = if site.config.sessions {
        let sessions = Sessions::default();
        let served = StreamableHttpService::new(server, sessions.manager.clone(), config);
        Router::new().route_service("/mcp", served).layer(from_fn_with_state(sessions, bound))
    } else {
        let manager = Arc::new(NeverSessionManager::default());
        Router::new().route_service("/mcp", StreamableHttpService::new(server, manager, config))
    };
    known(routes.layer(from_fn(named))).layer(from_fn_with_state(guard(site), arrive))
}

/// Some clients leave out the name of the task that they ask for (`Mcp-Name`); it stands in the body.
async fn named(request: Request, next: Next) -> Response {
    let lacks = lacks_name(request.headers());
    if !lacks {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let bytes = match axum::body::to_bytes(body, 64 << 10).await {
        Ok(bytes) => bytes,
        Err(_) => {
            return axum::response::IntoResponse::into_response(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "door.body",
                "a question about a task is not that long",
            ));
        }
    };
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(task) = body["params"]["taskId"].as_str().and_then(|task| HeaderValue::from_str(task).ok()) {
        parts.headers.insert("mcp-name", task);
    }
    next.run(Request::from_parts(parts, bytes.into())).await
}

fn lacks_name(headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    header("mcp-method").is_some_and(|method| method.starts_with("tasks/")) && header("mcp-name").is_none()
}

/// What this resource is, and who gives tokens for it (RFC 9728).
async fn metadata(State(site): State<Arc<Site>>) -> Json<Value> {
    let servers: Vec<&str> = site.config.tokens.iter().map(|issuer| issuer.issuer.as_str()).collect();
    Json(json!({
        "resource": site.tokens.resource(), "authorization_servers": servers, "scopes_supported": ["tools"],
        "bearer_methods_supported": ["header"], "resource_name": site.front.workspace.config.host.as_str(),
    }))
}

async fn nothing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "door.unknown",
        "there is nothing here: MCP is at /mcp, and /v1/openapi.json says the rest",
    )
}
