//! What a tool's author declares: the widest reach and the meters that it needs, in the words of `[grant]`.
//!
//! Opens nothing. What is allowed is declaration *and* grant, both judged on the concrete request.

use std::sync::Arc;

use super::edit::{inline, quoted};
use super::grants::{self, By};
use super::{Checked, Manifest, raw};
use crate::diagnostic::{Problem, Severity, Source};
use crate::grant::{Grant, Grants, Pattern, Spec};

/// Checks a declaration: the body of a manifest's `[grant]`, without `consent` and `wide`, which are not its author's.
///
/// The grants in it have [`crate::grant::Consent::none`], and their lines are those of the declaration.
#[must_use]
pub fn declaration(source: &Arc<Source>, specs: &[&'static Spec]) -> Checked<Grants> {
    raw::body(source, "the declaration", |_, section| {
        Some(Grants(grants::check(section, By::Author, specs, &mut Vec::new())))
    })
}

/// One declared grant on one line, as it may be written in a manifest that adds what is the operator's.
#[must_use]
pub fn declared(grant: &Grant) -> String {
    format!("{} = {}", quoted(grant.spec.name), inline(grant, By::Author))
}

/// Warns of grants, and of patterns in them, that a tool's declaration never lets come to anything.
#[must_use]
pub fn useless(manifest: &Manifest, declared: &Grants) -> Vec<Problem> {
    manifest.grants.0.iter().flat_map(|grant| beyond(manifest, grant, declared)).collect()
}

fn beyond(manifest: &Manifest, grant: &Grant, declared: &Grants) -> Vec<Problem> {
    let name = grant.spec.name;
    let same: Vec<&Grant> = declared.0.iter().filter(|it| it.spec.name == name).collect();
    if same.is_empty() {
        let message = format!("this {name} grant opens nothing: the tool's author declares no need of {name}");
        return vec![warning(manifest, manifest.line_span(grant.line), message)];
    }
    let within: Vec<&Grant> = same.into_iter().filter(|it| it.overlaps(grant)).collect();
    if within.is_empty() {
        let message = format!("this {name} grant opens nothing: it reaches nothing that the tool's author declares");
        return vec![warning(manifest, manifest.line_span(grant.line), message)];
    }
    let mut problems = Vec::new();
    for (place, (dimension, patterns)) in grant.spec.reach.iter().zip(&grant.reach).enumerate() {
        let met = |pattern: &&Pattern| {
            within
                .iter()
                .any(|it| it.reach.get(place).is_some_and(|theirs| theirs.iter().any(|their| their.overlaps(pattern))))
        };
        for pattern in patterns.iter().filter(|pattern| !met(pattern)) {
            let text = pattern.to_string();
            let mention = manifest.mentions.iter().find(|it| (it.of, it.what) == (name, dimension.key) && it.text == text);
            let span = mention.map_or_else(|| manifest.line_span(grant.line), |it| it.span.clone());
            let message = format!("`{text}` opens nothing: the tool's author declares no {} like it", dimension.key);
            problems.push(warning(manifest, span, message));
        }
    }
    problems
}

fn warning(manifest: &Manifest, span: std::ops::Range<usize>, message: String) -> Problem {
    let help = "take it out; `tollgate inspect` shows what is declared, and what is allowed is what both reach".to_owned();
    Problem { severity: Severity::Warning, source: manifest.source.clone(), span, message, help: Some(help) }
}
