//! Acts of which nobody knows whether they happened. They are settled at a terminal, by whoever has looked.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Site;
use super::super::document::Problems;
use super::super::problem::Problem;
use super::super::request::{Paging, Query, page};
use super::Person;
use crate::invoke::Waits as _;
use crate::serve::front::Turned;

/// An act in doubt.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Doubted {
    /// The invocation.
    invocation: String,
    /// The number of its intent there.
    seq: u32,
    /// What was asked for: `files.write`. With what, `tollgate doubts` shows.
    function: String,
    /// Since when.
    since: String,
    /// What a person can do to find out.
    advice: String,
}

/// Acts in doubt, by invocation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Doubts {
    /// This page of them.
    doubts: Vec<Doubted>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists what is in doubt, once the host has found out what it can: to operators all, to others what was done for them.
#[utoipa::path(get, path = "/v1/doubts", operation_id = "list_doubts", tag = "doubts", params(Paging),
    responses((status = 200, description = "A page of them.", body = Doubts), Problems))]
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(paging): Query<Paging>,
) -> Result<Json<Doubts>, Problem> {
    let front = &site.front;
    // It asks backends, and waits until what they say is on record.
    let left = tokio::task::block_in_place(|| front.workspace.doubts(&front.store)).map_err(Turned::Broken)?;
    let all = person.operates(&site)?;
    let mut mine = Vec::new();
    for (doubt, advice) in left {
        let began = front.store.began(doubt.invocation).await.map_err(Turned::Broken)?;
        if all || began.is_some_and(|began| began.initiator == person.name) {
            let (invocation, since) = (doubt.invocation.to_string(), doubt.at.to_string());
            let key = format!("{invocation}/{:010}", doubt.seq);
            mine.push((key, Doubted { invocation, seq: doubt.seq, function: doubt.function, since, advice }));
        }
    }
    mine.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (doubts, next_cursor) = page(mine, &paging)?;
    Ok(Json(Doubts { doubts, next_cursor }))
}
