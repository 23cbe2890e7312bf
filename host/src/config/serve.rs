//! `[serve]`: where `tollgate serve` listens, how others reach it, whose tokens it takes, and how much it takes on.

use std::net::SocketAddr;

use super::issuer::{Issuer, issuer, plain_url, private_url};
use crate::manifest::between;
use crate::manifest::raw::Section;
use crate::name::{FilePath, Principal};
use crate::quota::Rate;
use crate::unit::{Bytes, Duration};

/// `[serve]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serve {
    /// Where agents come: MCP and their part of the HTTP API.
    pub agents: Door,
    /// Where people come: questions, and what operators look at.
    pub people: Door,
    /// Where the platform looks: health, readiness, metrics.
    pub admin: SocketAddr,
    /// Certificate chain and key, PEM files below the workspace; both doors are served by TLS with them.
    pub tls: Option<(FilePath, FilePath)>,
    /// Listening beyond this machine without TLS was said to be meant: something in front of it has the certificate.
    pub behind_proxy: bool,
    /// Who may see the whole journal, freeze and thaw.
    pub operators: Vec<Principal>,
    /// Origins of web pages that may call the agents' door, beside its own.
    pub origins: Vec<String>,
    /// Whether MCP clients of the older revisions get sessions; with several hosts behind one address they must not.
    pub sessions: bool,
    /// Tokens of somebody else's, beside those that `tollgate token` signs.
    pub tokens: Option<Issuer>,
    /// Where spans go: the address of a collector that takes OTLP over HTTP.
    pub traces: Option<String>,
    /// How much is taken on.
    pub limits: Limits,
}

/// One listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Its address.
    pub address: SocketAddr,
    /// How others reach it, `https://tools.example`, without a slash at the end.
    pub url: String,
}

/// `[serve.limits]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls of one caller at work at once.
    pub per_caller: usize,
    /// Calls of one tool at work at once.
    pub per_tool: usize,
    /// Calls that wait for their turn.
    pub queue: usize,
    /// Requests of one caller over time.
    pub requests: Rate,
    /// The largest body of a request.
    pub body: Bytes,
    /// How long a request may take to arrive.
    pub arrival: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let requests = Rate { count: 6_000, period: Duration(60_000) };
        let (body, arrival) = (Bytes(4 << 20), Duration(30_000));
        Self { per_caller: 64, per_tool: 128, queue: 1_024, requests, body, arrival }
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            agents: Door::at(([127, 0, 0, 1], 8700).into()),
            people: Door::at(([127, 0, 0, 1], 8701).into()),
            admin: ([127, 0, 0, 1], 8702).into(),
            tls: None,
            behind_proxy: false,
            operators: Vec::new(),
            origins: Vec::new(),
            sessions: true,
            tokens: None,
            traces: None,
            limits: Limits::default(),
        }
    }
}

impl Door {
    fn at(address: SocketAddr) -> Self {
        Self { address, url: format!("http://{address}") }
    }
}

/// Reads `[serve]`. What is wrong is noted, and its default stands in.
pub(super) fn serve(mut section: Section<'_>) -> Serve {
    let default = Serve::default();
    let tls = tls(&mut section);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let serve = Serve {
        agents: door(&mut section, ("agents", "agents-url"), &default.agents, scheme),
        people: door(&mut section, ("people", "people-url"), &default.people, scheme),
        admin: section.read("admin", address, ADDRESS).unwrap_or(default.admin),
        behind_proxy: section
            .flag("behind-proxy", "write behind-proxy = true where a proxy has the certificate")
            .is_some_and(|it| it.0),
        operators: each(&mut section, "operators", Principal::parse, OPERATORS),
        origins: each(&mut section, "origins", url, ORIGINS),
        sessions: section
            .flag("sessions", "write sessions = false where several hosts share an address")
            .is_none_or(|it| it.0),
        tokens: section.section("tokens").and_then(issuer),
        traces: section.read("traces", traces, TRACES),
        limits: section.section("limits").map_or(default.limits, limits),
        tls,
    };
    for (key, door) in [("agents", &serve.agents), ("people", &serve.people)] {
        if !door.address.ip().is_loopback() && serve.tls.is_none() && !serve.behind_proxy {
            section.refuse(
                key,
                "it would listen beyond this machine without TLS",
                "add `certificate` and `key`, or say behind-proxy = true where a proxy has the certificate",
            );
        }
    }
    let clear = serve.traces.as_ref().is_some_and(|url| private_url(url, "spans").is_err());
    if clear && !serve.behind_proxy {
        section.refuse(
            "traces",
            "spans would travel without TLS: it must begin with https://, or be on this machine",
            "name a collector on this machine, or say behind-proxy = true where the network is the platform's own",
        );
    }
    if !serve.admin.ip().is_loopback() && !serve.behind_proxy {
        section.refuse(
            "admin",
            "it would listen beyond this machine without TLS",
            "use 127.0.0.1, or say behind-proxy = true where the network is the platform's own",
        );
    }
    section.finish();
    serve
}

