//! `tollgate world`: people, groups, forums and objects of the embedded world.

use std::path::Path;

use serde_json::Value;

use super::command::{World, WorldCommand};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::setup::{Workspace, read_text};

/// Brings a world file in, or prints what there is.
pub fn run(folder: &Path, options: &World, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let shown: Value = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let shown = match &options.command {
            WorldCommand::Apply { file } => store.apply(&read_text(file)?).await?,
            WorldCommand::Show => store.show().await?,
        };
        store.close().await?;
        Ok::<_, Failure>(shown)
    })?;
    output.result(&shown, || outline(&shown, 0));
    Ok(Exit::Done)
}

/// A JSON value as an indented outline.
fn outline(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let Value::Object(map) = value else { return format!("{indent}{}\n", plain(value)) };
    map.iter()
        .map(|(key, value)| match value {
            Value::Object(inner) if !inner.is_empty() => format!("{indent}{key}\n{}", outline(value, depth + 1)),
            other => format!("{indent}{key}: {}\n", plain(other)),
        })
        .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
