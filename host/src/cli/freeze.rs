//! `tollgate freeze` and `tollgate thaw`: the one switch. Freezing is quick and asks for no passphrase, since it only takes
//! away; thawing asks for one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;

use super::command::{Freeze as Options, FreezeCommand, Thaw, Throw};
use super::exit::{Exit, Failure};
use super::output::{Output, note, table};
use super::terminal::passphrase;
use crate::approval::{Credentials as _, matches};
use crate::freeze::{Freeze, NewFreeze, Scope};
use crate::journal::Unrecorded;
use crate::name::PersonName;
use crate::people::Directory;
use crate::setup::Workspace;
use crate::store::{Frozen, Unsettled};
use crate::unit;

/// After so long without an answer of the store it is said that the freeze is not durable yet.
const SLOW: Duration = Duration::from_millis(500);

/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How often it is tried. A store that is only busy is waited for by each try itself.
const TRIES: u32 = 10;

/// Freezes, or lists what is frozen.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let (scope, throw) = match &options.command {
        FreezeCommand::List => return list(folder, output),
        FreezeCommand::Everything { throw } => (Scope::parse("everything", ""), throw),
        FreezeCommand::Tool { name, throw } => (Scope::parse("tool", name), throw),
        FreezeCommand::Agent { name, throw } => (Scope::parse("agent", name), throw),
        FreezeCommand::Person { name, throw } => (Scope::parse("person", name), throw),
        FreezeCommand::Capability { name, throw } => (Scope::parse("capability", name), throw),
    };
    let scope = scope.map_err(|e| Failure::usage(e.to_string(), "names are as manifests and `world show` write them"))?;
    let workspace = Arc::new(Workspace::open(folder)?);
    let new = wanted(&workspace, scope, throw)?;
    let runtime = workspace.runtime()?;
    let done = runtime.block_on(throw_until_durable(&workspace, &new));
    // A try that still waits for the store is given up with the program.
    runtime.shutdown_background();
    let (frozen, directory) = done?;
    let warning = workspace.stops_nothing(&directory, &new.scope);
    output.result(&frozen.json(warning.as_deref()), || frozen_text(&frozen, warning.as_deref()));
    Ok(Exit::Done)
}

fn wanted(workspace: &Workspace, scope: Scope, throw: &Throw) -> Result<NewFreeze, Failure> {
    let (by, _) = workspace.who(throw.by.as_deref(), "cli")?;
    if throw.reason.trim().is_empty() {
        return Err(Failure::usage("a freeze needs a reason", "say why in a few words: --reason \"…\""));
    }
    let lasts = throw.lasts.as_deref().map(unit::Duration::parse).transpose();
    let lasts =
        lasts.map_err(|e| Failure::usage(format!("--for: {e}"), "without --for it lasts until somebody thaws it"))?;
    Ok(NewFreeze { scope, reason: throw.reason.clone(), by, lasts })
}

type Try = JoinHandle<Result<(Frozen, Arc<Directory>), Failure>>;

/// One try: opens the store, which may have to wait for others, and freezes.
fn try_once(workspace: &Arc<Workspace>, new: &NewFreeze) -> Try {
    let (workspace, new) = (workspace.clone(), new.clone());
    tokio::spawn(async move {
        let opened = tokio::task::spawn_blocking(move || workspace.store()).await;
        let store = opened.map_err(|e| Failure::broken(e.to_string(), "`tollgate doctor` says what is lacking"))??;
        let directory = store.directory()?;
        if !directory.people.contains_key(&new.by) {
            return Err(nobody(&new.by));
        }
        if let Err(behind) = store.takes_changes() {
            // To try again is of no use, and nothing runs here.
            return Err(Failure::refused(behind.to_string(), behind.help.unwrap_or_default()));
        }
        let frozen = store.freeze(&new).await?;
        if let Err(broken) = store.close().await {
            // What is frozen is on record; its signature comes with the next head.
            tracing::error!(doing = broken.doing, cause = broken.cause, "closing the store");
        }
        Ok((frozen, directory))
    })
}

/// Tries until the freeze is durable, and says so while it is not.
async fn throw_until_durable(workspace: &Arc<Workspace>, new: &NewFreeze) -> Result<(Frozen, Arc<Directory>), Failure> {
    let not_yet = format!("tollgate: {} is NOT frozen durably yet, and no other process knows", new.scope);
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut last = None;
    for _ in 0..TRIES {
        let mut trying = try_once(workspace, new);
        let ended = loop {
            tokio::select! {
                ended = &mut trying => break ended,
                () = tokio::time::sleep(SLOW), if last.is_none() => {
                    note(&format!("{not_yet}: the store does not answer; still trying"));
                    last = Some(Failure::broken("the store does not answer", "find out which process holds it"));
                }
                _ = &mut interrupted => return Err(never(new, last)),
            }
        };
        match ended.map_err(|e| Failure::broken(e.to_string(), "`tollgate doctor` says what is lacking"))? {
            Err(failure) if failure.exit == Exit::Broken => {
                note(&format!("{not_yet}; trying again. Why it failed:\n{}", super::output::failure_text(&failure)));
                last = Some(failure);
            }
            ended => return ended,
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = &mut interrupted => return Err(never(new, last)),
        }
    }
    Err(never(new, last))
}

