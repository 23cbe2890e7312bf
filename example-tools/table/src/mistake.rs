//! What is wrong with a query or a table, and where.

use crate::table::{Mistake, Part};

/// Characters of a line that are shown before and after the place.
const AROUND: usize = 40;

/// A mistake at the byte `at` of `text`.
pub fn at(part: Part, text: &str, at: usize, message: impl Into<String>) -> Mistake {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    let before: Vec<char> = text[start..at].chars().collect();
    let shown: Vec<char> = before[before.len().saturating_sub(AROUND)..].iter().copied().map(plain).collect();
    let after = text[at..end].chars().take(AROUND).map(plain);
    let line = text[..start].matches('\n').count() + 1;
    Mistake {
        part,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(before.len() + 1).unwrap_or(u32::MAX),
        message: message.into(),
        help: None,
        shown: format!("{}{}\n{}^", String::from_iter(&shown), String::from_iter(after), " ".repeat(shown.len())),
    }
}

impl Mistake {
    /// The same, with what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Nothing that moves a cursor.
fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// The known name that is meant by `name`, where one is near.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let near = known.map(|known| (distance(&wanted, known), known)).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= 1 + wanted.len() / 4).then_some(near.1)
}

/// Edits between two names (Levenshtein).
fn distance(wanted: &[char], known: &str) -> usize {
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (place, letter) in known.chars().take(64).flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (column, other) in wanted.iter().enumerate() {
            let replaced = diagonal + usize::from(*other != letter);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[wanted.len()]
}
