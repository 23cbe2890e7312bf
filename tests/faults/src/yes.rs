//! What must hold of acts that somebody agreed to: one act for one yes, each with the other's name on record, and nobody who
//! was asked or answered is left without a word.

use rusqlite::Connection;
use serde_json::Value;

use crate::Failed;
use crate::check::{Facts, Found, Place, Promise};
use crate::run::Ran;

/// One question.
struct Question {
    id: i64,
    state: String,
    /// The intent that used its yes.
    used: Option<Place>,
    /// How many said yes.
    yes: i64,
}

fn questions(store: &Connection) -> Result<Vec<Question>, rusqlite::Error> {
    let query = "SELECT id, state, invocation, seq, (SELECT count(*) FROM answers WHERE approval = id AND answer = 'yes') \
                 FROM approvals";
    let one = |row: &rusqlite::Row<'_>| {
        let used = row.get::<_, Option<String>>(2)?.zip(row.get::<_, Option<i64>>(3)?);
        Ok(Question { id: row.get(0)?, state: row.get(1)?, used, yes: row.get(4)? })
    };
    store.prepare(query)?.query_map([], one)?.collect()
}

/// Checks them, after the story went to its end: whoever was asked has answered, and the result was asked for.
pub(crate) fn check(
    (facts, store): (&Facts, &Connection),
    (ran, afterwards): (&Ran, &[Ran]),
    found: &mut Found,
) -> Result<(), Failed> {
    let questions = questions(store)?;
    for (place, body) in facts.of_kind("intent") {
        let named = body["question"].as_i64();
        let of = questions.iter().find(|it| Some(it.id) == named && it.state == "used" && it.used.as_ref() == Some(place));
        found.must(of.is_some(), Promise::Recorded, || format!("{place:?} names question {named:?}, which it did not use"));
    }
    for Question { id, state, used, yes } in &questions {
        let intents = facts.of_kind("intent").filter(|(_, body)| body["question"] == *id).count();
        let expected = usize::from(state == "used");
        found.must(intents == expected, Promise::Once, || format!("question {id} is {state}, and {intents} acts name it"));
        let agreed = state != "used" || *yes > 0;
        found.must(agreed, Promise::Recorded, || format!("question {id} is used, and nobody said yes"));
        let done = used.as_ref().map_or(0, |(invocation, _)| facts.effects(invocation));
        found.asked += 1;
        found.undone += usize::from(done == 0);
    }
    found.must(facts.waiting.is_empty(), Promise::Settled, || format!("{:?} wait in the end", facts.waiting));
    for (began, _) in facts.of_kind("began") {
        let ended = facts.of_kind("ended").find(|(place, _)| place.0 == began.0);
        let outcome = ended.and_then(|(_, body)| body["outcome"].as_str()).unwrap_or_default();
        let (effects, returned) = (facts.effects(&began.0), usize::from(outcome == "returned"));
        found.must(effects >= returned, Promise::Told, || format!("{} is {outcome}, with {effects} effects", began.0));
    }
    kept(facts, (ran, &questions), found);
    handed(facts, afterwards, found);
    Ok(())
}

/// What the command that met the fault said of a question is on record.
fn kept(facts: &Facts, (ran, questions): (&Ran, &[Question]), found: &mut Found) {
    let Some(report) = ran.report() else { return };
    let Some(id) = report["question"].as_i64() else { return };
    let question = questions.iter().find(|it| it.id == id);
    found.must(question.is_some(), Promise::Kept, || format!("question {id} was told of and is not there"));
    if report["state"] == "agreed" {
        let heard = question.is_some_and(|it| it.yes > 0);
        found.must(heard, Promise::Kept, || format!("the yes to question {id} was taken and is not there"));
    }
    if let (Some("waiting"), Some(invocation)) = (report["outcome"].as_str(), report["invocation"].as_str()) {
        // Nothing went wrong after that: it waited for its yes, got it, and was done.
        let done = facts.effects(invocation);
        found.must(done == 1, Promise::Kept, || format!("{invocation} said that it waits; {done} acts came of it"));
    }
}

/// Whoever asks for the result gets what is on record, and once more the same.
fn handed(facts: &Facts, afterwards: &[Ran], found: &mut Found) {
    for report in afterwards.iter().filter_map(Ran::report).filter(|it| it["outcome"].is_string()) {
        let invocation = report["invocation"].as_str().unwrap_or_default();
        let ended = facts.of_kind("ended").find(|(place, _)| place.0 == invocation);
        let on_record = ended.map_or(&Value::Null, |(_, body)| &body["outcome"]);
        let same = *on_record == report["outcome"];
        found.must(same, Promise::Kept, || {
            format!("{invocation} is told to be {}; on record: {on_record}", report["outcome"])
        });
    }
}
