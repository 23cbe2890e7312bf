//! How long a client wants to wait (RFC 7240), and the key by which it may ask again.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

use super::super::guard::one;
use super::super::problem::Problem;

/// The longest that one request waits.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// The longest key.
const KEY: usize = 255;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What of a `Prefer` header is done; the rest is passed over, as the standard wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefer {
    /// Nothing was said: the request waits until the guest has ended.
    Nothing,
    /// `respond-async`: it does not wait.
    Async,
    /// `wait=N`: it waits so long for an end, also for a person's answer.
    Wait(Duration),
}

impl Prefer {
    /// Reads the headers. Of several preferences of one kind the first counts.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let said = headers.get_all(&PREFER).iter().filter_map(|value| value.to_str().ok());
        let each: Vec<&str> = said.flat_map(|value| value.split(',')).filter_map(|it| it.split(';').next()).collect();
        let wait = each.iter().find_map(|one| {
            let (name, value) = one.split_once('=')?;
            let seconds: u64 = value.trim().trim_matches('"').parse().ok()?;
            name.trim().eq_ignore_ascii_case("wait").then(|| Duration::from_secs(seconds).min(LONGEST))
        });
        let asynchronous = each.iter().any(|one| one.trim().eq_ignore_ascii_case("respond-async"));
        match (wait, asynchronous) {
            (Some(wait), _) => Self::Wait(wait),
            (None, true) => Self::Async,
            (None, false) => Self::Nothing,
        }
    }

    /// What is said back.
    pub(super) fn applied(self) -> Option<(HeaderName, String)> {
        let name = HeaderName::from_static("preference-applied");
        match self {
            Self::Nothing => None,
            Self::Async => Some((name, "respond-async".to_owned())),
            Self::Wait(wait) => Some((name, format!("wait={}", wait.as_secs()))),
        }
    }
}

/// The idempotency key (draft-ietf-httpapi-idempotency-key-header), which must be there.
pub(super) fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let said = one(headers, &IDEMPOTENCY_KEY)?;
    let key = said.filter(|key| (1..=KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    key.map(str::to_owned).ok_or_else(|| {
        let why = format!("send an `Idempotency-Key` of 1 to {KEY} visible characters, a new one for each new call");
        Problem::malformed("door.idempotency-key", why)
    })
}
