//! Problems as a person reads them: the line, what is wrong in it, and what to do.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity as Weight, SourceCode};

use crate::diagnostic::{Problem, Severity};

/// A problem in the shape that miette draws.
#[derive(Debug)]
struct Drawn<'p> {
    problem: &'p Problem,
    source: NamedSource<String>,
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
        .with_context_lines(0)
        .without_syntax_highlighting();
    let mut text = String::new();
    for problem in problems {
        let source = NamedSource::new(&problem.source.name, problem.source.text.clone());
        // A formatter into a string fails only if the source cannot be drawn; the plain line says the same.
        if handler.render_report(&mut text, &Drawn { problem, source }).is_err() {
            text.push_str(&format!("{problem}\n"));
        }
    }
    text
}
