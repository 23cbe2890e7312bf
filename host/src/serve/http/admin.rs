//! The platform's hatch: whether the process lives, whether it is ready.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Site;

/// Everything of this hatch. Nothing here names a person, an argument or a tool's words.
pub(super) fn router(site: &Arc<Site>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(site.clone())
}

async fn healthz() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

async fn readyz(State(site): State<Arc<Site>>) -> (StatusCode, Json<Value>) {
    let lacks: Vec<_> = site.front.lacks().into_iter().chain(site.tokens.lacks()).collect();
    let status = if lacks.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "status": if lacks.is_empty() { "ready" } else { "not ready" }, "lacks": lacks })))
}

/// Prometheus text format 0.0.4.
async fn metrics(State(site): State<Arc<Site>>) -> ([(header::HeaderName, &'static str); 1], String) {
    site.front.gauges();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], site.figures.render())
}
