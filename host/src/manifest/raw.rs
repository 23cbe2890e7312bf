//! What is written in a TOML file, and where: its spanned tree, read through sections that remember what was asked of them.

use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeArray, DeTable, DeValue};

use super::Checked;
use super::notes::Notes;
use super::words::{article, code, did_you_mean, homoglyph, nearest};
use crate::diagnostic::Source;

/// The longest file that is looked at; a manifest is a page or two.
const LONGEST: usize = 64 * 1024;

/// The longest list; comparing grants pattern by pattern must stay quick.
const LONGEST_LIST: usize = 256;

/// Reads a text whose first key must be `tollgate = 1` with `read`, and gives its value if nothing was wrong.
pub(crate) fn check<T>(source: &Arc<Source>, read: impl FnOnce(&Notes, Section<'_>) -> Option<T>) -> Checked<T> {
    body(source, "the top level", |notes, mut section| match version(&mut section) {
        Version::Ours => read(notes, section),
        // Another format has other keys: what this one would say about them is of no use.
        Version::Other => None,
    })
}

/// Reads a text that is one table and nothing else, called `name` in messages.
pub(super) fn body<T>(source: &Arc<Source>, name: &str, read: impl FnOnce(&Notes, Section<'_>) -> Option<T>) -> Checked<T> {
    let mut notes = Notes::on(source);
    if source.text.len() > LONGEST {
        notes.error(&(0..0), format!("the file has {} bytes", source.text.len()), format!("{LONGEST} are the most"));
        return notes.finish(None);
    }
    if source.text.starts_with('\u{feff}') {
        let help = "save it as UTF-8 without one (some editors call it \"UTF-8 with BOM\")";
        notes.error(&(0..3), "the file begins with a byte order mark", help);
    }
    let (root, errors) = DeTable::parse_recoverable(&source.text);
    notes.syntax(&errors);
    let value = read(&notes, Section::new(&notes, root.get_ref(), 0..0, name.to_owned()));
    notes.finish(value)
}

enum Version {
    Ours,
    Other,
}

fn version(section: &mut Section<'_>) -> Version {
    let help = "the first line of the file is `tollgate = 1`: the format that the file is written in";
    let first = section.table.iter().min_by_key(|(key, _)| key.span().start).map(|(key, _)| key.span());
    let Some(written) = section.take("tollgate") else {
        let span = first.unwrap_or(0..0);
        section.notes.missing(&span, "`tollgate = 1` is missing".to_owned(), help.to_owned());
        return Version::Ours;
    };
    if first.is_some_and(|first| first.start < written.key.start) {
        section.notes.error(&written.key, "`tollgate` is not the first key", help);
    }
    match written.value {
        DeValue::Integer(number) if number.as_str() == "1" => Version::Ours,
        DeValue::Integer(number) => {
            let message = format!("the file is written in format {number}, and this version of Tollgate reads format 1");
            section.notes.error(
                &written.span,
                message,
                "use the version of Tollgate it was written for, or write `tollgate = 1` and run `tollgate check`",
            );
            Version::Other
        }
        other => {
            section.wrong_type(&written, "a whole number", other.type_str(), help);
            Version::Ours
        }
    }
}

/// One written value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Written<'a> {
    /// The value.
    pub(crate) value: &'a DeValue<'a>,
    /// Where it stands.
    pub(crate) span: Range<usize>,
    /// Where its key stands.
    pub(crate) key: Range<usize>,
}

/// One string of a list.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    /// The string.
    pub(crate) text: &'a str,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// A table of the file; remembers which keys were asked for, and reports those that nobody asked for.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    /// Where problems go.
    pub(crate) notes: &'a Notes,
    /// Where the section is complained about as a whole.
    pub(crate) span: Range<usize>,
    table: &'a DeTable<'a>,
    name: String,
    asked: Vec<&'static str>,
    /// Keys that were needed and are not there, with what to do.
    absent: Vec<(&'static str, String)>,
}

impl<'a> Section<'a> {
    /// A section of `table`, called `name` in messages.
    pub(crate) fn new(notes: &'a Notes, table: &'a DeTable<'a>, span: Range<usize>, name: String) -> Self {
        Self { notes, span, table, name, asked: Vec::new(), absent: Vec::new() }
    }

    /// Its keys with their values, in the order of the file. Who takes them all judges them all.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Written<'a>)> {
        let written = |(key, value): (&'a toml::Spanned<_>, &'a toml::Spanned<_>)| {
            let key: &toml::Spanned<std::borrow::Cow<'a, str>> = key;
            let entry = Written { value: value.get_ref(), span: value.span(), key: key.span() };
            (key.get_ref().as_ref(), entry)
        };
        let mut entries: Vec<_> = self.table.iter().map(written).collect();
        entries.sort_by_key(|(_, written)| written.key.start);
        entries
    }

    /// The value of a key, if it is there.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Written<'a>> {
        self.asked.push(key);
        self.entries().into_iter().find(|(name, _)| *name == key).map(|(_, written)| written)
    }

    /// Notes that a key is needed and not there; said at the end, unless it was only misspelt.
    pub(crate) fn missing(&mut self, key: &'static str, help: &str) {
        self.absent.push((key, help.to_owned()));
    }

    /// A string, parsed; `None` if it is absent or wrong, which is then noted.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        help: &str,
    ) -> Option<T> {
        let written = self.take(key)?;
        let Some(text) = written.value.as_str() else {
            self.wrong_type(&written, "a string", written.value.type_str(), help);
            return None;
        };
        parse(text).map_err(|bad| self.notes.error(&written.span, format!("`{key}`: {bad}"), help)).ok()
    }

    /// The same, for a key that must be there.
    pub(crate) fn need<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        help: &str,
    ) -> Option<T> {
        if self.holds(key) {
            return self.read(key, parse, help);
        }
        self.asked.push(key);
        self.missing(key, help);
        None
    }

    /// A whole number within `range`.
    pub(crate) fn whole(&mut self, key: &'static str, range: &Range<u64>, help: &str) -> Option<u64> {
        let written = self.take(key)?;
        let DeValue::Integer(number) = written.value else {
            self.wrong_type(&written, "a whole number", written.value.type_str(), help);
            return None;
        };
        let value = i128::from_str_radix(number.as_str(), number.radix()).ok().and_then(|n| u64::try_from(n).ok());
        let value = value.filter(|value| range.contains(value));
        if value.is_none() {
            let message = format!("`{key}` is {number}, and must be from {} to {}", range.start, range.end - 1);
            self.notes.error(&written.span, message, help);
        }
        value
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str, help: &str) -> Option<(bool, Range<usize>)> {
        let written = self.take(key)?;
        let value = written.value.as_bool();
        if value.is_none() {
            self.wrong_type(&written, "`true` or `false`", written.value.type_str(), help);
        }
        value.map(|value| (value, written.key))
    }

    /// A list of strings that must be there and hold something: an empty one means nothing, never everything. Gives the
    /// strings in it, also if it holds something else, which is then noted.
    pub(crate) fn list(&mut self, key: &'static str, help: &str) -> Option<Vec<Item<'a>>> {
        let Some(written) = self.take(key) else {
            self.missing(key, help);
            return None;
        };
        let Some(array) = written.value.as_array() else {
            self.wrong_type(&written, "a list of strings", written.value.type_str(), help);
            return None;
        };
        if array.is_empty() {
            self.notes.error(&written.span, format!("`{key}` is empty, and empty means nothing, never everything"), help);
            return None;
        }
        if array.len() > LONGEST_LIST {
            let message = format!("`{key}` has {} entries, and {LONGEST_LIST} are the most", array.len());
            self.notes.error(&written.span, message, "say with `*` or a group what they have in common");
            return None;
        }
        Some(self.strings(key, array, help))
    }

    /// A string alone, or each of a list of at least one and at most `most`.
    pub(crate) fn one_or_more(&self, key: &str, written: &Written<'a>, most: usize, help: &str) -> Option<Vec<Item<'a>>> {
        let (value, span) = (written.value, &written.span);
        match value {
            DeValue::String(text) => Some(vec![Item { text: text.as_ref(), span: span.clone() }]),
            DeValue::Array(array) if array.is_empty() => {
                self.notes.error(span, format!("`{key}` is an empty list, which says nothing"), help);
                None
            }
            DeValue::Array(array) if array.len() > most => {
                let message = format!("`{key}` has {} entries, and {most} are the most", array.len());
                self.notes.error(span, message, help);
                None
            }
            DeValue::Array(array) => Some(self.strings(key, array, help)),
            other => {
                self.wrong_type(written, "a string or a list of strings", other.type_str(), help);
                None
            }
        }
    }

    fn strings(&self, key: &str, array: &'a DeArray<'a>, help: &str) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        for value in array.iter() {
            match value.get_ref().as_str() {
                Some(text) => items.push(Item { text, span: value.span() }),
                None => {
                    let found = article(value.get_ref().type_str());
                    self.notes.error(&value.span(), format!("`{key}` holds {found}, not only strings"), help);
                }
            }
        }
        items
    }

    /// An item of a list, parsed; `None` if it is wrong, which is then noted.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        item: &Item<'_>,
        parse: impl FnOnce(&str) -> Result<T, E>,
        help: &str,
    ) -> Option<T> {
        parse(item.text).map_err(|bad| self.notes.error(&item.span, bad.to_string(), help)).ok()
    }

    /// Notes what is wrong with a key that was read, or with its default where it is not there.
    pub(crate) fn refuse(&self, key: &str, message: &str, help: &str) {
        let span = self.entries().into_iter().find(|(name, _)| *name == key).map_or(self.span.clone(), |(_, it)| it.span);
        self.notes.error(&span, format!("`{key}`: {message}"), help);
    }

    /// A table, if it is there.
    pub(crate) fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let written = self.take(key)?;
        let Some(table) = written.value.as_table() else {
            self.wrong_type(&written, "a table", written.value.type_str(), &format!("write [{key}] and its keys beneath"));
            return None;
        };
        Some(Section::new(self.notes, table, written.span, format!("[{key}]")))
    }

    /// Whether a key is there.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Says that a value is of another type than its key wants.
    pub(crate) fn wrong_type(&self, written: &Written<'_>, wanted: &str, found: &str, help: &str) {
        let key = self.notes.text(&written.key);
        self.notes.error(&written.span, format!("{} is {}, not {wanted}", code(key), article(found)), help);
    }

    /// Reports the keys that nobody asked for, and those that are missing.
    pub(crate) fn finish(mut self) {
        let free: Vec<_> = self.asked.iter().copied().filter(|asked| !self.holds(asked)).collect();
        for (key, written) in self.entries() {
            if self.asked.contains(&key) {
                continue;
            }
            let message = format!("{} is not a key of {}{}", code(key), self.name, homoglyph(key));
            let meant = nearest(key, free.iter().copied());
            let help = meant.map_or_else(|| format!("its keys are {}", self.asked.join(", ")), did_you_mean);
            self.notes.error(&written.key, message, help);
            self.absent.retain(|(absent, _)| Some(*absent) != meant);
        }
        for (key, help) in self.absent {
            self.notes.missing(&self.span, format!("`{key}` is missing in {}", self.name), help);
        }
    }
}
