//! The tool `table`: one query over a table that stands in its arguments. A pure computation, which imports nothing.

mod group;
mod mistake;
mod parse;
mod program;
mod read;
mod render;
mod run;
mod token;
mod value;

#[tollgate_sdk::tool]
/// Answers a query over a table of CSV, TSV or Markdown that is handed over with it. Reads and changes nothing else.
pub mod table {
    use crate::value::{Value, rounded};
    use crate::{parse, read, render, run};

    /// How a table was written.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Format {
        /// Commas between the fields (RFC 4180).
        Commas,
        /// Semicolons between the fields.
        Semicolons,
        /// Tabs between the fields.
        Tabs,
        /// Vertical bars between the fields, without the line of dashes of Markdown.
        Pipes,
        /// A table of Markdown.
        Markdown,
    }

    /// What stands in a cell.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Cell {
        /// Nothing.
        Empty,
        /// A number.
        Number(f64),
        /// A text, or a number that a 64-bit float would change: `007`, `1,200`, more than 15 digits.
        Text(String),
        /// The outcome of a condition.
        Truth(bool),
    }

    /// One row of the outcome.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Row {
        /// As many as there are columns.
        pub cells: Vec<Cell>,
    }

    /// What a query gave.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Outcome {
        /// The names of the columns.
        pub columns: Vec<String>,
        /// The rows, at most 1,000 and 256 KiB of them.
        pub rows: Vec<Row>,
        /// The same as a table of Markdown, with long cells shortened.
        pub text: String,
        /// How the table was written.
        pub format: Format,
        /// Rows of the table under its heading.
        pub read: u32,
        /// Rows of the table for which `where` holds.
        pub matched: u32,
        /// Rows of the outcome that were too many or too long to be returned.
        pub left_out: u32,
        /// What was odd: rows that are shorter than the heading, texts where a number was needed.
        pub notes: Vec<String>,
    }

    /// Where a mistake stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Part {
        /// In the query.
        Query,
        /// In the table.
        Table,
    }

    /// What is wrong with a query or a table.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Mistake {
        /// In which of the two.
        pub part: Part,
        /// The line, from 1.
        pub line: u32,
        /// The character of that line, from 1.
        pub column: u32,
        /// What is wrong.
        pub message: String,
        /// What to do.
        pub help: Option<String>,
        /// The line about there, and under it a `^` at the place.
        pub shown: String,
    }

    /// Answers `query` over `table`.
    ///
    /// A query is `select … where … group by … having … order by … limit … offset …`, each part optional, for example
    /// `select name, count(*), avg(size) where size > 10 and name ~ "foo" group by name order by size desc limit 20`.
    /// Operators are `+ - * / %`, `= != < <= > >=`, `~` and `!~` (contains, whatever the case), `in (…)`, `is empty`,
    /// `and or not`; functions `lower upper length round`; aggregates `count sum avg min max`. Texts stand in quotes,
    /// names of columns with spaces or signs in backticks.
    pub fn query(
        /// CSV, TSV, another delimiter (`;` or `|`) or Markdown, at most 1 MiB; the first row names the columns.
        table: &str,
        /// The query, at most 4 KiB.
        query: &str,
    ) -> Result<Outcome, Mistake> {
        let read = read::table(table)?;
        let parsed = parse::query(query, &read.names)?;
        let outcome = run::run(&parsed, &read, table)?;
        let columns: Vec<String> = parsed.select.iter().map(|item| item.name.clone()).collect();
        Ok(Outcome {
            text: render::text(&columns, &outcome.rows, outcome.left_out),
            rows: outcome.rows.iter().map(|row| Row { cells: row.iter().map(cell).collect() }).collect(),
            columns,
            format: read.format,
            read: count(read.rows()),
            matched: count(outcome.matched),
            left_out: count(outcome.left_out),
            notes: outcome.notes,
        })
    }

    fn cell(value: &Value<'_>) -> Cell {
        match value {
            Value::Empty => Cell::Empty,
            Value::Number(number, Some(_)) => Cell::Number(*number),
            Value::Number(number, None) => Cell::Number(rounded(*number)),
            Value::Text(text) => Cell::Text(text.to_string()),
            Value::Truth(truth) => Cell::Truth(*truth),
        }
    }

    fn count(rows: usize) -> u32 {
        u32::try_from(rows).unwrap_or(u32::MAX)
    }
}
