//! The log of a command, on stderr: ids and what broke, never a payload; and spans beside it, where somebody follows them.

use std::io::IsTerminal as _;

use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::command::Arguments;
use super::output::Format;
use crate::gate::TARGET;
use crate::setup::Takes;

/// Logs to stderr: warnings and errors, more with each `-v`, or what the filter says. Spans go to `takes`.
pub fn begin(arguments: &Arguments, takes: Option<Takes>) {
    let registry = tracing_subscriber::registry();
    // A second call in one process (the demo, a test) finds the first one's logging in place.
    let _ = match takes {
        Some(takes) => registry.with(takes).with(lines(arguments)).try_init(),
        None => registry.with(lines(arguments)).try_init(),
    };
}

/// What makes lines of events. A line has nothing of a span in it.
fn lines<S>(arguments: &Arguments) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let level = ["warn", "info", "debug", "trace"][usize::from(arguments.verbose.min(3))];
    let filter = arguments.log.clone().unwrap_or_else(|| format!("tollgate={level}"));
    // Libraries print what they handle, which may be a tool's text: of them nothing but errors.
    let own = filter_fn(|event| {
        event.target() != TARGET && (event.target().starts_with("tollgate") || *event.level() == Level::ERROR)
    });
    let filter = EnvFilter::new(filter).and(own.with_max_level_hint(LevelFilter::TRACE));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match arguments.log_format {
        Format::Text => lines.without_time().with_filter(filter).boxed(),
        Format::Json => lines.json().with_filter(filter).boxed(),
    }
}
