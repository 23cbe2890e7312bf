//! An invocation read back from its journal: what it takes to go on with it, and what is reported of it.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::Past;
use super::report::refusal as shown;
use super::run::no_longer_cleared;
use super::sealed::{FROM, PART, unsaid};
use crate::clock::Instant;
use crate::gate::{Recalled, Recorded, Tape, in_doubt, never_begun};
use crate::journal::{IN_DOUBT, Kind};
use crate::label::Label;
use crate::meter::{Spent, Used};
use crate::name::{Actors, Digest, InvocationId, PersonName, ToolName};
use crate::refusal::{Code, Refusal};
use crate::runtime::Seed;
use crate::tool::sealed::handed;

/// An invocation that was set down, as far as its journal goes.
#[derive(Debug, Clone)]
pub struct Before {
    /// Which.
    pub invocation: InvocationId,
    /// Of which tool.
    pub tool: ToolName,
    /// The digest of its component, whose bytes the host keeps.
    pub component: Digest,
    pub(super) engine: String,
    pub(super) function: String,
    pub(super) initiator: PersonName,
    pub(super) actors: Actors,
    pub(super) session: Option<String>,
    pub(super) arguments: String,
    /// What its session held when it began.
    pub(super) held: Label,
    pub(super) seed: Seed,
    pub(super) start: Instant,
    pub(super) tape: Tape,
    pub(super) entries: u32,
}

/// Why an invocation that was set down cannot be run again from its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// What is missing from it, or is not understood.
    Erased(String),
    /// A payload is not what its entry says it is.
    Forged,
}

impl From<String> for Lost {
    fn from(what: String) -> Self {
        Self::Erased(what)
    }
}

impl From<&str> for Lost {
    fn from(what: &str) -> Self {
        Self::Erased(what.to_owned())
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Erased(what) => f.write_str(what),
            Self::Forged => f.write_str("a payload of it is not what its entry says it is"),
        }
    }
}

/// What is missing from a journal so that an invocation cannot go on.
const ERASED: &str = "its payloads were erased";

impl Before {
    /// Reads the entries of an invocation that was set down.
    ///
    /// # Errors
    /// What is missing or not understood.
    pub fn read(invocation: InvocationId, past: &[Past]) -> Result<Self, Lost> {
        if past.iter().any(|entry| entry.forged) {
            return Err(Lost::Forged);
        }
        let began = past.first().filter(|entry| entry.kind == Kind::Began.as_str()).ok_or("it never began")?;
        let text = |key: &str| began.body[key].as_str().ok_or_else(|| format!("its first entry has no {key}"));
        let name = |e: crate::name::BadName| e.to_string();
        let part = |part: &str| began.parts.get(part).ok_or(ERASED);
        Ok(Self {
            invocation,
            tool: ToolName::parse(text("tool")?).map_err(name)?,
            component: Digest::parse_hex(text("component")?).map_err(name)?,
            engine: text("engine")?.to_owned(),
            function: text("function")?.to_owned(),
            initiator: PersonName::parse(text("initiator")?).map_err(name)?,
            actors: Actors::read(&began.body).map_err(name)?,
            session: began.body["session"].as_str().map(str::to_owned),
            held: began.label("label"),
            arguments: String::from_utf8(part("arguments")?.clone()).map_err(|e| e.to_string())?,
            seed: Seed::of(part("seed")?).ok_or("its seed is not one")?,
            start: Instant(invocation.millis()),
            tape: tape(past)?,
            entries: u32::try_from(past.len()).map_err(|e| e.to_string())?,
        })
    }
}

/// What the guest heard, in order.
fn tape(past: &[Past]) -> Result<Tape, String> {
    let down = past.iter().rposition(|entry| entry.kind == Kind::SetDown.as_str()).ok_or("it was never set down")?;
    // A question that was joined or asked here says what had been used before it.
    let asked = past[..down].iter().rposition(|entry| entry.kind == Kind::Asked.as_str()).ok_or("it never asked")?;
    let mut spent = spent(&past[asked].body)?;
    let mut clock = None;
    let mut calls = VecDeque::new();
    let mut since = 0;
    for (seq, entry) in past.iter().enumerate() {
        if entry.kind == Kind::TakenUp.as_str() {
            clock = entry.body["clock"].as_u64().map(Instant);
            continue;
        }
        let Some(answer) = answer(past, seq)? else { continue };
        let function = entry.body["function"].as_str().unwrap_or_default().to_owned();
        let asked = entry.parts.get("asked").ok_or(ERASED)?.clone();
        calls.push_back(Recorded { function, asked, answer, clock: clock.take() });
        if seq > down {
            since += 1;
            charge(&mut spent, &entry.body);
        }
    }
    let question = if since == 0 { past[down].body["question"].as_u64() } else { None };
    Ok(Tape { calls, spent, question })
}

