//! Tokens: JWTs (RFC 7519) that say for whom an agent works (`sub`), which agents act (`act`, RFC 8693 section 4.1) and in
//! which session of the platform; and those by which a person is known at the approvers' door.
//!
//! The two never pass for each other. What has `act`, a session of the platform, or a client that is not named as one through
//! which people sign in, is an agent's and is turned away where people answer, and what has no `act` is turned away where
//! agents call, both before anything else in it is looked at.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Caller;
use super::checked::{Checked, Span};
use super::keys::Keys;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::name::{Actors, AgentName, Digest, PersonName};
use crate::setup::Workspace;
use crate::unit::Duration;

/// What is signed with. Nothing symmetric, and never `none`: who checks a token cannot make one.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS512,
];

/// The longest chain of agents.
const CHAIN: usize = 4;

/// The longest token, in bytes.
const LONGEST: usize = 8 << 10;

/// How far the clocks of issuer and host may be apart.
const LEEWAY: u64 = 30;

/// Why a token is turned away. What is said aloud tells its holder nothing about others' tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// There is none.
    Missing,
    /// It is no token that this door takes; why goes to the operator's log.
    Invalid(String),
    /// Nobody here knows its key; its issuer may have a new one.
    NoKey,
    /// It is an agent's, and this is where people answer.
    Agents(Box<Signed>),
    /// It is a person's, and this is where agents call.
    Persons,
}

/// For whom an agent's token was signed, as far as names in it are names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// On whose behalf.
    pub person: Option<PersonName>,
    /// Through which agents.
    pub actors: Option<Actors>,
}

/// The claims that name the client a token was given to: of OpenID Connect and RFC 9068, and as two large issuers write it.
const CLIENTS: [&str; 4] = ["azp", "client_id", "cid", "appid"];

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(default)]
    aud: Audience,
    exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    /// Everything else, `act` among it: also an `act` that says nothing is one.
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

impl Claims {
    /// Between which times it holds: an agent in its chain may end before it.
    fn span(&self) -> Span {
        let chain = std::iter::successors(self.rest.get("act"), |act| act.get("act"));
        let ends = chain.filter_map(|act| act.get("exp").and_then(Value::as_u64));
        let until = ends.fold(self.exp, u64::min).saturating_add(LEEWAY);
        let from = self.nbf.max(self.iat).unwrap_or_default().saturating_sub(LEEWAY);
        Span { from, until }
    }
}

/// One audience, or several.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn holds(&self, wanted: &str) -> bool {
        match self {
            Self::None => false,
            Self::One(one) => one == wanted,
            Self::Several(all) => all.iter().any(|one| one == wanted),
        }
    }
}

/// A person's token that was checked. Times are seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whose it is.
    pub person: PersonName,
    /// When it was issued, where it says so.
    pub issued: Option<u64>,
    /// Until when it holds.
    pub expires: u64,
}

/// Signs this workspace's own tokens, and checks them and those of its issuer.
pub struct Tokens {
    own: Own,
    issuer: Option<Keys>,
    agents: String,
    people: String,
    checked: Checked,
}

/// A token that somebody signed whom this workspace knows.
struct Known<'a> {
    claims: Claims,
    by: By<'a>,
}

/// Who signed it, and how that one calls things.
#[derive(Clone, Copy)]
struct By<'a> {
    issuer: &'a str,
    /// The claim that names a session.
    session: &'a str,
    /// Clients through which people sign in.
    clients: &'a [String],
}

impl Known<'_> {
    fn is_agents(&self) -> bool {
        let rest = &self.claims.rest;
        let people = |client: &Value| client.as_str().is_some_and(|it| self.by.clients.iter().any(|known| known == it));
        let elsewhere = CLIENTS.iter().filter_map(|claim| rest.get(*claim)).any(|client| !people(client));
        rest.contains_key("act") || rest.contains_key(self.by.session) || elsewhere
    }

    /// The agents that act, the one that calls first. A chain that cannot be followed to its end is none.
    fn actors(&self, now: Instant) -> Result<Option<Actors>, Denied> {
        let Some(act) = self.claims.rest.get("act") else { return Ok(None) };
        let mut chain = chain(act, self.by.issuer, now)?.into_iter();
        let first = chain.next().ok_or_else(|| Denied::Invalid("it names no agent".to_owned()))?;
        Ok(Some(Actors::new(first, chain)))
    }
}

struct Own {
    issuer: String,
    kid: String,
    signs: EncodingKey,
    checks: DecodingKey,
}

impl Tokens {
    /// The claim by which the workspace's own tokens name a session.
    const SESSION: &str = "sid";

