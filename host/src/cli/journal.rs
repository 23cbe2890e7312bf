//! `tollgate journal`: what happened, whether the record of it holds, and what of it is kept.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::command::{Journal, JournalCommand};
use super::exit::{Exit, Failure};
use super::output::{Output, table};
use super::receipt::invocation;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::checkpoint::Verifier;
use crate::journal::verify::{Restored, Verdict};
use crate::setup::{Workspace, new_file, read_file};
use crate::store::{Erase, Kept, Store, outcome, verify, verify_export};

/// The largest export that is read.
const EXPORT: u64 = 4 << 30;

/// Looks at the journal.
pub fn run(folder: &Path, options: &Journal, output: Output) -> Result<Exit, Failure> {
    match &options.command {
        JournalCommand::List { limit } => list(folder, *limit, output),
        JournalCommand::Show { invocation, payloads } => show(folder, invocation, *payloads, output),
        JournalCommand::Verify { from, key } => verdict(folder, from.as_deref(), key.as_deref(), output),
        JournalCommand::Export { file, payloads } => export(folder, file, *payloads, output),
        JournalCommand::Erase { invocation: id, before } => erase(folder, id.as_deref(), before.as_deref(), output),
    }
}

/// Opens the store for something and closes it again.
fn with<T>(folder: &Path, work: impl AsyncFnOnce(&Store) -> Result<T, Failure>) -> Result<T, Failure> {
    let workspace = Workspace::open(folder)?;
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let done = work(&store).await?;
        store.close().await?;
        Ok(done)
    })
}

fn list(folder: &Path, limit: u32, output: Output) -> Result<Exit, Failure> {
    let invocations = with(folder, async |store| Ok(store.invocations(limit)?))?;
    let rows: Vec<Value> = invocations.iter().map(|(began, last)| {
        let outcome = outcome(last);
        json!({
            "invocation": began.json()["invocation"], "at": began.time().to_string(), "tool": began.body()["tool"],
            "function": began.body()["function"], "initiator": began.body()["initiator"], "agent": began.body()["agent"], "via": began.body()["via"],
            "outcome": outcome,
        })
    }).collect();
    output.result(&json!({ "invocations": rows }), || {
        let keys = ["invocation", "at", "tool", "function", "initiator", "agent", "outcome"];
        let text = |row: &Value, key: &str| match (key, row[key].as_str().unwrap_or_default(), row["via"].as_str()) {
            ("agent", first, Some(via)) => format!("{first} {via}"),
            (_, text, _) => text.to_owned(),
        };
        let cells: Vec<Vec<String>> = rows.iter().map(|row| keys.iter().map(|key| text(row, key)).collect()).collect();
        table(&["INVOCATION", "AT", "TOOL", "FUNCTION", "FOR", "THROUGH", "OUTCOME"], &cells)
    });
    Ok(Exit::Done)
}

