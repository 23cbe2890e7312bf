//! A tool called: once for each idempotency key, however often it is asked for.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use utoipa::ToSchema;

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Body, Named};
use super::invocations::{Invocation, view};
use super::prefer::{LONGEST, Prefer, key};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::name::InvocationId;
use crate::serve::front::{Asked, Came, Turned};
use crate::serve::said::{Said, of_report, of_turned};
use crate::serve::{Caller, Offer, Trace, over};

/// How often it is looked whether a call that has just begun has its id on record.
const LOOK: Duration = Duration::from_millis(2);

/// When to come again to what runs, and to what waits for a person.
const RUNS: Duration = Duration::from_secs(1);
const WAITS: Duration = Duration::from_secs(5);

/// When to come again to what is frozen without an end: a person thaws it, and this only keeps clients from asking all the
/// time.
const FROZEN: Duration = Duration::from_secs(60);

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// The arguments, by the tool's `input_schema`.
    #[serde(default)]
    #[schema(value_type = Object)]
    arguments: Map<String, Value>,
    /// The guest is stopped after so many milliseconds, and the answer is 504.
    #[schema(minimum = 1, maximum = 600000, nullable = false)]
    deadline_ms: Option<u32>,
}

/// A request, read.
struct Call {
    caller: Caller,
    offer: Arc<Offer>,
    key: String,
    prefer: Prefer,
    deadline: Option<Duration>,
}

/// How a call has come along.
enum Along {
    Came(Came),
    Late,
}

/// Calls a tool. The same key with the same arguments is the same call: it is not made again, and answers what came of it.
///
/// 200: the tool ran, and `report` says what came of it, also where the tool itself failed. 202: it waits for a person, or
/// still runs. Where the host refused, the problem's `code` says why, as over MCP and in the journal.
#[utoipa::path(post, path = "/v1/tools/{name}/invocations", operation_id = "call_tool", tag = "tools",
    params(("name" = String, Path, description = "As it is listed."),
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
            description = "Yours for this call: another one for another call."),
        ("Prefer" = Option<String>, Header, nullable = false,
            description = "`respond-async`: do not wait. `wait=N`: wait up to N seconds, 60 at most, also for a person.")),
    request_body = Given,
    responses(
        (status = 200, description = "It ran.", body = Invocation,
            headers(("Idempotency-Replayed" = Option<String>), ("Preference-Applied" = Option<String>))),
        (status = 202, description = "It waits, or runs.", body = Invocation,
            headers(("Location" = String), ("Retry-After" = String), ("Idempotency-Replayed" = Option<String>),
                ("Preference-Applied" = Option<String>))),
        (status = 409, description = "A request with this key is being answered.", body = Problem,
            content_type = "application/problem+json"),
        (status = 504, description = "It was stopped at its deadline.", body = Problem,
            content_type = "application/problem+json"), Problems))]
pub(super) async fn invoke(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Named(name): Named<String>,
    headers: HeaderMap,
    Body(given): Body<Given>,
) -> Result<Response, Problem> {
    let (key, prefer) = (key(&headers)?, Prefer::read(&headers));
    if given.deadline_ms.is_some_and(|ms| !(1..=600_000).contains(&ms)) {
        let why = "`deadline_ms` is from 1 to 600000";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "door.body", why));
    }
    let offer = site.front.offer(&caller, &name).await?;
    let deadline = given.deadline_ms.map(|ms| Duration::from_millis(ms.into()));
    let trace = Trace::of_headers(&headers);
    let asked = Asked { name, arguments: Value::Object(given.arguments).to_string(), key: Some(key.clone()), trace };
    let call = Call { caller, offer, key, prefer, deadline };
    let _asking = site.flights.ask(&call.caller, &call.key).ok_or_else(|| {
        let why = "a request with this idempotency key is being answered: come again for its answer";
        Problem::new(StatusCode::CONFLICT, "door.in-flight", why).after(RUNS)
    })?;
    let before = site.front.keyed(&call.caller, &call.key).await.map_err(Turned::Broken)?;
    let (front, caller) = (site.front.clone(), call.caller.clone());
    let calling = async move { front.call(&caller, asked).await.map(|(_, came)| came) };
    // It goes on when whoever asked has gone, until it has ended or is taken back.
    let along = along(&site, &call, tokio::spawn(calling)).await.map_err(|turned| turned_away(turned, before));
    answer(&site, &call, along?, before.is_some()).await
}

