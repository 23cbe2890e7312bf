//! The journal as it grows, as server-sent events: to operators all of it, to others what was done for them and what they are
//! asked. Each event has the number of its entry, so a stream goes on where it broke off.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, watch};
use utoipa::ToSchema;

use super::super::Site;
use super::super::document::Problems;
use super::super::guard::one;
use super::super::problem::Problem;
use super::super::request::Id as _;
use super::super::shapes::Counter;
use super::Person;
use crate::diagnostic::Broken;
use crate::gate::Questions as _;
use crate::invoke::Waits as _;
use crate::name::InvocationId;
use crate::serve::front::Turned;
use crate::store::Followed;

/// How long an entry of another process waits to be seen at most.
const LOOK: Duration = Duration::from_millis(100);

/// So many entries are looked at together.
const BATCH: u32 = 200;

/// How often something is said where nothing happens.
const ALIVE: Duration = Duration::from_secs(15);

/// So many invocations are remembered, whose they are.
const KNOWN: usize = 1_000;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What an event says: the clear part of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Happened {
    /// The entry's number: the event's `id` too.
    number: Counter,
    /// Its kind: the event's name too.
    kind: String,
    /// When.
    at: String,
    /// The invocation that it belongs to.
    invocation: Option<String>,
    /// The question that it is about.
    question: Option<Counter>,
    /// Its clear part, as it was hashed.
    #[schema(value_type = Object)]
    body: Value,
}

/// A stream that somebody follows.
struct Following {
    site: Arc<Site>,
    person: Person,
    stopping: watch::Receiver<bool>,
    last: Option<u64>,
    ready: VecDeque<Event>,
    known: HashMap<String, bool>,
    _place: OwnedSemaphorePermit,
}

/// Follows the journal from now on, or from the event that `Last-Event-ID` names. It ends when the token does.
#[utoipa::path(get, path = "/v1/events", operation_id = "follow_events", tag = "journal",
    params(("Last-Event-ID" = Option<String>, Header, nullable = false, description = "The `id` of the last event that you have.")),
    responses((status = 200, description = "Events, each with `Happened` as its data.", body = Happened,
        content_type = "text/event-stream"), Problems))]
pub(super) async fn follow(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = site.streams.clone().try_acquire_owned().map_err(|_| {
        let why = "too many follow the events already";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "door.busy", why).after(ALIVE)
    })?;
    let number =
        |text: &str| u64::read(text).ok_or_else(|| Problem::malformed("door.header", "`Last-Event-ID` is no number"));
    let last = match one(&headers, &LAST_EVENT_ID)?.map(number).transpose()? {
        Some(number) => Some(number),
        None => site.front.store.last().map_err(Turned::Broken)?,
    };
    let (stopping, ready, known) = (site.stopping.subscribe(), VecDeque::new(), HashMap::new());
    let following = Following { site, person, stopping, last, ready, known, _place: place };
    let events = futures_util::stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok::<_, Infallible>(event), following))
    });
    let alive = KeepAlive::new().interval(ALIVE).text("nothing new");
    Ok(([(HeaderName::from_static("x-accel-buffering"), "no")], Sse::new(events).keep_alive(alive)).into_response())
}

impl Following {
    /// The next event that may be told; none when it is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if *self.stopping.borrow() || !self.person.is_valid(self.site.clock.now()) {
                return None;
            }
            match self.read().await {
                Ok(true) => {}
                Ok(false) => {
                    // Entries of other processes tell nobody here.
                    let stops = self.stopping.wait_for(|stopping| *stopping);
                    let _ = tokio::time::timeout(LOOK, stops).await;
                }
                Err(broken) => {
                    tracing::error!(doing = broken.doing, cause = broken.cause, "events cannot be followed");
                    return None;
                }
            }
        }
    }

    /// Reads what has come; false if nothing has.
    async fn read(&mut self) -> Result<bool, Broken> {
        let some = self.site.front.store.after(self.last, BATCH)?;
        let any = !some.is_empty();
        let all = any && self.person.operates(&self.site).unwrap_or(false);
        for followed in some {
            self.last = Some(followed.number);
            if all || self.may_know(&followed).await? {
                self.ready.extend(event(&followed));
            }
        }
        Ok(any)
    }

    /// Whether it was done for this person, or asks him something that he may answer.
    async fn may_know(&mut self, followed: &Followed) -> Result<bool, Broken> {
        if let Some(invocation) = followed.invocation()
            && self.is_own(invocation).await?
        {
            return Ok(true);
        }
        let Some(question) = followed.question else { return Ok(false) };
        let front = &self.site.front;
        let Some(question) = front.store.question(question).await? else { return Ok(false) };
        let (directory, name) = (front.store.directory()?, &self.person.name);
        Ok(question.rules.initiator == *name
            || question.rules.asked(&question.agreed, &directory, front.store.now()).contains(name))
    }

    async fn is_own(&mut self, invocation: &str) -> Result<bool, Broken> {
        if let Some(own) = self.known.get(invocation) {
            return Ok(*own);
        }
        let Ok(id) = InvocationId::parse(invocation) else { return Ok(false) };
        let own = self.site.front.store.began(id).await?.is_some_and(|began| began.initiator == self.person.name);
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.insert(invocation.to_owned(), own);
        Ok(own)
    }
}

fn event(followed: &Followed) -> Option<Event> {
    let entry = &followed.entry;
    let happened = Happened {
        number: Counter(followed.number),
        kind: entry.kind().to_owned(),
        at: entry.time().to_string(),
        invocation: followed.invocation().map(str::to_owned),
        question: followed.question.map(Counter),
        body: entry.body().clone(),
    };
    let event = Event::default().id(followed.number.to_string()).event(&happened.kind).json_data(&happened);
    event.map_err(|why| tracing::error!(%why, number = followed.number, "an entry cannot be told")).ok()
}
