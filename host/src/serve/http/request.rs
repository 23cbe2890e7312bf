//! What comes in: ids, queries and bodies, each of which says as a problem what is wrong with it; pages of lists; and
//! representations that a client has already.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::guard::one;
use super::problem::Problem;
use crate::name::{Digest, InvocationId};
use crate::serve::cursor;

/// What may stand in a path.
pub(super) trait Id: Sized {
    /// Reads it; none where nothing can have such an id.
    fn read(text: &str) -> Option<Self>;
}

impl Id for InvocationId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Id for u64 {
    fn read(text: &str) -> Option<Self> {
        let number: Self = text.parse().ok()?;
        // One number, one address; and the store's go no further.
        (number.to_string() == text && i64::try_from(number).is_ok()).then_some(number)
    }
}

impl Id for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// The only parameter of a path. One that cannot be an id is one that is not there.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: Id> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|why| Problem::new(why.status(), "door.path", why.body_text()))?;
        T::read(&text).map(Self).ok_or_else(Problem::unknown)
    }
}

/// A query, every word of which is known.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|why| Problem::new(why.status(), "door.query", why.body_text()))
    }
}

/// A body of JSON, every member of which is known.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = axum::Json::<T>::from_request(request, state).await;
        body.map(|body| Self(body.0)).map_err(|why| Problem::new(why.status(), "door.body", why.body_text()))
    }
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub(super) limit: Option<u32>,
    /// Where the page begins: the `next_cursor` of the page before it.
    #[param(max_length = 200)]
    pub(super) cursor: Option<String>,
}

/// At most so many on a page; as many where nothing is said.
const MOST: u32 = 1_000;
const USUAL: u32 = 100;

/// How many are wanted.
pub(super) fn limit(said: Option<u32>) -> Result<u32, Problem> {
    let limit = said.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::malformed("door.query", format!("`limit` is from 1 to {MOST}")))
    }
}

/// The key that a page begins after.
pub(super) fn after(cursor: Option<&str>) -> Result<Option<String>, Problem> {
    cursor.map(|cursor| cursor::key(cursor).ok_or_else(foreign)).transpose()
}

/// The number that a page begins after.
pub(super) fn after_number(cursor: Option<&str>) -> Result<Option<u64>, Problem> {
    after(cursor)?.map(|key| u64::read(&key).ok_or_else(foreign)).transpose()
}

fn foreign() -> Problem {
    Problem::malformed("door.cursor", cursor::FOREIGN)
}

/// One page of a list whose order is that of its keys, and where the next one begins.
pub(super) fn page<T>(
    items: impl IntoIterator<Item = (String, T)>,
    paging: &Paging,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let (after, limit) = (after(paging.cursor.as_deref())?, limit(paging.limit)? as usize);
    let mut rest = items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let page: Vec<(String, T)> = rest.by_ref().take(limit).collect();
    let next = rest.next().and_then(|_| page.last().map(|(key, _)| cursor::after(key)));
    Ok((page.into_iter().map(|(_, item)| item).collect(), next))
}

/// Cuts a list in which one more than the page was looked for; the last of the page, where there is more behind it.
pub(super) fn cut<T>(items: &mut Vec<T>, limit: usize) -> Option<&T> {
    let more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| more)
}

/// Sends JSON with its ETag, or nothing where the client has it already (RFC 9110, section 13.1.2).
pub(super) fn tagged(headers: &HeaderMap, json: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(json).unwrap_or_default();
    let tag = format!("\"{}\"", &Digest::of(&body).hex()[..32]);
    let known = one(headers, &header::IF_NONE_MATCH)?
        .is_some_and(|known| known.trim() == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let always = [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, always).into_response());
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((always, json, body).into_response())
}
