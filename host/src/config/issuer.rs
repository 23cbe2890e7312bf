//! `[serve.tokens]`: who else signs tokens, and where its keys come from.

use std::net::IpAddr;

use super::serve::{each, some};
use crate::manifest::between;
use crate::manifest::raw::Section;
use crate::name::FilePath;
use crate::unit::Duration;

/// Who signs tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// As `iss` says it.
    pub issuer: String,
    /// Its keys.
    pub keys: Keys,
    /// The claim that names the platform's session.
    pub session: String,
    /// Clients through which people sign in; a token that names another one is an agent's.
    pub clients: Vec<String>,
}

/// Where a JWK set (RFC 7517) comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// A file below the workspace.
    File(FilePath),
    /// The issuer itself.
    Url(Address),
}

/// An address that is looked at again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// It begins with `https://`, or is on this machine.
    pub url: String,
    /// How often it is looked at.
    pub every: Duration,
    /// A token may name a key that is not known here, as often as somebody sends one: no two looks are nearer than this.
    pub pause: Duration,
}

impl Address {
    /// How often one is looked at where nothing is said.
    pub(super) const EVERY: Duration = Duration(5 * 60_000);
    /// How near two looks may be where nothing is said.
    pub(super) const PAUSE: Duration = Duration(10_000);
}

const FILE: &str = "write keys = \"keys/login.jwks.json\": its JWK set, below the workspace; or `jwks-url`";
const URL: &str = "write jwks-url = \"https://login.example/.well-known/jwks.json\": where it keeps its JWK set";
const CLIENTS: &str =
    "write clients = [\"approvals-page\"]: clients through which people sign in, as `azp` or `client_id` names them";

/// Reads `[serve.tokens]`.
pub(super) fn issuer(mut section: Section<'_>) -> Option<Issuer> {
    let issuer = section.need("issuer", some, "write issuer = \"https://login.example\": as its tokens name it");
    let keys = keys(&mut section);
    let session = section.read("session", some, "write session = \"sid\": the claim that names the platform's session");
    let clients = each(&mut section, "clients", some, CLIENTS);
    section.finish();
    Some(Issuer { issuer: issuer?, keys: keys?, session: session.unwrap_or_else(|| "sid".to_owned()), clients })
}

fn keys(section: &mut Section<'_>) -> Option<Keys> {
    let (file, url) = (section.holds("keys"), section.holds("jwks-url"));
    let address = address(section);
    if url && file {
        section.refuse("jwks-url", "its keys are in `keys` already", "leave one of the two out");
    }
    if url {
        section.read("keys", FilePath::parse, FILE);
        return address.map(Keys::Url);
    }
    for key in ["jwks-every", "jwks-pause"] {
        if section.holds(key) {
            section.refuse(key, "nothing is fetched without `jwks-url`", "leave it out: a file is read again on SIGHUP");
        }
    }
    section.need("keys", FilePath::parse, FILE).map(Keys::File)
}

fn address(section: &mut Section<'_>) -> Option<Address> {
    let url = section.read("jwks-url", |text| private_url(text, "keys"), URL);
    let (second, day) = (1_000, 86_400_000);
    let every = length(section, ("jwks-every", Address::EVERY), (second, day));
    let pause = length(section, ("jwks-pause", Address::PAUSE), (100, day));
    if pause > every {
        section.refuse("jwks-pause", "it is longer than `jwks-every`", "make it shorter: it is how near two looks may be");
    }
    Some(Address { url: url?, every, pause })
}

fn length(section: &mut Section<'_>, (key, default): (&'static str, Duration), (least, most): (u64, u64)) -> Duration {
    let help = format!("write for example {key} = \"{default}\", which is the default");
    section.read(key, |text| between(Duration::parse(text), Duration(least), Duration(most)), &help).unwrap_or(default)
}

/// An address where nobody in between can read or put in `what`: by TLS, or on this machine.
pub(super) fn private_url(text: &str, what: &str) -> Result<String, String> {
    let (url, local) = plain_url(text)?;
    if local || url.starts_with("https://") {
        return Ok(url);
    }
    Err(format!("{what} would travel without TLS: it must begin with https://, or be on this machine"))
}

/// An address over HTTP, without secrets in it; and whether it is on this machine.
pub(super) fn plain_url(text: &str) -> Result<(String, bool), String> {
    let url = reqwest::Url::parse(text).map_err(|e| format!("it is no URL: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it begins with neither https:// nor http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a name or a password, and this file is no place for them".to_owned());
    }
    Ok((url.to_string(), is_local(&url)))
}

/// Whether an address is on this machine.
#[must_use]
pub fn is_local(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
