//! `tollgate receipt`: what one invocation did, used and was refused, out of the journal.

use std::path::Path;

use serde_json::{Value, json};

use super::command::Receipt;
use super::exit::{Exit, Failure};
use super::output::{Output, table};
use crate::name::InvocationId;
use crate::setup::Workspace;
use crate::store::{Kept, Store};

/// An invocation's id from the command line.
pub fn invocation(text: &str) -> Result<InvocationId, Failure> {
    InvocationId::parse(text).map_err(|e| Failure::usage(e.to_string(), "`tollgate journal list` lists invocations"))
}

/// Prints the receipt.
pub fn run(folder: &Path, options: &Receipt, output: Output) -> Result<Exit, Failure> {
    let id = invocation(&options.invocation)?;
    let workspace = Workspace::open(folder)?;
    let (entries, answers, doubts) = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let (entries, doubts) = (store.entries(&id)?, store.doubts_of(&id)?);
        let answers = answers(&store, &entries)?;
        store.close().await?;
        Ok::<_, Failure>((entries, answers, doubts))
    })?;
    let mut receipt = receipt(&id, &entries, &answers)?;
    receipt["doubts"] = json!(doubts);
    output.result(&receipt, || text(&receipt));
    Ok(Exit::Done)
}

/// What people answered in other processes: entries of no invocation, to questions that this one was set down for.
fn answers(store: &Store, entries: &[Kept]) -> Result<Vec<Kept>, Failure> {
    let mut questions: Vec<u64> = entries.iter().filter_map(|entry| entry.body()["question"].as_u64()).collect();
    questions.sort_unstable();
    questions.dedup();
    let mut answers = Vec::new();
    for question in questions {
        answers.extend(store.answers_to(question)?);
    }
    let own = |answer: &Kept| entries.iter().any(|entry| entry.number() == answer.number());
    answers.retain(|answer| !own(answer));
    Ok(answers)
}

/// How an invocation stands, by its latest entry.
pub fn outcome(last: &Kept) -> Value {
    match last.kind() {
        "ended" => last.body()["outcome"].clone(),
        "set-down" => json!("waiting"),
        _ => json!("under way"),
    }
}

/// The receipt of an invocation's entries.
fn receipt(id: &InvocationId, entries: &[Kept], answers: &[Kept]) -> Result<Value, Failure> {
    let Some(began) = entries.iter().find(|entry| entry.kind() == "began") else {
        return Err(Failure::usage(format!("there is no invocation {id}"), "`tollgate journal list` lists invocations"));
    };
    let ended = entries.iter().find(|entry| entry.kind() == "ended");
    let mut did: Vec<&Kept> = entries.iter().filter(|it| !matches!(it.kind(), "began" | "ended")).chain(answers).collect();
    did.sort_by_key(|entry| entry.number());
    let did: Vec<Value> = did.into_iter().map(deed).collect();
    let end = |key: &str| ended.map(|entry| entry.body()[key].clone()).unwrap_or_default();
    let mut receipt = began.body().clone();
    receipt["invocation"] = json!(id.to_string());
    receipt["began"] = json!(began.time().to_string());
    receipt["ended"] = json!(ended.map(|entry| entry.time().to_string()));
    receipt["outcome"] = entries.last().map_or_else(|| json!("under way"), outcome);
    receipt["did"] = json!(did);
    receipt["meters"] = end("receipt");
    receipt["entries"] = json!([entries.first().map(Kept::number), entries.last().map(Kept::number)]);
    Ok(receipt)
}

fn deed(entry: &Kept) -> Value {
    json!({ "entry": entry.number(), "kind": entry.kind(), "at": entry.time().to_string(), "body": entry.body() })
}

fn text(receipt: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let keys = [
        "invocation",
        "tool",
        "function",
        "outcome",
        "initiator",
        "agent",
        "began",
        "ended",
        "component",
        "manifest",
        "engine",
    ];
    let mut lines: Vec<String> = keys.iter().map(|key| format!("{key:10} {}", plain(&receipt[*key]))).collect();
    // The agents on whose behalf that one worked.
    receipt["via"].as_str().into_iter().for_each(|via| lines.insert(6, format!("{:10} {via}", "via")));
    let rows = |key: &str, columns: &[&str]| -> Vec<Vec<String>> {
        let rows = receipt[key].as_array().into_iter().flatten();
        rows.map(|row| columns.iter().map(|column| plain(&row[*column])).collect()).collect()
    };
    lines.push(String::new());
    lines.push(table(&["METER", "USED", "ALLOWED", "UNIT"], &rows("meters", &["meter", "used", "allowed", "unit"])));
    lines.push(String::new());
    lines.push(table(&["ENTRY", "KIND", "AT", "WHAT"], &rows("did", &["entry", "kind", "at", "body"])));
    let doubts = rows("doubts", &["seq", "function", "since", "outcome", "settled", "found"]);
    if !doubts.is_empty() {
        lines.push(String::new());
        lines.push(table(&["IN DOUBT", "FUNCTION", "SINCE", "BECAME", "SETTLED", "FOUND"], &doubts));
    }
    lines.join("\n")
}