    /// Reads the keys of a workspace.
    ///
    /// # Errors
    /// When they are missing or not understood.
    pub fn open(workspace: &Workspace) -> Result<Self, Broken> {
        let doing = "reading the key of the doors";
        let pem = workspace.door_key()?;
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|e| Broken::while_doing(doing, e))?;
        let public = key.verifying_key();
        let own = Own {
            issuer: format!("tollgate:{}", workspace.config.host),
            kid: Digest::of(public.as_bytes()).hex()[..16].to_owned(),
            signs: EncodingKey::from_ed_pem(pem.as_bytes()).map_err(|e| Broken::while_doing(doing, e))?,
            checks: DecodingKey::from_ed_der(public.as_bytes()),
        };
        let serve = &workspace.config.serve;
        let issuer = serve.tokens.clone().map(|issuer| Keys::open(workspace, issuer)).transpose()?;
        let (agents, people) = (format!("{}/mcp", serve.agents.url), serve.people.url.clone());
        Ok(Self { own, issuer, agents, people, checked: Checked::default() })
    }

    /// Reads the issuer's keys again: it has changed them.
    ///
    /// # Errors
    /// When they are not understood; then the old ones stay.
    pub fn reload(&self, workspace: &Workspace) -> Result<(), Broken> {
        let Some(keys) = &self.issuer else { return Ok(()) };
        keys.read(workspace)?.into_iter().for_each(|set| self.put(keys, set));
        Ok(())
    }

    /// Keeps the issuer's keys as it has them, as long as it is polled.
    pub async fn follow(&self) {
        if let Some(keys) = &self.issuer {
            keys.follow(|set| self.put(keys, set)).await;
        }
    }

    /// Looks for a key that nobody here knows: then it is worth trying once more.
    pub async fn seek(&self) {
        if let Some(keys) = &self.issuer {
            keys.seek().await;
        }
    }

    /// What keeps it from knowing tokens, in words without an address.
    #[must_use]
    pub fn lacks(&self) -> Option<&'static str> {
        self.issuer.as_ref().filter(|keys| keys.lack()).map(|_| "the issuer's keys could not be fetched yet")
    }

    /// The one place where other keys of the issuer take effect.
    fn put(&self, keys: &Keys, set: JwkSet) {
        keys.put(set);
        self.checked.forget();
    }

    /// The URI of the agents' door, as tokens for it must name it in `aud` (RFC 8707).
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.agents
    }

    /// Who calls through an agent's token.
    ///
    /// # Errors
    /// Why it is turned away.
    pub fn agent(&self, token: Option<&str>, now: Instant) -> Result<Caller, Denied> {
        let token = token.ok_or(Denied::Missing)?;
        let digest = Digest::of(token.as_bytes());
        let keys = match self.checked.caller(&digest, now.0 / 1000) {
            Ok(caller) => return Ok(caller),
            Err(keys) => keys,
        };
        let known = self.known(Some(token), now)?;
        let caller = self.caller(&known, now)?;
        self.checked.keep(digest, keys, (caller.clone(), known.claims.span()));
        Ok(caller)
    }

    fn caller(&self, known: &Known<'_>, now: Instant) -> Result<Caller, Denied> {
        let actors = known.actors(now);
        if matches!(actors, Ok(None)) {
            return Err(Denied::Persons);
        }
        let claims = &known.claims;
        if !claims.aud.holds(&self.agents) {
            return Err(Denied::Invalid(format!("its audience is not {}", self.agents)));
        }
        let actors = actors?.ok_or(Denied::Persons)?;
        let session = match claims.rest.get(known.by.session) {
            None => None,
            Some(Value::String(session)) => Some(session.clone()),
            Some(_) => return Err(Denied::Invalid("its session is no text".to_owned())),
        };
        Ok(Caller { person: person(&claims.sub)?, actors, session })
    }

    /// Who a person's token is of.
    ///
    /// # Errors
    /// Why it is turned away; an agent's before anything else in it is looked at.
    pub fn person(&self, token: Option<&str>, now: Instant) -> Result<Shown, Denied> {
        let known = self.known(token, now)?;
        let claims = &known.claims;
        if known.is_agents() {
            let (person, actors) = (PersonName::parse(&claims.sub).ok(), known.actors(now).ok().flatten());
            return Err(Denied::Agents(Box::new(Signed { person, actors })));
        }
        if !claims.aud.holds(&self.people) {
            return Err(Denied::Invalid(format!("its audience is not {}", self.people)));
        }
        Ok(Shown { person: person(&claims.sub)?, issued: claims.iat, expires: claims.exp })
    }

    /// A token for an agent that works for a person.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn for_agent(&self, caller: &Caller, (now, lives): (Instant, Duration)) -> Result<String, Broken> {
        let act = caller.actors.each().rev().fold(None, |inner: Option<Value>, agent| {
            let mut act = serde_json::json!({ "sub": agent.as_str() });
            inner.into_iter().for_each(|inner| act["act"] = inner);
            Some(act)
        });
        let session = caller.session.as_deref().map(|session| (Self::SESSION.to_owned(), Value::from(session)));
        let act = act.map(|act| ("act".to_owned(), act));
        self.sign(Claims {
            rest: act.into_iter().chain(session).collect(),
            ..self.claim(&caller.person, &self.agents, (now, lives))
        })
    }

    /// A token for a person, who has just shown a passphrase.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn for_person(&self, person: &PersonName, when: (Instant, Duration)) -> Result<String, Broken> {
        self.sign(self.claim(person, &self.people, when))
    }

    fn claim(&self, person: &PersonName, audience: &str, (now, lives): (Instant, Duration)) -> Claims {
        Claims {
            iss: self.own.issuer.clone(),
            sub: person.to_string(),
            aud: Audience::One(audience.to_owned()),
            exp: now.after(lives).0 / 1000,
            nbf: None,
            iat: Some(now.0 / 1000),
            rest: serde_json::Map::new(),
        }
    }

    fn sign(&self, claims: Claims) -> Result<String, Broken> {
        let header = Header { kid: Some(self.own.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.own.signs).map_err(|e| Broken::while_doing("signing a token", e))
    }

    /// What a token says that somebody signed whom this workspace knows.
    fn known(&self, token: Option<&str>, now: Instant) -> Result<Known<'_>, Denied> {
        let invalid = |why: &dyn std::fmt::Display| Denied::Invalid(why.to_string());
        let token = token.ok_or(Denied::Missing)?;
        if token.len() > LONGEST {
            return Err(invalid(&"it is too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|e| invalid(&e))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(invalid(&format!("it is signed with {:?}", header.alg)));
        }
        // RFC 7515, section 4.1.11: what has to be understood, and is not, is not passed over.
        if header.crit.is_some() {
            return Err(invalid(&"it asks for more than is understood here"));
        }
        let (by, key) = self.key(header.kid.as_deref(), header.alg)?;
        let mut validation = Validation::new(header.alg);
        // Times are compared with the store's, which never goes back; the audience by the door.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.set_issuer(&[by.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|e| invalid(&e))?.claims;
        let seconds = now.0 / 1000;
        if claims.exp.saturating_add(LEEWAY) < seconds {
            return Err(invalid(&"it has expired"));
        }
        if [claims.nbf, claims.iat].into_iter().flatten().any(|from| from > seconds + LEEWAY) {
            return Err(invalid(&"it is not valid yet"));
        }
        Ok(Known { claims, by })
    }

    /// The key that a token names, and whose it is.
    fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<(By<'_>, DecodingKey), Denied> {
        if kid == Some(&self.own.kid) && algorithm == Algorithm::EdDSA {
            let by = By { issuer: &self.own.issuer, session: Self::SESSION, clients: &[] };
            return Ok((by, self.own.checks.clone()));
        }
        let keys = self.issuer.as_ref().ok_or(Denied::NoKey)?;
        let (issuer, key) = (&keys.issuer, keys.find(kid, algorithm)?);
        Ok((By { issuer: &issuer.issuer, session: &issuer.session, clients: &issuer.clients }, key))
    }
}

/// The agents that act, the one that calls first. A chain that cannot be followed to its end is none.
fn chain(act: &Value, issuer: &str, now: Instant) -> Result<Vec<AgentName>, Denied> {
    let invalid = |why: String| Denied::Invalid(why);
    let mut chain = Vec::new();
    let mut next = Some(act);
    while let Some(act) = next {
        if chain.len() == CHAIN {
            return Err(invalid(format!("more than {CHAIN} agents act")));
        }
        let name = act["sub"].as_str().ok_or_else(|| invalid("an agent in it has no name".to_owned()))?;
        chain.push(AgentName::parse(name).map_err(|e| invalid(format!("an agent in it: {e}")))?);
        // Another issuer's agent of that name is another agent.
        if act.get("iss").is_some_and(|by| by != issuer) {
            return Err(invalid("an agent in it is known to somebody else".to_owned()));
        }
        match act.get("exp").map(Value::as_u64) {
            Some(Some(exp)) if exp.saturating_add(LEEWAY) >= now.0 / 1000 => {}
            Some(_) => return Err(invalid("what an agent in it was given has expired".to_owned())),
            None => {}
        }
        next = act.get("act");
    }
    Ok(chain)
}

fn person(text: &str) -> Result<PersonName, Denied> {
    PersonName::parse(text).map_err(|e| Denied::Invalid(format!("its subject is no person here: {e}")))
}
