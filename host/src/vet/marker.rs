//! Document markers: a line that says how confidential what follows is.

use std::fmt;
use std::ops::Range;

/// A marker, as documents write it: capitals count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(String);

/// What usually marks a document.
const USUAL: &[&str] = &[
    "CONFIDENTIAL",
    "STRICTLY CONFIDENTIAL",
    "COMPANY CONFIDENTIAL",
    "INTERNAL ONLY",
    "INTERNAL USE ONLY",
    "FOR INTERNAL USE ONLY",
    "NOT FOR DISTRIBUTION",
    "DO NOT DISTRIBUTE",
    "RESTRICTED",
    "TOP SECRET",
    "TLP:RED",
    "TLP:AMBER",
    "TLP:AMBER+STRICT",
    "VERTRAULICH",
    "STRENG VERTRAULICH",
    "NUR FÜR DEN INTERNEN GEBRAUCH",
    "NUR FÜR DEN DIENSTGEBRAUCH",
    "CONFIDENTIEL",
    "CONFIDENCIAL",
    "RISERVATO",
];

/// Words before a marker on its line that make it one: `Classification: RESTRICTED`.
const LABELS: &[&str] =
    &["classification", "sensitivity", "status", "confidentiality", "klassifizierung", "einstufung", "marking"];

impl Marker {
    /// The longest, in bytes.
    pub const LONGEST: usize = 128;

    /// Parses a marker: one line, with something to be seen at both ends.
    ///
    /// # Errors
    /// Why it is none; fits after "`…`".
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim() != text || text.is_empty() || text.chars().any(char::is_control) {
            return Err("is no marker: it is empty, begins or ends with a blank, or has several lines".to_owned());
        }
        if text.len() > Self::LONGEST {
            return Err(format!("is longer than {} bytes", Self::LONGEST));
        }
        Ok(Self(text.to_owned()))
    }

    /// Those that are looked for where the operator says nothing.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        USUAL.iter().map(|text| Self((*text).to_owned())).collect()
    }

    /// As it stands in documents.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The marker at `at`, if its line begins with it, after signs and a label at most.
    pub(super) fn at(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let range = at..at + self.0.len();
        if text.get(range.clone())? != self.0.as_bytes() {
            return None;
        }
        let letter = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_+".contains(byte) || *byte >= 0x80)
        };
        let before: Vec<u8> = text[..at].iter().rev().take(64).take_while(|byte| **byte != b'\n').copied().collect();
        let label: Vec<u8> =
            before.iter().rev().filter(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80).copied().collect();
        let label = label.to_ascii_lowercase();
        let heads = label.is_empty() && before.len() < 64 || LABELS.iter().any(|it| it.as_bytes() == label);
        // In quotes it is talked about, and before an `=` it is a name.
        let quoted = before.first().is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let assigned = text[range.end..].iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte == b'=');
        (heads && !quoted && !assigned && !letter(text.get(range.end)) && !letter(before.first())).then_some(range)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
