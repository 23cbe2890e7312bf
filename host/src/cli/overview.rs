//! `tollgate report`: what people should look at, a table for each part that has something.

use std::path::Path;

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::output::{Output, table};
use crate::approval::{Question, show_name};
use crate::freeze::Freeze;
use crate::journal::Doubt;
use crate::lease::Lease;
use crate::people::Directory;
use crate::setup::Workspace;
use crate::store::{Alarm, Kept, MOST, Overview};

/// A part of the report: its key, what it says, and its columns with their heads.
struct Part {
    key: &'static str,
    says: &'static str,
    columns: &'static [(&'static str, &'static str)],
    /// Whether more than [`MOST`] are cut off.
    cut: bool,
}

const PARTS: [Part; 8] = [
    Part {
        key: "unreviewed",
        says: "Done without the consent it needed, and reviewed by nobody (`tollgate review QUESTION --finding …`)",
        columns: &[
            ("QUESTION", "question"),
            ("BROKEN BY", "broken-by"),
            ("AT", "at"),
            ("WHAT", "function"),
            ("ABOUT", "about"),
            ("OF", "owner"),
            ("FOR", "initiator"),
            ("STATE", "state"),
            ("WHY", "reason"),
        ],
        cut: false,
    },
    Part {
        key: "exposed",
        says: "Open to people who are not cleared for it (`tollgate watch` says what opened it and how to close it)",
        columns: &[
            ("ALERT", "alert"),
            ("WHAT OPENED IT", "cause"),
            ("THINGS", "things"),
            ("PEOPLE", "people"),
            ("SINCE", "since"),
            ("PERSON-MINUTES", "person-minutes"),
        ],
        cut: false,
    },
    Part {
        key: "turned-away",
        says: "Turned away in the last 7 days: an agent tried to answer for a person (people, terminal), or called a tool that is not for it (agents)",
        columns: &[
            ("AT", "at"),
            ("DOOR", "door"),
            ("CODE", "code"),
            ("FOR", "initiator"),
            ("AGENT", "agent"),
            ("VIA", "via"),
            ("TOOL", "tool"),
            ("ENTRY", "entry"),
        ],
        cut: true,
    },
    Part {
        key: "doubts",
        says: "In doubt (`tollgate doubts` says what to look at)",
        columns: &[("INVOCATION", "invocation"), ("NUMBER", "seq"), ("WHAT", "function"), ("SINCE", "since")],
        cut: false,
    },
    Part {
        key: "leases",
        says: "Access whose end is not on record, came there late, or is in conflict (`tollgate lease show LEASE`)",
        columns: &[
            ("LEASE", "lease"),
            ("OBJECT", "object"),
            ("WHO", "principal"),
            ("RIGHT", "right"),
            ("FOR", "initiator"),
            ("ENDED", "ends"),
            ("ON RECORD", "reverted"),
            ("FOUND", "found"),
        ],
        cut: false,
    },
    Part { key: "unanswered", says: "Asked and not answered in time, in the last 7 days", columns: QUESTION, cut: true },
    Part {
        key: "waiting",
        says: "Waiting for a person for more than a day (`tollgate approvals show QUESTION`)",
        columns: QUESTION,
        cut: true,
    },
    Part {
        key: "frozen",
        says: "Frozen (`tollgate thaw ID --reason …`)",
        columns: &[("ID", "id"), ("WHAT", "what"), ("BY", "by"), ("SINCE", "since"), ("UNTIL", "ends"), ("WHY", "reason")],
        cut: false,
    },
];

const QUESTION: &[(&str, &str)] = &[
    ("QUESTION", "question"),
    ("WHAT", "function"),
    ("ABOUT", "about"),
    ("TOOL", "tool"),
    ("FOR", "initiator"),
    ("WHO MUST AGREE", "consent"),
    ("UNTIL", "expires"),
];

/// Prints the report.
pub fn run(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let (overview, directory) = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let found = (store.overview()?, store.directory()?);
        store.close().await?;
        Ok::<_, Failure>(found)
    })?;
    let json = json(&overview, &directory);
    output.result(&json, || text(&json));
    Ok(Exit::Done)
}

