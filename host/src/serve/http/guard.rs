//! What every request passes before a handler sees it: host and origin, whose it is, how many they send, and a body that
//! arrives whole, in time and as JSON that means one thing.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Site;
use super::problem::Problem;
use crate::serve::token::Denied;
use crate::tool::strictly;

/// Which door a guard stands at.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) site: Arc<Site>,
    /// Names under which it is reached: `host:port`.
    pub(super) hosts: Arc<[String]>,
    /// Web pages that may call it.
    pub(super) origins: Arc<[String]>,
}

impl Guard {
    /// The guard of a door that is reached by `url` and listens at `address`.
    pub(super) fn new(site: &Arc<Site>, url: &str, port: u16, origins: &[String]) -> Self {
        let own = url.split_once("://").map_or(url, |(_, host)| host).to_owned();
        let hosts = [own, format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        let local = [url.to_owned(), format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")];
        let origins = local.into_iter().chain(origins.iter().cloned()).collect();
        Self { site: site.clone(), hosts: hosts.into(), origins }
    }

    /// A page of another name must not reach this machine's doors (DNS rebinding), nor a strange page call them.
    fn place(&self, request: &Request) -> Result<(), Problem> {
        // In HTTP/2 and in an absolute request line it stands in the URI; where it stands twice, both have to be ours.
        let line = request.uri().authority().map(|it| it.as_str());
        let header = one(request.headers(), &header::HOST)?;
        let known = |host: &str| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
        if (line, header) == (None, None) || ![line, header].into_iter().flatten().all(known) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "door.host",
                "this is not a name of this host: use the address that its operator gave you",
            ));
        }
        match one(request.headers(), &header::ORIGIN)? {
            Some(origin) if !self.origins.iter().any(|known| known.eq_ignore_ascii_case(origin)) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "door.origin",
                "this web page may not call this host: an operator can add it to `origins` under [serve]",
            )),
            _ => Ok(()),
        }
    }
}

/// The only value of a header; more than one is refused, since two readers could take two.
pub(super) fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut all = headers.get_all(name).iter();
    let first = all.next().map(HeaderValue::to_str).transpose();
    match (first, all.next()) {
        (Ok(first), None) => Ok(first),
        _ => {
            Err(Problem::new(StatusCode::BAD_REQUEST, "door.header", format!("`{name}` stands there twice, or is no text")))
        }
    }
}

/// The bearer token of a request (RFC 6750, section 2.1: in the header and nowhere else).
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let said = one(headers, &header::AUTHORIZATION)?;
    Ok(said
        .and_then(|said| said.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim()))
}

/// Checks name and origin, and takes the body whole.
pub(super) async fn arrive(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match arrived(&guard, request).await {
        Ok(request) => sealed(next.run(request).await),
        Err(problem) => problem.into_response(),
    }
}

/// An answer, with what every answer says to browsers and caches.
pub(super) fn sealed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A request that came to the right place, with its body whole.
pub(super) async fn arrived(guard: &Guard, request: Request) -> Result<Request, Problem> {
    guard.place(&request)?;
    let limits = &guard.site.config.limits;
    let most = usize::try_from(limits.body.0).unwrap_or(usize::MAX);
    let json = one(request.headers(), &header::CONTENT_TYPE)?.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    let (parts, body) = request.into_parts();
    let arriving = tokio::time::timeout(limits.arrival.to_std(), to_bytes(body, most)).await;
    let bytes = arriving
        .map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "door.slow", "the request took too long to arrive"))?
        .map_err(|_| {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "door.body",
                format!("the body is cut off, or larger than {}", limits.body),
            )
        })?;
    if json && !bytes.is_empty() {
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed("it is not UTF-8"))?;
        strictly(text).map_err(|bad| malformed(&bad.first().map(ToString::to_string).unwrap_or_default()))?;
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn malformed(why: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "door.body", format!("the body is no JSON that means one thing: {why}"))
}

/// Finds out which agent calls, and for whom; leaves that with the request.
pub(super) async fn agent(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match known(&guard, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Which agent calls, and for whom.
pub(super) async fn known(guard: &Guard, headers: &HeaderMap) -> Result<crate::serve::Caller, Problem> {
    let site = &guard.site;
    let now = site.clock.now();
    let token = bearer(headers)?;
    let mut caller = site.tokens.agent(token, now);
    if caller == Err(Denied::NoKey) {
        site.tokens.seek().await;
        caller = site.tokens.agent(token, now);
    }
    let caller = caller.map_err(|denied| turned_away(&denied, site))?;
    site.counted(&format!("{} {}", caller.person, caller.actors.first()), now)?;
    Ok(caller)
}

/// What a client does about it: fetch the metadata, and get a token there (RFC 9728, section 5.1; RFC 6750, section 3).
fn turned_away(denied: &Denied, site: &Site) -> Problem {
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", site.config.agents.url);
    let challenge = |error: &str| format!("Bearer resource_metadata=\"{metadata}\", scope=\"tools\"{error}");
    let (code, text) = match denied {
        Denied::Missing => ("door.token", "a bearer token is needed; `tollgate token` signs one"),
        Denied::Invalid(why) => {
            tracing::info!(why, "a token was turned away at the agents' door");
            ("door.token", "this token is not valid here")
        }
        Denied::NoKey => {
            tracing::info!("a token whose key nobody here knows was turned away at the agents' door");
            ("door.token", "this token is not valid here")
        }
        Denied::Persons => ("door.person", "this is a person's token, and agents call here"),
        Denied::Agents(_) => ("door.agent", "this is an agent's token"),
    };
    let error = if *denied == Denied::Missing { "" } else { ", error=\"invalid_token\"" };
    Problem::new(StatusCode::UNAUTHORIZED, code, text).with(header::WWW_AUTHENTICATE, challenge(error))
}
