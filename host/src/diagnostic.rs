//! Problems with a place, and the two errors that are nobody's rule: the tool's fault and the broken environment.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::refusal::Refusal;

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing of this file is used until it is mended.
    Error,
    /// Worth knowing; the file is used.
    Warning,
}

/// A source text and the name it is shown under (relative to the workspace).
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// For example `tools/answer.toml`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// The line, from 1, on which the byte `offset` stands.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        let upto = self.text.len().min(offset);
        self.text.as_bytes()[..upto].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

/// One thing that is wrong in a source text, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How much it weighs.
    pub severity: Severity,
    /// The text it was found in.
    pub source: Arc<Source>,
    /// The bytes it is about.
    pub span: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.source.name, self.source.line(self.span.start), self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// The operator's environment is wrong: a disk, a store, a file. Reaches no guest.
#[derive(Debug)]
pub struct Broken {
    /// What we were doing to what.
    pub doing: String,
    /// The whole cause.
    pub cause: String,
    /// What the operator can do, where that is known.
    pub help: Option<String>,
}

impl Broken {
    /// Makes a foreign error ours, with what we were doing: `.map_err(|e| Broken::while_doing("opening …", e))`.
    pub fn while_doing(doing: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { doing: doing.into(), cause: cause.to_string(), help: None }
    }

    /// The same, saying what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.cause)
    }
}

impl std::error::Error for Broken {}

/// What a tool ran into, by the limit that stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It trapped: a panic, an abort, a wild pointer.
    Trap,
    /// It left through `exit` instead of returning.
    Exit,
    /// `[limits] fuel`.
    Fuel,
    /// `[limits] time`.
    Time,
    /// `[limits] backend-time`.
    BackendTime,
    /// `[limits] memory`.
    Memory,
    /// `[limits] tables`.
    Tables,
    /// `[limits] handles`.
    Handles,
    /// `[limits] host-calls`.
    HostCalls,
    /// `[limits] refusals`.
    Refusals,
    /// `[limits] arguments`, for what it hands to the host.
    Arguments,
    /// `[limits] output`.
    Output,
    /// Its stack ran out.
    Stack,
    /// Its answer is not of the type it exports.
    BadAnswer,
    /// Taken up again, it did not do what it had done.
    Diverged,
    /// None of its doing: somebody has stopped it.
    Frozen,
    /// None of its doing either: its caller took it back. Its invocation ends as cancelled.
    TakenBack,
}

impl FaultKind {
    /// The stable word of the command line and the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Exit => "exit",
            Self::Fuel => "fuel",
            Self::Time => "time",
            Self::BackendTime => "backend-time",
            Self::Memory => "memory",
            Self::Tables => "tables",
            Self::Handles => "handles",
            Self::HostCalls => "host-calls",
            Self::Refusals => "refusals",
            Self::Arguments => "arguments",
            Self::Output => "output",
            Self::Stack => "stack",
            Self::BadAnswer => "bad-answer",
            Self::Diverged => "diverged",
            Self::Frozen => "frozen",
            Self::TakenBack => "taken-back",
        }
    }
}

/// The tool misbehaved. Harms nothing but its own store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it ran into.
    pub kind: FaultKind,
    /// One sentence for its author, with what was allowed and used where that has a number.
    pub message: String,
}

impl Fault {
    /// A fault with its sentence.
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.message)
    }
}

impl std::error::Error for Fault {}

/// How a host call ends that does not return: the guest is told, or it is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// A rule said no; the guest goes on with the refusal in its hand.
    Refused(Refusal),
    /// The guest has gone too far; its store is gone.
    Stopped(Fault),
    /// It waits for a person, and is set down: its store is gone, and its journal has what it takes to go on.
    SetDown,
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Stopped(fault)
    }
}
