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
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::document::{begun, not_that_way, served};
use super::guard::{Guard, agent, arrive};
use super::problem::Problem;
use crate::serve::mcp::{Identity, Mcp};

/// Everything of this door.
pub(super) fn router(site: &Arc<Site>) -> Router {
    let guard = Guard::new(site, &site.config.agents.url, site.config.agents.address.port(), &site.config.origins);
    let open = Router::new()
        .route("/.well-known/oauth-protected-resource", get(metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata))
        .with_state(site.clone());
    let (api, document) = api().split_for_parts();
    let known = mcp(site).merge(api.with_state(site.clone())).method_not_allowed_fallback(not_that_way);
    let known = known.layer(from_fn_with_state(guard.clone(), agent));
    let all = open.merge(served(&document)).method_not_allowed_fallback(not_that_way).merge(known);
    all.fallback(nothing).layer(from_fn_with_state(guard, arrive))
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

/// MCP over streamable HTTP.
fn mcp(site: &Arc<Site>) -> Router {
    let front = site.front.clone();
    let factory = move || Ok(Mcp::new(front.clone(), Identity::OfRequest));
    // Names and origins were checked before it.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(usize::try_from(site.config.limits.body.0).unwrap_or(usize::MAX))
        .with_legacy_session_mode(site.config.sessions)
        .with_json_response(!site.config.sessions);
    let routes = if site.config.sessions {
        let manager = Arc::new(LocalSessionManager::default());
        Router::new().nest_service("/mcp", StreamableHttpService::new(factory, manager, config))
    } else {
        let manager = Arc::new(NeverSessionManager::default());
        Router::new().nest_service("/mcp", StreamableHttpService::new(factory, manager, config))
    };
    routes.layer(from_fn(named))
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