fn json(overview: &Overview, directory: &Directory) -> Value {
    let questions = |questions: &[Question]| questions.iter().map(|question| asked(question, directory)).collect::<Vec<_>>();
    json!({
        "questions-at-most": MOST, "unreviewed": questions(&overview.unreviewed), "unanswered": questions(&overview.unanswered),
        "waiting": questions(&overview.waiting),
        "exposed": overview.exposed.iter().map(exposed).collect::<Vec<_>>(),
        "doubts": overview.doubts.iter().map(doubt).collect::<Vec<_>>(),
        "leases": overview.leases.iter().map(lease).collect::<Vec<_>>(),
        "turned-away": overview.turned.iter().map(turned).collect::<Vec<_>>(),
        "frozen": overview.frozen.iter().map(frozen).collect::<Vec<_>>(),
    })
}

/// A question without its text: that is only for readers of what it is about.
fn asked(question: &Question, directory: &Directory) -> Value {
    let act = question.card.as_ref().map(|card| &card.act);
    let about = question.rules.about.as_ref();
    let review = question.review.as_ref();
    json!({
        "question": question.id, "state": question.state.as_str(), "consent": question.rules.consent.to_string(),
        "function": act.map(|act| act.function.clone()), "tool": act.map(|act| act.tool.to_string()),
        "initiator": question.rules.initiator.as_str(), "about": about.map(|about| show_name(&about.to_string())),
        "owner": about.and_then(|about| about.owner(directory)).map(|owner| owner.to_string()),
        "expires": question.expires.to_string(), "broken-by": review.map(|review| review.person.to_string()),
        "at": review.map(|review| review.at.to_string()), "reason": review.map(|review| review.reason.clone()),
    })
}

fn doubt(doubt: &Doubt) -> Value {
    let (invocation, since) = (doubt.invocation.to_string(), doubt.at.to_string());
    json!({ "invocation": invocation, "seq": doubt.seq, "function": doubt.function, "since": since })
}

fn turned(entry: &Kept) -> Value {
    let mut row = entry.body().clone();
    (row["at"], row["entry"]) = (json!(entry.time().to_string()), json!(entry.number()));
    row
}

fn lease(lease: &Lease) -> Value {
    json!({
        "lease": lease.id, "object": show_name(lease.object.as_str()), "principal": show_name(&lease.principal.to_string()),
        "right": lease.right.as_str(), "initiator": lease.initiator.as_str(), "ends": lease.ends.to_string(),
        "reverted": lease.reverted.map(|(at, _)| at.to_string()),
        "found": lease.reverted.map(|(_, found)| found.as_str()),
    })
}

/// An alert in one line.
fn exposed(alarm: &Alarm) -> Value {
    json!({
        "alert": alarm.id, "cause": show_name(&alarm.cause.to_string()), "things": alarm.opened.len(), "people": alarm.now().len(),
        "since": alarm.since.to_string(), "person-minutes": alarm.exposure / 60_000,
    })
}

fn frozen(freeze: &Freeze) -> Value {
    json!({
        "id": freeze.id, "what": freeze.scope.to_string(), "by": freeze.by.as_str(), "since": freeze.at.to_string(),
        "ends": freeze.ends.map(|ends| ends.to_string()), "reason": freeze.reason,
    })
}

fn text(report: &Value) -> String {
    let cell = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let draw = |part: &Part| {
        let rows = report[part.key].as_array().filter(|rows| !rows.is_empty())?;
        let first = if part.cut && rows.len() == MOST { format!(", {MOST} of them") } else { String::new() };
        let cells = |row: &Value| part.columns.iter().map(|(_, key)| cell(&row[*key])).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        let head: Vec<&str> = part.columns.iter().map(|(head, _)| *head).collect();
        Some(format!("{}{first}\n{}", part.says, table(&head, &rows)))
    };
    let parts: Vec<String> = PARTS.iter().filter_map(draw).collect();
    if parts.is_empty() { "nothing is overdue".to_owned() } else { parts.join("\n\n") }
}
