//! The switch, for operators: what is frozen, thrown, and thrown back by somebody who has just shown a passphrase.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Body, Named, Paging, Query, page};
use super::super::shapes::{Counter, shaped};
use super::{Person, unrecorded};
use crate::freeze::{Freeze, NewFreeze, Scope};
use crate::journal::Unrecorded;
use crate::serve::front::Turned;
use crate::unit::Duration;

/// A freeze.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Frozen {
    /// Its number.
    id: Counter,
    /// What is stopped.
    scope: Stoppable,
    /// Which; empty for everything.
    name: String,
    /// Why.
    reason: String,
    /// Who stopped it.
    by: String,
    /// Since when.
    at: String,
    /// Until when; null: until somebody thaws it.
    ends: Option<String>,
}

/// What can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Stoppable {
    /// All of it.
    Everything,
    /// Whatever this tool does.
    Tool,
    /// Whatever comes through this agent.
    Agent,
    /// Whatever is done on behalf of this person.
    Person,
    /// A capability (`forum`) or one of its functions (`forum.post`).
    Capability,
}

impl Stoppable {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Tool => "tool",
            Self::Agent => "agent",
            Self::Person => "person",
            Self::Capability => "capability",
        }
    }
}

/// Freezes, in the order in which they were thrown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Freezes {
    /// This page of those that hold.
    freezes: Vec<Frozen>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// What is to be stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Throw {
    /// What.
    scope: Stoppable,
    /// Which tool, agent, person or capability; nothing for everything.
    #[serde(default)]
    #[schema(nullable = false)]
    name: String,
    /// Why: it stands in every refusal.
    #[schema(min_length = 1)]
    reason: String,
    /// For how long: `30 min`. Without it, until somebody thaws it.
    #[serde(rename = "for")]
    #[schema(nullable = false)]
    lasts: Option<String>,
}

/// An effect that had begun and is not settled yet.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Begun {
    /// Of this invocation.
    invocation: String,
    /// The number of the intent there.
    entry: u32,
    /// What it was about to do.
    function: String,
}

/// A freeze that is durable, and what it found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Thrown {
    /// The freeze.
    freeze: Frozen,
    /// Questions whose answers are void: they are asked again after a thaw.
    #[serde(rename(deserialize = "asked-again"))]
    asked_again: Counter,
    /// Effects that had begun and are not settled yet.
    unsettled: Vec<Begun>,
    /// Where nothing is called like what was frozen: it stops nothing now.
    warning: Option<String>,
}

/// Why it is thawed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Why {
    /// Why: it stands in the journal.
    #[param(min_length = 1)]
    reason: String,
}

/// What is thawed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Thawed {
    /// The freeze that is over.
    thawed: Frozen,
    /// Who thawed it.
    by: String,
}

/// Lists what is frozen: to operators all, to others what does not name another person.
#[utoipa::path(get, path = "/v1/freezes", operation_id = "list_freezes", tag = "freezes", params(Paging),
    responses((status = 200, description = "A page of them.", body = Freezes), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(paging): Query<Paging>,
) -> Result<Json<Freezes>, Problem> {
    let all = person.operates(&site)?;
    let freezes = site.front.store.freezes().map_err(Turned::Broken)?;
    let may = |freeze: &&Freeze| all || !matches!(&freeze.scope, Scope::Person(other) if *other != person.name);
    let shown = freezes.iter().filter(may).map(|freeze| Ok((format!("{:020}", freeze.id), shaped(freeze.json())?)));
    let (freezes, next_cursor) = page(shown.collect::<Result<Vec<_>, Problem>>()?, &paging)?;
    Ok(Json(Freezes { freezes, next_cursor }))
}

/// Stops something, in every host, as an operator.
#[utoipa::path(post, path = "/v1/freezes", operation_id = "freeze", tag = "freezes", request_body = Throw,
    responses((status = 201, description = "It is stopped, and that is durable.", body = Thrown), Problems))]
pub(super) async fn throw(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Body(wanted): Body<Throw>,
) -> Result<Response, Problem> {
    person.must_operate(&site)?;
    let unfit = |why: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "door.body", why);
    if wanted.scope == Stoppable::Everything && !wanted.name.is_empty() {
        return Err(unfit("everything has no name".to_owned()));
    }
    if wanted.reason.trim().is_empty() {
        return Err(unfit("a freeze needs a `reason`".to_owned()));
    }
    let scope = Scope::parse(wanted.scope.as_str(), &wanted.name).map_err(|e| unfit(e.to_string()))?;
    let lasts = wanted.lasts.as_deref().map(Duration::parse).transpose();
    let lasts = lasts.map_err(|e| unfit(format!("`for`: {e}")))?;
    let new = NewFreeze { scope, reason: wanted.reason, by: person.name, lasts };
    let frozen = site.front.store.freeze(&new).await.map_err(|broken| {
        tracing::error!(doing = broken.doing, cause = broken.cause, "a freeze is not durable");
        let why = "it is frozen in this host and NOT durably: no other process knows. Try again, or freeze at a terminal";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "record.unavailable", why).after(std::time::Duration::from_secs(1))
    })?;
    let directory = site.front.store.directory().map_err(Turned::Broken)?;
    let warning = site.front.workspace.stops_nothing(&directory, &new.scope);
    Ok((StatusCode::CREATED, Json(shaped::<Thrown>(frozen.json(warning.as_deref()))?)).into_response())
}

/// Thaws, as an operator whose token is not older than five minutes.
#[utoipa::path(delete, path = "/v1/freezes/{id}", operation_id = "thaw", tag = "freezes",
    params(("id" = Counter, Path, description = "Its number."), Why),
    responses((status = 200, description = "It is thawed.", body = Thawed), Problems))]
pub(super) async fn thaw(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<u64>,
    Query(why): Query<Why>,
) -> Result<Json<Thawed>, Problem> {
    person.must_operate(&site)?;
    if !person.is_fresh(site.clock.now()) {
        // RFC 9470, section 3.
        let why = "to thaw needs a token of the last five minutes: get one with `tollgate token person`";
        let challenge = "Bearer error=\"insufficient_user_authentication\", max_age=\"300\"";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "door.not-fresh", why).with(header::WWW_AUTHENTICATE, challenge));
    }
    if why.reason.trim().is_empty() {
        return Err(Problem::malformed("door.query", "a thaw needs a `reason`"));
    }
    let thawed = site.front.store.thaw(id, &person.name, &why.reason).await.map_err(|failed| match failed {
        Unrecorded::Refused(_) => {
            let why = format!("somebody else has frozen {}: it takes another person to thaw that", person.name);
            Problem::new(StatusCode::FORBIDDEN, "freeze.frozen", why)
        }
        Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => unrecorded(&broken),
    })?;
    let thawed = shaped(thawed.ok_or_else(Problem::unknown)?.json())?;
    Ok(Json(Thawed { thawed, by: person.name.to_string() }))
}
