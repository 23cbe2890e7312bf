//! `tollgate doctor --accept-restore`: a person says that the store was put back from a backup, and that it goes on from there.

use std::path::Path;

use serde_json::{Value, json};

use super::command::Doctor as Options;
use super::exit::{Exit, Failure};
use super::glass::statement;
use super::output::{Output, note};
use super::passphrase::shown;
use crate::name::PersonName;
use crate::setup::Workspace;
use crate::store::{Accepted, Behind};

/// Accepts it, for a person who shows a passphrase.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let reason = statement("--reason", options.reason.as_deref().unwrap_or_default())?;
    let workspace = Workspace::open(folder)?;
    let (by, _) = workspace.who(options.person.as_deref(), "cli")?;
    let accepted = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        note(&warning(store.unaccepted(), &by));
        shown(&store, &by).await?;
        let accepted = store.accept_restore(&by, &reason).await?;
        store.close().await?;
        Ok::<_, Failure>(accepted)
    })?;
    let json = to_json(&accepted, &by);
    output.result(&json, || said(&accepted));
    Ok(Exit::Done)
}

/// What the person is about to do, said before he shows who he is.
fn warning(behind: Option<&Behind>, by: &PersonName) -> String {
    let what = match behind {
        Some(Behind { entries, signed }) => format!(
            "The store has {entries} entries of its journal, and {} were signed: what the others say is lost for good.",
            signed.entries
        ),
        None => {
            "The store has every entry of its journal that was signed here: its checkpoints do not show that it was put \
                 back from a backup. Go on if you know that they were put back with it."
                .to_owned()
        }
    };
    format!(
        "{what}\n{by} is about to accept that, on record. Every question to a person that is open or agreed to becomes void, \
         every quota counts as spent for its window, and everything is frozen until somebody thaws it."
    )
}

fn to_json(accepted: &Accepted, by: &PersonName) -> Value {
    let behind = accepted.behind.as_ref();
    json!({
        "entry": accepted.entry, "by": by.as_str(), "voided": accepted.voided, "freeze": accepted.freeze.id,
        "kept": behind.map(|behind| behind.entries), "lost": behind.map(|behind| behind.signed.entries),
    })
}

fn said(accepted: &Accepted) -> String {
    let Accepted { entry, voided, freeze, .. } = accepted;
    let id = freeze.id;
    [
        format!(
            "accepted, on record as entry {entry}: the journal goes on from there, and its checkpoints keep what was lost"
        ),
        format!("{voided} questions are void, and every quota counts as spent for its window from now"),
        format!(
            "everything is frozen until a person thaws it, for freezes since the backup are not known: `tollgate thaw {id}`"
        ),
        "people, groups, forums, access lists and leases are those of the backup: look at `tollgate world show` and \
         `tollgate lease list` before you thaw it"
            .to_owned(),
    ]
    .join("\n")
}
