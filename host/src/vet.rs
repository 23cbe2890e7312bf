//! Vetting: what stands in a text that goes out. Pure: secrets, personal data, the operator's words and patterns, document
//! markers, and passages of what was read, each with its place.
//!
//! A detector adds findings and takes nothing away: one that finds nothing allows nothing. Forms that are encoded (base64,
//! hex, URL; gzip, zlib, zstd) are looked into, [`DEPTH`] deep. Work is linear in the text and bounded; where a bound was
//! met, that is a finding too ([`Kind::Unseen`]).

mod anchor;
mod assigned;
mod check;
mod iban;
mod layer;
mod mail;
mod marker;
mod number;
mod own;
mod passage;
mod piece;
mod secret;
mod unpack;

pub use marker::Marker;
pub use own::{Pattern, Word};
pub use passage::{GUARANTEED, Passages};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::label::Source;

/// So many encodings around one another are looked into.
pub const DEPTH: usize = 3;

/// Most bytes that are looked at of what one compressed piece holds.
pub const PIECE: usize = 1 << 20;

/// Most bytes that are taken from and made of encoded pieces in one look, all layers together. The text itself is always
/// looked at in full.
pub const DECODED: usize = 8 << 20;

/// Most encoded pieces that are looked into in one look.
pub const PIECES: usize = 4096;

/// So many findings of a kind are kept with their places; the rest is counted.
pub const KEPT: usize = 16;

/// What was found, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What gives access: tokens, keys, passwords.
    Secret,
    /// Addresses and numbers of people.
    Personal,
    /// One of the operator's words.
    Word,
    /// One of the operator's patterns.
    Pattern,
    /// A line that says how confidential its document is.
    Marker,
    /// A stretch of text that stands in what was read.
    Passage,
    /// Not all was looked at.
    Unseen,
}

impl Kind {
    /// Every kind, in the order in which detectors run.
    pub const ALL: [Self; 7] =
        [Self::Secret, Self::Personal, Self::Word, Self::Pattern, Self::Marker, Self::Passage, Self::Unseen];

    /// As manifests and cards call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secrets",
            Self::Personal => "personal",
            Self::Word => "words",
            Self::Pattern => "patterns",
            Self::Marker => "markers",
            Self::Passage => "passages",
            Self::Unseen => "unseen",
        }
    }

    /// The kind that [`Kind::name`] calls so.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How a piece was written that a finding stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// RFC 4648, with either alphabet, with or without padding and line ends.
    Base64,
    /// Two digits a byte.
    Hex,
    /// `%` and two hex digits (RFC 3986).
    Url,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 8878.
    Zstd,
}

impl Encoding {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Url => "URL encoding",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// What it is, in the host's words or the operator's, never in the text's own.
    pub what: Arc<str>,
    /// Where it stands in the text that goes out, in bytes; for what was encoded, where the outermost encoded piece stands.
    pub at: Range<usize>,
    /// What it was encoded in, outermost first.
    pub through: Vec<Encoding>,
    /// Where a passage was read.
    pub source: Option<Source>,
}

impl fmt::Display for Finding {
    /// `GitHub token at bytes 12–52, in base64`; the source of a passage is left to who may name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at bytes {}–{}", self.what, self.at.start, self.at.end)?;
        let through: Vec<&str> = self.through.iter().map(|encoding| encoding.name()).collect();
        if through.is_empty() { Ok(()) } else { write!(f, ", in {}", through.join(" in ")) }
    }
}

/// What was found in one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    found: Vec<Finding>,
    counts: [usize; Kind::ALL.len()],
}

impl Findings {
    /// Those that were kept, in order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Finding> {
        self.found.iter()
    }

    /// Whether nothing was found, and everything was looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many of a kind were found, those that were not kept among them.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// How many were found and not kept.
    #[must_use]
    pub fn more(&self) -> usize {
        self.counts.iter().sum::<usize>() - self.found.len()
    }

    /// Adds one, unless the same was found there, less deep.
    fn add(&mut self, kind: Kind, what: &str, at: Range<usize>, (through, source): (&[Encoding], Option<&Source>)) {
        let same = |it: &Finding| {
            let overlap = it.at == at || it.at.start < at.end && at.start < it.at.end;
            it.kind == kind && overlap && *it.what == *what && it.source.as_ref() == source
        };
        if self.found.iter().any(same) {
            return;
        }
        let count = &mut self.counts[kind as usize];
        *count += 1;
        if *count <= KEPT {
            self.found.push(Finding { kind, what: what.into(), at, through: through.to_vec(), source: source.cloned() });
        }
    }
}

/// Everything that is looked for, made once.
#[derive(Debug)]
pub struct Detectors {
    anchors: anchor::Anchors,
    secrets: Vec<secret::Format>,
    own: own::Own,
    markers: Vec<Marker>,
}

impl Detectors {
    /// What is built in, and what the operator adds; `markers` are the lines that mark a document, [`Marker::usual`] where
    /// nobody says.
    ///
    /// # Errors
    /// When they are too many to be looked for together.
    pub fn new(words: &[Word], patterns: &[Pattern], markers: &[Marker]) -> Result<Self, String> {
        let secrets = secret::formats()?;
        Ok(Self {
            anchors: anchor::Anchors::new(&secrets, markers)?,
            secrets,
            own: own::Own::new(words, patterns)?,
            markers: markers.to_vec(),
        })
    }

    /// What is built in as regular expressions, one for each format: what a plain scan would look for.
    #[must_use]
    pub fn plain() -> Vec<&'static str> {
        secret::plain().chain(number::PLAIN).chain(mail::PLAIN).chain(assigned::PLAIN).chain(piece::PLAIN).collect()
    }

    /// Looks at `text`, and for passages that stand in what was read.
    #[must_use]
    pub fn look(&self, text: &[u8], passages: &Passages) -> Findings {
        let mut look = layer::Look::new(self, passages);
        look.whole(text);
        let mut findings = look.found;
        findings.found.sort_by_key(|finding| (finding.at.start, finding.at.end, finding.kind));
        findings
    }
}
