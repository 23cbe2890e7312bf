//! The platform's hatch: whether the process lives, whether it is ready.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Site;

/// Everything of this hatch. Nothing here names a person, an argument or a tool's words.
pub(super) fn router(site: &Arc<Site>) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(site.clone())
}

async fn healthz() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

async fn readyz(State(site): State<Arc<Site>>) -> (StatusCode, Json<Value>) {
    let lacks = site.front.lacks();
    let status = if lacks.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "status": if lacks.is_empty() { "ready" } else { "not ready" }, "lacks": lacks })))
}
