//! What is told of an invocation that is over: as it has just ended here, or as its journal says.

use std::borrow::Cow;

use serde_json::Value;

use crate::invoke::{Outcome, Report};

/// What came of an invocation.
#[derive(Debug, Clone)]
pub enum Told {
    /// It has just ended here.
    Now(Box<Report>),
    /// It ended before: its report, read back.
    Before(Value),
}

impl Told {
    /// Its report, as `tollgate call` prints it.
    #[must_use]
    pub fn json(&self) -> Cow<'_, Value> {
        match self {
            Self::Now(report) => Cow::Owned(report.json()),
            Self::Before(json) => Cow::Borrowed(json),
        }
    }

    /// How it ended, in one word.
    #[must_use]
    pub fn outcome(&self) -> &str {
        match self {
            Self::Now(report) => report.outcome.as_str(),
            Self::Before(json) => json["outcome"].as_str().unwrap_or_default(),
        }
    }

    /// What it returned, if it returned something and was refused nothing: most calls are, and need no report.
    #[must_use]
    pub fn plainly_returned(&self) -> Option<&Value> {
        match self {
            Self::Now(report) => match &report.outcome {
                Outcome::Returned(value) if report.refusals.is_empty() => Some(value),
                _ => None,
            },
            Self::Before(_) => None,
        }
    }
}
