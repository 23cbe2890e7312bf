//! `tollgate doubts`: acts of which nobody knows whether they happened.

use std::path::Path;

use serde_json::{Value, json};

use super::command::{Became, Doubts as Options, DoubtsCommand};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::passphrase::shown;
use super::receipt::invocation;
use crate::approval::show_name;
use crate::name::InvocationId;
use crate::setup::{Left, Workspace};
use crate::store::{Finder, Settlement, Store};

/// Lists them, or settles one.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        // What the host can find out by itself needs no person.
        let left = workspace.doubts(&store)?;
        let exit = match &options.command {
            None => list(&left, output),
            Some(DoubtsCommand::Settle { invocation: id, seq, outcome, reason, person }) => {
                let (person, _) = workspace.who(person.as_deref(), "cli")?;
                let of = (invocation(id)?, *seq);
                known(&left, of)?;
                shown(&store, &person).await?;
                settle(&store, of, *outcome, Finder::Person(person, reason.clone()), output)?
            }
        };
        store.close().await?;
        Ok(exit)
    })
}

fn list(left: &[Left], output: Output) -> Exit {
    output.result(&json!({ "doubts": left.iter().map(one).collect::<Vec<_>>() }), || text(left));
    Exit::Done
}

fn one((doubt, advice): &Left) -> Value {
    let asked: Value = doubt.asked.as_deref().and_then(|asked| serde_json::from_str(asked).ok()).unwrap_or_default();
    json!({
        "invocation": doubt.invocation.to_string(), "seq": doubt.seq, "function": doubt.function,
        "since": doubt.at.to_string(), "asked": asked, "advice": advice,
    })
}

fn text(left: &[Left]) -> String {
    if left.is_empty() {
        return "nothing is in doubt".to_owned();
    }
    let lines = left.iter().map(|(doubt, advice)| {
        let (id, seq) = (doubt.invocation, doubt.seq);
        let what = doubt.asked.as_deref().map_or_else(|| "(not kept)".to_owned(), show_name);
        format!(
            "{id} {seq}\n  {} since {}\n  asked   {what}\n  to do   {advice}\n          then `tollgate doubts settle {id} {seq} \
             done|not-done --reason …`",
            doubt.function, doubt.at
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Nobody is asked for a passphrase in vain.
fn known(left: &[Left], (id, seq): (InvocationId, u32)) -> Result<(), Failure> {
    if left.iter().any(|(doubt, _)| (doubt.invocation, doubt.seq) == (id, seq)) {
        return Ok(());
    }
    Err(nothing(id, seq))
}

fn nothing(id: InvocationId, seq: u32) -> Failure {
    Failure::usage(format!("number {seq} of invocation {id} is not in doubt"), "`tollgate doubts` lists what is")
}

fn settle(store: &Store, of: (InvocationId, u32), outcome: Became, finder: Finder, output: Output) -> Result<Exit, Failure> {
    let (id, seq) = of;
    match store.settle(of, outcome == Became::Done, finder)? {
        Settlement::Settled => {
            let word = if outcome == Became::Done { "done" } else { "not-done" };
            let json = json!({ "invocation": id.to_string(), "seq": seq, "outcome": word });
            output.result(&json, || format!("number {seq} of {id} is on record as {word}"));
            Ok(Exit::Done)
        }
        Settlement::Before | Settlement::NoDoubt => Err(nothing(id, seq)),
    }
}
