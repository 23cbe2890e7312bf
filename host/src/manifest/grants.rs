//! `[grant]`: each grant by the spec of its capability, with its reach, its meters and whom to ask. What a tool's author
//! declares is read here too: the same words, but who is asked, and whether wide is too wide, is not the author's to say.

use std::ops::Range;

use super::notes::Notes;
use super::pattern::{example, is_wide, parse};
use super::raw::{Item, Section, Written};
use super::words::{code, did_you_mean, homoglyph, nearest};
use super::{Mention, consent};
use crate::grant::{Consent, Dimension, Flow, Grant, Kind, Pattern, Patterns, Spec, Values};
use crate::unit::{Bytes, Duration};
use crate::vet::Kind as Finds;
use toml::de::DeValue;

/// The longest lease: there is no open-ended access for agents.
const LONGEST_LEASE: Duration = Duration(90 * 86_400_000);

/// The most grants of one name; each is compared with each.
const MOST: usize = 64;

/// Who wrote the grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// An operator, who opens something.
    Operator,
    /// The tool's author, who says how far it needs to go at most, and opens nothing.
    Author,
}

/// Reads every grant of a manifest or a declaration.
pub(super) fn check(section: Section<'_>, by: By, specs: &[&'static Spec], mentions: &mut Vec<Mention>) -> Vec<Grant> {
    let notes = section.notes;
    let mut grants = Vec::new();
    for (name, written) in section.entries() {
        let Some(spec) = specs.iter().copied().find(|spec| spec.name == name) else {
            unknown(notes, name, &written, specs);
            continue;
        };
        let mut found: Vec<Grant> = Vec::new();
        for (index, table) in (0..).zip(tables(&section, name, &written)) {
            let span = table.span.clone();
            let Some(grant) = one(table, by, spec, mentions) else { continue };
            if let Some(other) = found.iter().find(|other| other.overlaps(&grant)) {
                overlap(notes, &span, &grant, other);
            }
            found.push(Grant { index, ..grant });
        }
        grants.extend(found);
    }
    grants
}

/// A grant is a table; several of one name are a list of tables.
fn tables<'a>(section: &Section<'a>, name: &str, written: &Written<'a>) -> Vec<Section<'a>> {
    let called = format!("[grant.\"{name}\"]");
    match written.value {
        DeValue::Table(table) => {
            // An inline table is complained about at its name, one with a header at its header.
            let headed = section.notes.text(&written.span).starts_with('[');
            let span = if headed { written.span.clone() } else { written.key.clone() };
            vec![Section::new(section.notes, table, span, called)]
        }
        DeValue::Array(array) if array.len() > MOST => {
            let message = format!("there are {} {name} grants, and {MOST} are the most", array.len());
            section.notes.error(&written.key, message, "write those that have the same meters and consent as one");
            Vec::new()
        }
        DeValue::Array(array) if !array.is_empty() && array.iter().all(|item| item.get_ref().is_table()) => array
            .iter()
            .filter_map(|item| Some((item.span(), item.get_ref().as_table()?)))
            .map(|(span, table)| Section::new(section.notes, table, span, called.clone()))
            .collect(),
        other => {
            section.wrong_type(written, "a table", other.type_str(), &format!("write {called} and its keys beneath"));
            Vec::new()
        }
    }
}

fn unknown(notes: &Notes, name: &str, written: &Written<'_>, specs: &[&'static Spec]) {
    let names = || specs.iter().map(|spec| spec.name);
    // `[grant.files.read]` is TOML for a table in a table.
    let inner = written.value.as_table().and_then(|table| {
        let joined = |key: &str| format!("{name}.{key}");
        names().find(|full| table.iter().any(|(key, _)| joined(key.get_ref()) == **full))
    });
    if let Some(full) = inner {
        let message = format!("{} is half of the name of a grant", code(name));
        return notes.error(&written.key, message, format!("the name stands in quotes: [grant.\"{full}\"]"));
    }
    let help = match nearest(name, names()) {
        Some(name) => did_you_mean(name),
        None => format!("grants are {}", names().collect::<Vec<_>>().join(", ")),
    };
    notes.error(&written.key, format!("there is no grant called {}{}", code(name), homoglyph(name)), help);
}

fn overlap(notes: &Notes, span: &Range<usize>, grant: &Grant, other: &Grant) {
    let (name, first, second) = (grant.spec.name, other.line, grant.line);
    let message = format!("the {name} grants of lines {first} and {second} reach something in common");
    let help = "make their patterns disjoint, or write one grant: else it is not clear whose meters and consent hold";
    notes.error(span, message, help);
}

