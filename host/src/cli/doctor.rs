//! `tollgate doctor`: what this machine and this workspace lack.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::output::Output;
use crate::clock::SLACK;
use crate::diagnostic::Broken;
use crate::name::Principal;
use crate::people::Directory;
use crate::setup::Workspace;
use crate::store::{BALLAST, Store};

/// How a finding weighs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Fine,
    Note,
    Wrong,
}

/// One finding.
struct Finding {
    weight: Weight,
    about: &'static str,
    says: String,
}

fn finding(weight: Weight, about: &'static str, says: impl Into<String>) -> Finding {
    Finding { weight, about, says: says.into() }
}

/// Looks at everything; exit 5 where something is wrong.
pub fn run(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let mut findings = vec![account(folder)?, modes(folder)?];
    findings.extend(sizes(&workspace));
    findings.extend(components(&workspace));
    findings.extend(workspace.runtime()?.block_on(inside(&workspace)));
    let wrong = findings.iter().any(|it| it.weight == Weight::Wrong);
    let list: Vec<Value> =
        findings.iter().map(|it| json!({ "weight": word(it.weight), "about": it.about, "says": it.says })).collect();
    output.result(&json!({ "findings": list, "wrong": wrong }), || {
        let lines = findings.iter().map(|it| format!("{:5} {:12} {}", word(it.weight), it.about, it.says));
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(if wrong { Exit::Broken } else { Exit::Done })
}

const fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Fine => "ok",
        Weight::Note => "note",
        Weight::Wrong => "WRONG",
    }
}

/// Caller and host are one process on the command line, so they share an account.
fn account(folder: &Path) -> Result<Finding, Broken> {
    let uid =
        std::fs::metadata(folder).map_err(|e| Broken::while_doing(format!("looking at {}", folder.display()), e))?.uid();
    let says = format!(
        "the workspace belongs to account {uid}; an agent that runs under it can read store and keys, and then nothing here holds: run agents under another account"
    );
    Ok(finding(Weight::Note, "account", says))
}

fn modes(folder: &Path) -> Result<Finding, Broken> {
    let mode =
        std::fs::metadata(folder).map_err(|e| Broken::while_doing(format!("looking at {}", folder.display()), e))?.mode()
            & 0o777;
    Ok(match mode & 0o077 {
        0 => finding(Weight::Fine, "workspace", format!("closed to other accounts (mode {mode:o})")),
        _ => finding(
            Weight::Wrong,
            "workspace",
            format!("other accounts may enter it (mode {mode:o}): chmod 700 {}", folder.display()),
        ),
    })
}

fn sizes(workspace: &Workspace) -> Vec<Finding> {
    let size = |name: &str| std::fs::metadata(workspace.path(name)).map(|it| it.len()).unwrap_or_default();
    let cache = std::fs::read_dir(workspace.path("cache")).map(Iterator::count).unwrap_or_default();
    vec![finding(
        Weight::Fine,
        "sizes",
        format!(
            "store {} bytes (and {} not yet folded in), checkpoints {} bytes, {cache} compiled components",
            size("tollgate.db"),
            size("tollgate.db-wal"),
            size("checkpoints")
        ),
    )]
}

/// Whether the space that is kept for outcomes is there; opening the store puts it back where there is room.
fn room(workspace: &Workspace) -> Option<Finding> {
    let size = std::fs::metadata(workspace.path("tollgate.ballast")).map(|it| it.len()).unwrap_or_default();
    let needed = 2 * (BALLAST >> 20);
    let says = format!("the disk is full: no change is begun before {needed} MiB are free");
    (size < BALLAST).then(|| finding(Weight::Wrong, "disk", says))
}

/// Whether what was pinned can still be shown.
fn components(workspace: &Workspace) -> Vec<Finding> {
    let about = "components";
    let wrong = |broken: Broken| finding(Weight::Wrong, about, broken.to_string());
    let (tools, kept) = match (workspace.tools(), workspace.all_kept()) {
        (Ok(tools), Ok(kept)) => (tools, kept),
        (Err(broken), _) | (_, Err(broken)) => return vec![wrong(broken)],
    };
    let pinned = tools.iter().filter_map(|tool| workspace.manifest(tool).ok()).filter_map(|it| Some((it.tool, it.digest?)));
    let lacks = pinned.filter_map(|(tool, digest)| match workspace.kept(&digest) {
        Ok(Some(_)) => None,
        Ok(None) => {
            let says = format!("the bytes that {tool} is pinned to were not kept: `tollgate pin {tool}` keeps them");
            Some(finding(Weight::Note, about, says))
        }
        Err(broken) => Some(wrong(broken)),
    });
    let all = format!("{} kept of what was ever pinned", kept.len());
    [finding(Weight::Fine, about, all)].into_iter().chain(lacks).collect()
}