/// Another call with the key of an invocation that there is, is told apart from arguments that are wrong: an invocation's
/// were right.
fn turned_away(turned: Turned, before: Option<InvocationId>) -> Problem {
    let said = of_turned(&turned);
    let mut problem = match (&turned, before) {
        (Turned::Usage(_), Some(_)) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "door.idempotency-key", said.text),
        _ => return turned.into(),
    };
    problem.invocation = before.map(|id| id.to_string());
    problem
}

/// Waits for a call as long as its client wants to.
async fn along(site: &Arc<Site>, call: &Call, mut task: JoinHandle<Result<Came, Turned>>) -> Result<Along, Turned> {
    let until = match call.prefer {
        Prefer::Nothing => None,
        Prefer::Async => Some(Duration::ZERO),
        Prefer::Wait(wait) => Some(wait),
    };
    let until = until.map(|span| tokio::time::Instant::now() + span);
    let came = tokio::select! {
        biased;
        ended = &mut task => match ended {
            Ok(came) => came?,
            Err(e) => return Err(Broken::while_doing("running a call", e).into()),
        },
        () = over(call.deadline) => {
            task.abort();
            return Ok(Along::Late);
        }
        id = on_record(site, call, until) => Came::Waiting(id?, None),
    };
    match (came, until) {
        // Somebody may agree before the client wants to know.
        (Came::Waiting(id, Some(_)), Some(until)) => {
            let left = until.saturating_duration_since(tokio::time::Instant::now()).min(LONGEST);
            let front = site.front.clone();
            let held = tokio::spawn(async move { front.hold(id, left).await }).await;
            Ok(Along::Came(held.map_err(|e| Broken::while_doing("waiting for an answer", e))??))
        }
        (came, _) => Ok(Along::Came(came)),
    }
}

/// The id of a call, once its client wants to wait no longer and it is on record.
async fn on_record(site: &Site, call: &Call, until: Option<tokio::time::Instant>) -> Result<InvocationId, Turned> {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        if let Some(id) = site.front.keyed(&call.caller, &call.key).await? {
            return Ok(id);
        }
    }
}

async fn answer(site: &Site, call: &Call, along: Along, replayed: bool) -> Result<Response, Problem> {
    let late = || {
        let why = "it was stopped at the deadline that the call brought";
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "door.deadline", why)
    };
    let came = match along {
        Along::Late => return Err(late()),
        Along::Came(came) => came,
    };
    let mut response = match &came {
        Came::Over(_, told) if told.outcome() == "cancelled" && call.deadline.is_some() => late().into_response(),
        Came::Over(id, told) if told.outcome() == "refused" => refused(*id, &told.json(), site.clock.now()).into_response(),
        Came::Over(..) => Json(shown(site, call, &came).await?).into_response(),
        Came::Waiting(id, question) => {
            let again = if question.is_some() { WAITS } else { RUNS };
            let location = [(header::LOCATION, format!("/v1/invocations/{id}"))];
            let again = [(header::RETRY_AFTER, again.as_secs().to_string())];
            (StatusCode::ACCEPTED, location, again, Json(shown(site, call, &came).await?)).into_response()
        }
    };
    let applied = call.prefer.applied().and_then(|(name, value)| Some((name, value.parse().ok()?)));
    let replayed = replayed.then(|| (REPLAYED, header::HeaderValue::from_static("true")));
    response.headers_mut().extend(applied.into_iter().chain(replayed));
    Ok(response)
}

async fn shown(site: &Site, call: &Call, came: &Came) -> Result<Invocation, Problem> {
    view(site, (call.offer.tool().as_str(), &call.offer.function.name), came).await
}

/// A refusal of the host, with the code that MCP and the journal have.
fn refused(id: InvocationId, report: &Value, now: Instant) -> Problem {
    let Said { code, text } = of_report(report);
    // The same one that is said.
    let last = report["refusals"].as_array().and_then(|all| all.last());
    let until = last.and_then(|last| last["until"].as_str()).and_then(Instant::parse);
    // A fraction of a second is a second: whoever comes when he was told to is not too early.
    let free = until.map(|until| Duration::from_secs(until.since(now).0.div_ceil(1000)));
    let (status, after) = match code.as_str() {
        "fund.quota-spent" => (StatusCode::TOO_MANY_REQUESTS, free),
        "freeze.frozen" => (StatusCode::SERVICE_UNAVAILABLE, free.or(Some(FROZEN))),
        "record.unavailable" | "effect.unavailable" => (StatusCode::SERVICE_UNAVAILABLE, Some(WAITS)),
        _ => (StatusCode::FORBIDDEN, None),
    };
    let mut problem = Problem::new(status, code, text);
    problem.invocation = Some(id.to_string());
    after.map_or(problem.clone(), |after| problem.after(after))
}
