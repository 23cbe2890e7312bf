//! `tollgate pin`: what was reviewed is what runs. Also where components are compiled, in a child with limits.

use std::path::Path;

use serde_json::json;

use super::command::Pin;
use super::difference::{Differs, differs};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::journal::{Chapter, Draft, Journal as _, Kind, Unrecorded};
use crate::manifest;
use crate::name::{Digest, ToolName};
use crate::setup::{Workspace, write_private};
use crate::tool::Surface;

/// Pins one tool.
pub fn run(folder: &Path, options: &Pin, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let tool = tool_name(&options.tool)?;
    let (digest, accepted) = pin(&workspace, &tool, output)?;
    let accepted_json = accepted.as_ref().map(Differs::json);
    let json = json!({ "tool": tool.as_str(), "digest": digest.to_string(), "difference": accepted_json });
    output.result(&json, || {
        let lines = accepted.iter().flat_map(Differs::lines).chain([format!("pinned {tool} to {digest}")]);
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

/// A tool's name from the command line.
pub fn tool_name(text: &str) -> Result<ToolName, Failure> {
    ToolName::parse(text).map_err(|e| Failure::usage(e.to_string(), "`tollgate tools` lists what there is"))
}

/// Compiles and keeps a tool's component and writes its digest into the manifest, on record. Also says what was accepted
/// with it, where other bytes were pinned before.
pub fn pin(workspace: &Workspace, tool: &ToolName, output: Output) -> Result<(Digest, Option<Differs>), Failure> {
    let manifest = workspace.manifest(tool)?;
    let bytes = workspace.component(&manifest)?;
    let digest = Digest::of(&bytes);
    let surface = Surface::parse(&bytes).map_err(|bad| Failure::broken(format!("{tool}: {bad}"), bad.help.clone()))?;
    surface.loads().map_err(|bad| Failure::broken(format!("{tool}: {bad}"), bad.help.clone()))?;
    let accepted = differs(workspace, &manifest, digest, &surface);
    output.progress(&format!("compiling {tool} …"));
    workspace.runtime()?.block_on(async {
        let (host, store) = workspace.host(None)?;
        host.compile(&bytes).await?;
        workspace.keep(&bytes)?;
        let before = manifest.digest.map_or_else(|| "none".to_owned(), |digest| digest.hex());
        let body = json!({ "tool": tool.as_str(), "component": digest.hex(), "before": before });
        store.append(Chapter::alone(Draft::new(Kind::Pinned, body))).await.map_err(|failed| match failed {
            Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => Failure::from(broken),
            Unrecorded::Refused(refusal) => Failure::broken(refusal.to_string(), "nothing was pinned"),
        })?;
        store.close().await?;
        Ok::<_, Failure>(())
    })?;
    let text =
        manifest::pin(&manifest.source.text, &digest).map_err(|e| Failure::broken(e.to_string(), "nothing was pinned"))?;
    write_private(&workspace.path(&manifest.source.name), text.as_bytes())?;
    Ok((digest, accepted))
}

/// The hidden command that compiles in a process of its own.
pub fn compile_child() -> Exit {
    match crate::runtime::compile::child_main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => Exit::Done,
        Err(why) => {
            super::output::note(&why.to_string());
            Exit::Broken
        }
    }
}
