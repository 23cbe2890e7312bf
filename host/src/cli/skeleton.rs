//! `tollgate inspect --manifest`: a manifest to begin with.

use std::path::Path;

use serde_json::json;

use super::exit::{Exit, Failure};
use super::inspect::Inspected;
use super::output::Output;
use crate::capability::specs;
use crate::manifest::{Outline, skeleton};
use crate::setup::Workspace;
use crate::tool::Surface;

/// Prints it.
pub fn run(folder: &Path, inspected: &Inspected, surface: &Surface, output: Output) -> Result<Exit, Failure> {
    surface.loads().map_err(|bad| Failure::broken(format!("it does not load: {bad}"), bad.help.clone()))?;
    let imported = surface.imported();
    let granted = |functions: &[&str]| functions.iter().any(|function| imported.contains(*function));
    let manifest = inspected.manifest.as_ref();
    let callers = manifest.map(|it| it.callers.iter().map(ToString::to_string).collect());
    let agents = manifest.map(|it| it.agents.iter().map(ToString::to_string).collect());
    let text = skeleton(&Outline {
        component: &inspected.file,
        digest: manifest.and_then(|it| it.digest),
        callers: callers.unwrap_or_else(|| vec![somebody(folder)]),
        agents: agents.unwrap_or_else(|| vec!["cli".to_owned()]),
        imported: specs().into_iter().filter(|spec| granted(spec.functions)).collect(),
        declared: surface.declared.as_ref(),
    });
    output.result(&json!({ "manifest": text }), || text.clone());
    Ok(Exit::Done)
}

/// The person the workspace is made around; where there is none, a name that `check` will ask about.
fn somebody(folder: &Path) -> String {
    let initiator = Workspace::open(folder).ok().and_then(|workspace| workspace.config.initiator);
    initiator.map_or_else(|| "somebody".to_owned(), |person| person.to_string())
}
