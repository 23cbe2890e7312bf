//! Manifests beside what exists: names that name nothing, patterns that match nothing, grants that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{code, did_you_mean, nearest};
use super::{Manifest, Mention};
use crate::diagnostic::{Problem, Severity};

/// What exists today, by the key it is mentioned under: `forums`, `objects`, …; a key that is not there is not judged.
pub type Known = BTreeMap<&'static str, Vec<String>>;

/// How many examples are named of what a pattern matches.
const EXAMPLES: usize = 3;

/// What one pattern matches today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The grant it stands in.
    pub grant: &'static str,
    /// Its key.
    pub key: &'static str,
    /// As written.
    pub pattern: String,
    /// Its line, from 1.
    pub line: usize,
    /// How many it matches.
    pub count: usize,
    /// The first of them, by name.
    pub examples: Vec<String>,
}

/// Compares what a manifest mentions with what exists: a name that names nothing is an error, a pattern that matches
/// nothing a warning.
#[must_use]
pub fn against(manifest: &Manifest, known: &Known) -> Vec<Problem> {
    let judged = manifest.mentions.iter().filter_map(|mention| Some((mention, known.get(mention.what)?)));
    judged.filter_map(|(mention, names)| judge(manifest, mention, names)).collect()
}

fn judge(manifest: &Manifest, mention: &Mention, names: &[String]) -> Option<Problem> {
    let text = code(&mention.text);
    let (severity, message, help) = match &mention.pattern {
        None if names.contains(&mention.text) => return None,
        None => {
            let group = mention.text.strip_prefix("group:");
            let message = match (mention.one, group) {
                ("principal", Some(group)) => format!("no group is called {}", code(group)),
                ("principal", None) => format!("nobody is called {text}"),
                (one, _) => format!("no {one} is called {text}"),
            };
            let help = nearest(&mention.text, names.iter().map(String::as_str)).map(did_you_mean);
            (Severity::Error, message, help.unwrap_or_else(|| nothing_near(names)))
        }
        Some(pattern) if pattern.is_everything() || names.iter().any(|name| pattern.matches(name)) => return None,
        Some(_) => (Severity::Warning, format!("{text} matches no {} today", mention.one), nothing_near(names)),
    };
    Some(Problem { severity, source: manifest.source.clone(), span: mention.span.clone(), message, help: Some(help) })
}

fn nothing_near(names: &[String]) -> String {
    match names {
        [] => "there are none yet".to_owned(),
        few if few.len() <= 8 => format!("there are {}", few.join(", ")),
        many => format!("there are {} and {} more", many[..8].join(", "), many.len() - 8),
    }
}

/// What each pattern of a manifest matches today, counted. Literals are not among them.
#[must_use]
pub fn reached(manifest: &Manifest, known: &Known) -> Vec<Reach> {
    let of = |mention: &Mention| {
        let (pattern, names) = (mention.pattern.as_ref()?, known.get(mention.what)?);
        let mut matched: Vec<_> = names.iter().filter(|name| pattern.matches(name)).cloned().collect();
        matched.sort();
        let count = matched.len();
        matched.truncate(EXAMPLES);
        Some(Reach {
            grant: mention.of,
            key: mention.what,
            pattern: mention.text.clone(),
            line: manifest.source.line(mention.span.start),
            count,
            examples: matched,
        })
    };
    manifest.mentions.iter().filter_map(of).collect()
}

/// Warns of grants whose functions (`interface.function`) the tool never imports.
#[must_use]
pub fn unused(manifest: &Manifest, imported: &BTreeSet<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for grant in &manifest.grants.0 {
        if grant.spec.functions.iter().any(|function| imported.contains(*function)) {
            continue;
        }
        problems.push(Problem {
            severity: Severity::Warning,
            source: manifest.source.clone(),
            span: manifest.line_span(grant.line),
            message: format!(
                "the tool cannot use this {} grant: it imports none of {}",
                grant.spec.name,
                grant.spec.functions.join(", ")
            ),
            help: Some("take it out, or keep it for a version of the tool that imports it".to_owned()),
        });
    }
    problems
}
