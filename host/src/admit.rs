//! Who may have a tool called: asked once, before anything is instantiated.

use crate::freeze::{self, Subject};
use crate::manifest::Manifest;
use crate::name::Actors;
use crate::people::Rights;
use crate::refusal::{Code, Refusal};

/// Whether a person, through these agents, may have this tool called now.
///
/// # Errors
/// `cover.not-granted`, naming the line of the manifest that would let them; `freeze.frozen`.
pub fn admit(manifest: &Manifest, rights: &Rights, actors: &Actors) -> Result<(), Refusal> {
    may_call(manifest, rights, actors)?;
    let (tool, actors, initiator) = (manifest.tool.clone(), actors.clone(), rights.initiator().clone());
    freeze::judge(&rights.directory().freezes, &Subject { tool, actors, initiator, function: None }, rights.now)
}

/// Whether the manifest lets a person, through each of these agents, have this tool called; a freeze is another question.
///
/// # Errors
/// `cover.not-granted`, naming the line of the manifest that would let them.
pub fn may_call(manifest: &Manifest, rights: &Rights, actors: &Actors) -> Result<(), Refusal> {
    let person = rights.initiator();
    let (tool, file) = (&manifest.tool, &manifest.source.name);
    let refuse = |why: String, change: String| Err(Refusal::new(Code::NotGranted, why).unless(change));
    if !rights.standing.is_known() {
        return refuse(format!("nobody here is called `{person}`"), "name a person of this workspace with --as".to_owned());
    }
    if !rights.standing.is_among(&manifest.callers) {
        return refuse(
            format!("`{tool}` is not to be called for {person}"),
            format!("an operator can add them to `callers` in {file}"),
        );
    }
    if let Some(agent) = actors.each().find(|agent| !manifest.agents.contains(*agent)) {
        return refuse(
            format!("the agent `{agent}` may not call `{tool}`"),
            format!("an operator can add it to `agents` in {file}"),
        );
    }
    Ok(())
}
