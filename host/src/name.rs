//! Names: identifiers that cannot be malformed once they exist. Everything from outside is parsed here first.

use std::fmt;
use std::sync::Arc;

mod actors;
mod digest;
mod path;

pub use actors::Actors;
pub use digest::Digest;
pub use path::FilePath;

/// Why a text is not the name it was taken for; fits after "`…` is not a … name: ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName(pub String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadName {}

/// The longest identifier, in bytes.
const LONGEST: usize = 64;

/// `a-z`, `0-9`, then also `.`, `_` and `-`: what reads the same to everybody and can be told from a neighbour.
fn identifier(text: &str) -> Result<(), BadName> {
    let bad = |why: String| Err(BadName(format!("`{}` {why}", text.escape_debug())));
    if text.is_empty() {
        return Err(BadName("it is empty".to_owned()));
    }
    if text.len() > LONGEST {
        return bad(format!("is longer than {LONGEST} bytes"));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return bad("does not begin with a-z or 0-9".to_owned());
    }
    match text.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c))) {
        Some(c) => bad(format!("holds {c:?}; allowed are a-z, 0-9, `.`, `_` and `-`")),
        None => Ok(()),
    }
}

/// Identifiers joined by `/`, as objects have: `dataset/scratch-1`.
fn slashed(text: &str) -> Result<(), BadName> {
    if text.len() > 4 * LONGEST {
        return Err(BadName(format!("it is longer than {} bytes", 4 * LONGEST)));
    }
    text.split('/').try_for_each(identifier)
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident by $rule:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a name.
            ///
            /// # Errors
            /// When the text is outside the grammar; the error says where.
            pub fn parse(text: &str) -> Result<Self, BadName> {
                $rule(text)?;
                Ok(Self(text.into()))
            }

            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same, to be kept without a copy.
            #[must_use]
            pub const fn shared(&self) -> &Arc<str> {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A person: `ben`.
    PersonName by identifier;
    /// A group of people and groups: `engineering`, written `group:engineering` where people may stand too.
    GroupName by identifier;
    /// A forum: `eng-help`.
    ForumName by identifier;
    /// An object with an access list: `dataset/scratch-1`.
    ObjectName by slashed;
    /// An agent: `agent-7`, or `cli` for the command line.
    AgentName by identifier;
    /// A host, as the origin of its journal.
    HostName by identifier;
    /// A tool: the stem of its manifest's file name.
    ToolName by identifier;
    /// A capability, or one of its functions: `forum`, `forum.post`.
    CapabilityName by identifier;
}

/// A person or a group, as access lists, audiences and callers name them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// One person.
    Person(PersonName),
    /// Everybody in a group, through the groups in it.
    Group(GroupName),
}

impl Principal {
    /// Parses `ben` or `group:web`.
    ///
    /// # Errors
    /// When the name is outside the grammar.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        match text.strip_prefix("group:") {
            Some(group) => GroupName::parse(group).map(Self::Group),
            None => PersonName::parse(text).map(Self::Person),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "{person}"),
            Self::Group(group) => write!(f, "group:{group}"),
        }
    }
}

/// One invocation: a UUID of version 7 (RFC 9562), so that ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvocationId(uuid::Uuid);

impl InvocationId {
    /// Makes an id of a moment (milliseconds since the Unix epoch) and 10 random bytes.
    #[must_use]
    pub fn new(millis: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// When it is no UUID.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        text.parse().map(Self).map_err(|_| BadName(format!("`{}` is not an invocation's id", text.escape_debug())))
    }

    /// The moment it was made of, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn millis(&self) -> u64 {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
        seconds.saturating_mul(1000).saturating_add(u64::from(nanos) / 1_000_000)
    }

    /// Its 128 bits, the upper half first.
    #[must_use]
    pub const fn halves(&self) -> (u64, u64) {
        self.0.as_u64_pair()
    }

    /// Adds the hyphenated form to a text.
    pub fn push_to(&self, text: &mut String) {
        text.push_str(self.0.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.hyphenated())
    }
}
