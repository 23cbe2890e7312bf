//! Questions, for those who may answer them: listed, shown with their cards, answered.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::super::Site;
use super::super::document::Problems;
use super::super::guard::one;
use super::super::problem::Problem;
use super::super::request::{Body, Named, Query, after_number, cut, limit};
use super::super::shapes::{Counter, shaped};
use super::Person;
use crate::approval::{Answered, Question};
use crate::gate::Questions as _;
use crate::name::{Digest, PersonName};
use crate::serve::cursor;
use crate::serve::front::Turned;
use crate::setup::{Given, NotReady, Unanswerable};

/// Which questions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// What is open, or all.
    #[param(inline)]
    state: Option<Which>,
    /// At most so many, the newest first.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: the `next_cursor` of the page before it.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Which {
    /// What somebody may still answer, or has to review.
    Pending,
    /// Everything.
    All,
}

/// A question. Its text, the card, is only for readers of what it is about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Asked {
    /// Its number.
    question: Counter,
    /// `open`, `agreed`, `declined`, `expired`, `void`, `cancelled`, `used`.
    state: String,
    /// Why, where something ended it.
    why: Option<String>,
    /// What would be done: `forum.post`.
    function: Option<String>,
    /// By which tool.
    tool: Option<String>,
    /// Through which agent.
    agent: Option<String>,
    /// On whose behalf.
    initiator: String,
    /// To what.
    about: Option<String>,
    /// Who must agree.
    consent: String,
    /// Who has said yes so far.
    agreed: Vec<String>,
    /// Until when it stands.
    expires: String,
    /// The invocation that asks.
    invocation: String,
    /// Where somebody did it without the consent: `unreviewed`, `reviewed`.
    glass: Option<String>,
}

/// Questions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Questions {
    /// This page of those that you may answer.
    approvals: Vec<Asked>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// A question as it is shown to whoever may see what it is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shown {
    #[serde(flatten)]
    question: Asked,
    /// The digest of the text that would go out, or of the whole action where it sends none: an answer repeats it.
    payload_sha256: Option<String>,
    /// The card: what would happen, to whom, with the exact payload.
    card: Value,
}

/// How many questions are looked at for each page at once.
const BATCH: u32 = 200;

/// Lists the questions that you may answer.
#[utoipa::path(get, path = "/v1/approvals", operation_id = "list_approvals", tag = "approvals", params(Wanted),
    responses((status = 200, description = "A page of them.", body = Questions), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Questions>, Problem> {
    let (limit, all) = (limit(wanted.limit)? as usize, wanted.state == Some(Which::All));
    let (store, now) = (&site.front.store, site.front.store.now());
    let directory = store.directory().map_err(Turned::Broken)?;
    let (mut before, mut mine) = (after_number(wanted.cursor.as_deref())?, Vec::new());
    // One more than the page, to know whether there is another.
    while mine.len() <= limit {
        let some = store.questions(all, before, BATCH).map_err(Turned::Broken)?;
        let Some(last) = some.last() else { break };
        before = Some(last.id);
        mine.extend(
            some.into_iter()
                .filter(|question| question.rules.asked(&question.agreed, &directory, now).contains(&person.name)),
        );
    }
    let next_cursor = cut(&mut mine, limit).map(|last| cursor::after(&last.id.to_string()));
    let approvals = mine.iter().map(|question| shaped(question.row())).collect::<Result<_, _>>()?;
    Ok(Json(Questions { approvals, next_cursor }))
}

/// A question that a person may be shown; for anybody else there is none.
pub(in super::super) async fn find(site: &Site, person: &PersonName, id: u64) -> Result<Question, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "door.unknown", format!("there is no question {id} for you"));
    let question = site.front.store.question(id).await.map_err(Turned::Broken)?.ok_or_else(unknown)?;
    let may = site.front.workspace.may_see(&site.front.store, &question, person).map_err(Turned::Broken)?;
    if may { Ok(question) } else { Err(unknown()) }
}

/// What an answer is an answer to: it changes with whatever the person was shown.
pub(in super::super) fn etag(question: &Question) -> String {
    let agreed: Vec<&str> = question.agreed.iter().map(PersonName::as_str).collect();
    let shown = json!([question.id, question.state.as_str(), question.act.to_string(), agreed]);
    format!("\"{}\"", &Digest::of(shown.to_string().as_bytes()).hex()[..32])
}

