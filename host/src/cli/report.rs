//! Problems as a person reads them: the line, what is wrong in it, and what to do.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, NamedSource, Severity as Weight,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diagnostic::{Problem, Severity, Source};

/// A problem in the shape that miette draws.
#[derive(Debug)]
struct Drawn<'p> {
    problem: &'p Problem,
    source: Lines,
}

/// A source of which whole lines are shown, and no line beside them.
#[derive(Debug)]
struct Lines(NamedSource<String>);

impl Lines {
    fn of(source: &Source) -> Self {
        Self(NamedSource::new(&source.name, visible(&source.text)))
    }
}

impl SourceCode for Lines {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context it is asked only where the span begins.
        if before == 0 {
            return self.0.read_span(span, 0, 0);
        }
        let text = self.0.inner();
        let first = span.offset().min(text.len());
        let last = (first + span.len()).min(text.len());
        let start = text.as_bytes()[..first].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let rest = text.as_bytes()[last..].iter().position(|byte| *byte == b'\n').unwrap_or(text.len() - last);
        self.0.read_span(&(start..last + rest).into(), 0, 0)
    }
}

/// The text with every character that could deceive a reader or steer a terminal replaced by as many bytes.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, c.len_utf8()) {
            ('\n' | '\t', _) => shown.push(c),
            ('\r', _) => shown.push(' '),
            // Marks, joiners and directions of U+200B to U+206F, and the byte order mark.
            ('\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}', _) => {
                shown.push('\u{fffd}')
            }
            (c, length) if c.is_control() => shown.extend(std::iter::repeat_n('?', length)),
            (c, _) => shown.push(c),
        }
    }
    shown
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<Weight> {
        Some(match self.problem.severity {
            Severity::Error => Weight::Error,
            Severity::Warning => Weight::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(None, self.problem.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Draws problems one after the other, without colour, as wide as a terminal usually is.
#[must_use]
pub fn render(problems: &[Problem]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .with_links(false)
        .with_context_lines(1)
        .without_syntax_highlighting();
    let mut text = String::new();
    for problem in problems {
        let source = Lines::of(&problem.source);
        if !text.is_empty() {
            text.push('\n');
        }
        // A formatter into a string fails only if the source cannot be drawn; the plain line says the same.
        if handler.render_report(&mut text, &Drawn { problem, source }).is_err() {
            text.push_str(&format!("{problem}\n"));
        }
    }
    text
}
