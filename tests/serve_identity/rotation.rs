//! An issuer's keys at their address: what is fetched, when, and what holds while it cannot be.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::http::{Served, sign};
use super::other::{answer, listens, request};
use super::world;

const ISSUER: &str = "https://login.example";

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The issuer's address, with what it answers just now; it knows when it was asked for what.
struct Issuer {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    asked: Condvar,
}

#[derive(Default)]
struct State {
    /// A whole answer; nothing at all where it is empty.
    answer: String,
    /// Whether connections stay open without an answer.
    holds: Vec<TcpStream>,
    hold: bool,
    asked: Vec<(Instant, String)>,
}

impl Issuer {
    fn start() -> Self {
        Self::begin("http", |shared, mut stream| {
            shared.serve(&mut stream);
            let mut state = shared.state.lock().expect("nobody panicked");
            if state.hold {
                state.holds.push(stream);
            }
        })
    }

    /// The same by TLS, with a certificate and its key.
    fn with_tls(tls: rustls::ServerConfig) -> Self {
        let tls = Arc::new(tls);
        Self::begin("https", move |shared, stream| {
            let connection = rustls::ServerConnection::new(tls.clone()).expect("a connection");
            shared.serve(&mut rustls::StreamOwned::new(connection, stream));
        })
    }

    fn begin(scheme: &str, serve: impl Fn(&Shared, TcpStream) + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let serving = shared.clone();
        let url = format!("{scheme}://{}/jwks.json", listens(move |stream| serve(&serving, stream)));
        Self { url, shared }
    }

    fn answers(&self, answer: String) {
        self.shared.state.lock().expect("nobody panicked").answer = answer;
    }

    fn keys(&self, keys: &[u8]) {
        self.answers(ok(&set(keys)));
    }

    fn hold(&self) {
        self.shared.state.lock().expect("nobody panicked").hold = true;
    }

    fn asked(&self) -> Vec<(Instant, String)> {
        self.shared.state.lock().expect("nobody panicked").asked.clone()
    }

    /// Waits until it was asked so often.
    fn until_asked(&self, times: usize) {
        let state = self.shared.state.lock().expect("nobody panicked");
        let waited = self.shared.asked.wait_timeout_while(state, PATIENCE, |state| state.asked.len() < times);
        assert!(!waited.expect("nobody panicked").1.timed_out(), "nobody asks");
    }
}

impl Shared {
    fn serve(&self, stream: &mut (impl Read + Write)) {
        // Somebody who does not like the certificate asks nothing.
        let Some((head, _)) = request(stream) else { return };
        let mut state = self.state.lock().expect("nobody panicked");
        state.asked.push((Instant::now(), head.lines().next().unwrap_or_default().to_owned()));
        answer(stream, state.answer.as_bytes());
        self.asked.notify_all();
    }
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn set(keys: &[u8]) -> String {
    let jwk = |number: &u8| {
        let public = URL_SAFE_NO_PAD.encode(key(*number).verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "x": public, "kid": format!("k{number}"), "alg": "EdDSA", "use": "sig" })
    };
    json!({ "keys": keys.iter().map(jwk).collect::<Vec<_>>() }).to_string()
}

/// A workspace that takes this issuer's tokens.
fn served(issuer: &Issuer, more: &str) -> Served {
    served_with(issuer, more, &[])
}

fn served_with(issuer: &Issuer, more: &str, environment: &[(&str, &str)]) -> Served {
    let url = &issuer.url;
    let tokens = format!("[serve.tokens]\nissuer = \"{ISSUER}\"\njwks-url = \"{url}\"\n{more}\n");
    Served::with(world(), &format!("{tokens}\n[serve.limits]\nrequests = \"1000000 per minute\"\n"), environment)
}

/// An agent's token by one of its keys.
fn token(served: &Served, number: u8) -> String {
    let mut claims = served.claims();
    claims["iss"] = json!(ISSUER);
    by(number, &claims)
}

fn by(number: u8, claims: &Value) -> String {
    sign(&key(number), &json!({ "alg": "EdDSA", "kid": format!("k{number}") }), claims)
}

fn lists(served: &Served, token: &str) -> String {
    served.mcp(token, "tools/list", &json!({})).code()
}

/// Brings a token again and again until it comes to this.
fn until(served: &Served, token: &str, code: &str) {
    let begun = Instant::now();
    while lists(served, token) != code {
        assert!(begun.elapsed() < PATIENCE, "it never comes to {code}: {}", served.log());
    }
}