/// The digest of the text that would go out; of the whole action where it sends none.
pub(in super::super) fn payload_digest(question: &Question) -> Option<String> {
    let card = question.card.as_ref()?;
    Some(Digest::of(card.payload.as_deref().unwrap_or(&card.act.canonical).as_bytes()).hex())
}

/// Shows a question with its card, to whoever may see what it is about.
#[utoipa::path(get, path = "/v1/approvals/{id}", operation_id = "show_approval", tag = "approvals",
    params(("id" = Counter, Path, description = "Its number.")),
    responses((status = 200, description = "The question.", body = Shown, headers(("ETag" = String))), Problems))]
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<u64>,
) -> Result<Response, Problem> {
    let question = find(&site, &person.name, id).await?;
    let meanwhile = site.front.workspace.meanwhile(&site.front.store, &question).map_err(Turned::Broken)?;
    let card = question.card.as_ref().map_or(Value::Null, |card| card.view(&meanwhile));
    let shown = Shown { question: shaped(question.row())?, payload_sha256: payload_digest(&question), card };
    Ok(([(header::ETAG, etag(&question))], Json(shown)).into_response())
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    /// What the person says.
    decision: YesOrNo,
    /// The digest of the payload that was shown.
    payload_sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum YesOrNo {
    /// Exactly this.
    Yes,
    /// Not this.
    No,
}

/// What an answer did.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Answer {
    /// The question.
    question: Counter,
    /// Who answered.
    person: String,
    /// What the question is now.
    state: String,
    /// Why, where it ended.
    why: Option<String>,
}

/// Answers a question, for yourself.
///
/// 428: it was not said what was shown. 412: it is not that any more, so look again. 409: it was decided before.
#[utoipa::path(post, path = "/v1/approvals/{id}/decision", operation_id = "decide_approval", tag = "approvals",
    params(("id" = Counter, Path, description = "Its number."),
        ("If-Match" = String, Header, description = "The ETag of what you were shown.")),
    request_body = Decision,
    responses((status = 200, description = "It counts.", body = Answer),
        (status = 409, description = "It was decided before.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not as it was shown.", body = Problem,
            content_type = "application/problem+json"),
        (status = 428, description = "There is no `If-Match`.", body = Problem,
            content_type = "application/problem+json"), Problems))]
pub(super) async fn decide(
    State(site): State<Arc<Site>>,
    Extension(Person { name: person, .. }): Extension<Person>,
    Named(id): Named<u64>,
    headers: HeaderMap,
    Body(decision): Body<Decision>,
) -> Result<Json<Answer>, Problem> {
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
    answer(&site, &question, &person, (decision.decision == YesOrNo::Yes, "http")).await.map(Json)
}

/// Takes an answer, and lets what waited for it go on.
pub(in super::super) async fn answer(
    site: &Arc<Site>,
    question: &Question,
    person: &PersonName,
    (yes, door): (bool, &'static str),
) -> Result<Answer, Problem> {
    let front = &site.front;
    let problem = |status, code: &str, why: String| {
        let mut problem = Problem::new(status, code, why);
        problem.approval = Some(question.id.to_string());
        problem
    };
    front.workspace.answerable(&front.store, question, person).map_err(Turned::Broken)?.map_err(|why| match &why {
        Unanswerable::Ended(_) | Unanswerable::Erased(_) => problem(StatusCode::CONFLICT, "door.decided", why.to_string()),
        Unanswerable::NotAmong(_) => problem(StatusCode::FORBIDDEN, "door.not-asked", why.to_string()),
    })?;
    let given = Given { question, person, yes, wrong: 0, door };
    let shelf = front.shelf();
    if let Some(card) = &question.card
        && let Err(NotReady::Problems(_)) = shelf.in_force(&card.act.tool)
    {
        let why = format!("the manifest of `{}` does not check now: the question stays open", card.act.tool);
        return Err(problem(StatusCode::SERVICE_UNAVAILABLE, "door.manifest", why));
    }
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
    let (person, state) = (person.to_string(), state.as_str().to_owned());
    Ok(Answer { question: Counter(question.id), person, state, why })
}
