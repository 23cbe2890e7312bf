//! The agents' door: MCP at `/mcp`, what its clients need to find their way there, and the same tools at `/v1`.

mod calls;
mod flights;
mod invocations;
mod mounted;
mod prefer;
mod tools;

pub use self::flights::Flights;
pub use self::mounted::{Knows, mount};

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
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
    open.merge(mount(site, server, guard))
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