fn never(new: &NewFreeze, last: Option<Failure>) -> Failure {
    let why = last.map(|failure| format!("\n{}", super::output::failure_text(&failure))).unwrap_or_default();
    Failure::broken(
        format!("{} is NOT frozen: it never became durable{why}", new.scope),
        "stop the processes of this workspace, and `tollgate doctor` says what is lacking",
    )
}

fn nobody(person: &PersonName) -> Failure {
    Failure::usage(format!("nobody here is called `{person}`"), "name a person of this workspace with --as")
}

fn frozen_text(frozen: &Frozen, warning: Option<&str>) -> String {
    let Freeze { id, scope, ends, .. } = &frozen.freeze;
    let end = ends.map_or_else(|| "until somebody thaws it".to_owned(), |ends| format!("until {ends}"));
    let mut lines = vec![format!("{scope} is frozen {end}, on record as number {id}; `tollgate thaw {id}` ends it")];
    if frozen.asked_again > 0 {
        lines
            .push(format!("answers to {} open questions are void and are asked for again after a thaw", frozen.asked_again));
    }
    let names = |it: &Unsettled| format!("not settled yet: {} (entry {} of {})", it.function, it.entry, it.invocation);
    lines.extend(frozen.unsettled.iter().map(names));
    lines.extend(warning.map(|warning| format!("warning: {warning}")));
    lines.join("\n")
}

fn list(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let freezes = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let freezes = store.freezes()?;
        store.close().await?;
        Ok::<_, Failure>(freezes)
    })?;
    let json = json!({ "freezes": freezes.iter().map(Freeze::json).collect::<Vec<_>>() });
    output.result(&json, || list_text(&freezes));
    Ok(Exit::Done)
}

fn list_text(freezes: &[Freeze]) -> String {
    if freezes.is_empty() {
        return "nothing is frozen".to_owned();
    }
    let row = |freeze: &Freeze| {
        let ends = freeze.ends.map_or_else(|| "thawed".to_owned(), |ends| ends.to_string());
        let scope = freeze.scope.to_string();
        vec![freeze.id.to_string(), scope, freeze.by.to_string(), freeze.at.to_string(), ends, freeze.reason.clone()]
    };
    table(&["ID", "FROZEN", "BY", "SINCE", "UNTIL", "WHY"], &freezes.iter().map(row).collect::<Vec<_>>())
}

/// Thaws, for a person who shows a passphrase.
pub fn thaw(folder: &Path, options: &Thaw, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let (by, _) = workspace.who(options.by.as_deref(), "cli")?;
    if options.reason.trim().is_empty() {
        return Err(Failure::usage("a thaw needs a reason", "say why in a few words: --reason \"…\""));
    }
    let thawed = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let found = store.freezes()?.into_iter().find(|freeze| freeze.id == options.id);
        let freeze = found.ok_or_else(|| missing(options.id))?;
        if !freeze.may_be_thawed_by(&by) {
            return Err(not_by(&by));
        }
        let kept = store.passphrase_of(&by).await?;
        let kept = kept.ok_or_else(|| {
            Failure::refused(format!("{by} has no passphrase"), format!("`tollgate passphrase {by}` sets one"))
        })?;
        let typed = passphrase(&by).ok_or_else(|| {
            Failure::refused(
                "a thaw needs a person, and there is no terminal to ask at".to_owned(),
                "run this at a terminal".to_owned(),
            )
        })?;
        if !matches(&kept, &typed) {
            return Err(Failure::refused(format!("that is not {by}'s passphrase"), "it stays frozen".to_owned()));
        }
        let thawed = store.thaw(options.id, &by, &options.reason).await.map_err(|failed| match failed {
            Unrecorded::Refused(_) => not_by(&by),
            Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => broken.into(),
        })?;
        store.close().await?;
        thawed.ok_or_else(|| missing(options.id))
    })?;
    output.result(&json!({ "thawed": thawed.json(), "by": by.as_str() }), || {
        format!("{} is thawed; what was agreed to before is asked again", thawed.scope)
    });
    Ok(Exit::Done)
}

fn missing(id: u64) -> Failure {
    Failure::usage(format!("nothing is frozen under the number {id}"), "`tollgate freeze list` shows what is frozen")
}

fn not_by(person: &PersonName) -> Failure {
    Failure::refused(format!("somebody else has frozen {person}"), "it takes another person to thaw that: --as".to_owned())
}
