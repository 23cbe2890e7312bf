//! The page that a link opens: a card as text, and two buttons. Made on the server, without a script; nothing happens on GET.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::Site;
use super::guard::one;
use super::people::{answer, etag, find, payload_digest};
use super::problem::Problem;
use super::request::Named;
use crate::approval::Question;
use crate::name::{Digest, PersonName};
use crate::serve::front::Turned;
use crate::unit::Duration;

/// How long a person stays signed in.
const SIGNED_IN: Duration = Duration(15 * 60_000);

/// Nothing is loaded, nothing runs, nobody frames it, and forms go nowhere else.
const POLICY: &str =
    "default-src 'none'; style-src 'sha256-STYLE'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
pre{font:14px/1.45 ui-monospace,monospace;white-space:pre-wrap;border:1px solid #999;padding:1rem}\
button{font:inherit;padding:.5rem 1.5rem;margin-right:1rem}input{font:inherit;padding:.4rem}.why{color:#900}";

/// The page's routes.
pub(super) fn router(site: &Arc<Site>) -> Router {
    Router::new()
        .route("/approvals/{id}", get(card).post(decide))
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .with_state(site.clone())
        .layer(from_fn(policy))
}

/// The headers of every page.
async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let style = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, Digest::of(STYLE.as_bytes()).as_bytes());
    let headers = response.headers_mut();
    headers.extend(
        HeaderValue::from_str(&POLICY.replace("STYLE", &style)).ok().map(|it| (header::CONTENT_SECURITY_POLICY, it)),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// The cookie's name: with TLS one that only this host can set.
fn cookie(site: &Site) -> &'static str {
    if site.config.people.url.starts_with("https://") { "__Host-tollgate" } else { "tollgate" }
}

/// The value of the cookie, where there is exactly one.
fn signed<'h>(site: &Site, headers: &'h HeaderMap) -> Option<&'h str> {
    let all = one(headers, &header::COOKIE).ok().flatten()?;
    let mut named = all.split(';').filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == cookie(site));
    let (_, value) = named.next()?;
    named.next().is_none().then_some(value)
}

/// Who is signed in.
fn who(site: &Site, headers: &HeaderMap) -> Option<(PersonName, String)> {
    let token = signed(site, headers)?;
    let person = site.tokens.person(Some(token), site.clock.now()).ok()?.person;
    let proof = Digest::of(&[site.front.secret().as_slice(), b"form", token.as_bytes()].concat()).hex();
    Some((person, proof))
}

fn set_cookie(site: &Site, value: &str, lives: u64) -> String {
    let secure = if cookie(site).starts_with("__Host-") { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={lives}; HttpOnly; SameSite=Strict{secure}", cookie(site))
}

/// A code, and where to go then.
#[derive(Debug, Default, Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
    #[serde(default)]
    question: Option<u64>,
}

async fn form() -> Response {
    sign_in_page(None, None)
}

fn sign_in_page(question: Option<u64>, why: Option<&str>) -> Response {
    let why = why.map(|why| format!("<p class=\"why\">{}</p>", escaped(why))).unwrap_or_default();
    let question =
        question.map(|id| format!("<input type=\"hidden\" name=\"question\" value=\"{id}\">")).unwrap_or_default();
    let body = format!(
        "<h1>Sign in</h1>{why}<p>Get a code with <code>tollgate token code</code>: it asks for your passphrase, and is good once.</p>\
         <form method=\"post\" action=\"/sign-in\">{question}<p><input name=\"code\" autocomplete=\"off\" autofocus required> \
         <button>Sign in</button></p></form>"
    );
    page(StatusCode::OK, "Sign in", &body)
}

async fn sign_in(State(site): State<Arc<Site>>, given: Result<Form<Code>, FormRejection>) -> Result<Response, Problem> {
    let Form(given) = given.map_err(bad_form)?;
    // Counted for all together: a code is short, and nobody says who he is before it is right.
    if site.rates.count("sign-in", site.clock.now()).is_err() {
        return Ok(sign_in_page(given.question, Some("Too many tries: wait a minute.")));
    }
    let person = site.front.store.use_code(&given.code).await.map_err(Turned::Broken)?;
    let Some(person) = person else {
        tracing::warn!("a code that is none was given to sign in");
        return Ok(sign_in_page(given.question, Some("This code is not good, or no longer: get a new one.")));
    };
    let token = site.tokens.for_person(&person, (site.clock.now(), SIGNED_IN)).map_err(Turned::Broken)?;
    let to = given.question.map_or_else(|| "/sign-in".to_owned(), |id| format!("/approvals/{id}"));
    Ok(([(header::SET_COOKIE, set_cookie(&site, &token, SIGNED_IN.0 / 1000))], Redirect::to(&to)).into_response())
}

