//! What differs between two questions, so that somebody who said no once sees at once what is asked anew.

use std::collections::BTreeSet;

use super::super::visible::{is_hidden, looks_like, show};
use super::Card;
use super::text::short;
use crate::name::{Digest, PersonName};

/// Characters of each text that are shown around where they differ.
const SHOWN: usize = 40;

/// What differs between the card `before` and the card `now`, a line each; nothing where a yes to one is a yes to the other.
#[must_use]
pub fn differences(before: &Card, now: &Card) -> Vec<String> {
    let (old, new) = (&before.act, &now.act);
    let mut lines = Vec::new();
    became(&mut lines, "the function", &old.function, &new.function);
    became(&mut lines, "the agent", old.agent.as_str(), new.agent.as_str());
    became(&mut lines, "the initiator", old.initiator.as_str(), new.initiator.as_str());
    became(&mut lines, "the tool", old.tool.as_str(), new.tool.as_str());
    digests(&mut lines, "the component", old.component, new.component);
    digests(&mut lines, "the manifest", old.manifest, new.manifest);
    digests(&mut lines, "the configuration", old.rules, new.rules);
    let session = |session: &Option<String>| session.clone().unwrap_or_else(|| "none".to_owned());
    became(&mut lines, "the session", &session(&old.session), &session(&new.session));
    became(&mut lines, "what it does", &before.does.join("; "), &now.does.join("; "));
    became(&mut lines, "who must agree", &before.rules.join("; "), &now.rules.join("; "));
    audience(&mut lines, &old.audience, &new.audience);
    match (&before.payload, &now.payload) {
        (Some(old), Some(new)) if old != new => lines.push(format!("the text: {}", texts(old, new))),
        (None, Some(_)) => lines.push("the text: there was none".to_owned()),
        (Some(_), None) => lines.push("the text: there is none any more".to_owned()),
        (Some(_), Some(_)) | (None, None) => {}
    }
    // What the card shows in no other line is part of the act all the same.
    if old.canonical != new.canonical && before.payload == now.payload && before.does == now.does {
        lines.push(format!("the arguments: {}", texts(&old.canonical, &new.canonical)));
    }
    lines
}

fn became(lines: &mut Vec<String>, what: &str, old: &str, new: &str) {
    if old != new {
        lines.push(format!("{what}: {} became {}", quoted(old), quoted(new)));
    }
}

fn digests(lines: &mut Vec<String>, what: &str, old: Digest, new: Digest) {
    if old != new {
        lines.push(format!("{what}: {} became {}", short(old), short(new)));
    }
}

fn audience(lines: &mut Vec<String>, old: &BTreeSet<PersonName>, new: &BTreeSet<PersonName>) {
    let mut says = Vec::new();
    for (people, one, many) in [(new.difference(old), "is new", "are new"), (old.difference(new), "is gone", "are gone")] {
        let people: Vec<&str> = people.map(PersonName::as_str).collect();
        match people[..] {
            [] => {}
            [person] => says.push(format!("{person} {one}")),
            _ => says.push(format!("{} {many}", people.join(", "))),
        }
    }
    if !says.is_empty() {
        lines.push(format!("the audience: {}", says.join("; ")));
    }
}

/// How two texts differ, and both where they begin to.
fn texts(old: &str, new: &str) -> String {
    let begin = common(old.chars().zip(new.chars()));
    let end = common(old[begin..].chars().rev().zip(new[begin..].chars().rev()));
    let (gone, come) = (&old[begin..old.len() - end], &new[begin..new.len() - end]);
    let line = new[..begin].matches('\n').count() + 1;
    format!("{}, from byte {begin} (line {line}) on: {} became {}", kind(gone, come), quoted(gone), quoted(come))
}

/// The bytes of the pairs that are equal, up to the first that are not.
fn common(pairs: impl Iterator<Item = (char, char)>) -> usize {
    pairs.take_while(|(old, new)| old == new).map(|(c, _)| c.len_utf8()).sum()
}

/// What sort of difference it is, the least visible first.
fn kind(gone: &str, come: &str) -> String {
    let without = |text: &str, what: fn(char) -> bool| text.chars().filter(|c| !what(*c)).collect::<String>();
    let blank: fn(char) -> bool = |c| matches!(c, ' ' | '\n' | '\t' | '\r');
    let unseen: fn(char) -> bool = |c| matches!(c, ' ' | '\n') || is_hidden(c);
    let count = |text: &str| text.chars().count();
    let what = if without(gone, blank) == without(come, blank) {
        "only blanks differ"
    } else if without(gone, unseen) == without(come, unseen) {
        "only characters that are not seen differ"
    } else if looks_like(gone) == looks_like(come) {
        "only letters that look alike differ"
    } else if gone.to_lowercase() == come.to_lowercase() {
        "only capitals differ"
    } else {
        "it differs"
    };
    match (count(gone), count(come)) {
        (0, 1) => format!("{what}, one character more"),
        (1, 0) => format!("{what}, one character less"),
        (1, 1) => format!("{what}, one character"),
        _ => format!("{what}, {} bytes for {}", come.len(), gone.len()),
    }
}

/// The beginning of a text, on one line and with a lone blank written out: it is what there is to see.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "nothing".to_owned();
    }
    let clipped: String = text.chars().take(SHOWN).collect();
    let more = if clipped.len() < text.len() { "…" } else { "" };
    let blank = clipped.chars().all(|c| c == ' ' || c == '\n');
    let shown = show(&clipped).text;
    let shown = if blank { clipped.chars().map(|c| c.escape_unicode().to_string()).collect() } else { shown };
    format!("“{}”{more}", shown.replace('\n', "\\u{a}"))
}
