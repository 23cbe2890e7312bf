//! Records between delimiters, with the quotes of RFC 4180.

use std::borrow::Cow;

use super::Record;
use crate::mistake;
use crate::table::{Format, Mistake, Part};

/// Records that are looked at to find the delimiter.
const LOOKED_AT: usize = 20;

/// The byte between two fields.
fn delimiter(format: Format) -> u8 {
    match format {
        Format::Commas => b',',
        Format::Semicolons => b';',
        Format::Tabs => b'\t',
        Format::Pipes | Format::Markdown => b'|',
    }
}

/// The delimiter that cuts the first records into the most even pieces, the commoner one where two do.
pub(super) fn format(text: &str) -> Format {
    let mut best = (Format::Commas, (0, 0));
    for format in [Format::Commas, Format::Tabs, Format::Semicolons, Format::Pipes] {
        let widths: Vec<usize> =
            records(text, 0, format).take(LOOKED_AT).map_while(Result::ok).map(|record| record.fields.len()).collect();
        let width = widths.first().copied().unwrap_or(0);
        let even = widths.iter().filter(|other| **other == width).count();
        // A delimiter that cuts nothing cuts it evenly.
        if width > 1 && (even, width) > best.1 {
            best = (format, (even, width));
        }
    }
    best.0
}

/// The records of `text` from the byte `start`; empty lines are none. Ends after the first mistake.
pub(super) fn records(text: &str, start: usize, format: Format) -> impl Iterator<Item = Result<Record<'_>, Mistake>> {
    let mut reader = Reader { text, at: start, delimiter: delimiter(format) };
    let mut sound = true;
    std::iter::from_fn(move || {
        let record = if sound { reader.record() } else { None };
        sound = !matches!(record, Some(Err(_)));
        record
    })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    delimiter: u8,
}

impl<'t> Reader<'t> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn record(&mut self) -> Option<Result<Record<'t>, Mistake>> {
        while self.ends_line() {
            self.skip_line_end();
        }
        self.byte()?;
        let mut record = Record { at: self.at, fields: Vec::new() };
        loop {
            match self.field() {
                Ok(field) => record.fields.push(field),
                Err(mistake) => return Some(Err(mistake)),
            }
            if self.byte() != Some(self.delimiter) {
                self.skip_line_end();
                return Some(Ok(record));
            }
            self.at += 1;
        }
    }

    fn ends_line(&self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
    }

    fn skip_line_end(&mut self) {
        self.at += usize::from(self.byte() == Some(b'\r'));
        self.at += usize::from(self.byte() == Some(b'\n'));
    }

    fn field(&mut self) -> Result<Cow<'t, str>, Mistake> {
        if self.byte() == Some(b'"') {
            return self.quoted();
        }
        let start = self.at;
        while let Some(byte) = self.byte() {
            if byte == self.delimiter || self.ends_line() {
                break;
            }
            self.at += 1 + self.text.as_bytes()[self.at + 1..].iter().take_while(|byte| is_inside(**byte)).count();
        }
        Ok(Cow::Borrowed(&self.text[start..self.at]))
    }

    fn quoted(&mut self) -> Result<Cow<'t, str>, Mistake> {
        let opened = self.at;
        self.at += 1;
        let mut start = self.at;
        let mut doubled = String::new();
        loop {
            let Some(length) = self.text[self.at..].find('"') else {
                let message = "the quote that begins here is never closed";
                let help = "a quote within quotes is written twice: \"\"";
                return Err(mistake::at(Part::Table, self.text, opened, message).help(help));
            };
            self.at += length + 1;
            if self.byte() != Some(b'"') {
                break;
            }
            doubled.push_str(&self.text[start..self.at]);
            self.at += 1;
            start = self.at;
        }
        let last = &self.text[start..self.at - 1];
        if self.byte().is_some_and(|byte| byte != self.delimiter) && !self.ends_line() {
            let message = "after a closing quote comes a delimiter or the end of the line";
            let help = "a quote within quotes is written twice: \"\"";
            return Err(mistake::at(Part::Table, self.text, self.at, message).help(help));
        }
        Ok(if doubled.is_empty() { Cow::Borrowed(last) } else { Cow::Owned(doubled + last) })
    }
}

/// Whether a byte surely does not end a field, whatever the delimiter is.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