fn show(folder: &Path, id: &str, payloads: bool, output: Output) -> Result<Exit, Failure> {
    let id = invocation(id)?;
    let entries = with(folder, async |store| {
        let entries = store.entries(&id)?;
        entries.iter().map(|entry| whole(store, entry, payloads)).collect::<Result<Vec<_>, Failure>>()
    })?;
    if entries.is_empty() {
        return Err(Failure::usage(format!("there is no invocation {id}"), "`tollgate journal list` lists invocations"));
    }
    output.result(&json!({ "entries": entries }), || {
        let lines = entries.iter().map(|entry| {
            let kind = entry["kind"].as_str().unwrap_or_default();
            let at = Instant(entry["time"].as_u64().unwrap_or_default());
            let payloads = entry["payloads"].as_object().into_iter().flatten();
            let payloads: String = payloads.map(|(part, text)| format!("\n      {part}: {text}")).collect();
            format!("{:>6}  {at}  {kind:9} {}{payloads}", entry["number"], entry["body"])
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

/// An entry, with its payloads as text where that was asked for: JSON escapes whatever would act on a terminal.
fn whole(store: &Store, entry: &Kept, payloads: bool) -> Result<Value, Failure> {
    let mut json = entry.json().clone();
    if payloads {
        for (part, bytes) in store.payloads(entry.number())? {
            json["payloads"][part] = json!(String::from_utf8_lossy(&bytes));
        }
    }
    Ok(json)
}

fn verdict(folder: &Path, from: Option<&Path>, key: Option<&str>, output: Output) -> Result<Exit, Failure> {
    output.progress("verifying …");
    let parse = |vkey: &str| {
        Verifier::parse(vkey.trim())
            .map_err(|e| Failure::usage(format!("the public key: {e}"), "give what journal.vkey holds"))
    };
    let verdict = match (from, key) {
        (Some(file), Some(key)) => {
            let bytes = read_file(file, EXPORT)?;
            verify_export(&String::from_utf8_lossy(&bytes), parse(key)?)?
        }
        (Some(_), None) => return Err(Failure::usage("an export is verified with a key", "give it with --key")),
        (None, key) => {
            let own = read_file(&folder.join("journal.vkey"), 4096)?;
            let own = String::from_utf8_lossy(&own).into_owned();
            verify(&folder.join("tollgate.db"), &folder.join("checkpoints"), parse(key.unwrap_or(&own))?)?
        }
    };
    Ok(say(&verdict, output))
}

fn say(verdict: &Verdict, output: Output) -> Exit {
    match verdict {
        Verdict::Sound { entries, checkpoints, restored } => {
            let (json, lines) = put_back(restored);
            let json = json!({ "verdict": "sound", "entries": entries, "checkpoints": checkpoints, "restored": json });
            output.result(&json, || format!("sound: {entries} entries, {checkpoints} signed heads{lines}"));
            Exit::Done
        }
        Verdict::CannotTell { signed, why, restored } => {
            let (json, lines) = put_back(restored);
            let json = json!({ "verdict": "cannot-tell", "signed": signed, "why": why, "restored": json });
            output.result(&json, || format!("cannot tell: {why} (signed and sound: {signed} entries){lines}"));
            Exit::CannotTell
        }
        Verdict::Wrong { findings } => {
            let list: Vec<Value> =
                findings.iter().map(|it| json!({ "entry": it.number, "wrong": it.wrong.as_str(), "why": it.why })).collect();
            output.result(&json!({ "verdict": "wrong", "findings": list }), || {
                findings.iter().map(|it| format!("wrong: {it}")).collect::<Vec<_>>().join("\n")
            });
            Exit::Wrong
        }
    }
}

/// Where the store was put back from a backup: as JSON, and as lines.
fn put_back(restored: &[Restored]) -> (Vec<Value>, String) {
    let json = |it: &Restored| json!({ "entry": it.number, "kept": it.kept, "lost": it.lost.map(|head| head.entries) });
    (restored.iter().map(json).collect(), restored.iter().map(|it| format!("\n{it}")).collect())
}

fn export(folder: &Path, file: &Path, payloads: bool, output: Output) -> Result<Exit, Failure> {
    let doing = || format!("writing {}", file.display());
    let mut target = BufWriter::new(new_file(file)?);
    with(folder, async |store| Ok(store.export(&mut target, payloads)?))?;
    let written = target.flush().and_then(|()| target.get_ref().sync_all());
    written.map_err(|e| Broken::while_doing(doing(), e))?;
    output.result(&json!({ "file": file, "payloads": payloads }), || format!("the journal is in {}", file.display()));
    Ok(Exit::Done)
}

fn erase(folder: &Path, id: Option<&str>, before: Option<&str>, output: Output) -> Result<Exit, Failure> {
    let what = match (id, before) {
        (Some(id), _) => Erase::Invocation(invocation(id)?),
        (None, Some(time)) => Erase::Before(moment(time)?),
        (None, None) => return Err(Failure::usage("say what to erase", "give --invocation ID or --before TIME")),
    };
    let count = with(folder, async |store| Ok(store.erase(what).await?))?;
    output.result(&json!({ "erased": count }), || format!("erased {count} payloads; their entries stay and still verify"));
    Ok(Exit::Done)
}

fn moment(text: &str) -> Result<Instant, Failure> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    let millis = parsed.ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
    millis.map(Instant).ok_or_else(|| {
        Failure::usage(format!("`{}` is no time", text.escape_debug()), "write for example 2026-03-01T00:00:00Z")
    })
}
