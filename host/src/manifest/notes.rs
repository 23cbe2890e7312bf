//! What is wrong with one text, noted as it is found, and told in order.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::Checked;
use super::words::code;
use crate::diagnostic::{Problem, Severity, Source};

/// The most problems that are told of one file: who reads more mends some first.
const MOST: usize = 100;

/// The problems of one text, as they are found.
#[derive(Debug)]
pub(crate) struct Notes {
    source: Arc<Source>,
    problems: RefCell<Vec<Problem>>,
    /// Lines that are no TOML. What is said about their remains would be noise, and so is what seems missing.
    broken: BTreeSet<usize>,
}

impl Notes {
    /// Notes on a text, none yet.
    pub(super) fn on(source: &Arc<Source>) -> Self {
        Self { source: source.clone(), problems: RefCell::default(), broken: BTreeSet::new() }
    }

    /// Notes where the text is no TOML.
    pub(super) fn syntax(&mut self, errors: &[toml::de::Error]) {
        // What a bracket that is never closed swallows is wrong in ways that nobody wrote.
        let swallowed = errors.iter().any(|error| error.message().starts_with("unclosed"));
        let told = if swallowed { 1 } else { errors.len() };
        errors.iter().take(told).for_each(|error| note_syntax(self, error));
        if let Some(first) = self.broken.first().copied().filter(|_| swallowed) {
            self.broken.extend(first..=self.source.line(self.source.text.len()));
        }
    }

    /// Notes an error, with what to do.
    pub(crate) fn error(&self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        if self.broken.is_empty() || !self.broken.contains(&self.line(span)) {
            self.push(span.clone(), message.into(), Some(help.into()));
        }
    }

    /// Notes that something is not there, unless it may stand in what could not be read.
    pub(super) fn missing(&self, span: &Range<usize>, message: String, help: String) {
        if self.broken.is_empty() {
            self.push(span.clone(), message, Some(help));
        }
    }

    /// The line, from 1, on which a span begins.
    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        self.source.line(span.start)
    }

    /// The text of a span.
    pub(crate) fn text(&self, span: &Range<usize>) -> &str {
        self.source.text.get(span.clone()).unwrap_or_default()
    }

    fn push(&self, span: Range<usize>, message: String, help: Option<String>) {
        let problem = Problem { severity: Severity::Error, source: self.source.clone(), span, message, help };
        self.problems.borrow_mut().push(problem);
    }

    /// The end of the text: what it is worth.
    pub(super) fn finish<T>(self, value: Option<T>) -> Checked<T> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.span.start);
        let sound = problems.iter().all(|problem| problem.severity != Severity::Error);
        if let Some(next) = problems.get(MOST).cloned() {
            let message = format!("from here on the file has {} more problems", problems.len() - MOST);
            problems.truncate(MOST);
            problems.push(Problem { message, help: Some("mend those above first".to_owned()), ..next });
        }
        Checked { value: value.filter(|_| sound), problems }
    }
}

/// toml says "duplicate key" without the key; the rest it says well enough.
fn note_syntax(notes: &mut Notes, error: &toml::de::Error) {
    let end = notes.source.text.len();
    let span = error.span().unwrap_or(end..end);
    let span = span.start.min(end)..span.end.min(end);
    if error.message() == "duplicate key" {
        let key = notes.text(&span);
        let grant = if key.contains('.') { "; several grants of one name are written as [[grant.\"…\"]]" } else { "" };
        return notes.push(
            span.clone(),
            format!("{} stands here twice", code(key)),
            Some(format!("keep one of them{grant}")),
        );
    }
    let line = notes.line(&span);
    if notes.broken.insert(line) {
        let help = "mend it here, or at the end of the line before".to_owned();
        notes.push(span, format!("this is not TOML: {}", error.message()), Some(help));
    }
}
