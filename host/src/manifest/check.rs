//! The top of a manifest: who may call what, and nothing that is accepted without being enforced.

use std::sync::Arc;

use super::grants::By;
use super::notes::Notes;
use super::raw::{Item, Section};
use super::words::code;
use super::{Limits, Manifest, Mention, grants, limits, quotas};
use crate::diagnostic::Source;
use crate::grant::{Grants, Spec};
use crate::name::{AgentName, BadName, Digest, Principal, ToolName};

/// What the caller knows before the text is read.
pub(super) struct Given<'s> {
    pub(super) tool: ToolName,
    pub(super) source: Arc<Source>,
    pub(super) specs: &'s [&'static Spec],
}

/// `[tool]`, checked.
struct Tool {
    component: String,
    digest: Option<Digest>,
    callers: Vec<Principal>,
    agents: Vec<AgentName>,
}

/// Reads a manifest from its root.
pub(super) fn manifest(notes: &Notes, mut root: Section<'_>, given: Given<'_>) -> Option<Manifest> {
    let mut mentions = Vec::new();
    let tool = match root.section("tool") {
        Some(section) => tool(section, &mut mentions),
        None => {
            if !root.holds("tool") {
                root.missing("tool", "write [tool] with component, callers and agents beneath");
            }
            None
        }
    };
    let limits = root.section("limits").map_or_else(Limits::default, limits::check);
    let grant = root.section("grant");
    let grant_table =
        grant.as_ref().filter(|grant| notes.text(&grant.span).starts_with('[')).map(|grant| notes.line(&grant.span));
    let written: Vec<&str> = grant.iter().flat_map(Section::entries).map(|(name, _)| name).collect();
    let granted = grant.map(|section| grants::check(section, By::Operator, given.specs, &mut mentions)).unwrap_or_default();
    let quota = root.section("quota");
    let quotas = quota.map(|section| quotas::check(&section, given.specs, &written)).unwrap_or_default();
    root.finish();
    let Tool { component, digest, callers, agents } = tool?;
    let Given { tool, source, .. } = given;
    let grants = Grants(granted);
    Some(Manifest { tool, component, digest, callers, agents, limits, grants, quotas, mentions, source, grant_table })
}

fn tool(mut section: Section<'_>, mentions: &mut Vec<Mention>) -> Option<Tool> {
    let component = section.need("component", component, "write component = \"answer.wasm\": a file beside this one");
    let digest = section.read("digest", Digest::parse, "run `tollgate pin TOOL` to have it written");
    let callers = callers(&mut section, mentions);
    let agents = agents(&mut section);
    section.finish();
    Some(Tool { component: component?, digest, callers: callers?, agents: agents? })
}

/// A plain file name: what stands beside the manifest and nowhere else.
fn component(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match text {
        _ if !text.chars().all(plain) => Err(format!("{} is no plain file name", code(text))),
        _ if text.starts_with('.') || text.len() > 255 => Err(format!("{} is no plain file name", code(text))),
        _ if !text.ends_with(".wasm") => Err(format!("{} does not end in `.wasm`", code(text))),
        _ => Ok(text.to_owned()),
    }
}

fn callers(section: &mut Section<'_>, mentions: &mut Vec<Mention>) -> Option<Vec<Principal>> {
    let help = "name people and groups: callers = [\"ben\", \"group:engineering\"]";
    let items = section.list("callers", help)?;
    let parsed = parse_each(section.notes, &items, Principal::parse, "callers", help);
    for (item, _) in items.iter().zip(parsed.iter().flatten()) {
        mentions.push(Mention {
            of: "tool",
            what: "callers",
            one: "principal",
            text: item.text.to_owned(),
            span: item.span.clone(),
            pattern: None,
        });
    }
    parsed
}

fn agents(section: &mut Section<'_>) -> Option<Vec<AgentName>> {
    let help = "name agents: agents = [\"cli\", \"agent-7\"]; `cli` is the command line";
    let items = section.list("agents", help)?;
    parse_each(section.notes, &items, AgentName::parse, "agents", help)
}

/// Parses names that are listed one by one: a pattern, or a name that stands twice, is a mistake.
fn parse_each<T: PartialEq>(
    notes: &Notes,
    items: &[Item<'_>],
    parse: impl Fn(&str) -> Result<T, BadName>,
    key: &str,
    help: &str,
) -> Option<Vec<T>> {
    let mut names = Vec::new();
    for item in items {
        match parse(item.text) {
            Ok(name) if names.contains(&name) => {
                notes.error(&item.span, format!("`{name}` stands in `{key}` twice", name = item.text), "keep one of them")
            }
            Ok(name) => names.push(name),
            Err(_) if item.text.contains('*') => {
                notes.error(&item.span, format!("`{key}` are named one by one, and `*` is no name"), help);
            }
            Err(bad) => notes.error(&item.span, format!("`{key}`: {bad}"), help),
        }
    }
    (names.len() == items.len()).then_some(names)
}
