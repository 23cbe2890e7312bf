//! The approvers' door: questions and their answers, for people alone. An agent's token is turned away before anything else.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Site;
use super::guard::{Guard, arrive, bearer, one};
use super::page;
use super::problem::Problem;
use super::turned;
use crate::approval::{Answered, Question};
use crate::clock::Clock as _;
use crate::gate::Questions as _;
use crate::name::{Digest, PersonName};
use crate::serve::front::Turned;
use crate::serve::token::Denied;
use crate::setup::{Given, Unanswerable};

/// Who is at the door: shown by a person's own credential.
#[derive(Debug, Clone)]
pub(super) struct Person(pub(super) PersonName);

/// Everything of this door.
pub(super) fn router(site: &Arc<Site>) -> Router {
    let guard = Guard::new(site, &site.config.people.url, site.config.people.address.port(), &[]);
    let api = Router::new()
        .route("/v1/approvals", get(list))
        .route("/v1/approvals/{id}", get(show))
        .route("/v1/approvals/{id}/decision", post(decide))
        .with_state(site.clone())
        .layer(from_fn_with_state(guard.clone(), person));
    page::router(site).merge(api).fallback(nothing).layer(from_fn_with_state(guard, arrive))
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "door.unknown", "there is nothing here")
}

/// Finds out which person it is.
async fn person(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let site = &guard.site;
    let now = site.clock.now();
    let token = match bearer(request.headers()) {
        Ok(token) => site.tokens.person(token, now),
        Err(problem) => return problem.into_response(),
    };
    if let Err(Denied::Agents(signed)) = &token {
        return turned::self_approval(site, signed, now).await.into_response();
    }
    let known = token.map_err(|denied| turned_away(&denied));
    let counted = known.and_then(|person| {
        let wait = site.rates.count(&format!("person {person}"), now);
        wait.map_err(|wait| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "door.rate", "too many requests: come again later").after(wait)
        })?;
        Ok(person)
    });
    match counted {
        Ok(person) => {
            request.extensions_mut().insert(Person(person));
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn turned_away(denied: &Denied) -> Problem {
    match denied {
        Denied::Missing => Problem::new(
            StatusCode::UNAUTHORIZED,
            "door.token",
            "a person's token is needed: `tollgate token person` signs one",
        )
        .with(header::WWW_AUTHENTICATE, "Bearer"),
        Denied::Agents(_) | Denied::Persons | Denied::Invalid(_) => {
            if let Denied::Invalid(why) = denied {
                tracing::info!(why, "a token was turned away at the approvers' door");
            }
            Problem::new(StatusCode::UNAUTHORIZED, "door.token", "this token is not valid here")
                .with(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
        }
    }
}

/// Which questions are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `pending` (what is open, the default) or `all`.
    state: Option<String>,
    /// At most so many, the newest first; 100 where nothing is said, 1,000 at most.
    limit: Option<u32>,
}

async fn list(
    State(site): State<Arc<Site>>,
    Extension(Person(person)): Extension<Person>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Problem> {
    let all = match wanted.state.as_deref() {
        None | Some("pending") => false,
        Some("all") => true,
        Some(_) => return Err(Problem::new(StatusCode::BAD_REQUEST, "door.query", "`state` is `pending` or `all`")),
    };
    let limit = wanted.limit.unwrap_or(100).clamp(1, 1_000);
    let (store, now) = (&site.front.store, site.front.store.now());
    let directory = store.directory().map_err(Turned::Broken)?;
    let questions = store.questions(all, limit).map_err(Turned::Broken)?;
    let mine = questions.iter().filter(|question| question.rules.may_answer(&directory, now).contains(&person));
    Ok(Json(json!({ "approvals": mine.map(Question::row).collect::<Vec<_>>() })))
}

/// A question that a person may be shown; for anybody else there is none.
pub(super) async fn find(site: &Site, person: &PersonName, id: u64) -> Result<Question, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "door.unknown", format!("there is no question {id} for you"));
    let question = site.front.store.question(id).await.map_err(Turned::Broken)?.ok_or_else(unknown)?;
    let may = site.front.workspace.may_see(&site.front.store, &question, person).map_err(Turned::Broken)?;
    if may { Ok(question) } else { Err(unknown()) }
}

/// What an answer is an answer to: it changes with whatever the person was shown.
pub(super) fn etag(question: &Question) -> String {
    let agreed: Vec<&str> = question.agreed.iter().map(PersonName::as_str).collect();
    let shown = json!([question.id, question.state.as_str(), question.act.to_string(), agreed]);
    format!("\"{}\"", &Digest::of(shown.to_string().as_bytes()).hex()[..32])
}

/// The digest of the text that would go out; of the whole action where it sends none.
pub(super) fn payload_digest(question: &Question) -> Option<String> {
    let card = question.card.as_ref()?;
    Some(Digest::of(card.payload.as_deref().unwrap_or(&card.act.canonical).as_bytes()).hex())
}

async fn show(
    State(site): State<Arc<Site>>,
    Extension(Person(person)): Extension<Person>,
    Path(id): Path<u64>,
) -> Result<Response, Problem> {
    let question = find(&site, &person, id).await?;
    let meanwhile = site.front.workspace.meanwhile(&site.front.store, &question).map_err(Turned::Broken)?;
    let mut json = question.row();
    json["payload_sha256"] = json!(payload_digest(&question));
    json["card"] = question.card.as_ref().map_or(Value::Null, |card| card.view(&meanwhile));
    Ok(([(header::ETAG, etag(&question))], Json(json)).into_response())
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// `yes` or `no`.
    decision: Word,
    /// The digest of the payload that was shown.
    payload_sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Yes,
    No,
}

async fn decide(
    State(site): State<Arc<Site>>,
    Extension(Person(person)): Extension<Person>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    body: Result<Json<Decision>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(decision) = body.map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "door.body", why.body_text()))?;
    let question = find(&site, &person, id).await?;
    match one(&headers, &header::IF_MATCH)? {
        None => {
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "door.if-match",
                "send the ETag of what you were shown as If-Match",
            ));
        }
        Some(shown) if shown != etag(&question) => {
            return Err(Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "door.stale",
                "the question is not as you were shown it: look again",
            ));
        }
        Some(_) => {}
    }
    if payload_digest(&question).as_deref() != Some(decision.payload_sha256.as_str()) {
        return Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "door.stale",
            "this is not the digest of the payload that is asked about: look again",
        ));
    }
    answer(&site, &question, &person, (decision.decision == Word::Yes, "http")).await.map(Json)
}

