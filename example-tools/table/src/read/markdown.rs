//! Tables of Markdown (GitHub's): a heading, a line of dashes, rows; text before and after is passed over.

use std::borrow::Cow;

use super::Record;
use crate::table::Mistake;

/// The byte at which the heading of the first table begins.
pub(super) fn find(text: &str) -> Option<usize> {
    let mut heading: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((start, before)) = heading
            && is_rule(line)
            && before.contains('|')
            && cells(before).len() == cells(line).len()
        {
            return Some(start);
        }
        heading = Some((at, line));
        at += line.len();
    }
    None
}

/// A line such as `|---|:-:|`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains('|') && line.contains('-') && line.bytes().all(|byte| b"|-: \t".contains(&byte))
}

/// The heading at `start` and the rows under it.
pub(super) fn records(text: &str, start: usize) -> impl Iterator<Item = Result<Record<'_>, Mistake>> {
    let mut at = start;
    let lines = text[start..].split_inclusive('\n').map(move |line| {
        let began = at;
        at += line.len();
        (began, line)
    });
    let rows = lines.enumerate().take_while(|(place, (_, line))| *place < 2 || line.contains('|'));
    rows.filter(|(place, _)| *place != 1).map(|(_, (at, line))| Ok(Record { at, fields: cells(line) }))
}

/// The cells of a line; `\|` is no border.
fn cells(line: &str) -> Vec<Cow<'_, str>> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'|' && !escaped {
            cells.push(cell(&line[start..at]));
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    let last = &line[start..];
    if !last.is_empty() || start == 0 {
        cells.push(cell(last));
    }
    cells
}

fn cell(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.contains("\\|") { Cow::Owned(text.replace("\\|", "|")) } else { Cow::Borrowed(text) }
}
