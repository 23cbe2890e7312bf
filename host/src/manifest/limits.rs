//! `[limits]`: what the sandbox of one invocation may use.

use super::raw::Section;
use crate::unit::{Bytes, Duration, Fuel};

/// The limits of one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Units of fuel, about one for each instruction.
    pub fuel: Fuel,
    /// The tool's own time; what the host does for it and a person's answer do not count.
    pub time: Duration,
    /// Time spent in backends.
    pub backend_time: Duration,
    /// Linear memory, summed over all memories of the component.
    pub memory: Bytes,
    /// Tables, summed.
    pub tables: Bytes,
    /// Handles that it may hold at once.
    pub handles: u64,
    /// Calls of imports, granted or not.
    pub host_calls: u64,
    /// Refusals, after which it is ended: a guest must not probe for ever.
    pub refusals: u64,
    /// Bytes of arguments: those it is called with, and those of any one call of its own.
    pub arguments: Bytes,
    /// Bytes of its result.
    pub output: Bytes,
    /// Bytes of stdout and of stderr that are kept; the rest is cut off, never a trap.
    pub stdout: Bytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: Fuel(2_000_000_000),
            time: Duration(10_000),
            backend_time: Duration(30_000),
            memory: Bytes(64 << 20),
            tables: Bytes(1 << 20),
            handles: 1_000,
            host_calls: 10_000,
            refusals: 32,
            arguments: Bytes(1 << 20),
            output: Bytes(1 << 20),
            stdout: Bytes(64 << 10),
        }
    }
}

impl Limits {
    /// Each limit's key with its value as a manifest writes it.
    #[must_use]
    pub fn each(&self) -> [(&'static str, String); 11] {
        let quoted = |value: &dyn std::fmt::Display| format!("\"{value}\"");
        [
            ("fuel", quoted(&self.fuel)),
            ("time", quoted(&self.time)),
            ("backend-time", quoted(&self.backend_time)),
            ("memory", quoted(&self.memory)),
            ("tables", quoted(&self.tables)),
            ("handles", self.handles.to_string()),
            ("host-calls", self.host_calls.to_string()),
            ("refusals", self.refusals.to_string()),
            ("arguments", quoted(&self.arguments)),
            ("output", quoted(&self.output)),
            ("stdout", quoted(&self.stdout)),
        ]
    }
}

/// Reads `[limits]`. What is wrong is noted, and its default stands in.
pub(crate) fn check(mut section: Section<'_>) -> Limits {
    let default = Limits::default();
    let written = Limits {
        fuel: fuel(&mut section, default.fuel),
        time: time(&mut section, "time", default.time),
        backend_time: time(&mut section, "backend-time", default.backend_time),
        memory: bytes(&mut section, "memory", default.memory, (64 << 10, 1 << 30)),
        tables: bytes(&mut section, "tables", default.tables, (0, 8 << 20)),
        handles: count(&mut section, "handles", default.handles, 100_000),
        host_calls: count(&mut section, "host-calls", default.host_calls, 1_000_000),
        refusals: count(&mut section, "refusals", default.refusals, 10_000),
        arguments: bytes(&mut section, "arguments", default.arguments, (1, 64 << 20)),
        output: bytes(&mut section, "output", default.output, (1, 64 << 20)),
        stdout: bytes(&mut section, "stdout", default.stdout, (0, 16 << 20)),
    };
    section.finish();
    written
}

/// A value with its unit, if it lies between the two; the sentence says what was wrong.
pub(crate) fn between<T: Ord + std::fmt::Display, E: std::fmt::Display>(
    parsed: Result<T, E>,
    least: T,
    most: T,
) -> Result<T, String> {
    match parsed {
        Ok(value) if value < least => Err(format!("{value} is too little: at least {least}")),
        Ok(value) if value > most => Err(format!("{value} is too much: at most {most}")),
        Ok(value) => Ok(value),
        Err(bad) => Err(bad.to_string()),
    }
}

fn fuel(section: &mut Section<'_>, default: Fuel) -> Fuel {
    let (least, most) = (Fuel(1_000), Fuel(1_000_000_000_000));
    let help = format!("write for example fuel = \"{default}\", which is the default; \"{most}\" is the most");
    section.read("fuel", |text| between(Fuel::parse(text), least, most), &help).unwrap_or(default)
}

fn time(section: &mut Section<'_>, key: &'static str, default: Duration) -> Duration {
    let (least, most) = (Duration(1), Duration(600_000));
    let help = format!("write for example {key} = \"{default}\", which is the default; \"{most}\" is the most");
    section.read(key, |text| between(Duration::parse(text), least, most), &help).unwrap_or(default)
}

fn bytes(section: &mut Section<'_>, key: &'static str, default: Bytes, (least, most): (u64, u64)) -> Bytes {
    let help = format!("write for example {key} = \"{default}\", which is the default; \"{}\" is the most", Bytes(most));
    section.read(key, |text| between(Bytes::parse(text), Bytes(least), Bytes(most)), &help).unwrap_or(default)
}

fn count(section: &mut Section<'_>, key: &'static str, default: u64, most: u64) -> u64 {
    let help = format!("write for example {key} = {default}, which is the default");
    section.whole(key, &(0..most + 1), &help).unwrap_or(default)
}