/// Takes an answer, and lets what waited for it go on.
pub(super) async fn answer(
    site: &Arc<Site>,
    question: &Question,
    person: &PersonName,
    (yes, door): (bool, &'static str),
) -> Result<Value, Problem> {
    let front = &site.front;
    let problem = |status, code: &str, why: String| {
        let mut problem = Problem::new(status, code, why);
        problem.approval = Some(question.id);
        problem
    };
    front.workspace.answerable(&front.store, question, person).map_err(Turned::Broken)?.map_err(|why| match &why {
        Unanswerable::Ended(_) | Unanswerable::Erased(_) => problem(StatusCode::CONFLICT, "door.decided", why.to_string()),
        Unanswerable::NotAmong(_) => problem(StatusCode::FORBIDDEN, "door.not-asked", why.to_string()),
    })?;
    let given = Given { question, person, yes, wrong: 0, door };
    let shelf = front.shelf();
    let answered = front.workspace.answer(&front.store, given, |tool| shelf.in_force(tool)).await;
    let answered = answered.map_err(|failed| {
        tracing::error!(?failed, "an answer was not recorded");
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "record.unavailable",
            "the answer could not be put on record, so it does not count: try again",
        )
    })?;
    let (state, why) = match answered {
        Answered::Counted(state) => (state, None),
        Answered::Ended(state, why) => (state, Some(why)),
        Answered::Turned(why) => return Err(problem(StatusCode::CONFLICT, "door.turned", why)),
    };
    front.clone().goes_on_after(question.id).await;
    Ok(json!({ "question": question.id, "person": person.as_str(), "state": state.as_str(), "why": why }))
}
