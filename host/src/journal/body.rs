//! The clear part of an entry: an object that is kept ready to be printed in canonical form.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::canonical::{self, NotCanonical};
use crate::name::Digest;

/// What stands under a key.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Text(Cow<'static, str>),
    Shared(Arc<str>),
    Number(u64),
    Hex(Digest),
    Meters(Vec<Meter>),
    Value(Value),
}

/// One meter of a receipt, as an entry holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// Its name: `fuel`, `memory`, `files.read calls`, `forum.post[1] bytes`.
    pub meter: Cow<'static, str>,
    /// What was used.
    pub used: u64,
    /// What was allowed.
    pub allowed: u64,
    /// In what.
    pub unit: &'static str,
}

impl Meter {
    fn print(&self, text: &mut String) -> Result<(), NotCanonical> {
        text.push_str("{\"allowed\":");
        canonical::write_number(text, self.allowed)?;
        text.push_str(",\"meter\":");
        canonical::write_string(text, &self.meter);
        text.push_str(",\"unit\":");
        canonical::write_string(text, self.unit);
        text.push_str(",\"used\":");
        canonical::write_number(text, self.used)?;
        text.push('}');
        Ok(())
    }
}

/// Strings, integers up to 2^53 - 1, booleans, arrays and objects of these. Never guest text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body(Vec<(Cow<'static, str>, Said)>);

impl Body {
    /// An empty body with room for so many members.
    #[must_use]
    pub fn of(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// The same body with a text.
    #[must_use]
    pub fn text(self, key: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        self.put(key.into(), Said::Text(text.into()))
    }

    /// The same body with an integer.
    #[must_use]
    pub fn number(self, key: &'static str, number: u64) -> Self {
        self.put(key.into(), Said::Number(number))
    }

    /// The same body with the 64 digits of a digest.
    #[must_use]
    pub fn hex(self, key: &'static str, digest: Digest) -> Self {
        self.put(key.into(), Said::Hex(digest))
    }

    /// The same body with a name, which is shared and not copied.
    #[must_use]
    pub fn name(self, key: &'static str, name: &Arc<str>) -> Self {
        self.put(key.into(), Said::Shared(name.clone()))
    }

    /// The same body with a receipt.
    #[must_use]
    pub fn meters(self, key: &'static str, meters: Vec<Meter>) -> Self {
        self.put(key.into(), Said::Meters(meters))
    }

    /// The text under a key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        match self.said(key)? {
            Said::Text(text) => Some(text),
            Said::Shared(name) => Some(name),
            Said::Value(value) => value.as_str(),
            Said::Number(_) | Said::Hex(_) | Said::Meters(_) => None,
        }
    }

    /// The integer under a key.
    #[must_use]
    pub fn number_of(&self, key: &str) -> Option<u64> {
        match self.said(key)? {
            Said::Number(number) => Some(*number),
            Said::Value(value) => value.as_u64(),
            Said::Text(_) | Said::Shared(_) | Said::Hex(_) | Said::Meters(_) => None,
        }
    }

    fn said(&self, key: &str) -> Option<&Said> {
        self.0.iter().find(|(there, _)| there == key).map(|(_, said)| said)
    }

    /// About how many bytes it takes printed.
    pub(super) fn size(&self) -> usize {
        let said = |said: &Said| match said {
            Said::Text(text) => text.len() + 2,
            Said::Number(_) | Said::Value(_) => 20,
            Said::Hex(_) => 66,
            Said::Shared(name) => name.len() + 2,
            Said::Meters(meters) => meters.iter().map(|it| it.meter.len() + it.unit.len() + 72).sum(),
        };
        self.0.iter().map(|(key, it)| key.len() + 4 + said(it)).sum::<usize>() + 2
    }

    /// Keys are kept in the order of RFC 8785: by their UTF-16 code units.
    fn put(mut self, key: Cow<'static, str>, said: Said) -> Self {
        let before = |there: &str| match there.is_ascii() && key.is_ascii() {
            true => *there < *key,
            false => there.encode_utf16().lt(key.encode_utf16()),
        };
        let at = self.0.iter().rposition(|(there, _)| before(there)).map_or(0, |last| last + 1);
        match self.0.get_mut(at) {
            Some((there, value)) if *there == key => *value = said,
            Some(_) | None => self.0.insert(at, (key, said)),
        }
        self
    }

    /// Prints it in canonical form at the end of `text`.
    pub(super) fn print(&self, text: &mut String) -> Result<(), NotCanonical> {
        text.push('{');
        for (place, (key, said)) in self.0.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            canonical::write_string(text, key);
            text.push(':');
            said.print(text)?;
        }
        text.push('}');
        Ok(())
    }
}

impl Said {
    fn print(&self, text: &mut String) -> Result<(), NotCanonical> {
        match self {
            Self::Text(said) => {
                canonical::write_string(text, said);
                Ok(())
            }
            Self::Number(number) => canonical::write_number(text, *number),
            Self::Hex(digest) => {
                text.push('"');
                digest.push_hex(text);
                text.push('"');
                Ok(())
            }
            Self::Shared(name) => {
                canonical::write_string(text, name);
                Ok(())
            }
            Self::Meters(meters) => {
                text.push('[');
                for (place, meter) in meters.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    meter.print(text)?;
                }
                text.push(']');
                Ok(())
            }
            Self::Value(value) => canonical::write(text, value),
        }
    }
}

impl From<Value> for Body {
    /// An object as it is; anything else stands under `value`.
    fn from(value: Value) -> Self {
        match value {
            Value::Object(members) => {
                members.into_iter().fold(Self::default(), |body, (key, value)| body.put(key.into(), Said::Value(value)))
            }
            other => Self::default().put("value".into(), Said::Value(other)),
        }
    }
}