fn one(mut section: Section<'_>, by: By, spec: &'static Spec, mentions: &mut Vec<Mention>) -> Option<Grant> {
    let line = section.notes.line(&section.span);
    let mut wide = None;
    let mut reach = Vec::new();
    for dimension in spec.reach {
        reach.push(patterns(&mut section, spec, dimension, &mut wide, mentions));
    }
    let calls = calls(&mut section);
    let bytes = bytes(&mut section, spec);
    let consent = match by {
        By::Operator => consent(&mut section, spec, mentions),
        By::Author => {
            superfluous::<()>(&mut section, "consent", "who is asked is for the operator to say").map(|_| Consent::none())
        }
    };
    let lease = lease(&mut section, spec);
    let flow = match by {
        By::Operator => flow(&mut section, spec),
        By::Author => superfluous(&mut section, "flow", "what may flow where is for the operator to say")
            .map(Option::unwrap_or_default),
    };
    let refuse = match by {
        By::Operator => refuse(&mut section, spec),
        By::Author => superfluous(&mut section, "refuse", "what may be found in what is sent is for the operator to say")
            .map(Option::unwrap_or_default),
    };
    match by {
        By::Operator => width(&mut section, wide),
        By::Author => _ = superfluous::<()>(&mut section, "wide", "a declaration opens nothing, however wide"),
    }
    section.finish();
    let reach: Option<Vec<_>> = reach.into_iter().map(|patterns| patterns.map(Patterns::new)).collect();
    Some(Grant {
        spec,
        index: 0,
        reach: reach?,
        calls: calls?,
        bytes: bytes?,
        consent: consent?,
        flow: flow?,
        refuse: refuse?,
        lease: lease?,
        line,
    })
}

/// The patterns of one dimension; notes the first that is wide.
fn patterns(
    section: &mut Section<'_>,
    spec: &'static Spec,
    dimension: &'static Dimension,
    wide: &mut Option<(String, Range<usize>)>,
    mentions: &mut Vec<Mention>,
) -> Option<Vec<Pattern>> {
    let help = example(dimension);
    let items = section.list(dimension.key, &help)?;
    let mut found: Vec<Pattern> = Vec::new();
    for item in &items {
        match parse(item.text, dimension) {
            Ok(pattern) if found.contains(&pattern) => {
                let message = format!("{} stands in `{}` twice", code(item.text), dimension.key);
                section.notes.error(&item.span, message, "keep one of them");
            }
            Ok(pattern) => {
                if is_wide(&pattern, dimension) {
                    wide.get_or_insert_with(|| (item.text.to_owned(), item.span.clone()));
                }
                mention(mentions, spec, dimension, item, &pattern);
                found.push(pattern);
            }
            Err((message, help)) => section.notes.error(&item.span, message, help),
        }
    }
    (found.len() == items.len()).then_some(found)
}

fn mention(mentions: &mut Vec<Mention>, spec: &Spec, dimension: &'static Dimension, item: &Item<'_>, pattern: &Pattern) {
    if !matches!(dimension.values, Values::Words(_)) {
        mentions.push(Mention {
            of: spec.name,
            what: dimension.key,
            one: dimension.one,
            text: item.text.to_owned(),
            span: item.span.clone(),
            pattern: (!pattern.is_literal()).then(|| pattern.clone()),
        });
    }
}

/// Wide patterns need the word that says so, and the word needs one.
fn width(section: &mut Section<'_>, wide: Option<(String, Range<usize>)>) {
    let said = section.flag("wide", "write wide = true, or take it out");
    match (said, wide) {
        (Some((true, _)), Some(_)) | (Some((false, _)) | None, None) => {}
        (Some((true, key)), None) => {
            section.notes.error(&key, "`wide = true`, but no pattern of this grant reaches everything", "take it out");
        }
        (Some((false, _)) | None, Some((text, span))) => {
            let help = "name what is meant, or say that everything is meant with wide = true";
            section.notes.error(&span, format!("{} reaches everything", code(&text)), help);
        }
    }
}

fn calls(section: &mut Section<'_>) -> Option<u64> {
    let help = "write for example calls = 20: how often one invocation may ask";
    if !section.holds("calls") {
        section.missing("calls", help);
    }
    section.whole("calls", &(1..1_000_000_001), help)
}

