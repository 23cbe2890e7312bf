//! From text to a table: which format it is, its columns, its cells.

mod delimited;
mod markdown;

use std::borrow::Cow;

use crate::mistake;
use crate::table::{Format, Mistake, Part};
use crate::value::Value;

/// The most cells that are held; ten megabytes of them.
const CELLS: usize = 200_000;

/// The longest table, in bytes.
const LONGEST: usize = 1 << 20;

/// The longest cell, in bytes.
const CELL: usize = 16 << 10;

/// The most columns.
const COLUMNS: usize = 1_000;

/// A table as it was read.
#[derive(Debug)]
pub struct Table<'t> {
    pub format: Format,
    /// Different, and none is empty.
    pub names: Vec<String>,
    /// Row after row, each as wide as `names`.
    pub cells: Vec<Value<'t>>,
    /// What was odd.
    pub notes: Vec<String>,
}

impl<'t> Table<'t> {
    /// How many rows there are under the heading.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.names.len().max(1)
    }

    /// The cells of one row.
    pub fn row(&self, row: usize) -> &[Value<'t>] {
        &self.cells[row * self.names.len()..][..self.names.len()]
    }
}

/// One record of the text, with the byte it begins at.
struct Record<'t> {
    at: usize,
    fields: Vec<Cow<'t, str>>,
}

/// Reads a table. Its first record names the columns.
pub fn table(text: &str) -> Result<Table<'_>, Mistake> {
    if text.len() > LONGEST {
        let message = format!("the table has {} bytes, the most are {LONGEST}", text.len());
        return Err(mistake::at(Part::Table, text, 0, message).help("ask about a part of it"));
    }
    let marked = text.len() - text.trim_start_matches('\u{feff}').len();
    if let Some(start) = markdown::find(text) {
        return build(text, Format::Markdown, markdown::records(text, start));
    }
    let format = delimited::format(&text[marked..]);
    build(text, format, delimited::records(text, marked, format))
}

fn build<'t>(
    text: &'t str,
    format: Format,
    mut records: impl Iterator<Item = Result<Record<'t>, Mistake>>,
) -> Result<Table<'t>, Mistake> {
    let Some(heading) = records.next().transpose()? else {
        let message = "the table is empty: its first line names the columns";
        return Err(mistake::at(Part::Table, text, 0, message));
    };
    if heading.fields.len() > COLUMNS {
        let message = format!("the table has {} columns, the most are {COLUMNS}", heading.fields.len());
        return Err(mistake::at(Part::Table, text, heading.at, message));
    }
    let mut table = Table { format, names: names(&heading.fields), cells: Vec::new(), notes: Vec::new() };
    let width = table.names.len();
    let (mut short, mut long) = (Ragged::default(), Ragged::default());
    for record in records {
        let record = record?;
        if table.cells.len() + width > CELLS {
            let message = format!("the table has more than {CELLS} cells");
            return Err(mistake::at(Part::Table, text, record.at, message).help("ask about a part of it"));
        }
        if record.fields.iter().any(|field| field.len() > CELL) {
            let message = format!("a cell of this row has more than {CELL} bytes");
            return Err(mistake::at(Part::Table, text, record.at, message).help("a quote may be missing where it ends"));
        }
        let found = record.fields.len();
        if found != width {
            if found < width { &mut short } else { &mut long }.note(record.at);
        }
        table.cells.extend(record.fields.into_iter().take(width).map(Value::of_cell));
        table.cells.extend((found..width).map(|_| Value::Empty));
    }
    table.notes.extend(short.told(text, "shorter than the heading; what is missing is empty"));
    table.notes.extend(long.told(text, "longer than the heading; what is beyond it was left out"));
    Ok(table)
}

/// Rows of another width than the heading's.
#[derive(Default)]
struct Ragged {
    count: usize,
    first: Option<usize>,
}

impl Ragged {
    fn note(&mut self, at: usize) {
        self.count += 1;
        self.first.get_or_insert(at);
    }

    fn told(&self, text: &str, what: &str) -> Option<String> {
        let line = text[..self.first?].matches('\n').count() + 1;
        let rows = if self.count == 1 { "row is" } else { "rows are" };
        Some(format!("{} {rows} {what} (first in line {line})", self.count))
    }
}

/// Names for the columns: what stands in the heading; `column3` where nothing does, `size_2` where it stands twice.
fn names(heading: &[Cow<'_, str>]) -> Vec<String> {
    let mut taken = std::collections::BTreeSet::new();
    let mut names = Vec::with_capacity(heading.len());
    for (place, name) in heading.iter().enumerate() {
        let name: String = name.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let base = if name.is_empty() { format!("column{}", place + 1) } else { name };
        // At most as many tries as there are columns.
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(base);
        taken.insert(free.clone());
        names.push(free);
    }
    names
}
