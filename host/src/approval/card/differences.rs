//! What differs between two questions, so that somebody who said no once sees at once what is asked anew.

use std::collections::BTreeSet;

use super::super::visible::{is_hidden, looks_like, one_line, show_name};
use super::Card;
use super::text::short;
use crate::name::{Digest, PersonName};

/// Characters of each text that are shown around where they differ.
const SHOWN: usize = 40;

/// Characters of a line of the host's that are shown.
const LINE: usize = 160;

/// What differs between the card `before` and the card `now`, a line each; nothing where a yes to one is a yes to the other.
#[must_use]
pub fn differences(before: &Card, now: &Card) -> Vec<String> {
    let (old, new) = (&before.act, &now.act);
    let mut lines = Vec::new();
    became(&mut lines, "the function", &old.function, &new.function);
    became(&mut lines, "the agent", &old.actors.to_string(), &new.actors.to_string());
    became(&mut lines, "the initiator", old.initiator.as_str(), new.initiator.as_str());
    became(&mut lines, "the tool", old.tool.as_str(), new.tool.as_str());
    digests(&mut lines, "the component", old.component, new.component);
    digests(&mut lines, "the manifest", old.manifest, new.manifest);
    digests(&mut lines, "the configuration", old.rules, new.rules);
    let session = |session: &Option<String>| session.as_deref().map_or_else(|| "none".to_owned(), show_name);
    became(&mut lines, "the session", &session(&old.session), &session(&new.session));
    became(&mut lines, "what it does", &does(before), &does(now));
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
        lines.push(format!("{what}: “{}” became “{}”", clipped(old, LINE, one_line), clipped(new, LINE, one_line)));
    }
}

/// What a card says it does, without the labels.
fn does(card: &Card) -> String {
    let lines = card.does.iter().map(|line| line.strip_prefix("does ").unwrap_or(line).trim());
    lines.collect::<Vec<_>>().join("; ")
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
    let near = near(gone, come).map(|near| format!(" ({near})")).unwrap_or_default();
    format!("{}{near} at byte {begin}, line {line}: {} became {}", size(gone, come), quoted(gone), quoted(come))
}

/// The bytes of the pairs that are equal, up to the first that are not.
fn common(pairs: impl Iterator<Item = (char, char)>) -> usize {
    pairs.take_while(|(old, new)| old == new).map(|(c, _)| c.len_utf8()).sum()
}

/// How much differs.
fn size(gone: &str, come: &str) -> String {
    let lone = |text: &str| match text {
        " " => Some("space"),
        "\n" => Some("newline"),
        _ if text.chars().count() == 1 => Some("character"),
        _ => None,
    };
    match (lone(gone), lone(come)) {
        (None, Some(one)) if gone.is_empty() => format!("one {one} more"),
        (Some(one), None) if come.is_empty() => format!("one {one} less"),
        (Some(_), Some(_)) => "one character differs".to_owned(),
        _ if gone.len() == come.len() => format!("{} bytes differ", come.len()),
        _ => format!("{} bytes where {} were", come.len(), gone.len()),
    }
}

/// What a difference that is easily missed is made of.
fn near(gone: &str, come: &str) -> Option<&'static str> {
    let without = |text: &str, what: fn(char) -> bool| text.chars().filter(|c| !what(*c)).collect::<String>();
    if without(gone, is_blank) == without(come, is_blank) {
        Some("only blanks differ")
    } else if without(gone, is_unseen) == without(come, is_unseen) {
        Some("only what is not seen differs")
    } else if looks_like(gone) == looks_like(come) {
        Some("it looks the same")
    } else if gone.to_lowercase() == come.to_lowercase() {
        Some("only capitals differ")
    } else {
        None
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t' | '\r')
}

fn is_unseen(c: char) -> bool {
    is_blank(c) || is_hidden(c)
}

/// The beginning of a text, as a name is shown: on one line, blanks at its ends written out, letters with their numbers.
fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("“{}”", clipped(text, SHOWN, show_name)) }
}

fn clipped(text: &str, most: usize, show: fn(&str) -> String) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", show(&text[..end])),
        None => show(text),
    }
}