/// What the call of this entry was answered; none where it is not the entry of a call.
fn answer(past: &[Past], seq: usize) -> Result<Option<Recalled>, String> {
    let entry = &past[seq];
    let kind = Kind::parse(&entry.kind);
    if kind == Some(Kind::Observed) {
        let told = entry.parts.get("answered").ok_or(ERASED)?.clone();
        return Ok(Some(Recalled::Told(told, entry.label("from"))));
    }
    if kind == Some(Kind::Refused) {
        return refused(entry).map(|refusal| Some(Recalled::Refused(refusal, entry.label("from"))));
    }
    if kind != Some(Kind::Intent) {
        return Ok(None);
    }
    let number = json!(seq);
    let is_outcome = |other: &&Past| other.kind == Kind::Outcome.as_str() && other.body["intent"] == number;
    let settled = past.iter().position(|other| is_outcome(&other)).ok_or("an intent of it is not settled")?;
    if past[settled].body["outcome"] == "done" {
        return Ok(Some(Recalled::Done(past[settled].body.clone())));
    }
    // Told to the guest in the entry that follows; if the host ended before that, the guest was told nothing.
    let told = past.get(settled + 1).filter(|next| next.kind == Kind::Refused.as_str());
    if told.is_some_and(|next| next.parts.get("asked") == entry.parts.get("asked")) {
        return Ok(None);
    }
    let unknown = past[settled].body["outcome"] == IN_DOUBT;
    Ok(Some(Recalled::Refused(if unknown { in_doubt() } else { never_begun() }, Label::default())))
}

fn refused(entry: &Past) -> Result<Refusal, String> {
    let code = entry.body["code"].as_str().and_then(Code::parse).ok_or("a refusal of it has no code that is known")?;
    let told: Value = serde_json::from_slice(entry.parts.get("answered").ok_or(ERASED)?).map_err(|e| e.to_string())?;
    let (message, change) = (told["message"].as_str().unwrap_or_default(), told["change"].as_str());
    let until = told["until"].as_u64().map(Instant);
    Ok(Refusal { code, message: message.to_owned(), change: change.map(str::to_owned), until })
}

fn spent(body: &Value) -> Result<Spent, String> {
    let list = |key: &str| {
        let each = body[key].as_array().into_iter().flatten().map(|it| {
            let index = u32::try_from(it[1].as_u64()?).ok()?;
            Some((it[0].as_str()?.to_owned(), index, Used { calls: it[2].as_u64()?, bytes: it[3].as_u64()? }))
        });
        each.collect::<Option<Vec<_>>>().ok_or_else(|| "what it had used is not understood".to_owned())
    };
    Ok(Spent { granted: list("granted")?, declared: list("declared")? })
}

/// Adds what a call used that was made after the invocation was last set down.
fn charge(spent: &mut Spent, body: &Value) {
    let place = body["grant"].as_u64().and_then(|place| usize::try_from(place).ok());
    if let Some((_, _, used)) = place.and_then(|place| spent.granted.get_mut(place)) {
        used.calls += 1;
        used.bytes += body["bytes"].as_u64().unwrap_or_default();
    }
}

/// An invocation that is over, as `tollgate call` would have printed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// How it ended, in one word.
    pub outcome: String,
    /// The report.
    pub json: Value,
    pub(super) initiator: PersonName,
    /// What the call and its session had read when it ended.
    pub(super) from: Label,
}

impl Reported {
    /// Reads the end of an invocation from its journal; none if it is not over.
    #[must_use]
    pub fn read(invocation: InvocationId, past: &[Past]) -> Option<Self> {
        let (began, ended) = (past.first()?, past.last().filter(|entry| entry.kind == Kind::Ended.as_str())?);
        let outcome = ended.body["outcome"].as_str().unwrap_or_default().to_owned();
        // A call that the host's next start ended has no sealed part, and may have been handed something sealed.
        let asked = began.parts.get("arguments").map(|it| String::from_utf8_lossy(it));
        let sealed = ended.parts.contains_key(PART) || asked.is_some_and(|it| !handed(&it).is_empty());
        let (initiator, from) = (began.body["initiator"].as_str()?, ended.label(FROM));
        let value = ended.parts.get("value").and_then(|value| serde_json::from_slice::<Value>(value).ok());
        let refusals = past.iter().filter(|entry| entry.kind == Kind::Refused.as_str()).filter_map(|entry| {
            let refusal = refused(entry).ok()?;
            let refusal = if sealed { unsaid(&refusal) } else { refusal };
            Some(shown(entry.body["function"].as_str().unwrap_or_default(), &refusal))
        });
        let mut json = json!({
            "invocation": invocation.to_string(), "tool": began.body["tool"], "function": began.body["function"],
            "outcome": outcome, "value": value, "refusals": refusals.collect::<Vec<_>>(), "receipt": ended.body["receipt"],
        });
        if let Some(fault) = ended.body.get("fault") {
            json["fault"] = json!({ "kind": fault });
        }
        Some(Self { outcome, json, initiator: PersonName::parse(initiator).ok()?, from })
    }

    /// The same for an initiator who may not know any more what came of it.
    pub(super) fn withheld(mut self) -> Self {
        self.outcome = "refused".to_owned();
        self.json["outcome"] = json!(self.outcome);
        self.json["value"] = Value::Null;
        if let Some(refusals) = self.json["refusals"].as_array_mut() {
            refusals.push(shown("call", &no_longer_cleared()));
        }
        self
    }
}
