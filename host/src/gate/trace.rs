//! Spans: how an invocation and each of its host calls look to whoever follows a request through many systems. In one stand
//! ids, names that an operator has reviewed, and codes; no argument, no answer, no word of a guest, no name of a thing or of
//! the person. Where nobody follows, a span costs one look at whether somebody does.

use std::fmt::Display;

use tracing::Span;
use tracing::field::{Empty, display};

use crate::diagnostic::Halt;
use crate::name::{Actors, InvocationId, ToolName};

/// The target of every span, and of nothing else: by it they are kept out of the log, and the log out of them.
pub const TARGET: &str = "tollgate::trace";

/// What a span of an invocation is called, whichever attempt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It begins.
    First,
    /// It waited for a person, and goes on.
    TakenUp,
}

/// The span of an invocation. Its parent is the caller's, where the caller brought one.
#[must_use]
pub fn invocation(id: InvocationId, (tool, function): (&ToolName, &str), agents: &Actors, attempt: Attempt) -> Span {
    tracing::info_span!(
        target: TARGET,
        "invoke",
        otel.kind = "server",
        tollgate.invocation = %id,
        tollgate.tool = tool.as_str(),
        tollgate.function = function,
        tollgate.agent = agents.first().as_str(),
        tollgate.taken_up = attempt == Attempt::TakenUp,
        tollgate.code = Empty,
    )
}

/// Says in a span what came of it.
pub fn came(span: &Span, code: impl Display) {
    span.record("tollgate.code", display(code));
}

/// The span of a host call.
pub(super) fn host_call(invocation: &Span, function: &'static str) -> Span {
    tracing::info_span!(
        target: TARGET,
        parent: invocation,
        "host call",
        otel.name = function,
        tollgate.replayed = Empty,
        tollgate.code = Empty,
    )
}

/// Says in the span of a host call that it was answered before its invocation was set down.
pub(super) fn replayed(span: &Span) {
    span.record("tollgate.replayed", true);
}

/// Says in the span of a host call why it brought nothing.
pub(super) fn ended<T>(span: &Span, came_of_it: Result<T, Halt>) -> Result<T, Halt> {
    match &came_of_it {
        Ok(_) => {}
        Err(Halt::Refused(refusal)) => came(span, refusal.code),
        Err(Halt::Stopped(fault)) => came(span, format_args!("fault.{}", fault.kind.as_str())),
        Err(Halt::SetDown) => came(span, "agree.waiting"),
    }
    came_of_it
}
