//! The chain: an entry in its place, its canonical bytes, and the hash that the next one names.

use std::collections::BTreeMap;

use rand::Rng as _;
use serde_json::{Map, Value};

use super::canonical::{self, NotCanonical};
use super::{Draft, Kind};
use crate::clock::Instant;
use crate::name::{Digest, InvocationId};

/// What an entry before the first would hash to: 64 zeros.
pub const NOTHING_BEFORE: Digest = Digest::from_bytes([0; 32]);

/// An entry in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the host's log, from 0.
    pub number: u64,
    /// The hash of the entry before it there.
    pub previous: Digest,
    /// The log's origin.
    pub log: String,
    /// Its invocation and its number there, from 0; none for what people do to the workspace.
    pub place: Option<(InvocationId, u32)>,
    /// When.
    pub time: Instant,
    /// What happened.
    pub kind: Kind,
    /// The clear part.
    pub body: Map<String, Value>,
    /// Part of the payload → its commitment.
    pub commits: BTreeMap<String, Digest>,
}

/// What an entry says of a payload: SHA-256(salt, payload). The salt is kept and erased with the payload.
#[must_use]
pub fn commitment(salt: &[u8; 32], payload: &[u8]) -> Digest {
    Digest::of_parts(&[salt, payload])
}

impl Entry {
    /// Reads an entry from its canonical bytes. Every member must be there and no other may be.
    ///
    /// # Errors
    /// When the bytes are not those of an entry.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotCanonical> {
        let Value::Object(mut members) = canonical::parse(bytes)? else {
            return Err(NotCanonical("it is not an object".to_owned()));
        };
        let place = match (members.remove("invocation"), members.remove("seq")) {
            (None, None) => None,
            (Some(Value::String(invocation)), Some(seq)) => {
                let invocation = InvocationId::parse(&invocation).map_err(|e| NotCanonical(e.to_string()))?;
                let seq = seq.as_u64().and_then(|seq| u32::try_from(seq).ok()).ok_or_else(|| wrong("seq"))?;
                Some((invocation, seq))
            }
            (Some(_) | None, Some(_) | None) => return Err(wrong("invocation")),
        };
        let entry = Self {
            number: integer(&mut members, "number")?,
            previous: digest(&text(&mut members, "previous")?)?,
            log: text(&mut members, "log")?,
            place,
            time: Instant(integer(&mut members, "time")?),
            kind: Kind::parse(&text(&mut members, "kind")?).ok_or_else(|| wrong("kind"))?,
            body: object(&mut members, "body")?,
            commits: commits(object(&mut members, "commits")?)?,
        };
        match members.keys().next() {
            None => Ok(entry),
            Some(key) => Err(NotCanonical(format!("an entry has no `{}`", key.escape_debug()))),
        }
    }
}

/// A draft with its commitments printed: all of an entry that can be made before its place in the log is known.
#[derive(Debug, Clone)]
pub struct Sealed {
    kind: Kind,
    /// The members `body` and `commits`, which come first in canonical order.
    beginning: String,
}

/// Seals a draft under fresh random bytes, which are returned for its payloads to be kept with.
///
/// # Errors
/// When the body holds what canonical bytes cannot.
pub fn seal(draft: &Draft) -> Result<(Sealed, Vec<[u8; 32]>), NotCanonical> {
    let mut salts = vec![[0; 32]; draft.payloads.len()];
    salts.iter_mut().for_each(|salt| rand::rng().fill_bytes(salt));
    Ok((Sealed::new(draft, &salts)?, salts))
}

/// Where an entry comes to stand.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The log's origin.
    pub log: &'a str,
    /// Its invocation and its number there; none for what people do to the workspace.
    pub invocation: Option<(InvocationId, u32)>,
    /// When.
    pub time: Instant,
}

impl Sealed {
    /// Seals a draft, each payload under 32 random bytes of its own.
    ///
    /// # Errors
    /// When the body holds what canonical bytes cannot.
    pub fn new(draft: &Draft, salts: &[[u8; 32]]) -> Result<Self, NotCanonical> {
        // With room for the rest, so that placing it moves nothing.
        let mut beginning = String::with_capacity(draft.body.size() + 96 * draft.payloads.len() + 384);
        beginning.push_str("{\"body\":");
        draft.body.print(&mut beginning)?;
        beginning.push_str(",\"commits\":{");
        let mut parts: Vec<_> = draft.payloads.iter().zip(salts).collect();
        parts.sort_by_key(|(payload, _)| payload.part);
        for (place, (payload, salt)) in parts.into_iter().enumerate() {
            beginning.push_str(if place > 0 { "," } else { "" });
            canonical::write_string(&mut beginning, payload.part);
            beginning.push_str(":\"");
            commitment(salt, &payload.bytes).push_hex(&mut beginning);
            beginning.push('"');
        }
        beginning.push('}');
        Ok(Self { kind: draft.kind, beginning })
    }

    /// The entry's canonical bytes in its place after `head`, and the head after it.
    ///
    /// # Errors
    /// When a number is beyond what canonical bytes hold.
    pub fn place(self, head: &Head, place: &Place<'_>) -> Result<(String, Head), NotCanonical> {
        let mut text = self.beginning;
        if let Some((invocation, _)) = place.invocation {
            text.push_str(",\"invocation\":\"");
            invocation.push_to(&mut text);
            text.push('"');
        }
        text.push_str(",\"kind\":");
        canonical::write_string(&mut text, self.kind.as_str());
        text.push_str(",\"log\":");
        canonical::write_string(&mut text, place.log);
        text.push_str(",\"number\":");
        canonical::write_number(&mut text, head.entries)?;
        text.push_str(",\"previous\":\"");
        head.hash.push_hex(&mut text);
        text.push('"');
        if let Some((_, seq)) = place.invocation {
            text.push_str(",\"seq\":");
            canonical::write_number(&mut text, seq.into())?;
        }
        text.push_str(",\"time\":");
        canonical::write_number(&mut text, place.time.0)?;
        text.push('}');
        let head = head.then(text.as_bytes());
        Ok((text, head))
    }
}

/// The end of a log: how many entries it has, and the hash of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number that the next entry gets.
    pub entries: u64,
    /// What the next entry names as the one before it.
    pub hash: Digest,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Self = Self { entries: 0, hash: NOTHING_BEFORE };

    /// The head after one more entry with these bytes.
    #[must_use]
    pub fn then(&self, bytes: &[u8]) -> Self {
        Self { entries: self.entries + 1, hash: Digest::of(bytes) }
    }
}

fn wrong(member: &str) -> NotCanonical {
    NotCanonical(format!("its `{member}` is missing or not what it should be"))
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<String, NotCanonical> {
    match members.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) | None => Err(wrong(name)),
    }
}

fn integer(members: &mut Map<String, Value>, name: &str) -> Result<u64, NotCanonical> {
    members.remove(name).and_then(|value| value.as_u64()).ok_or_else(|| wrong(name))
}

fn object(members: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, NotCanonical> {
    match members.remove(name) {
        Some(Value::Object(object)) => Ok(object),
        Some(_) | None => Err(wrong(name)),
    }
}

fn digest(hex: &str) -> Result<Digest, NotCanonical> {
    Digest::parse_hex(hex).map_err(|e| NotCanonical(e.to_string()))
}

fn commits(object: Map<String, Value>) -> Result<BTreeMap<String, Digest>, NotCanonical> {
    let commit = |(part, value): (String, Value)| match value {
        Value::String(hex) => Ok((part, digest(&hex)?)),
        _ => Err(wrong("commits")),
    };
    object.into_iter().map(commit).collect()
}
