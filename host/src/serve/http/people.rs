//! The approvers' door: questions and their answers, and what operators look at and stop; for people alone. An agent's token
//! is turned away before anything else.

mod approvals;
mod doubts;
mod events;
mod freezes;
mod journal;
mod leases;
mod watch;

pub(super) use self::approvals::{answer, etag, find, payload_digest};

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::document::{begun, not_that_way, served};
use super::guard::{Guard, arrive, bearer};
use super::page;
use super::problem::Problem;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::name::PersonName;
use crate::people::Standing;
use crate::serve::front::Turned;
use crate::serve::token::{Denied, Shown, Signed};
use crate::serve::turned::{SELF_APPROVAL, Tried};

/// Who is at the door: shown by a person's own credential.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// The person.
    pub(super) name: PersonName,
    /// When the token was issued, and until when it holds: seconds since the Unix epoch.
    issued: Option<u64>,
    expires: u64,
}

/// A person may thaw whose token was issued within so many milliseconds: a passphrase was shown for it.
const FRESH: u64 = 5 * 60_000;

/// Everything of this door.
pub(super) fn router(site: &Arc<Site>) -> Router {
    let guard = Guard::new(site, &site.config.people.url, site.config.people.address.port(), &[]);
    let (api, document) = api().split_for_parts();
    let api = api.with_state(site.clone()).method_not_allowed_fallback(not_that_way);
    let api = api.layer(from_fn_with_state(guard.clone(), person));
    let open = page::router(site).merge(served(&document)).method_not_allowed_fallback(not_that_way);
    open.merge(api).fallback(nothing).layer(from_fn_with_state(guard, arrive))
}

/// The routes of the API at this door, with what describes them.
fn api() -> OpenApiRouter<Arc<Site>> {
    let says = "Where people answer, and operators look and stop. Every request needs a person's token: an agent's is turned \
                away. Operators are those whom `operators` under [serve] names.";
    begun("Tollgate, the approvers' door", says)
        .routes(routes!(approvals::list))
        .routes(routes!(approvals::show))
        .routes(routes!(approvals::decide))
        .routes(routes!(leases::list))
        .routes(routes!(leases::show))
        .routes(routes!(leases::end))
        .routes(routes!(watch::list))
        .routes(routes!(watch::show))
        .routes(routes!(watch::close))
        .routes(routes!(doubts::list))
        .routes(routes!(freezes::list, freezes::throw))
        .routes(routes!(freezes::thaw))
        .routes(routes!(journal::list))
        .routes(routes!(journal::head))
        .routes(routes!(journal::receipt_of))
        .routes(routes!(events::follow))
}

impl Person {
    /// Whether the token was issued a moment ago.
    fn is_fresh(&self, now: Instant) -> bool {
        self.issued.is_some_and(|issued| now.0 <= issued.saturating_mul(1000).saturating_add(FRESH))
    }

    /// Whether the token still holds.
    fn is_valid(&self, now: Instant) -> bool {
        now.0 <= self.expires.saturating_mul(1000)
    }

    /// Whether it is an operator, as people and groups are now.
    fn operates(&self, site: &Site) -> Result<bool, Problem> {
        let directory = site.front.store.directory().map_err(Turned::Broken)?;
        Ok(Standing::of(directory, self.name.clone()).is_among(&site.config.operators))
    }

    /// Turns everybody else away.
    fn must_operate(&self, site: &Site) -> Result<(), Problem> {
        if self.operates(site)? {
            return Ok(());
        }
        let why = format!("{} is no operator: `operators` under [serve] in tollgate.toml names them", self.name);
        Err(Problem::new(StatusCode::FORBIDDEN, "door.operators", why))
    }
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "door.unknown", "there is nothing here")
}

/// Finds out which person it is.
async fn person(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let site = &guard.site;
    let now = site.clock.now();
    let token = match bearer(request.headers()) {
        Ok(token) => token,
        Err(problem) => return problem.into_response(),
    };
    let mut known = site.tokens.person(token, now);
    if known == Err(Denied::NoKey) {
        site.tokens.seek().await;
        known = site.tokens.person(token, now);
    }
    if let Err(Denied::Agents(signed)) = &known {
        return self_approval(site, signed, now).await.into_response();
    }
    let known = known.map_err(|denied| turned_away(&denied));
    let counted = known.and_then(|Shown { person: name, issued, expires }| {
        site.counted(&format!("person {name}"), now)?;
        Ok(Person { name, issued, expires })
    });
    match counted {
        Ok(person) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Turns an agent's token away, on record: for whom and through whom it was signed, nothing else of it. Nobody fills the
/// journal so: what is more than a caller may send is answered and not recorded.
async fn self_approval(site: &Site, signed: &Signed, now: Instant) -> Problem {
    let Signed { person, actors } = signed.clone();
    let tried = Tried { person, actors, tool: None };
    if let Err(many) = site.counted(&tried.whose(), now) {
        return many;
    }
    tried.answering(&site.front.store).await;
    let why = "this is an agent's token, and people answer here: an agent never does";
    Problem::new(StatusCode::FORBIDDEN, SELF_APPROVAL, why)
}

fn turned_away(denied: &Denied) -> Problem {
    match denied {
        Denied::Missing => Problem::new(
            StatusCode::UNAUTHORIZED,
            "door.token",
            "a person's token is needed: `tollgate token person` signs one",
        )
        .with(header::WWW_AUTHENTICATE, "Bearer"),
        Denied::Agents(_) | Denied::Persons | Denied::NoKey | Denied::Invalid(_) => {
            if let Denied::Invalid(why) = denied {
                tracing::info!(why, "a token was turned away at the approvers' door");
            }
            Problem::new(StatusCode::UNAUTHORIZED, "door.token", "this token is not valid here")
                .with(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
        }
    }
}

/// What was wanted could not be put on record, so it did not happen.
fn unrecorded(broken: &Broken) -> Problem {
    tracing::error!(doing = broken.doing, cause = broken.cause, "something was not recorded");
    let why = "it could not be put on record, so it does not count: try again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "record.unavailable", why)
}
