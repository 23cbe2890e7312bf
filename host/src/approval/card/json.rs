//! The card as JSON: as it is kept, exactly, and as it is shown, with everything hidden written out.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use super::super::visible::{one_line, scripts, show, show_name};
use super::{Act, Card, Meanwhile};
use crate::clock::Instant;
use crate::name::{Actors, BadName, Digest, GroupName, PersonName, ToolName};
use crate::people::Gain;

/// The form that cards are kept in.
const FORM: u64 = 1;

/// Why a value is no card; fits after "the card of … cannot be read: ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCard(pub String);

impl fmt::Display for BadCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadCard {}

/// The act as it is digested and kept.
pub(super) fn act(act: &Act) -> Value {
    let mut kept = json!({
        "function": act.function, "action": act.canonical, "audience": names(&act.audience), "tool": act.tool.as_str(),
        "component": act.component.hex(), "manifest": act.manifest.hex(), "rules": act.rules.hex(),
        "initiator": act.initiator.as_str(), "agent": act.actors.first().as_str(), "session": act.session, "found": act.found,
    });
    // Only where it says something: cards from before there were chains are of this form too.
    act.actors.via_text().into_iter().for_each(|via| kept["via"] = json!(via));
    act.releases.into_iter().for_each(|label| kept["releases"] = json!(label.hex()));
    kept
}

impl Card {
    /// The card as it is kept: [`Card::parse`] makes the same card of it. Not to be shown, its texts are as they were.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut kept = json!({
            "card": FORM, "act": act(&self.act), "does": self.does, "payload": self.payload, "read": self.read,
            "must-agree": self.rules, "new": self.new.as_ref().map(names), "gains": gains(&self.gains),
            "loses": gains(&self.loses), "changed": self.changed, "asked": self.asked.0, "expires": self.expires.0,
            "on-yes": self.on_yes, "on-no": self.on_no,
        });
        if !self.findings.is_empty() {
            kept["findings"] = json!(self.findings);
        }
        if !self.uncleared.is_empty() {
            kept["uncleared"] = json!(names(&self.uncleared));
        }
        kept
    }

    /// The card that was kept.
    ///
    /// # Errors
    /// When something is missing, malformed, or there is more than a card holds.
    pub fn parse(kept: &Value) -> Result<Self, BadCard> {
        if kept["card"] != FORM {
            return Err(BadCard(format!("it is not a card of form {FORM}")));
        }
        let card = Self {
            act: read_act(&kept["act"])?,
            does: texts(kept, "does")?,
            payload: maybe(kept, "payload", text)?,
            findings: maybe(kept, "findings", texts)?.unwrap_or_default(),
            read: texts(kept, "read")?,
            uncleared: maybe(kept, "uncleared", people)?.unwrap_or_default(),
            rules: texts(kept, "must-agree")?,
            new: maybe(kept, "new", |_, _| people(kept, "new"))?,
            gains: read_gains(kept, "gains")?,
            loses: read_gains(kept, "loses")?,
            changed: texts(kept, "changed")?,
            asked: instant(kept, "asked")?,
            expires: instant(kept, "expires")?,
            on_yes: texts(kept, "on-yes")?,
            on_no: texts(kept, "on-no")?,
        };
        // What is read and written again must be what was there: nothing in a card goes unread.
        if card.json() == *kept { Ok(card) } else { Err(BadCard("it holds what no card holds".to_owned())) }
    }

    /// The card to be looked at by a program or behind one: everything that a person sees in the text, no text that could
    /// act on a terminal, and the payload's digest for who wants to compare.
    #[must_use]
    pub fn view(&self, meanwhile: &Meanwhile) -> Value {
        let lines = |lines: &[String]| lines.iter().map(|line| one_line(line)).collect::<Vec<_>>();
        let payload = self.payload.as_ref().map(|payload| {
            let shown = show(payload);
            json!({
                "bytes": payload.len(), "lines": payload.split('\n').count(), "hidden": shown.hidden, "marked": shown.marked,
                "folded": shown.folded, "scripts": scripts(payload), "sha256": Digest::of(payload.as_bytes()).hex(),
                "text": shown.text,
            })
        });
        json!({
            "agent": self.act.actors.first().as_str(), "via": self.act.actors.via(), "initiator": self.act.initiator.as_str(), "tool": self.act.tool.as_str(),
            "session": self.act.session.as_deref().map(show_name), "component": self.act.component.to_string(),
            "manifest": self.act.manifest.to_string(), "function": show_name(&self.act.function),
            "act": self.act.digest().to_string(), "does": lines(&self.does),
            "audience": { "count": self.act.audience.len(), "people": names(&self.act.audience), "new": self.new.as_ref().map(names) },
            "gains": gains(&self.gains), "loses": gains(&self.loses),
            "uncleared": names(&self.uncleared),
            "read": self.read.iter().map(|source| show_name(source)).collect::<Vec<_>>(),
            "must-agree": lines(&self.rules), "answers": lines(&meanwhile.answers), "changed": lines(&self.changed),
            "frozen": meanwhile.frozen.as_deref().map(one_line), "asked": self.asked.to_string(), "expires": self.end(),
            "findings": lines(&self.findings), "payload": payload, "on-yes": lines(&self.on_yes), "on-no": lines(&self.on_no),
        })
    }
}

