//! `consent` of a grant: who must agree before an act happens. One rule, or a list of rules that must each be met.

use super::Mention;
use super::raw::{Item, Section};
use super::words::{code, did_you_mean, nearest};
use crate::grant::{Consent, Rule, Spec};
use crate::name::GroupName;

const KEY: &str = "consent";

/// The most rules of one grant.
const MOST: usize = 8;

const HELP: &str = "write consent = \"initiator\" to ask the person on whose behalf the tool runs; others are \"owner\", \"group:oncall\", \
                    \"two of group:oncall\", a list of these, each of which must agree, or \"none\"";

/// Reads `consent`, which must be there.
pub(super) fn check(section: &mut Section<'_>, spec: &'static Spec, mentions: &mut Vec<Mention>) -> Option<Consent> {
    let Some(written) = section.take(KEY) else {
        section.missing(KEY, HELP);
        return None;
    };
    if written.value.as_str() == Some("none") {
        return Some(Consent::none());
    }
    let items = section.one_or_more(KEY, &written, MOST, HELP)?;
    let strings_only = written.value.as_array().is_none_or(|array| array.len() == items.len());
    let mut rules: Vec<Rule> = Vec::new();
    for item in &items {
        match rule(item.text) {
            Ok(rule) if rules.contains(&rule) => {
                section.notes.error(&item.span, format!("{} stands in `{KEY}` twice", code(item.text)), "keep one of them");
            }
            Ok(rule) => {
                mentions.extend(mention(spec, item, &rule));
                rules.push(rule);
            }
            Err((why, help)) => section.notes.error(&item.span, format!("`{KEY}`: {why}"), help),
        }
    }
    (strings_only && rules.len() == items.len()).then(|| Consent::new(rules))
}

/// One rule, or what is wrong with it and what to do.
fn rule(text: &str) -> Result<Rule, (String, String)> {
    let group = |name: &str| {
        let bad = |bad| (format!("{} names no group: {bad}", code(text)), HELP.to_owned());
        GroupName::parse(name).map_err(bad)
    };
    if let Some(name) = text.strip_prefix("two of group:") {
        return group(name).map(Rule::TwoOf);
    }
    if let Some(name) = text.strip_prefix("group:") {
        return group(name).map(Rule::Group);
    }
    match text {
        "initiator" => Ok(Rule::Initiator),
        "owner" => Ok(Rule::Owner),
        "none" => {
            let why = "`none` in a list of those who must agree contradicts it";
            Err((why.to_owned(), "take it out, or write consent = \"none\" alone".to_owned()))
        }
        _ => Err((
            format!("{} is nobody who could be asked", code(text)),
            meant(text).map_or(HELP.to_owned(), |it| did_you_mean(&it)),
        )),
    }
}

/// What was probably meant by a text that is no rule: a word with a slip, or a group that lacks what makes it one.
fn meant(text: &str) -> Option<String> {
    let several = |rest: &str| {
        rest.strip_prefix("group:").or(Some(rest)).filter(|name| GroupName::parse(name).is_ok()).map(str::to_owned)
    };
    if let Some(rest) = ["two of ", "2 of ", "two from ", "two "].iter().find_map(|start| text.strip_prefix(start)) {
        return several(rest).map(|name| format!("two of group:{name}"));
    }
    if let Some((word, name)) = text.split_once([':', ' ', '/'])
        && nearest(word, ["group"]).is_some()
    {
        return several(name.trim()).map(|name| format!("group:{name}"));
    }
    nearest(text, ["none", "initiator", "owner"]).map(str::to_owned)
}

/// A group that must exist.
fn mention(spec: &'static Spec, item: &Item<'_>, rule: &Rule) -> Option<Mention> {
    let (Rule::Group(group) | Rule::TwoOf(group)) = rule else { return None };
    Some(Mention {
        of: spec.name,
        what: KEY,
        one: "principal",
        text: format!("group:{group}"),
        span: item.span.clone(),
        pattern: None,
    })
}
