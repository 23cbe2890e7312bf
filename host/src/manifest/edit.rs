//! Manifests as text again: the line that pins a component, the line that would grant something, the whole printed.

use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Manifest;
use super::grants::By;
use crate::grant::{Consent, Flow, Grant, Kind, Pattern, Spec, Values};
use crate::name::Digest;
use crate::quota::Quota;

/// Why a text could not be given a digest; it names what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPin(pub String);

impl fmt::Display for BadPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadPin {}

/// Where a grant would be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A grant of that name begins on this line: it can be widened, or another stand beside it as `[[grant."…"]]`.
    Widen(usize),
    /// Below the header `[grant]` of this line.
    Under(usize),
    /// On this line, the first after the end, below a header `[grant]` of its own.
    New(usize),
}

impl Place {
    /// The line, from 1.
    #[must_use]
    pub const fn line(self) -> usize {
        match self {
            Self::Widen(line) | Self::Under(line) | Self::New(line) => line,
        }
    }
}

type Table<'a> = DeTable<'a>;

/// The spans of a key and of its value.
fn find<'t>(table: &'t Table<'_>, name: &str) -> Option<(Range<usize>, &'t toml::Spanned<DeValue<'t>>)> {
    // The tree borrows its text for as long as it lives itself.
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(key, value)| (key.span(), value))
}

/// Sets the digest in the text of a manifest, or adds it below `component`; every other byte stays.
///
/// # Errors
/// When the text is no TOML, or names no component.
pub fn pin(text: &str, digest: &Digest) -> Result<String, BadPin> {
    let by_hand = |why: &str| BadPin(format!("{why}; mend it, or write digest = \"{digest}\" under [tool] by hand"));
    let pinned = with_digest(text, digest).map_err(|why| by_hand(&why))?;
    // Whoever reads the new text must find the digest where it belongs.
    let found = DeTable::parse(&pinned).is_ok_and(|root| {
        let tool = find(root.get_ref(), "tool").and_then(|(_, tool)| tool.get_ref().as_table());
        let written = tool.and_then(|tool| find(tool, "digest")).and_then(|(_, value)| value.get_ref().as_str());
        written == Some(digest.to_string().as_str())
    });
    if found { Ok(pinned) } else { Err(by_hand("[tool] is written in a way that is not understood")) }
}

fn with_digest(text: &str, digest: &Digest) -> Result<String, String> {
    let root = DeTable::parse(text).map_err(|bad| format!("the manifest is not TOML: {}", bad.message()))?;
    let (_, tool) = find(root.get_ref(), "tool").ok_or("the manifest has no [tool]")?;
    let table = tool.get_ref().as_table().ok_or("`tool` is no table")?;
    if let Some((_, value)) = find(table, "digest") {
        let span = value.span();
        return Ok(format!("{}\"{digest}\"{}", &text[..span.start], &text[span.end..]));
    }
    let (key, value) = find(table, "component").ok_or("[tool] names no component")?;
    // Three characters shorter than `component`, so that a column of `=` stays one.
    let between = &text[key.end..value.span().start];
    let at = value.span().end;
    if text[tool.span()].starts_with('{') {
        return Ok(format!("{}, digest{between}\"{digest}\"{}", &text[..at], &text[at..]));
    }
    let dotted = if text[tool.span()].starts_with('[') { "" } else { "tool." };
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (before, after) = text.split_at(end);
    let joint = if before.ends_with('\n') { "" } else { newline };
    Ok(format!("{before}{joint}{dotted}digest   {between}\"{digest}\"{newline}{after}"))
}

/// The line that would grant exactly these values, once; what is not given stands as `…`.
///
/// Values go by the key of their dimension or by its singular, as `explain` takes them.
#[must_use]
pub fn suggest(spec: &Spec, values: &[(&str, &str)]) -> String {
    let mut keys = Vec::new();
    for dimension in spec.reach {
        let given = values.iter().filter(|(name, _)| *name == dimension.key || *name == dimension.one);
        let mut given: Vec<_> = given.map(|(_, value)| quoted(value)).collect();
        if given.is_empty() {
            given.push(match dimension.values {
                Values::Words([only]) => quoted(only),
                Values::Words(_) | Values::Paths | Values::Names | Values::Principals => quoted("…"),
            });
        }
        keys.push(format!("{} = [{}]", dimension.key, given.join(", ")));
    }
    keys.push("calls = 1".to_owned());
    keys.extend(spec.bytes.then(|| "bytes = \"64 KiB\"".to_owned()));
    keys.extend(spec.lease.then(|| "lease = \"30 min\"".to_owned()));
    keys.extend((spec.kind == Kind::Change).then(|| format!("consent = \"{}\"", Consent::initiator())));
    format!("{} = {{ {} }}", quoted(spec.name), keys.join(", "))
}

