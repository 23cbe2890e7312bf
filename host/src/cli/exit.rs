//! How a command ends: its exit code, and what is said when it did not do what was asked.

use std::process::ExitCode;

use crate::diagnostic::{Broken, Problem};
use crate::journal::Unrecorded;
use crate::refusal::Refusal;
use crate::setup::NotReady;

/// The exit codes, stable and documented in `docs/operators.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The tool returned its own error.
    ToolError,
    /// The command or its arguments are not understood.
    Usage,
    /// The invocation was refused.
    Refused,
    /// The tool faulted.
    Fault,
    /// The operator's environment is broken.
    Broken,
    /// It waits for a person.
    Waiting,
    /// `journal verify` found something wrong.
    Wrong,
    /// `journal verify` cannot tell.
    CannotTell,
    /// Interrupted from the keyboard (128 and the signal's number, as shells count).
    Cancelled,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::ToolError => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Fault => 4,
            Exit::Broken => 5,
            Exit::Waiting => 6,
            Exit::Wrong => 7,
            Exit::CannotTell => 8,
            Exit::Cancelled => 130,
        })
    }
}

/// A command that ended early.
#[derive(Debug)]
pub struct Failure {
    /// With this code.
    pub exit: Exit,
    /// Saying this.
    pub says: Says,
}

/// What is said of a failure.
#[derive(Debug)]
pub enum Says {
    /// One sentence and, where it is known, what to do.
    Words(String, Option<String>),
    /// Problems with their places.
    Problems(Vec<Problem>),
}

impl Failure {
    /// A command that was not understood.
    pub fn usage(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, says: Says::Words(why.into(), Some(help.into())) }
    }

    /// A broken environment.
    pub fn broken(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Broken, says: Says::Words(why.into(), Some(help.into())) }
    }

    /// A person or a rule said no.
    pub fn refused(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, ..Self::usage(why, help) }
    }

    /// Files that an operator has to mend.
    #[must_use]
    pub const fn problems(problems: Vec<Problem>) -> Self {
        Self { exit: Exit::Broken, says: Says::Problems(problems) }
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self { exit: Exit::Broken, says: Says::Words(broken.to_string(), broken.help) }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self { exit: Exit::Refused, says: Says::Words(refusal.to_string(), refusal.change) }
    }
}

impl From<Unrecorded> for Failure {
    fn from(failed: Unrecorded) -> Self {
        match failed {
            Unrecorded::Refused(refusal) => refusal.into(),
            Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => broken.into(),
        }
    }
}

impl From<NotReady> for Failure {
    fn from(not_ready: NotReady) -> Self {
        match not_ready {
            NotReady::Broken(broken) => broken.into(),
            NotReady::Problems(problems) => Self::problems(problems),
        }
    }
}