fn names(people: &BTreeSet<PersonName>) -> Vec<&str> {
    people.iter().map(PersonName::as_str).collect()
}

fn gains(gains: &[Gain]) -> Vec<Value> {
    let groups = |gain: &Gain| gain.through.iter().map(|group| group.as_str().to_owned()).collect::<Vec<_>>();
    gains.iter().map(|gain| json!({ "person": gain.person.as_str(), "through": groups(gain) })).collect()
}

fn read_act(kept: &Value) -> Result<Act, BadCard> {
    Ok(Act {
        function: text(kept, "function")?,
        canonical: text(kept, "action")?,
        audience: people(kept, "audience")?,
        tool: name(kept, "tool", ToolName::parse)?,
        component: name(kept, "component", Digest::parse_hex)?,
        manifest: name(kept, "manifest", Digest::parse_hex)?,
        rules: name(kept, "rules", Digest::parse_hex)?,
        initiator: name(kept, "initiator", PersonName::parse)?,
        actors: Actors::read(kept).map_err(|bad| malformed("agent", &bad))?,
        session: maybe(kept, "session", text)?,
        found: maybe(kept, "found", text)?,
        releases: maybe(kept, "releases", |kept, key| name(kept, key, Digest::parse_hex))?,
    })
}

fn read_gains(kept: &Value, key: &str) -> Result<Vec<Gain>, BadCard> {
    let read = |gain: &Value| {
        let through = texts(gain, "through")?;
        let through = through.iter().map(|group| GroupName::parse(group).map_err(|bad| malformed("through", &bad)));
        Ok(Gain { person: name(gain, "person", PersonName::parse)?, through: through.collect::<Result<_, _>>()? })
    };
    list(kept, key)?.iter().map(read).collect()
}

fn people(kept: &Value, key: &str) -> Result<BTreeSet<PersonName>, BadCard> {
    texts(kept, key)?.iter().map(|person| PersonName::parse(person).map_err(|bad| malformed(key, &bad))).collect()
}

fn list<'a>(kept: &'a Value, key: &str) -> Result<&'a Vec<Value>, BadCard> {
    kept[key].as_array().ok_or_else(|| BadCard(format!("its `{key}` is no list")))
}

fn texts(kept: &Value, key: &str) -> Result<Vec<String>, BadCard> {
    let text = |item: &Value| item.as_str().map(str::to_owned);
    let texts: Option<Vec<String>> = list(kept, key)?.iter().map(text).collect();
    texts.ok_or_else(|| BadCard(format!("its `{key}` holds what is no text")))
}

fn text(kept: &Value, key: &str) -> Result<String, BadCard> {
    kept[key].as_str().map(str::to_owned).ok_or_else(|| BadCard(format!("its `{key}` is no text")))
}

fn instant(kept: &Value, key: &str) -> Result<Instant, BadCard> {
    kept[key].as_u64().map(Instant).ok_or_else(|| BadCard(format!("its `{key}` is no time")))
}

fn maybe<T>(kept: &Value, key: &str, read: impl FnOnce(&Value, &str) -> Result<T, BadCard>) -> Result<Option<T>, BadCard> {
    if kept[key].is_null() { Ok(None) } else { read(kept, key).map(Some) }
}

fn name<T>(kept: &Value, key: &str, parse: impl FnOnce(&str) -> Result<T, BadName>) -> Result<T, BadCard> {
    parse(&text(kept, key)?).map_err(|bad| malformed(key, &bad))
}

fn malformed(key: &str, bad: &BadName) -> BadCard {
    BadCard(format!("its `{key}` is malformed: {bad}"))
}
