//! The journal, for operators: its entries, its signed head, and receipts; a receipt also for whom it was done for.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Id as _, Named, Query, cut, limit};
use super::super::shapes::{Counter, Receipt, receipt};
use super::Person;
use crate::invoke::Waits as _;
use crate::name::InvocationId;
use crate::serve::front::Turned;

/// Which entries are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Those after the entry of this number; from the first without it.
    #[param(value_type = Option<Counter>)]
    after: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// An entry in its place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Numbered {
    /// Its number.
    number: Counter,
    /// Its hash in the chain.
    hash: String,
    /// The entry as it was hashed: numbers in it are JSON numbers, below 2^53. It commits to payloads and holds none.
    #[schema(value_type = Object)]
    entry: Value,
}

/// Entries in order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entries {
    /// This page of them.
    entries: Vec<Numbered>,
    /// The last one's number, to be given as `after`; null where there are no more now.
    next_cursor: Option<Counter>,
}

/// The newest signed head.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Head {
    /// Over how many entries.
    entries: Counter,
    /// The signed note (C2SP tlog-checkpoint).
    checkpoint: String,
}

/// Lists entries, to operators.
#[utoipa::path(get, path = "/v1/journal", operation_id = "list_entries", tag = "journal", params(Wanted),
    responses((status = 200, description = "A page of them.", body = Entries), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Entries>, Problem> {
    person.must_operate(&site)?;
    let limit = limit(wanted.limit)?;
    let number = |text: &str| u64::read(text).ok_or_else(|| Problem::malformed("door.query", "`after` is no number"));
    let after = wanted.after.as_deref().map(number).transpose()?;
    let mut entries = site.front.store.after(after, limit + 1).map_err(Turned::Broken)?;
    let next_cursor = cut(&mut entries, limit as usize).map(|last| Counter(last.number));
    let numbered = entries.into_iter().map(|it| Numbered {
        number: Counter(it.number),
        hash: it.hash.to_string(),
        entry: it.entry.json().clone(),
    });
    Ok(Json(Entries { entries: numbered.collect(), next_cursor }))
}

/// Shows the newest signed head, to operators. 404 while nothing is signed.
#[utoipa::path(get, path = "/v1/journal/head", operation_id = "show_head", tag = "journal",
    responses((status = 200, description = "The head.", body = Head), Problems))]
pub(super) async fn head(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
) -> Result<Json<Head>, Problem> {
    person.must_operate(&site)?;
    let (entries, checkpoint) = site.front.store.signed().map_err(Turned::Broken)?.ok_or_else(Problem::unknown)?;
    Ok(Json(Head { entries: Counter(entries), checkpoint }))
}

/// Shows what an invocation did, used and was refused: to operators, and to whom it was done for.
#[utoipa::path(get, path = "/v1/receipts/{id}", operation_id = "show_receipt", tag = "journal",
    params(("id" = String, Path, description = "The invocation.")),
    responses((status = 200, description = "Its receipt, as far as it has come.", body = Receipt), Problems))]
pub(super) async fn receipt_of(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Named(id): Named<InvocationId>,
) -> Result<Json<Receipt>, Problem> {
    let store = &site.front.store;
    let began = store.began(id).await.map_err(Turned::Broken)?.ok_or_else(Problem::unknown)?;
    if began.initiator != person.name && !person.operates(&site)? {
        return Err(Problem::unknown());
    }
    receipt(store.receipt(&id).map_err(Turned::Broken)?).map(Json)
}
