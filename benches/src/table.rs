//! Tables: printed as they come, and written to `benches/README.md` between two marks.

use std::path::Path;
use std::time::Duration;

use crate::Failed;

/// One row of a table.
pub type Row = Vec<String>;

/// A table of figures under its title.
#[derive(Debug, Clone)]
pub struct Table {
    /// What is measured.
    pub title: String,
    /// The columns' names.
    pub head: Row,
    /// The rows.
    pub rows: Vec<Row>,
    /// What was asked for and whether it was reached, a line each.
    pub targets: Vec<String>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(title: &str, head: &[&str]) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        Self { title: title.to_owned(), head, rows: Vec::new(), targets: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    /// Says whether a figure is within what was asked for.
    pub fn target(&mut self, what: &str, figure: f64, most: f64) {
        let verdict = if figure <= most { "reached" } else { "NOT reached" };
        self.targets.push(format!("{what}: {figure:.2}, asked for at most {most:.2}: {verdict}"));
    }

    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &Row| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("### {}\n\n{}|{}\n", self.title, line(&self.head), "---|".repeat(self.head.len()));
        self.rows.iter().for_each(|row| text += &line(row));
        text.push('\n');
        self.targets.iter().for_each(|target| text += &format!("- {target}\n"));
        if !self.targets.is_empty() {
            text.push('\n');
        }
        text
    }
}

/// A time in microseconds.
#[must_use]
pub fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// A time in milliseconds.
#[must_use]
pub fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// How many times as long.
#[must_use]
pub fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64().max(f64::MIN_POSITIVE)
}

const BEGIN: &str = "<!-- figures: written by `cargo figures` -->\n";
const END: &str = "<!-- end of figures -->\n";

/// Writes tables into a page, in place of those that stand there.
///
/// # Errors
/// When the page cannot be read or written, or has no place for them.
#[expect(clippy::disallowed_methods, reason = "a developer's program writes its own page")]
pub fn write(page: &Path, tables: &str) -> Result<(), Failed> {
    let text = std::fs::read_to_string(page)?;
    let place = text.find(BEGIN).zip(text.find(END)).filter(|(begin, end)| begin < end);
    let (begin, end) = place.ok_or("the page has no place for figures")?;
    std::fs::write(page, format!("{}{BEGIN}\n{tables}{}", &text[..begin], &text[end..]))?;
    Ok(())
}