/// `Some(None)` where the spec has no such meter.
fn bytes(section: &mut Section<'_>, spec: &Spec) -> Option<Option<Bytes>> {
    if !spec.bytes {
        return superfluous(section, "bytes", &format!("{} is not metered in bytes", spec.name));
    }
    let parse = |text: &str| match Bytes::parse(text) {
        Ok(Bytes(0)) => Err("nothing could move within 0 bytes".to_owned()),
        Ok(bytes) => Ok(bytes),
        Err(bad) => Err(bad.to_string()),
    };
    section.need("bytes", parse, "write for example bytes = \"8 KiB\": how much one invocation may move").map(Some)
}

fn lease(section: &mut Section<'_>, spec: &Spec) -> Option<Option<Duration>> {
    if !spec.lease {
        return superfluous(section, "lease", &format!("{} gives nothing that ends", spec.name));
    }
    let parse = |text: &str| match Duration::parse(text) {
        Ok(lease) if lease < Duration(1_000) => Err(format!("{lease} is too short: at least 1 s")),
        Ok(lease) if lease > LONGEST_LEASE => Err(format!("{lease} is too long: at most {LONGEST_LEASE}")),
        Ok(lease) => Ok(lease),
        Err(bad) => Err(bad.to_string()),
    };
    section.need("lease", parse, "write for example lease = \"30 min\": the longest that may be given").map(Some)
}

fn consent(section: &mut Section<'_>, spec: &'static Spec, mentions: &mut Vec<Mention>) -> Option<Consent> {
    match spec.kind {
        Kind::Change => consent::check(section, spec, mentions),
        Kind::Observation => {
            let why = format!("{} only reads, and nobody is asked before reading", spec.name);
            superfluous::<()>(section, "consent", &why).map(|_| Consent::none())
        }
    }
}

/// What happens when what was read may not go where it would; a plain refusal where nothing is said.
fn flow(section: &mut Section<'_>, spec: &Spec) -> Option<Flow> {
    let other = match spec.kind {
        Kind::Change => Flow::Ask,
        Kind::Observation => Flow::Seal,
    };
    let help = match other {
        Flow::Seal => "write flow = \"seal\" to keep what is read here from the agent: it is handed a name for the result",
        Flow::Ask | Flow::Refuse => {
            "write flow = \"ask\" to have an owner of what was read asked to release it where it may not go, or \"refuse\", the default"
        }
    };
    let parse = |text: &str| match text {
        "refuse" => Ok(Flow::Refuse),
        text if text == other.as_str() => Ok(other),
        "ask" => Err(format!("{} only reads, and nobody is asked before reading", spec.name)),
        "seal" => Err(format!("{} brings nothing that could be kept from the agent", spec.name)),
        text => Err(format!("{} is nothing that could happen", code(text))),
    };
    let (said, read) = (section.holds("flow"), section.read("flow", parse, help));
    if said { read } else { Some(Flow::Refuse) }
}

/// Which findings in what is sent are refused; none where nothing is said.
fn refuse(section: &mut Section<'_>, spec: &Spec) -> Option<Vec<Finds>> {
    if !spec.sends() {
        return superfluous(section, "refuse", &format!("{} sends no text", spec.name)).map(Option::unwrap_or_default);
    }
    if !section.holds("refuse") {
        return Some(Vec::new());
    }
    let names = Finds::ALL.map(Finds::name).join("\", \"");
    let help =
        format!("write refuse = [\"secrets\"]: what is found of it is refused, not only shown; there are \"{names}\"");
    let items = section.list("refuse", &help)?;
    let mut kinds = Vec::new();
    for item in &items {
        match Finds::parse(item.text) {
            Some(kind) if kinds.contains(&kind) => {
                section.notes.error(&item.span, format!("{} stands in `refuse` twice", code(item.text)), "keep one of them");
            }
            Some(kind) => kinds.push(kind),
            None => {
                let meant =
                    nearest(item.text, Finds::ALL.map(Finds::name)).map(did_you_mean).unwrap_or_else(|| help.clone());
                section.notes.error(&item.span, format!("nothing that is found is called {}", code(item.text)), meant);
            }
        }
    }
    let whole = kinds.len() == items.len();
    kinds.sort();
    whole.then_some(kinds)
}

/// Refuses a key that other grants have and this one has not: accepted, it would be believed in.
fn superfluous<T>(section: &mut Section<'_>, key: &'static str, why: &str) -> Option<Option<T>> {
    // Looked for before it is taken, so that it is not offered among the keys of this grant.
    if !section.holds(key) {
        return Some(None);
    }
    let written = section.take(key)?;
    section.notes.error(&written.key, format!("`{key}` has no place here: {why}"), "take it out");
    None
}
