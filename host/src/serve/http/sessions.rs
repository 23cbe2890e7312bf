//! Sessions of MCP clients of the older revisions: each is its caller's alone. An id is no authority: with another caller's
//! token it is answered like one that never was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderName, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rmcp::transport::streamable_http_server::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::guard::one;
use super::problem::Problem;
use crate::serve::Caller;

/// The header that names a session.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// So many are open at once. One more ends the one that its caller used longest ago, or else anybody's.
const MOST: usize = 2_048;

/// So many of one person and agent, in all their tasks: one more ends their own, and nobody floods another's away.
const EACH: usize = 256;

/// Whose the open sessions are.
#[derive(Clone, Default)]
pub(super) struct Sessions {
    open: Arc<Mutex<Open>>,
    pub(super) manager: Arc<LocalSessionManager>,
}

#[derive(Default)]
struct Open {
    /// Each with its caller and its last use.
    sessions: HashMap<String, (Caller, u64)>,
    uses: u64,
}

impl Open {
    /// Whether it is this caller's.
    fn uses(&mut self, id: &str, caller: &Caller) -> bool {
        self.uses += 1;
        match self.sessions.get_mut(id) {
            Some((whose, used)) if whose == caller => {
                *used = self.uses;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Remembers one; returns another that has to end for it.
    fn begins(&mut self, id: &str, caller: &Caller) -> Option<String> {
        self.uses += 1;
        let own = self.sessions.values().filter(|(whose, _)| is_same(whose, caller)).count();
        let ends = match (own, self.sessions.len()) {
            (EACH.., _) | (1.., MOST..) => self.last(Some(caller)),
            (0, MOST..) => self.last(None),
            _ => None,
        };
        ends.iter().for_each(|id| drop(self.sessions.remove(id)));
        self.sessions.insert(id.to_owned(), (caller.clone(), self.uses));
        ends
    }

    /// The one that was used longest ago, of one caller or of all.
    fn last(&self, of: Option<&Caller>) -> Option<String> {
        let each = self.sessions.iter().filter(|(_, (whose, _))| of.is_none_or(|caller| is_same(whose, caller)));
        each.min_by_key(|(_, (_, used))| *used).map(|(id, _)| id.clone())
    }
}

/// Whether two are one person and agent, whatever their tasks.
fn is_same(one: &Caller, other: &Caller) -> bool {
    (&one.person, &one.actors) == (&other.person, &other.actors)
}

impl Sessions {
    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a session be used by who began it.
    pub(super) async fn bound(
        &self,
        caller: &Caller,
        request: Request,
        next: impl AsyncFnOnce(Request) -> Response,
    ) -> Response {
        let id = match one(request.headers(), &SESSION) {
            Ok(id) => id.map(str::to_owned),
            Err(problem) => return problem.into_response(),
        };
        if id.as_ref().is_some_and(|id| !self.open().uses(id, caller)) {
            return unknown();
        }
        let deletes = request.method() == Method::DELETE;
        let response = next(request).await;
        match id {
            Some(id) if deletes || response.status() == StatusCode::NOT_FOUND => drop(self.open().sessions.remove(&id)),
            Some(_) => {}
            None => {
                let begun = response.headers().get(&SESSION).and_then(|id| id.to_str().ok());
                let ends = begun.and_then(|id| self.open().begins(id, caller));
                if let Some(ends) = ends
                    && let Err(why) = self.manager.close_session(&ends.into()).await
                {
                    tracing::debug!(%why, "a session had ended before");
                }
            }
        }
        response
    }
}

fn unknown() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "door.unknown", "there is no such session here for you: initialize a new one")
        .into_response()
}