/// Whether the clock is where the journal was.
fn clock(store: &Store) -> Finding {
    let (about, behind) = ("clock", store.clock_behind());
    match store.near() {
        Err(broken) => finding(Weight::Wrong, about, format!("{}: {}", broken.cause, broken.help.unwrap_or_default())),
        Ok(()) if behind > SLACK => {
            let says = format!("{behind} behind the newest entry on record: no time passes here until it has caught up");
            finding(Weight::Note, about, says)
        }
        Ok(()) => finding(Weight::Fine, about, "not behind the newest entry on record"),
    }
}

/// Whether what agents are told adds up, since their platform does not say which task is which.
fn sessions(store: &Store) -> Option<Finding> {
    let held = match store.sessions() {
        Ok(held) => held,
        Err(broken) => return Some(finding(Weight::Wrong, "sessions", broken.to_string())),
    };
    let nameless = held.iter().filter(|(session, _)| session.claim.is_empty()).count();
    let says = format!(
        "{nameless} of {} sessions that hold what they read are a person and agents, for their tokens or calls name no session: what they \
         read adds up, and stops more with time. Have the platform put one into each task's token (`session` of [serve.tokens], or \
         `call --session`); `tollgate session list` shows them, `session shed` ends one",
        held.len()
    );
    (nameless > 0).then(|| finding(Weight::Note, "sessions", says))
}

/// Who and what there is.
fn world(store: &Store) -> Vec<Finding> {
    let directory = match store.directory() {
        Ok(directory) => directory,
        Err(broken) => return vec![finding(Weight::Wrong, "world", broken.to_string())],
    };
    let says = format!(
        "{} people, {} groups, {} forums, {} objects",
        directory.people.len(),
        directory.groups.len(),
        directory.forums.len(),
        directory.objects.len()
    );
    [finding(Weight::Fine, "world", says)].into_iter().chain(ceilings(&directory)).collect()
}

/// So many objects are named in a finding.
const NAMED: usize = 3;

/// Objects whose owner has not said who may ever be given them, and whose access lists name groups.
fn ceilings(directory: &Directory) -> Option<Finding> {
    let group = |principal: &Principal| matches!(principal, Principal::Group(_));
    let undeclared = directory.objects.iter().filter(|(_, it)| !it.ceiling.declared && it.ceiling.cleared.iter().any(group));
    let names: Vec<&str> = undeclared.map(|(name, _)| name.as_str()).collect();
    let some = names[..names.len().min(NAMED)].join(", ");
    let more = if names.len() > NAMED { ", …" } else { "" };
    let says = format!(
        "{} of {} objects do not say who is cleared for them ({some}{more}): whoever is put into a group that may read one is cleared \
         for it too, and nobody is told. `cleared = [..]` in the object's part of a world file declares it",
        names.len(),
        directory.objects.len()
    );
    (!names.is_empty()).then(|| finding(Weight::Note, "ceilings", says))
}

/// What only an open host knows.
async fn inside(workspace: &Workspace) -> Vec<Finding> {
    let (host, store) = match workspace.host(None) {
        Ok(both) => both,
        Err(broken) => return vec![finding(Weight::Wrong, "host", broken.to_string())],
    };
    let mut findings = vec![if host.sandbox().pagemap_scan() {
        finding(Weight::Fine, "kernel", "pagemap_scan is there: memory of guests is reset without the process-wide lock")
    } else {
        finding(Weight::Note, "kernel", "no pagemap_scan (Linux 6.7): two busy threads of guests slow each other down")
    }];
    findings.push(finding(Weight::Fine, "engine", host.sandbox().engine_id().to_string()));
    findings.extend(world(&store));
    findings.push(clock(&store));
    findings.extend(sessions(&store));
    findings.extend(room(workspace));
    if let Err(behind) = store.takes_changes() {
        let help = behind.help.as_deref().unwrap_or_default();
        findings.push(finding(Weight::Wrong, "journal", format!("the store takes no change: {}; {help}", behind.cause)));
    }
    if let Err(broken) = store.close().await {
        findings.push(finding(Weight::Wrong, "journal", broken.to_string()));
    }
    findings
}
