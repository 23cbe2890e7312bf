//! What is said of an invocation when it is over: the same on the command line and in the journal.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::diagnostic::Fault;
use crate::gate::{Book, Seen};
use crate::journal::Meter;
use crate::manifest::Limits;
use crate::name::{InvocationId, ToolName};
use crate::refusal::Refusal;
use crate::runtime::Usage;
use crate::tool::sealed;

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It returned a value.
    Returned(Value),
    /// It returned its own error.
    ToolError(Value),
    /// The host did not run it, or its answer is a refusal that it got.
    Refused(Option<Value>),
    /// It misbehaved.
    Fault(Fault),
    /// Somebody stopped it.
    Cancelled,
    /// It waits for an answer to this question, and was set down.
    Waiting(u64),
}

impl Outcome {
    /// The outcome's stable word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Returned(_) => "returned",
            Self::ToolError(_) => "tool-error",
            Self::Refused(_) => "refused",
            Self::Fault(_) => "fault",
            Self::Cancelled => "cancelled",
            Self::Waiting(_) => "waiting",
        }
    }

    /// The value that goes with it.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Returned(value) | Self::ToolError(value) => Some(value),
            Self::Refused(value) => value.as_ref(),
            Self::Fault(_) | Self::Cancelled | Self::Waiting(_) => None,
        }
    }
}

impl Outcome {
    /// The same with a name in place of its value; the value beside it, `null` where there is none.
    pub(super) fn sealed(self, invocation: InvocationId) -> (Self, Option<Value>) {
        let name = sealed::in_place_of(invocation);
        match self {
            Self::Returned(value) => (Self::Returned(name), Some(value)),
            Self::ToolError(value) => (Self::ToolError(name), Some(value)),
            Self::Refused(Some(value)) => (Self::Refused(Some(name)), Some(value)),
            other @ (Self::Refused(None) | Self::Fault(_) | Self::Cancelled | Self::Waiting(_)) => {
                (other, Some(Value::Null))
            }
        }
    }
}

/// An invocation that is over.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which.
    pub invocation: InvocationId,
    /// Of which tool.
    pub tool: ToolName,
    /// Which function.
    pub function: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it was refused.
    pub refusals: Vec<Seen>,
    /// What it used.
    pub receipt: Vec<Meter>,
}

impl Report {
    /// How it ended, in its stable code: `returned`, `tool-error`, `cover.not-granted`, `fault.fuel`, `agree.waiting`, …
    #[must_use]
    pub fn code(&self) -> Cow<'static, str> {
        match &self.outcome {
            Outcome::Refused(_) => match self.refusals.last() {
                Some(seen) => seen.refusal.code.to_string().into(),
                None => self.outcome.as_str().into(),
            },
            Outcome::Fault(fault) => format!("fault.{}", fault.kind.as_str()).into(),
            Outcome::Waiting(_) => "agree.waiting".into(),
            Outcome::Returned(_) | Outcome::ToolError(_) | Outcome::Cancelled => self.outcome.as_str().into(),
        }
    }

    /// As `tollgate call` prints it.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut report = json!({
            "invocation": self.invocation.to_string(), "tool": self.tool.as_str(), "function": self.function,
            "outcome": self.outcome.as_str(), "value": self.outcome.value(),
            "refusals": self.refusals.iter().map(|it| refusal(it.function, &it.refusal)).collect::<Vec<_>>(),
            "receipt": self.receipt.iter().map(meter).collect::<Vec<_>>(),
        });
        if let Outcome::Fault(fault) = &self.outcome {
            report["fault"] = json!({ "kind": fault.kind.as_str(), "message": fault.message });
        }
        if let Outcome::Waiting(question) = self.outcome {
            report["question"] = json!(question);
        }
        report
    }
}

fn meter(it: &Meter) -> Value {
    json!({ "meter": it.meter, "used": it.used, "allowed": it.allowed, "unit": it.unit })
}

/// A refusal of what was asked for, as every report has it.
pub(super) fn refusal(function: &str, refusal: &Refusal) -> Value {
    json!({
        "stage": refusal.code.stage(), "reason": refusal.code.reason(), "capability": function,
        "message": refusal.message, "change": refusal.change, "until": refusal.until.map(|until| until.to_string()),
    })
}

/// The receipt's table: what the sandbox and the gate counted, beside what was allowed.
#[must_use]
pub fn receipt(usage: &Usage, limits: &Limits, book: &Book) -> Vec<Meter> {
    let line = |meter: &'static str, used: u64, allowed: u64, unit: &'static str| Meter {
        meter: meter.into(),
        used,
        allowed,
        unit,
    };
    let refused = u64::try_from(book.seen.len()).unwrap_or(u64::MAX);
    let mut lines = vec![
        line("fuel", usage.fuel, limits.fuel.0, "units"),
        line("time", usage.time.0, limits.time.0, "ms"),
        line("backend-time", usage.backend_time.0, limits.backend_time.0, "ms"),
        line("memory", usage.memory.0, limits.memory.0, "bytes"),
        line("tables", usage.tables.0, limits.tables.0, "bytes"),
        line("handles", usage.handles, limits.handles, "handles"),
        line("output", usage.output.0, limits.output.0, "bytes"),
        line("stdout", usage.stdout.0, limits.stdout.0, "bytes"),
        line("arguments", book.arguments, limits.arguments.0, "bytes"),
        line("host-calls", book.host_calls, limits.host_calls, "calls"),
        line("refusals", refused, limits.refusals, "refusals"),
    ];
    for (grant, used) in book.meters.each() {
        let name = match grant.index {
            0 => grant.spec.name.to_owned(),
            index => format!("{}[{index}]", grant.spec.name),
        };
        let line = |what: &str, used: u64, allowed: u64, unit: &'static str| {
            let meter = format!("{name} {what}").into();
            Meter { meter, used, allowed, unit }
        };
        lines.push(line("calls", used.calls, grant.calls, "calls"));
        lines.extend(grant.bytes.map(|bytes| line("bytes", used.bytes, bytes.0, "bytes")));
    }
    lines
}
