//! What commands print: text for people, JSON for programs. A pipe that closes early ends a command quietly.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::exit::{Failure, Says};
use super::report;
use crate::diagnostic::{Problem, Severity};

/// The exit code of a broken environment.
const UNHEARD: i32 = 5;

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: one JSON value.
    Json,
}

/// Where a command prints.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// In which form.
    pub format: Format,
}

impl Output {
    /// Prints a result in the form that was asked for.
    pub fn result(self, json: &Value, text: impl FnOnce() -> String) {
        match self.format {
            Format::Json => line(&format!("{json:#}")),
            Format::Text => line(&text()),
        }
    }

    /// Prints why a command ended early, on stderr; as JSON on stdout where that was asked for.
    pub fn failure(self, failure: &Failure) {
        match self.format {
            Format::Json => line(&format!("{:#}", json!({ "error": failure_json(failure) }))),
            Format::Text => note(&failure_text(failure)),
        }
    }

    /// Says how long work is going on, where somebody is looking at a terminal.
    pub fn progress(self, says: &str) {
        if self.format == Format::Text && std::io::stderr().is_terminal() {
            note(says);
        }
    }
}

/// A line on stdout.
///
/// Ends the program where it cannot be written: what was asked for is done and on record, but nobody was told.
pub fn line(text: &str) {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end_matches('\n')) {
        Ok(()) => {}
        // A reader that went away has read what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            note(&format!("tollgate: writing to stdout: {error}"));
            std::process::exit(UNHEARD);
        }
    }
}

/// A line on stderr.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}

/// Why a command ended early, for people.
#[must_use]
pub fn failure_text(failure: &Failure) -> String {
    match &failure.says {
        Says::Words(why, None) => format!("tollgate: {why}"),
        Says::Words(why, Some(help)) => format!("tollgate: {why}\n  help: {help}"),
        Says::Problems(problems) => report::render(problems),
    }
}

fn failure_json(failure: &Failure) -> Value {
    match &failure.says {
        Says::Words(why, help) => json!({ "message": why, "help": help }),
        Says::Problems(problems) => json!({ "problems": problems.iter().map(problem_json).collect::<Vec<_>>() }),
    }
}

/// A problem for programs.
#[must_use]
pub fn problem_json(problem: &Problem) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "severity": severity, "file": problem.source.name, "line": problem.source.line(problem.span.start),
        "message": problem.message, "help": problem.help,
    })
}

/// A table of left-aligned columns, two spaces apart; widths count characters.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![print(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| print(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}
