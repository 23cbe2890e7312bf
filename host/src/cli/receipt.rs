//! `tollgate receipt`: what one invocation did, used and was refused, out of the journal.

use std::path::Path;

use serde_json::Value;

use super::command::Receipt;
use super::exit::{Exit, Failure};
use super::output::{Output, table};
use crate::name::InvocationId;
use crate::setup::Workspace;

/// An invocation's id from the command line.
pub fn invocation(text: &str) -> Result<InvocationId, Failure> {
    InvocationId::parse(text).map_err(|e| Failure::usage(e.to_string(), "`tollgate journal list` lists invocations"))
}

/// Prints the receipt.
pub fn run(folder: &Path, options: &Receipt, output: Output) -> Result<Exit, Failure> {
    let id = invocation(&options.invocation)?;
    let workspace = Workspace::open(folder)?;
    let receipt = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let receipt = store.receipt(&id)?;
        store.close().await?;
        Ok::<_, Failure>(receipt)
    })?;
    let none = || Failure::usage(format!("there is no invocation {id}"), "`tollgate journal list` lists invocations");
    let receipt = receipt.ok_or_else(none)?;
    output.result(&receipt, || text(&receipt));
    Ok(Exit::Done)
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
