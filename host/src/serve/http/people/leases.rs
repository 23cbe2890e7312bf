//! Leases, for those whose objects they open, those who opened them, and operators: listed, shown, ended.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Named, Query, after_number, cut, limit};
use super::super::shapes::{Counter, shaped};
use super::{Person, unrecorded};
use crate::journal::Unrecorded;
use crate::lease::{Ender, Lease, State as LeaseState};
use crate::name::PersonName;
use crate::people::{Directory, Right};
use crate::refusal::Code;
use crate::serve::cursor;
use crate::serve::front::Turned;

/// Access that a tool opened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Leased {
    /// Its number.
    lease: Counter,
    /// Of what.
    object: String,
    /// For whom: `ben`, `group:web`.
    principal: String,
    /// `read` or `administer`.
    right: String,
    /// Since when.
    began: String,
    /// Until when.
    ends: String,
    /// The tool that opened it.
    tool: String,
    /// On whose behalf.
    initiator: String,
    /// The invocation that opened it.
    invocation: String,
    /// `open`, `ended` (its time is over), `reverted` (and that is on record).
    state: String,
    /// When its end was put on record.
    reverted: Option<String>,
    /// What was found then: `closed`, `gone-before`, `kept-by-people`, `conflict-…`.
    found: Option<String>,
}

/// Leases, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Leases {
    /// This page of those that are your business.
    leases: Vec<Leased>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Who has a right through a lease.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Holder {
    /// The person.
    person: String,
    /// As it is shown.
    name: Option<String>,
}

impl Holder {
    pub(super) fn of(person: &PersonName, directory: &Directory) -> Self {
        Self { person: person.to_string(), name: directory.people.get(person).cloned() }
    }
}

/// A lease, and what it does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeaseShown {
    #[serde(flatten)]
    lease: Leased,
    /// Who has the right through it now; nobody once it is over.
    people: Vec<Holder>,
    /// The numbers of the journal's entries about it.
    entries: Vec<Counter>,
}

/// Which leases are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Those whose end is not on record, or all.
    #[param(inline)]
    state: Option<Which>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: the `next_cursor` of the page before it.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Which {
    /// Those whose end is not on record.
    Open,
    /// Everything.
    All,
}

/// What came of ending a lease.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeaseEnd {
    /// The lease.
    lease: Counter,
    /// What was found: `closed`, `gone-before`, `kept-by-people`, `conflict-…`; null where its time was over and that is not
    /// on record yet.
    found: Option<String>,
}

/// Whether a lease is a person's business.
fn concerns(site: &Site, person: &Person, lease: &Lease) -> Result<bool, Problem> {
    let store = &site.front.store;
    let directory = store.directory().map_err(Turned::Broken)?;
    let known = directory.people.contains_key(&person.name);
    let administers = || directory.holders(&lease.object, Right::Administer, store.now()).contains(&person.name);
    Ok(known && (person.name == lease.initiator || administers()) || person.operates(site)?)
}

/// Lists leases of objects that you administer, those that were opened for you, and to operators all.
#[utoipa::path(get, path = "/v1/leases", operation_id = "list_leases", tag = "leases", params(Wanted),
    responses((status = 200, description = "A page of them.", body = Leases), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Leases>, Problem> {
    let (limit, before) = (limit(wanted.limit)? as usize, after_number(wanted.cursor.as_deref())?);
    let now = site.front.store.now();
    let all = site.front.store.leases(wanted.state == Some(Which::All)).map_err(Turned::Broken)?;
    let mut mine = Vec::new();
    for lease in all.iter().filter(|lease| before.is_none_or(|before| lease.id < before)) {
        if mine.len() <= limit && concerns(&site, &person, lease)? {
            mine.push(lease);
        }
    }
    let next_cursor = cut(&mut mine, limit).map(|last| cursor::after(&last.id.to_string()));
    let leases = mine.iter().map(|lease| shaped(lease.json(now))).collect::<Result<_, _>>()?;
    Ok(Json(Leases { leases, next_cursor }))
}

/// A lease that is a person's business; for anybody else there is none.
fn find(site: &Site, person: &Person, id: u64) -> Result<(Lease, Vec<u64>), Problem> {
    let found = site.front.store.lease(id).map_err(Turned::Broken)?.ok_or_else(Problem::unknown)?;
    if concerns(site, person, &found.0)? { Ok(found) } else { Err(Problem::unknown()) }
}

/// Shows a lease, who has what through it, and where it stands in the journal.
#[utoipa::path(get, path = "/v1/leases/{id}", operation_id = "show_lease", tag = "leases",
    params(("id" = Counter, Path, description = "Its number.")),
    responses((status = 200, description = "The lease.", body = LeaseShown), Problems))]
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<u64>,
) -> Result<Json<LeaseShown>, Problem> {
    let (lease, entries) = find(&site, &person, id)?;
    let (directory, now) = (site.front.store.directory().map_err(Turned::Broken)?, site.front.store.now());
    let holds = if lease.state(now) == LeaseState::Open { directory.members([&lease.principal]) } else { <_>::default() };
    let people = holds.iter().map(|person| Holder::of(person, &directory)).collect();
    let entries = entries.into_iter().map(Counter).collect();
    Ok(Json(LeaseShown { lease: shaped(lease.json(now))?, people, entries }))
}

/// Ends a lease at once. To end one that is over changes nothing.
#[utoipa::path(post, path = "/v1/leases/{id}/end", operation_id = "end_lease", tag = "leases",
    params(("id" = Counter, Path, description = "Its number.")),
    responses((status = 200, description = "It is over.", body = LeaseEnd), Problems))]
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<u64>,
) -> Result<Json<LeaseEnd>, Problem> {
    find(&site, &person, id)?;
    let name = person.name.clone();
    let ender = if person.operates(&site)? { Ender::Operator(name) } else { Ender::Person(name) };
    let found = match site.front.store.end_lease(id, &ender).await {
        Ok(found) => Some(found),
        Err(Unrecorded::Refused(refusal)) if refusal.code == Code::Expired => {
            let (lease, _) = find(&site, &person, id)?;
            lease.reverted.map(|(_, found)| found)
        }
        Err(Unrecorded::Refused(refusal)) => {
            return Err(Problem::new(StatusCode::FORBIDDEN, refusal.code.to_string(), refusal.message));
        }
        Err(Unrecorded::Broken(broken) | Unrecorded::Unknown(broken)) => return Err(unrecorded(&broken)),
    };
    Ok(Json(LeaseEnd { lease: Counter(id), found: found.map(|found| found.as_str().to_owned()) }))
}