const ADDRESS: &str = "write for example \"127.0.0.1:8700\": an address and a port";
const URL: &str = "write for example \"https://tools.example\": how others reach it, without a path";

const TRACES: &str = "write for example traces = \"http://127.0.0.1:4318/v1/traces\": a collector of OTLP over HTTP";

fn traces(text: &str) -> Result<String, String> {
    if cfg!(feature = "otel") {
        plain_url(text).map(|(url, _)| url)
    } else {
        Err("this program was built without the feature `otel`, and sends no spans".to_owned())
    }
}

fn door(section: &mut Section<'_>, (key, url_key): (&'static str, &'static str), default: &Door, scheme: &str) -> Door {
    let address = section.read(key, address, ADDRESS).unwrap_or(default.address);
    let url = section.read(url_key, url, URL).unwrap_or_else(|| format!("{scheme}://{address}"));
    Door { address, url }
}

fn tls(section: &mut Section<'_>) -> Option<(FilePath, FilePath)> {
    let help = "write certificate = \"tls/cert.pem\" and key = \"tls/key.pem\": files below the workspace";
    let certificate = section.read("certificate", FilePath::parse, help);
    let key = section.read("key", FilePath::parse, help);
    for (there, missing, name) in [(&certificate, &key, "key"), (&key, &certificate, "certificate")] {
        if there.is_some() && missing.is_none() && !section.holds(name) {
            section.missing(name, help);
        }
    }
    certificate.zip(key)
}

pub(super) fn some(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("it is empty") } else { Ok(text.to_owned()) }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "it is no address with a port".to_owned())
}

fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.ok_or("it begins with neither https:// nor http://")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    match host {
        "" => Err("it names no host".to_owned()),
        _ if host.bytes().all(plain) => Ok(text.to_ascii_lowercase()),
        _ => Err("it has more than a host and a port".to_owned()),
    }
}

const OPERATORS: &str = "write operators = [\"group:platform\"]: people and groups";
const ORIGINS: &str = "write origins = [\"https://chat.example\"]: web pages that may call the agents' door";

/// A list that need not be there.
pub(super) fn each<T, E: std::fmt::Display>(
    section: &mut Section<'_>,
    key: &'static str,
    parse: fn(&str) -> Result<T, E>,
    help: &str,
) -> Vec<T> {
    if !section.holds(key) {
        return Vec::new();
    }
    let items = section.list(key, help).unwrap_or_default();
    items.iter().filter_map(|item| section.parsed(item, parse, help)).collect()
}

fn limits(mut section: Section<'_>) -> Limits {
    let default = Limits::default();
    let mut count = |key: &'static str, default: usize| {
        let help = format!("write for example {key} = {default}, which is the default");
        section.whole(key, &(1..100_001), &help).and_then(|count| usize::try_from(count).ok()).unwrap_or(default)
    };
    let (per_caller, per_tool, queue) =
        (count("per-caller", default.per_caller), count("per-tool", default.per_tool), count("queue", default.queue));
    let requests =
        section.read("requests", Rate::parse, "write for example requests = \"6000 per minute\", which is the default");
    let body = section.read(
        "body",
        |text| between(Bytes::parse(text), Bytes(1 << 10), Bytes(64 << 20)),
        "write for example body = \"4 MiB\", which is the default; \"64 MiB\" is the most",
    );
    let arrival = section.read(
        "arrival",
        |text| between(Duration::parse(text), Duration(100), Duration(600_000)),
        "write for example arrival = \"30 s\", which is the default: how long a request may take to arrive",
    );
    section.finish();
    Limits {
        per_caller,
        per_tool,
        queue,
        requests: requests.unwrap_or(default.requests),
        body: body.unwrap_or(default.body),
        arrival: arrival.unwrap_or(default.arrival),
    }
}
