//! Invocations as their callers see them: how each stands, what came of it, its receipt; and taking one back.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Named, tagged};
use super::super::shapes::{Counter, Receipt, Refused, Used, receipt, shaped};
use super::prefer::Prefer;
use crate::diagnostic::Broken;
use crate::name::InvocationId;
use crate::serve::Caller;
use crate::serve::front::{Came, Turned};
use crate::serve::said::of_report;

/// How long a look waits for what goes on at that moment.
const MOMENT: Duration = Duration::from_secs(1);

/// What an invocation does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Now {
    /// A host works on it.
    Running,
    /// A person has to agree.
    Waiting,
    /// It has ended.
    Over,
}

/// A question that an invocation waits for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Asks {
    /// Its number.
    id: Counter,
    /// Where a person answers it. For your user: the answer is never yours.
    url: Option<String>,
    /// Until when it stands.
    expires: Option<String>,
}

/// What came of an invocation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Report {
    /// `returned`, `tool-error`, `refused`, `fault`, `cancelled`.
    outcome: String,
    /// The same with its reason: `returned`, `tool-error`, `cover.not-granted`, `fault.fuel`, `cancelled`.
    #[serde(default)]
    #[schema(required)]
    code: String,
    /// The tool's value, or its own error. A stranger's words.
    #[serde(default)]
    #[schema(required)]
    value: Value,
    /// What it was refused.
    refusals: Vec<Refused>,
    /// What it used.
    receipt: Option<Vec<Used>>,
}

/// An invocation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Invocation {
    /// Its id.
    invocation: String,
    /// Of which tool.
    tool: String,
    /// Which function, as exported.
    function: String,
    /// What it does now.
    state: Now,
    /// The question that it waits for.
    approval: Option<Asks>,
    /// What came of it; null until it is over.
    report: Option<Report>,
}

/// An invocation as it stands.
pub(super) async fn view(site: &Site, (tool, function): (&str, &str), came: &Came) -> Result<Invocation, Problem> {
    let (id, state, question, report) = match came {
        Came::Over(id, told) => (id, Now::Over, None, Some(told.json())),
        Came::Waiting(id, Some(question)) => (id, Now::Waiting, Some(*question), None),
        Came::Waiting(id, None) => (id, Now::Running, None, None),
    };
    let approval = match question {
        None => None,
        Some(question) => {
            let expires = site.front.expires(question).await.map_err(Turned::Broken)?;
            let (url, expires) = (site.front.link(question), expires.map(|at| at.to_string()));
            Some(Asks { id: Counter(question), url, expires })
        }
    };
    let reported = |report: Cow<'_, Value>| {
        let code = of_report(&report).code;
        Ok::<_, Problem>(Report { code, ..shaped::<Report>(report.into_owned())? })
    };
    let report = report.map(reported).transpose()?;
    let (tool, function) = (tool.to_owned(), function.to_owned());
    Ok(Invocation { invocation: id.to_string(), tool, function, state, approval, report })
}

/// How it stands with an invocation of this caller, once what goes on at that moment is over or `at_most` is.
///
/// It goes on by itself when the client has gone: a look never stops a guest.
async fn looked(site: &Arc<Site>, caller: &Caller, id: InvocationId, at_most: Duration) -> Result<Invocation, Problem> {
    let began = site.front.own(caller, id).await?;
    let front = site.front.clone();
    let looking = tokio::spawn(async move { front.hold(id, at_most).await });
    let came = match tokio::time::timeout(at_most.max(MOMENT), looking).await {
        Ok(Ok(came)) => came?,
        Ok(Err(why)) => return Err(Turned::Broken(Broken::while_doing("looking at an invocation", why)).into()),
        Err(_) => Came::Waiting(id, None),
    };
    view(site, (began.tool.as_str(), &began.function), &came).await
}

/// Shows an invocation of yours, and what came of it.
#[utoipa::path(get, path = "/v1/invocations/{id}", operation_id = "show_invocation", tag = "invocations",
    params(("id" = String, Path, description = "As the call gave it."),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The ETag of what you have."),
        ("Prefer" = Option<String>, Header, nullable = false, description = "`wait=N`: wait up to N seconds, 60 at most, for its end.")),
    responses(
        (status = 200, description = "The invocation.", body = Invocation, headers(("ETag" = String))),
        (status = 304, description = "It stands as you know it."), Problems))]
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<InvocationId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let prefer = Prefer::read(&headers);
    let at_most = if let Prefer::Wait(wait) = prefer { wait } else { Duration::ZERO };
    let mut response = tagged(&headers, &looked(&site, &caller, id, at_most).await?)?;
    let applied = if at_most.is_zero() { None } else { prefer.applied() };
    response.headers_mut().extend(applied.and_then(|(name, value)| Some((name, value.parse().ok()?))));
    Ok(response)
}

/// Takes an invocation of yours back: one that waits ends, one that runs is stopped. What is done stays done, and to take
/// back what is over changes nothing.
#[utoipa::path(post, path = "/v1/invocations/{id}/cancel", operation_id = "cancel_invocation", tag = "invocations",
    params(("id" = String, Path, description = "As the call gave it.")),
    responses((status = 200, description = "How it stands now.", body = Invocation), Problems))]
pub(super) async fn cancel(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<InvocationId>,
) -> Result<Response, Problem> {
    site.front.cancel(&caller, id).await?;
    let invocation = looked(&site, &caller, id, MOMENT).await?;
    Ok((StatusCode::OK, Json(invocation)).into_response())
}

/// Shows what an invocation of yours did, used and was refused.
#[utoipa::path(get, path = "/v1/receipts/{id}", operation_id = "show_receipt", tag = "invocations",
    params(("id" = String, Path, description = "The invocation.")),
    responses((status = 200, description = "Its receipt, as far as it has come.", body = Receipt), Problems))]
pub(super) async fn receipt_of(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<InvocationId>,
) -> Result<Json<Receipt>, Problem> {
    site.front.own(&caller, id).await?;
    receipt(site.front.store.receipt(&id).map_err(Turned::Broken)?).map(Json)
}
