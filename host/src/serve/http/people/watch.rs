//! What people can read and are not cleared for: listed, shown with what closing it would do, and closed. For operators, and
//! for those who administer something of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Body, Named, Query, after_number, cut, limit};
use super::super::shapes::{Counter, shaped};
use super::leases::Holder;
use super::{Person, unrecorded};
use crate::approval::Statement;
use crate::journal::Unrecorded;
use crate::people::drift::Closing;
use crate::serve::cursor;
use crate::serve::front::Turned;
use crate::store::{Alarm, Closer};

/// What a cause opened one thing to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct OpenedTo {
    /// The thing: `object dataset/pay`, `forum eng-help`.
    thing: String,
    /// How many can read it through the cause now, and are not cleared for it.
    people: Counter,
    /// How many could at any time.
    #[serde(rename(deserialize = "people-ever"))]
    people_ever: Counter,
}

/// What opened things to people who are not cleared for them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Alerted {
    /// Its number.
    alert: Counter,
    /// The edge: `entry dataset/pay group:atlas read`, `member pay group:contractors`, `audience …`, `ceiling …`.
    cause: String,
    /// The same as a sentence.
    says: String,
    /// The groups from there down to the smallest through which everybody is reached.
    chain: Vec<String>,
    /// Since when, as far as that is known.
    since: String,
    /// When it was seen.
    seen: String,
    /// The number of its entry in the journal.
    entry: Counter,
    /// The entry that speaks of the cause; null: it was written without the host, and it is not known who did.
    written: Option<Counter>,
    /// `open`, `closed`.
    state: String,
    /// When it was closed.
    closed: Option<String>,
    /// How: `by-person`, `by-itself`, `by-others`.
    how: Option<String>,
    /// By whom, where that is known.
    by: Option<String>,
    /// Everything that it opened.
    opened: Vec<OpenedTo>,
    /// How many can read something through it now, and are not cleared for that.
    people: Counter,
    /// How many could at any time.
    #[serde(rename(deserialize = "people-ever"))]
    people_ever: Counter,
    /// For how long, summed over people and things.
    #[serde(rename(deserialize = "person-minutes"))]
    person_minutes: Counter,
}

/// Alerts, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alerts {
    /// This page of those that are your business.
    alerts: Vec<Alerted>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Something that somebody opened through the host meanwhile.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenedBy {
    /// Who.
    person: String,
    /// What: a path, `forum eng-help`.
    what: String,
    /// When.
    at: String,
    /// The number of the entry.
    entry: Counter,
}

/// What one thing would be without the edge.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Effect {
    /// The thing.
    thing: String,
    /// How many would no longer read it, and are not cleared for it.
    closes: Counter,
    /// How many would no longer read it, and are cleared for it.
    loses: Counter,
    /// How many would still read it, and are not cleared for it.
    stays: Counter,
    /// Whether people would no longer be cleared for it.
    narrows: bool,
}

/// What closing an alert would do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Foreseen {
    /// What this was worked out from; `close` wants it back.
    shown: Counter,
    /// What each thing would be.
    things: Vec<Effect>,
}

/// An alert, who reads what through it, and what closing it would do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertShown {
    #[serde(flatten)]
    alert: Alerted,
    /// Who can read something through it now; null unless you administer everything that it opened, or operate.
    readers: Option<Vec<Holder>>,
    /// What they opened through the host meanwhile. What they opened elsewhere is not known.
    opened_meanwhile: Vec<OpenedBy>,
    /// How many tries to read it, or to send on what came from it, were refused.
    refused_meanwhile: Counter,
    /// Entries of which it is not known what they were about: their payloads were erased.
    erased: Counter,
    /// What closing it would do; null where it is closed, or no edge is there to take away.
    closing: Option<Foreseen>,
}

/// Which alerts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedAlerts {
    /// Those that are open, or all.
    #[param(inline)]
    state: Option<AlertState>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: the `next_cursor` of the page before it.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AlertState {
    /// Those that are open.
    Open,
    /// Everything.
    All,
}

/// Why an alert is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Close {
    /// Why, in 10 to 500 characters: it stands in the journal.
    #[schema(min_length = 10, max_length = 500)]
    reason: String,
    /// The `shown` of the closing that you were shown.
    #[schema(value_type = Counter)]
    shown: String,
}

/// An alert that is closed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClosedAlert {
    /// The alert.
    alert: Counter,
    /// Who closed it.
    by: String,
}

/// How much of an alert is a person's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Business {
    Nothing,
    Some,
    All,
}

fn business(site: &Site, person: &Person, alarm: &Alarm) -> Result<Business, Problem> {
    if person.operates(site)? {
        return Ok(Business::All);
    }
    let store = &site.front.store;
    let directory = store.directory().map_err(Turned::Broken)?;
    let his = alarm.administered_by(&person.name, &directory, store.now());
    Ok(match alarm.opened.len() - his {
        _ if his == 0 => Business::Nothing,
        0 => Business::All,
        _ => Business::Some,
    })
}

