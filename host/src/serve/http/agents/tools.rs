//! The tools that a caller may use: the names, schemas and hints that MCP lists.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Named, Paging, Query, page, tagged};
use crate::serve::front::Turned;
use crate::serve::{Caller, Offer};

/// A tool: one exported function.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tool {
    /// As it is called: `answer_reply`.
    name: String,
    /// The manifest's name and the function's.
    title: String,
    /// What its author says of it: a stranger's words.
    description: String,
    /// The schema of its arguments.
    #[schema(value_type = Object)]
    input_schema: Value,
    /// The schema of its value.
    #[schema(value_type = Object)]
    output_schema: Value,
    /// What its grants make of it.
    hints: Hinted,
    /// Whether a person may have to agree: `policy`, or `never`.
    approval: &'static str,
    /// The digest of its component.
    component: String,
    /// The interface that it is exported by.
    interface: Option<String>,
}

/// What agents are told beforehand of what a call may do. It decides nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Hinted {
    /// It changes nothing.
    read_only: bool,
    /// What it changes may be lost, or it opens what was closed.
    destructive: bool,
    /// Done twice it leaves the same as done once.
    idempotent: bool,
    /// It reaches people beyond the tool's own data.
    open_world: bool,
}

/// Tools, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tools {
    /// This page of them.
    tools: Vec<Tool>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

fn tool(offer: &Offer) -> Tool {
    let hints = offer.hints;
    Tool {
        name: offer.name.clone(),
        title: format!("{} {}", offer.tool(), offer.function.name),
        description: offer.description.clone(),
        input_schema: Value::Object((*offer.input).clone()),
        output_schema: Value::Object((*offer.output).clone()),
        hints: Hinted {
            read_only: !hints.changes,
            destructive: hints.destroys,
            idempotent: hints.repeats,
            open_world: hints.outward,
        },
        approval: if hints.asks { "policy" } else { "never" },
        component: offer.loaded.digest().to_string(),
        interface: offer.function.interface.clone(),
    }
}

/// Lists the tools that you may call.
#[utoipa::path(get, path = "/v1/tools", operation_id = "list_tools", tag = "tools",
    params(Paging, ("If-None-Match" = Option<String>, Header, nullable = false, description = "The ETag of what you have.")),
    responses(
        (status = 200, description = "A page of them.", body = Tools, headers(("ETag" = String))),
        (status = 304, description = "You have this page."), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let offers = site.front.offers(&caller).await.map_err(Turned::Broken)?;
    let (tools, next_cursor) = page(offers.iter().map(|offer| (offer.name.clone(), tool(offer))), &paging)?;
    tagged(&headers, &Tools { tools, next_cursor })
}

/// Shows one tool.
#[utoipa::path(get, path = "/v1/tools/{name}", operation_id = "show_tool", tag = "tools",
    params(("name" = String, Path, description = "As it is listed."),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The ETag of what you have.")),
    responses(
        (status = 200, description = "The tool.", body = Tool, headers(("ETag" = String))),
        (status = 304, description = "You have it."), Problems))]
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Named(name): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let offer = site.front.offer(&caller, &name).await?;
    tagged(&headers, &tool(&offer))
}
