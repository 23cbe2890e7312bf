//! What stands in what would be sent: found before anybody is asked, shown on the card, and refused where the grant says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::action::Action;
use super::book::Book;
use super::session::Session;
use crate::diagnostic::Broken;
use crate::journal::{Draft, Kind as Entry};
use crate::label::{Label, Source, Under};
use crate::people::Rights;
use crate::refusal::{Code, Refusal};
use crate::vet::{Findings, Kind, Passages};

/// Most bytes of what was read that are compared with what goes out.
const MOST: usize = 4 << 20;

/// Places that a refusal names.
const NAMED: usize = 8;

/// Looks at what an action would send.
///
/// # Errors
/// `effect.unavailable` when it cannot be looked at.
pub(super) fn look(action: &dyn Action, session: &Session, book: &Book) -> Result<Findings, Refusal> {
    let Some(text) = action.sends() else { return Ok(Findings::default()) };
    let passages = passages(session, book).map_err(|broken| unlooked(&broken))?;
    let looked = session.services.vetting.look(text, &passages);
    looked.map_err(|why| unlooked(&Broken::while_doing("making the detectors", why)))
}

/// Whether the grant lets what was found go out.
///
/// # Errors
/// `clear.finding`, which says of which kind and where, and never what.
pub(super) fn judge(refused: &[Kind], findings: &Findings) -> Result<(), Refusal> {
    let mut places: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| refused.contains(&finding.kind)) {
        let place = format!("{} at bytes {}–{}", finding.kind.name(), finding.at.start, finding.at.end);
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        return Ok(());
    }
    // Those beyond the sixteenth of a kind are counted only.
    let kept = findings.iter().filter(|finding| refused.contains(&finding.kind)).count();
    let all: usize = refused.iter().map(|kind| findings.count(*kind)).sum();
    let more = places.len().saturating_sub(NAMED) + all.saturating_sub(kept);
    places.truncate(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let why = format!("what it would send holds what its grant refuses: {}{rest}", places.join(", "));
    Err(Refusal::new(Code::Finding, why).unless("send it without that, or ask an operator for another `refuse`"))
}

/// The findings as lines of a card.
pub(super) fn lines(findings: &Findings, rights: &Rights) -> Vec<String> {
    let line = |finding: &crate::vet::Finding| {
        let source = finding.source.as_ref().map(|source| stands_in(source, rights)).unwrap_or_default();
        format!("{}: {finding}{source}", finding.kind.name())
    };
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    if findings.more() > 0 {
        lines.push(format!("and {} more", findings.more()));
    }
    lines
}

/// Where a passage was read, and how many people may know it.
fn stands_in(source: &Source, rights: &Rights) -> String {
    let of: Label = std::iter::once(source.clone()).collect();
    let readers = rights.directory().readers(&of).len();
    let people = if readers == 1 { "1 person is".to_owned() } else { format!("{readers} people are") };
    format!("; it stands in {}, for which {people} cleared", source.what)
}

/// What this session has read, as far as it is kept and bounded.
fn passages(session: &Session, book: &Book) -> Result<Passages, Broken> {
    let mut passages = Passages::none();
    if book.label.is_empty() {
        return Ok(passages);
    }
    let mut read = Read { passages: &mut passages, label: &book.label, compared: BTreeSet::new(), left: MOST, more: false };
    for draft in book.record.waiting().iter().rev().filter(|draft| draft.kind == Entry::Observed) {
        let from = part(draft, "from").map(|text| Label::parse(&String::from_utf8_lossy(text))).unwrap_or_default();
        read.add(part(draft, "asked").unwrap_or_default(), part(draft, "answered").unwrap_or_default(), &from);
    }
    let (earlier, own) = (!book.began_with.is_empty(), book.record.invocation());
    let told = session.services.world.told(&session.who.holds(), own, earlier, read.left)?;
    told.answers.iter().for_each(|it| read.add(&it.asked, &it.told, &it.from));
    let more = read.more || told.more;
    let unread = book.label.sources().find(|source| !read.compared.contains(&source.what));
    match unread.map(|source| source.what.clone()) {
        _ if more => passages.leave_out("only the newest 4 MiB of what was read are compared with this"),
        Some(what) => passages.leave_out(format!("what was read of {what} is not there to be compared with this")),
        None => {}
    }
    passages.finish();
    Ok(passages)
}

fn part<'d>(draft: &'d Draft, name: &str) -> Option<&'d [u8]> {
    draft.payloads.iter().find(|payload| payload.part == name).map(|payload| &*payload.bytes)
}

/// What was read, on its way into the fingerprints.
struct Read<'b> {
    passages: &'b mut Passages,
    label: &'b Label,
    compared: BTreeSet<Arc<str>>,
    left: usize,
    more: bool,
}

impl Read<'_> {
    fn add(&mut self, asked: &[u8], answered: &[u8], from: &Label) {
        let taken = answered.len().min(self.left);
        self.more |= taken < answered.len();
        self.left -= taken;
        let source = self.source(asked);
        self.compared.insert(source.what.clone());
        self.compared.extend(from.sources().map(|source| source.what.clone()));
        // What is no file is told as JSON, in which a line's end is a letter.
        match serde_json::from_slice::<Value>(&answered[..taken]) {
            Ok(told @ (Value::Object(_) | Value::Array(_))) => {
                let mut texts = String::new();
                strings(&told, &mut texts);
                self.passages.add(&source, texts.as_bytes());
            }
            _ => self.passages.add(&source, &answered[..taken]),
        }
    }

    /// The source that was asked for, as the label names it.
    fn source(&self, asked: &[u8]) -> Source {
        let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
        let text = |key: &str| asked[key].as_str();
        let what = match (text("path"), text("forum"), text("object")) {
            (Some(path), _, _) => path.to_owned(),
            (_, Some(forum), _) => format!("forum {forum}"),
            (_, _, Some(object)) => format!("access list of {object}"),
            _ => "what was read".to_owned(),
        };
        let named = self.label.sources().find(|source| *source.what == *what).cloned();
        named.unwrap_or_else(|| Source { under: Under::Unknown, what: what.into() })
    }
}

/// Every text within a value, a line each.
fn strings(value: &Value, texts: &mut String) {
    match value {
        Value::String(text) => {
            texts.push_str(text);
            texts.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(members) => members.values().for_each(|member| strings(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn unlooked(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "what goes out could not be looked at");
    Refusal::new(Code::Unavailable, "the host cannot look at what this would send").unless("try again when the host is well")
}