/// Lists what opened things that you administer to people who are not cleared for them; to operators all.
#[utoipa::path(get, path = "/v1/alerts", operation_id = "list_alerts", tag = "watch", params(WantedAlerts),
    responses((status = 200, description = "A page of them.", body = Alerts), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(wanted): Query<WantedAlerts>,
) -> Result<Json<Alerts>, Problem> {
    let (limit, before) = (limit(wanted.limit)? as usize, after_number(wanted.cursor.as_deref())?);
    let all = site.front.store.alarms(wanted.state == Some(AlertState::All)).map_err(Turned::Broken)?;
    let mut mine = Vec::new();
    for alarm in all.iter().filter(|alarm| before.is_none_or(|before| alarm.id < before)) {
        if mine.len() <= limit && business(&site, &person, alarm)? > Business::Nothing {
            mine.push(alarm);
        }
    }
    let next_cursor = cut(&mut mine, limit).map(|last| cursor::after(&last.id.to_string()));
    let alerts = mine.iter().map(|alarm| shaped(alarm.json())).collect::<Result<_, _>>()?;
    Ok(Json(Alerts { alerts, next_cursor }))
}

/// An alert that is a person's business, and how much of it; for anybody else there is none.
fn find(site: &Site, person: &Person, id: u64) -> Result<(Alarm, Business), Problem> {
    let alarm = site.front.store.alarm(id).map_err(Turned::Broken)?.ok_or_else(Problem::unknown)?;
    let business = business(site, person, &alarm)?;
    if business > Business::Nothing { Ok((alarm, business)) } else { Err(Problem::unknown()) }
}

/// Shows an alert, who reads what through it, and what closing it would do.
#[utoipa::path(get, path = "/v1/alerts/{id}", operation_id = "show_alert", tag = "watch",
    params(("id" = Counter, Path, description = "Its number.")),
    responses((status = 200, description = "The alert.", body = AlertShown), Problems))]
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<u64>,
) -> Result<Json<AlertShown>, Problem> {
    let (alarm, business) = find(&site, &person, id)?;
    let store = &site.front.store;
    let directory = store.directory().map_err(Turned::Broken)?;
    let holder = |person: &&crate::name::PersonName| Holder::of(person, &directory);
    let readers = (business == Business::All).then(|| alarm.now().iter().map(holder).collect());
    let meanwhile = store.meanwhile(&alarm).map_err(Turned::Broken)?;
    let seen = |it: &crate::store::Read| OpenedBy {
        person: it.person.to_string(),
        what: it.what.clone(),
        at: it.at.to_string(),
        entry: Counter(it.number),
    };
    let named = if business == Business::All { meanwhile.opened.iter().map(seen).collect() } else { Vec::new() };
    let closing = match store.preview_closing(id) {
        Ok(preview) => Some(Foreseen { shown: Counter(preview.seen), things: preview.things.iter().map(effect).collect() }),
        Err(Unrecorded::Refused(_)) => None,
        Err(Unrecorded::Broken(broken) | Unrecorded::Unknown(broken)) => return Err(Turned::Broken(broken).into()),
    };
    Ok(Json(AlertShown {
        alert: shaped(alarm.json())?,
        readers,
        opened_meanwhile: named,
        refused_meanwhile: Counter(meanwhile.tried),
        erased: Counter(meanwhile.unknown),
        closing,
    }))
}

fn effect(closing: &Closing) -> Effect {
    let count = |people: &Vec<_>| Counter(people.len() as u64);
    Effect {
        thing: closing.thing.to_string(),
        closes: count(&closing.closes),
        loses: count(&closing.loses),
        stays: count(&closing.stays),
        narrows: closing.narrows,
    }
}

/// Takes away the one edge that opened things too far, as it was shown to you.
#[utoipa::path(post, path = "/v1/alerts/{id}/close", operation_id = "close_alert", tag = "watch",
    params(("id" = Counter, Path, description = "Its number.")), request_body = Close,
    responses((status = 200, description = "It is closed, and that is on record.", body = ClosedAlert), Problems))]
pub(super) async fn close(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<u64>,
    Body(wanted): Body<Close>,
) -> Result<Json<ClosedAlert>, Problem> {
    find(&site, &person, id)?;
    let unfit = |why: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "door.body", format!("`reason`: {why}"));
    let reason = Statement::parse(&wanted.reason).map_err(unfit)?;
    let by = person.name.clone();
    let no_number = |_| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "door.body", "`shown`: it is no number");
    let shown: u64 = wanted.shown.parse().map_err(no_number)?;
    let closer = if person.operates(&site)? { Closer::Operator(by) } else { Closer::Person(by) };
    let store = &site.front.store;
    let mut preview = store.preview_closing(id).map_err(turned)?;
    // What was written since the person was shown it counts, not what was written since a moment ago.
    preview.seen = preview.seen.min(shown);
    store.close_alerts(&[preview], &closer, &reason).await.map_err(turned)?;
    Ok(Json(ClosedAlert { alert: Counter(id), by: person.name.to_string() }))
}

fn turned(failed: Unrecorded) -> Problem {
    match failed {
        Unrecorded::Refused(refusal) => Problem::new(StatusCode::FORBIDDEN, refusal.code.to_string(), refusal.message),
        Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => unrecorded(&broken),
    }
}
