//! `tollgate backup`: the store, its checkpoints and the components that were pinned, copied while the host goes on.

use std::path::Path;

use serde_json::json;

use super::command::Backup;
use super::exit::{Exit, Failure};
use super::output::{Output, note};
use crate::setup::{Workspace, kept_name, private_dir, write_private};

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
    let components = components(&workspace, target)?;
    output.result(&json!({ "folder": target, "entries": entries, "components": components }), || {
        format!("{entries} entries, their checkpoints and {components} pinned components are in {}", target.display())
    });
    Ok(Exit::Done)
}

/// What an entry of the journal says was run can be looked at only as long as the bytes are kept. Those that are not what
/// their name says are left out, aloud: the store is worth more than to fail for them.
fn components(workspace: &Workspace, target: &Path) -> Result<usize, Failure> {
    let folder = target.join("components");
    private_dir(&folder)?;
    let mut copied = 0;
    for digest in workspace.all_kept()? {
        match workspace.kept(&digest) {
            Ok(Some(bytes)) => write_private(&folder.join(kept_name(&digest)), &bytes)?,
            Ok(None) => continue,
            Err(broken) => {
                note(&format!("tollgate: {broken}; it is left out"));
                continue;
            }
        }
        copied += 1;
    }
    Ok(copied)
}