/// Brings a token until the issuer was asked once more, and once more after that: then the first of the two has taken effect.
fn until_fetched(served: &Served, issuer: &Issuer, unknown: &str) {
    let (before, begun) = (issuer.asked().len(), Instant::now());
    while issuer.asked().len() < before + 2 {
        assert_eq!(lists(served, unknown), "401 door.token");
        assert!(begun.elapsed() < PATIENCE, "nobody asks: {}", served.log());
    }
}

fn ready(served: &Served) -> (u16, Value) {
    let ready = served.get(served.admin, "/readyz", "");
    (ready.status, ready.json()["lacks"].clone())
}

#[test]
fn keys_rotate_without_a_restart_and_stay_while_they_cannot_be_fetched() {
    let issuer = Issuer::start();
    issuer.keys(&[1]);
    let served = served(&issuer, "jwks-pause = \"100 ms\"");
    let [a, b, c] = [1, 2, 3].map(|number| token(&served, number));
    until(&served, &a, "200");
    assert_eq!((ready(&served), lists(&served, &b).as_str()), ((200, json!([])), "401 door.token"));

    issuer.keys(&[2, 1]);
    until(&served, &b, "200");
    assert_eq!(lists(&served, &a), "200", "both are there");
    issuer.keys(&[2, 3]);
    // Where people answer it is looked for as well.
    let mut claims = served.bens(&json!({}));
    claims["iss"] = json!(ISSUER);
    let bens = format!("Authorization: Bearer {}\r\n", by(3, &claims));
    let begun = Instant::now();
    while served.get(served.people, "/v1/approvals", &bens).status != 200 {
        assert!(begun.elapsed() < PATIENCE, "{}", served.log());
    }
    assert_eq!(lists(&served, &c), "200", "it is known now");
    assert_eq!((lists(&served, &b).as_str(), lists(&served, &a).as_str()), ("200", "401 door.token"), "one is gone");

    // What is no whole answer of the issuer's changes nothing, though a key is in it.
    let all = set(&[1]);
    let large = format!("{all}{}", " ".repeat((256 << 10) + 1 - all.len()));
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: {}/elsewhere\r\nContent-Length: 0\r\n\r\n", issuer.url);
    for (case, answer) in [
        ("down", String::new()),
        ("too large", ok(&large)),
        ("too large, and its length not said", format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{large}")),
        ("cut off", ok(&all)[..ok(&all).len() - 3].to_owned()),
        ("a page", ok("<html>")),
        ("JSON of another kind", ok("{\"error\":\"later\"}")),
        ("an error", ok(&all).replace("200 OK", "500 Internal Server Error")),
        ("moved", moved),
    ] {
        issuer.answers(answer);
        until_fetched(&served, &issuer, &a);
        let now = [&a, &b, &c].map(|token| lists(&served, token));
        assert_eq!(now, ["401 door.token", "200", "200"], "{case}");
        assert_eq!(ready(&served), (200, json!([])), "{case}");
    }
    assert!(issuer.asked().iter().all(|(_, line)| line == "GET /jwks.json HTTP/1.1"), "{:?}", issuer.asked());
    issuer.answers(ok(&large[..256 << 10]));
    until(&served, &a, "200");
    assert_eq!(lists(&served, &b), "401 door.token", "the largest that is taken");
    assert!(served.log().contains("the issuer's keys stay as they were"), "{}", served.log());
}

#[test]
fn a_key_that_the_issuer_removes_is_gone_within_the_interval() {
    let issuer = Issuer::start();
    issuer.keys(&[1]);
    let served = served(&issuer, "jwks-every = \"1 s\"\njwks-pause = \"1 s\"");
    let a = token(&served, 1);
    until(&served, &a, "200");
    issuer.keys(&[2]);
    issuer.until_asked(issuer.asked().len() + 2);
    assert_eq!(lists(&served, &a), "401 door.token");
}

#[test]
fn unknown_keys_are_no_way_to_have_the_issuer_asked_more_often() {
    let issuer = Issuer::start();
    issuer.keys(&[1]);
    let served = served(&issuer, "jwks-pause = \"2 s\"");
    let a = token(&served, 1);
    until(&served, &a, "200");
    let turned: usize = std::thread::scope(|scope| {
        let flood = |flood: u8| {
            let (served, issuer) = (&served, &issuer);
            move || {
                let (mut turned, begun) = (0, Instant::now());
                while issuer.asked().len() < 3 && begun.elapsed() < PATIENCE {
                    let kid = format!("made-up-{flood}-{turned}");
                    let token = sign(&key(9), &json!({ "alg": "EdDSA", "kid": kid }), &served.claims());
                    assert_eq!(lists(served, &token), "401 door.token");
                    turned += 1;
                }
                turned
            }
        };
        let floods: Vec<_> = (0..4).map(|number| scope.spawn(flood(number))).collect();
        floods.into_iter().map(|it| it.join().expect("a flood")).sum()
    });
    let asked = issuer.asked();
    let near = asked.windows(2).map(|pair| pair[1].0 - pair[0].0).min().expect("several");
    // They begin 2 s apart; how long each takes to arrive here differs.
    assert!(near > Duration::from_secs(1), "{near:?} apart: {asked:?}");
    assert!(turned >= 20 * asked.len(), "{turned} tokens for {} questions", asked.len());
    assert_eq!(lists(&served, &a), "200");
}

#[test]
fn a_host_starts_without_its_issuer_and_says_so() {
    let issuer = Issuer::start();
    let served = served(&issuer, "jwks-pause = \"100 ms\"");
    let (a, own) = (token(&served, 1), served.agent("ben", &["agent-7"]));
    assert_eq!(lists(&served, &a), "401 door.token");
    assert_eq!(lists(&served, &own), "200", "its own tokens need no issuer");
    assert_eq!(ready(&served), (503, json!(["the issuer's keys could not be fetched yet"])));
    assert!(served.log().contains("the issuer's keys are not known, and its tokens are turned away"), "{}", served.log());
    issuer.keys(&[1]);
    until(&served, &a, "200");
    assert_eq!(ready(&served), (200, json!([])));
}

#[test]
fn a_request_waits_only_so_long_for_an_issuer_that_does_not_answer() {
    let issuer = Issuer::start();
    issuer.keys(&[1]);
    let served = served(&issuer, "jwks-pause = \"100 ms\"");
    let (a, b) = (token(&served, 1), token(&served, 2));
    until(&served, &a, "200");
    issuer.answers(String::new());
    issuer.hold();
    let before = issuer.asked().len();
    loop {
        let begun = Instant::now();
        assert_eq!(lists(&served, &b), "401 door.token");
        if issuer.asked().len() > before {
            // Two seconds; the look itself goes on for five.
            assert!(begun.elapsed() > Duration::from_secs(1) && begun.elapsed() < Duration::from_secs(4), "{begun:?}");
            break;
        }
    }
    assert_eq!(lists(&served, &a), "200");
}

/// A certificate for an address, by an authority that nobody knows yet: the server's side, and the authority's certificate.
fn certificate(name: &str) -> (rustls::ServerConfig, String) {
    let made = |names: Vec<String>| rcgen::CertificateParams::new(names).expect("names");
    let mut root = made(Vec::new());
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let [root_key, key] = [(); 2].map(|()| rcgen::KeyPair::generate().expect("a key"));
    let authority = root.self_signed(&root_key).expect("an authority");
    let by = rcgen::Issuer::new(root, root_key);
    let certificate = made(vec![name.to_owned()]).signed_by(&key, &by).expect("a certificate");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key));
    (config.expect("a server"), authority.pem())
}

#[test]
fn keys_by_tls_are_taken_from_nobody_whose_certificate_is_not_known() {
    for (case, name, known, code) in [
        ("an authority that is known", "127.0.0.1", true, "200"),
        ("an authority that nobody knows", "127.0.0.1", false, "401 door.token"),
        ("a certificate of somebody else", "login.example", true, "401 door.token"),
    ] {
        let (tls, authority) = certificate(name);
        let issuer = Issuer::with_tls(tls);
        issuer.keys(&[1]);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let other = certificate(name).1;
        std::fs::write(file.path(), if known { authority } else { other }).expect("a certificate");
        let served = served_with(&issuer, "", &[("SSL_CERT_FILE", file.path().to_str().expect("a path"))]);
        // The first look is waited for.
        assert_eq!(lists(&served, &token(&served, 1)), code, "{case}: {}", served.log());
        assert_eq!(issuer.asked().len(), usize::from(code == "200"), "{case}");
    }
}
