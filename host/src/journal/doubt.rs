//! Acts of which nobody knows whether they happened: their host died over them, or could not tell.

use crate::clock::Instant;
use crate::grant::Class;
use crate::name::InvocationId;

/// The outcome's word for it.
pub const IN_DOUBT: &str = "in-doubt";

/// One such act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The invocation.
    pub invocation: InvocationId,
    /// The number of its intent there.
    pub seq: u32,
    /// What was asked for: `files.write`.
    pub function: String,
    /// How its intent says that it is found out whether it happened.
    pub class: Class,
    /// When its intent was put on record: nothing was done before.
    pub intended: Instant,
    /// Since when it is in doubt: its host, or the one that gave it up, has done nothing more for it.
    pub at: Instant,
    /// The request in canonical form; none where the payloads were erased.
    pub asked: Option<String>,
    /// What the act found before it; none where it looks at nothing, or where the payloads were erased.
    pub found: Option<String>,
}

/// What was found out about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learnt {
    /// It happened; and what the backend calls what was made, where that has a number.
    Done(Option<u64>),
    /// It did not happen, and never will.
    NotDone,
    /// A person has to look; says what he can do.
    Unknown(String),
}
