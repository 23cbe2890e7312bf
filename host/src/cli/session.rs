//! `tollgate session`: what agents were told and hold, and shedding it.

use std::path::Path;

use serde_json::{Value, json};

use super::approvals::credential;
use super::command::{Session as Options, SessionCommand, Shed};
use super::exit::{Exit, Failure};
use super::glass::statement;
use super::output::{Output, table};
use crate::label::{Label, SessionId};
use crate::name::{Actors, PersonName};
use crate::people::Directory;
use crate::setup::Workspace;

/// Lists sessions, or sheds what one holds.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    match &options.command {
        SessionCommand::List => list(folder, output),
        SessionCommand::Shed(options) => shed(folder, options, output),
    }
}

fn list(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let (sessions, directory) = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let found = (store.sessions()?, store.directory()?);
        store.close().await?;
        Ok::<_, Failure>(found)
    })?;
    let rows: Vec<Value> = sessions.iter().map(|(session, held)| shown(session, held, &directory)).collect();
    output.result(&json!({ "sessions": rows }), || {
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("–").to_owned();
        let line = |row: &Value| {
            let read: Vec<&str> = row["read"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            vec![text(row, "person"), text(row, "session"), text(row, "agent"), row["readers"].to_string(), read.join(", ")]
        };
        table(&["person", "session", "agent", "readers", "it was told of"], &rows.iter().map(line).collect::<Vec<_>>())
    });
    Ok(Exit::Done)
}

fn shown(session: &SessionId, held: &Label, directory: &Directory) -> Value {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let read: Vec<String> = held.sources().map(|source| source.to_string()).collect();
    json!({
        "person": session.person.as_str(), "session": some(&session.claim), "agent": some(&session.agent), "read": read,
        "readers": directory.readers(held).len(),
    })
}

fn shed(folder: &Path, options: &Shed, output: Output) -> Result<Exit, Failure> {
    let reason = statement("--reason", &options.reason)?;
    let workspace = Workspace::open(folder)?;
    let (person, agent) = workspace.who(options.person.as_deref(), &options.agent)?;
    let session = SessionId::of(&person, &Actors::from(agent), options.session.as_deref());
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let held = store.sessions()?.into_iter().any(|(known, _)| known == session);
        if !held {
            return Err(nothing(&person));
        }
        credential(&store, &person).await?;
        let shed = store.shed(&session, &reason).await?;
        store.close().await?;
        if shed { Ok(()) } else { Err(nothing(&person)) }
    })?;
    let json = json!({ "person": person.as_str(), "session": options.session, "agent": session.agent, "shed": true });
    output.result(&json, || format!("{person} has shed what this session held; it is on record"));
    Ok(Exit::Done)
}

fn nothing(person: &PersonName) -> Failure {
    Failure::usage(format!("no such session of {person} holds anything"), "`tollgate session list` shows those that do")
}