async fn sign_out(State(site): State<Arc<Site>>) -> Response {
    ([(header::SET_COOKIE, set_cookie(&site, "", 0))], Redirect::to("/sign-in")).into_response()
}

async fn card(State(site): State<Arc<Site>>, Named(id): Named<u64>, headers: HeaderMap) -> Response {
    let Some((person, proof)) = who(&site, &headers) else { return sign_in_page(Some(id), None) };
    match find(&site, &person, id).await {
        Ok(question) => card_page(&site, &question, &person, &proof),
        Err(problem) => problem_page(&problem),
    }
}

fn card_page(site: &Site, question: &Question, person: &PersonName, proof: &str) -> Response {
    let (workspace, store) = (&site.front.workspace, &site.front.store);
    let (Ok(meanwhile), Ok(answerable)) =
        (workspace.meanwhile(store, question), workspace.answerable(store, question, person))
    else {
        return problem_page(&Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "door.unavailable",
            "the store cannot be read now",
        ));
    };
    let text = question.card.as_ref().map_or_else(|| "its card was erased".to_owned(), |card| card.text(&meanwhile));
    let buttons = match answerable {
        Ok(()) => format!(
            "<form method=\"post\" action=\"/approvals/{id}\"><input type=\"hidden\" name=\"proof\" value=\"{proof}\">\
             <input type=\"hidden\" name=\"shown\" value=\"{shown}\"><input type=\"hidden\" name=\"payload\" value=\"{payload}\">\
             <button name=\"decision\" value=\"yes\">Yes, exactly this</button>\
             <button name=\"decision\" value=\"no\">No</button></form>",
            id = question.id,
            shown = escaped(&etag(question)),
            payload = payload_digest(question).unwrap_or_default(),
        ),
        Err(why) => format!("<p class=\"why\">{}</p>", escaped(&why.to_string())),
    };
    let body = format!(
        "<h1>Question {}</h1><p>You are <b>{}</b>.</p><pre>{}</pre>{buttons}\
         <form method=\"post\" action=\"/sign-out\"><p><button>Sign out</button></p></form>",
        question.id,
        escaped(person.as_str()),
        escaped(&text)
    );
    page(StatusCode::OK, &format!("Question {}", question.id), &body)
}

/// The form of a card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    decision: String,
    proof: String,
    shown: String,
    payload: String,
}

async fn decide(
    State(site): State<Arc<Site>>,
    Named(id): Named<u64>,
    headers: HeaderMap,
    pressed: Result<Form<Pressed>, FormRejection>,
) -> Response {
    let Form(pressed) = match pressed.map_err(bad_form) {
        Ok(pressed) => pressed,
        Err(problem) => return problem_page(&problem),
    };
    let Some((person, proof)) = who(&site, &headers) else {
        return sign_in_page(Some(id), Some("Sign in again: it has been a while."));
    };
    let refuse = |why: &str| problem_page(&Problem::new(StatusCode::FORBIDDEN, "door.form", why));
    if pressed.proof != proof {
        return refuse("this form is not from this page: open the link again");
    }
    let yes = match pressed.decision.as_str() {
        "yes" => true,
        "no" => false,
        _ => return refuse("the answer is yes or no"),
    };
    let question = match find(&site, &person, id).await {
        Ok(question) => question,
        Err(problem) => return problem_page(&problem),
    };
    if pressed.shown != etag(&question) || payload_digest(&question).as_deref() != Some(pressed.payload.as_str()) {
        return problem_page(&Problem::new(
            StatusCode::CONFLICT,
            "door.stale",
            "the question is not as you were shown it: open the link again",
        ));
    }
    match answer(&site, &question, &person, (yes, "page")).await {
        Ok(_) => Redirect::to(&format!("/approvals/{id}")).into_response(),
        Err(problem) => problem_page(&problem),
    }
}

fn bad_form(why: FormRejection) -> Problem {
    Problem::new(why.status(), "door.form", why.body_text())
}

fn problem_page(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page(
        status,
        problem.title,
        &format!("<h1>{}</h1><p class=\"why\">{}</p>", escaped(problem.title), escaped(&problem.detail)),
    )
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{} · Tollgate</title><style>{STYLE}</style></head>\
         <body>{body}</body></html>",
        escaped(title)
    );
    (status, Html(html)).into_response()
}

/// Text in HTML, whatever it holds.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
