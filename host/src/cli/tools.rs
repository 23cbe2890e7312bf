//! `tollgate tools`: what this workspace has.

use std::path::Path;

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::output::{Output, table};
use crate::name::{Digest, ToolName};
use crate::setup::{NotReady, Workspace};
use crate::tool::Surface;

/// Lists the tools with their functions, and whether they would run.
pub fn run(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let tools: Vec<Value> = workspace.tools()?.iter().map(|tool| describe(&workspace, tool)).collect();
    output.result(&json!({ "tools": tools }), || {
        if tools.is_empty() {
            return "no tools yet: put NAME.toml and its component into tools/, then `tollgate pin NAME`".to_owned();
        }
        let text = |tool: &Value, key: &str| tool[key].as_str().unwrap_or_default().to_owned();
        let functions = |tool: &Value| {
            let names = tool["functions"].as_array().into_iter().flatten().filter_map(Value::as_str);
            names.collect::<Vec<_>>().join(", ")
        };
        let rows: Vec<_> = tools.iter().map(|it| vec![text(it, "tool"), text(it, "state"), functions(it)]).collect();
        table(&["TOOL", "STATE", "FUNCTIONS"], &rows)
    });
    Ok(Exit::Done)
}

fn describe(workspace: &Workspace, tool: &ToolName) -> Value {
    let state = |state: String| json!({ "tool": tool.as_str(), "state": state, "functions": [] });
    let manifest = match workspace.manifest(tool) {
        Ok(manifest) => manifest,
        Err(NotReady::Problems(problems)) => return state(format!("{} problems: see `tollgate check`", problems.len())),
        Err(NotReady::Broken(broken)) => return state(broken.to_string()),
    };
    let bytes = match workspace.component(&manifest) {
        Ok(bytes) => bytes,
        Err(broken) => return state(broken.to_string()),
    };
    let surface = match Surface::parse(&bytes) {
        Ok(surface) => surface,
        Err(bad) => return state(bad.to_string()),
    };
    let digest = Digest::of(&bytes);
    let pinned = match manifest.digest {
        Some(pinned) if pinned == digest => "ready".to_owned(),
        Some(_) => "other bytes than were pinned: see `tollgate inspect`, then `tollgate pin`".to_owned(),
        None => format!("not pinned: `tollgate pin {tool}`"),
    };
    let functions: Vec<&str> = surface.functions.iter().map(|function| function.name.as_str()).collect();
    json!({ "tool": tool.as_str(), "state": pinned, "digest": digest.to_string(), "functions": functions })
}
