//! `tollgate backup`: the store and its checkpoints, copied while the host goes on.

use std::path::Path;

use serde_json::json;

use super::command::Backup;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::setup::{Workspace, private_dir};

/// Copies into a new folder.
pub fn run(folder: &Path, options: &Backup, output: Output) -> Result<Exit, Failure> {
    let target = &options.folder;
    if target.exists() {
        return Err(Failure::usage(format!("{} is there already", target.display()), "name a new folder"));
    }
    let workspace = Workspace::open(folder)?;
    private_dir(target)?;
    output.progress("copying the store …");
    let entries = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let entries = store.backup(target)?;
        store.close().await?;
        Ok::<_, Failure>(entries)
    })?;
    output.result(&json!({ "folder": target, "entries": entries }), || {
        format!("{entries} entries and their checkpoints are in {}", target.display())
    });
    Ok(Exit::Done)
}
