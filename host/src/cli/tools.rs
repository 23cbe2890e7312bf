//! `tollgate tools`: what this workspace has, as agents are shown it: names and texts of what was pinned, and of bytes that
//! nobody has reviewed not a word. How much is different is said in numbers.

use std::path::Path;

use serde_json::{Value, json};

use super::difference::{Differs, pinned_surface};
use super::exit::{Exit, Failure};
use super::output::{Output, table};
use super::said;
use crate::manifest::Manifest;
use crate::name::{Digest, ToolName};
use crate::setup::{NotReady, Workspace};
use crate::tool::Surface;

/// One tool of the list.
struct Listed {
    tool: ToolName,
    /// Whether it would run, and what to do if not.
    state: String,
    pinned: Option<Digest>,
    /// What was pinned.
    surface: Option<Surface>,
    differs: Option<Differs>,
}

/// Lists the tools with their functions, and whether they would run.
pub fn run(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let tools: Vec<Listed> = workspace.tools()?.into_iter().map(|tool| listed(&workspace, tool)).collect();
    output.result(&json!({ "tools": tools.iter().map(to_json).collect::<Vec<_>>() }), || {
        if tools.is_empty() {
            return "no tools yet: put NAME.toml and its component into tools/, then `tollgate pin NAME`".to_owned();
        }
        let rows: Vec<_> = tools.iter().map(|it| vec![it.tool.to_string(), it.state.clone(), functions(it)]).collect();
        let mut lines = vec![table(&["TOOL", "STATE", "FUNCTIONS"], &rows)];
        tools.iter().for_each(|it| lines.extend(texts(it)));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

fn listed(workspace: &Workspace, tool: ToolName) -> Listed {
    let nothing = |tool, state| Listed { tool, state, pinned: None, surface: None, differs: None };
    match workspace.manifest(&tool) {
        Ok(manifest) => with_manifest(workspace, &manifest),
        Err(NotReady::Problems(problems)) => nothing(tool, format!("{} problems: see `tollgate check`", problems.len())),
        Err(NotReady::Broken(broken)) => nothing(tool, broken.to_string()),
    }
}

fn with_manifest(workspace: &Workspace, manifest: &Manifest) -> Listed {
    let tool = manifest.tool.clone();
    let Some(pinned) = manifest.digest else {
        let state = format!("not pinned: see `tollgate inspect {tool}`, then `tollgate pin {tool}`");
        return Listed { tool, state, pinned: None, surface: None, differs: None };
    };
    // Read only where it is needed, and once.
    let kept = || pinned_surface(workspace, &pinned);
    let found = workspace.component(manifest).map(|bytes| (Digest::of(&bytes), Surface::parse(&bytes)));
    let (state, differs, surface) = match found {
        // The very bytes stand beside the manifest, so that it does not matter whether they were kept too.
        Ok((digest, Ok(surface))) if digest == pinned => {
            let state = surface.loads().map_or_else(|bad| bad.to_string(), |()| "ready".to_owned());
            (state, None, Some(surface))
        }
        Ok((digest, now)) => {
            let kept = kept();
            let state = format!("other bytes than were pinned: see `tollgate inspect {tool}`, then `tollgate pin {tool}`");
            let differs = now.ok().filter(|_| digest != pinned).map(|now| Differs::between(pinned, &kept, digest, &now));
            (state, differs, kept.ok())
        }
        Err(broken) => (broken.to_string(), None, kept().ok()),
    };
    Listed { tool, state, pinned: Some(pinned), surface, differs }
}

fn functions(it: &Listed) -> String {
    let names = it.surface.iter().flat_map(|surface| &surface.functions).map(|function| function.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// What its author says, and how much is different by now.
fn texts(it: &Listed) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(surface) = &it.surface {
        lines.extend(said::of_tool(surface));
        for function in surface.functions.iter().filter(|function| !function.docs.text.is_empty()) {
            lines.push(format!("  {}", function.name));
            lines.extend(said::behind("    │ ", &function.docs.text));
        }
    }
    lines.extend(it.differs.iter().map(|differs| format!("  {}", differs.summary())));
    if lines.is_empty() {
        return lines;
    }
    ["".to_owned(), it.tool.to_string()].into_iter().chain(lines).collect()
}

fn to_json(it: &Listed) -> Value {
    let functions = it.surface.iter().flat_map(|surface| &surface.functions);
    let functions = functions.map(|it| json!({ "name": it.name, "text": said::text_json(&it.docs.text) }));
    json!({
        "tool": it.tool.as_str(), "state": it.state, "digest": it.pinned.map(|digest| digest.to_string()),
        "text": it.surface.as_ref().map_or(Value::Null, |surface| said::text_json(&surface.text)),
        "functions": functions.collect::<Vec<_>>(), "difference": it.differs.as_ref().map(Differs::counts_json),
    })
}
