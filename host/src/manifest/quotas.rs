//! `[quota]`: what may be done over time, beyond what one invocation may do.

use super::notes::Notes;
use super::raw::{Section, Written};
use super::words::{code, did_you_mean, homoglyph, nearest};
use crate::grant::{Kind, Spec};
use crate::quota::Quota;

/// The most quotas of one name.
const MOST: usize = 8;

const HELP: &str = "write for example \"20 per day per initiator\", \"3 per 2 hours per agent\", \"500 per week per tool\", or a list of such";

/// Reads the quotas of a manifest in which grants of these names are written.
pub(super) fn check(section: &Section<'_>, specs: &[&'static Spec], granted: &[&str]) -> Vec<Quota> {
    let mut quotas = Vec::new();
    for (name, written) in section.entries() {
        let Some(spec) = limited(section.notes, name, &written, specs, granted) else { continue };
        let items = section.one_or_more(name, &written, MOST, HELP).unwrap_or_default();
        let mut found: Vec<Quota> = Vec::new();
        for item in items {
            match Quota::parse(spec.name, section.notes.line(&item.span), item.text) {
                Ok(quota) if found.iter().any(|it| (it.per, it.rate.period) == (quota.per, quota.rate.period)) => {
                    let message = format!("`{name}` has two quotas per {} for the same time", quota.per);
                    section.notes.error(&item.span, message, "keep the smaller: each of them would have to be met");
                }
                Ok(quota) => found.push(quota),
                Err(bad) => section.notes.error(&item.span, format!("`{name}`: {bad}"), HELP),
            }
        }
        quotas.extend(found);
    }
    quotas
}

/// The spec that a key names, if it is one whose acts can be counted and there is something to count.
fn limited(
    notes: &Notes,
    name: &str,
    written: &Written<'_>,
    specs: &[&'static Spec],
    granted: &[&str],
) -> Option<&'static Spec> {
    let changes = || specs.iter().copied().filter(|spec| spec.kind == Kind::Change);
    let Some(spec) = changes().find(|spec| spec.name == name) else {
        let (message, help) = unknown(name, written, specs);
        notes.error(&written.key, message, help);
        return None;
    };
    if !granted.contains(&name) {
        let help = format!("write [grant.\"{name}\"], or take the quota out");
        notes.missing(&written.key, format!("there is no {name} grant, so this quota limits nothing"), help);
    }
    Some(spec)
}

/// What is wrong with a key that names nothing with a quota, and what to do.
fn unknown(name: &str, written: &Written<'_>, specs: &[&'static Spec]) -> (String, String) {
    let changes = || specs.iter().filter(|spec| spec.kind == Kind::Change).map(|spec| spec.name);
    // `forum.post = "…"` is TOML for a table in a table.
    let inner = written.value.as_table().and_then(|table| {
        let joined = |key: &str| format!("{name}.{key}");
        changes().find(|full| table.iter().any(|(key, _)| joined(key.get_ref()) == **full))
    });
    if let Some(full) = inner {
        let message = format!("{} is half of the name of a grant", code(name));
        return (message, format!("the name stands in quotes: \"{full}\" = \"20 per day per initiator\""));
    }
    if specs.iter().any(|spec| spec.name == name) {
        let message = format!("{name} only reads, and quotas are of what changes something");
        return (message, "take it out; `calls` and `bytes` of its grant limit each invocation".to_owned());
    }
    if let Some(spec) = specs.iter().find(|spec| spec.kind == Kind::Change && spec.functions.contains(&name)) {
        let message = format!("{} has no quota of its own", code(name));
        return (message, format!("the functions of a grant are counted together: write \"{}\"", spec.name));
    }
    let help = nearest(name, changes())
        .map_or_else(|| format!("quotas are of {}", changes().collect::<Vec<_>>().join(", ")), did_you_mean);
    (format!("there is no grant called {}{}", code(name), homoglyph(name)), help)
}