/// A TOML basic string (TOML 1.0, section "String"); what would not be seen in it is written by its number.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        // A letter is escaped to itself, what has no shape of its own to `\u{…}`.
        let hidden = c.is_control() || (!c.is_ascii() && c.escape_debug().len() > 1);
        match (c, u32::from(c)) {
            ('"' | '\\', _) => quoted.extend(['\\', c]),
            (_, number @ 0x1_0000..) if hidden => quoted.push_str(&format!("\\U{number:08X}")),
            (_, number) if hidden => quoted.push_str(&format!("\\u{number:04X}")),
            (c, _) => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

pub(super) fn list(texts: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", texts.into_iter().map(|text| quoted(&text)).collect::<Vec<_>>().join(", "))
}

pub(super) fn print(manifest: &Manifest) -> String {
    let mut lines = vec!["tollgate = 1".to_owned(), String::new(), "[tool]".to_owned()];
    lines.push(format!("component = {}", quoted(&manifest.component)));
    lines.extend(manifest.digest.map(|digest| format!("digest = \"{digest}\"")));
    lines.push(format!("callers = {}", list(manifest.callers.iter().map(ToString::to_string))));
    lines.push(format!("agents = {}", list(manifest.agents.iter().map(ToString::to_string))));
    lines.extend([String::new(), "[limits]".to_owned()]);
    lines.extend(manifest.limits.each().map(|(key, value)| format!("{key} = {value}")));
    let mut text = lines.join("\n");
    text.push('\n');
    for grant in &manifest.grants.0 {
        text.push_str(&print_grant(grant));
    }
    text.push_str(&print_quotas(&manifest.quotas));
    text
}

fn print_quotas(quotas: &[Quota]) -> String {
    let mut text = String::new();
    for of_one_name in quotas.chunk_by(|one, next| one.name == next.name) {
        let head = if text.is_empty() { "\n[quota]\n" } else { "" };
        let name = of_one_name.first().map(|quota| quoted(quota.name)).unwrap_or_default();
        text.push_str(&format!("{head}{name} = {}\n", list(of_one_name.iter().map(ToString::to_string))));
    }
    text
}

fn print_grant(grant: &Grant) -> String {
    let keys = keys(grant, By::Operator).into_iter().map(|(key, value)| format!("{key} = {value}\n"));
    format!("\n[[grant.{}]]\n{}", quoted(grant.spec.name), keys.collect::<String>())
}

/// The keys of a grant with their values, as whoever wrote it has to write them.
pub(super) fn keys(grant: &Grant, by: By) -> Vec<(&'static str, String)> {
    let dimensions = grant.spec.reach.iter().zip(&grant.reach);
    let mut keys: Vec<_> =
        dimensions.map(|(it, patterns)| (it.key, list(patterns.iter().map(ToString::to_string)))).collect();
    keys.push(("calls", grant.calls.to_string()));
    keys.extend(grant.bytes.map(|bytes| ("bytes", format!("\"{bytes}\""))));
    keys.extend(grant.lease.map(|lease| ("lease", format!("\"{lease}\""))));
    if by == By::Operator {
        keys.extend((grant.spec.kind == Kind::Change).then(|| ("consent", consent(&grant.consent))));
        keys.extend((grant.flow != Flow::Refuse).then(|| ("flow", quoted(grant.flow.as_str()))));
        let refuse = || list(grant.refuse.iter().map(|kind| kind.name().to_owned()));
        keys.extend((!grant.refuse.is_empty()).then(|| ("refuse", refuse())));
        keys.extend(wide(grant).then(|| ("wide", "true".to_owned())));
    }
    keys
}

/// The value of `consent`: a word, one rule, or a list of rules.
fn consent(consent: &Consent) -> String {
    match consent.rules() {
        [] | [_] => quoted(&consent.to_string()),
        several => list(several.iter().map(ToString::to_string)),
    }
}

/// A grant as one inline table.
pub(super) fn inline(grant: &Grant, by: By) -> String {
    let keys: Vec<_> = keys(grant, by).into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", keys.join(", "))
}

/// Whether the grant had to say `wide = true`.
fn wide(grant: &Grant) -> bool {
    let dimensions = grant.spec.reach.iter().zip(&grant.reach);
    dimensions
        .into_iter()
        .any(|(dimension, patterns)| patterns.iter().any(|pattern: &Pattern| super::pattern::is_wide(pattern, dimension)))
}
