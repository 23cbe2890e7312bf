//! `tollgate lease`: access that tools opened, who has it through them, and what becomes of it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::command::{Lease as Options, LeaseCommand};
use super::exit::{Exit, Failure};
use super::output::{Output, table};
use super::terminal::ask;
use crate::approval::{ATTEMPTS, Answer, Credentials as _, matches, named, show_name};
use crate::capability::acl::Widen;
use crate::clock::Instant;
use crate::freeze;
use crate::gate::longest_lease;
use crate::grant::Allowed;
use crate::lease::{Ender, Extension, Lease};
use crate::name::{AgentName, PersonName};
use crate::people::Directory;
use crate::refusal::{Code, Refusal};
use crate::setup::Workspace;
use crate::store::Store;
use crate::tool::Surface;
use crate::unit::Duration;

/// Names that a card says one by one before the rest is counted; `lease show` says all.
const NAMES: usize = 50;

/// Lists, shows, ends or extends leases.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        match &options.command {
            LeaseCommand::List { all } => list(&store, *all, output)?,
            LeaseCommand::Show { id } => show(&store, *id, output)?,
            LeaseCommand::End { id, person } => {
                let person = workspace.who(person.as_deref(), "cli")?.0;
                end(&store, *id, &person, output).await?;
            }
            LeaseCommand::Extend { id, duration, person } => {
                let who = workspace.who(person.as_deref(), "cli")?;
                let span = Duration::parse(duration).ok().filter(|span| span.0 >= 1000);
                let span = span.ok_or_else(|| {
                    let why = format!("`{}` is no time of a second or more", duration.escape_debug());
                    Failure::usage(why, "write for example 20min or \"20 min\"")
                })?;
                extend(&workspace, &store, (*id, span), who, output).await?;
            }
        }
        store.close().await?;
        Ok(Exit::Done)
    })
}

fn list(store: &Store, all: bool, output: Output) -> Result<(), Failure> {
    let (leases, now) = (store.leases(all)?, store.now());
    let rows: Vec<Value> = leases.iter().map(|lease| lease.json(now)).collect();
    output.result(&json!({ "leases": rows }), || {
        if leases.is_empty() {
            return "no lease is open; `tollgate lease list --all` lists those that are over".to_owned();
        }
        let cells: Vec<Vec<String>> = leases.iter().map(|lease| cells(lease, now)).collect();
        table(&["LEASE", "OBJECT", "WHO", "RIGHT", "UNTIL", "THROUGH", "FOR", "STATE"], &cells)
    });
    Ok(())
}

fn cells(lease: &Lease, now: Instant) -> Vec<String> {
    vec![
        lease.id.to_string(),
        show_name(lease.object.as_str()),
        show_name(&lease.principal.to_string()),
        lease.right.as_str().to_owned(),
        lease.ends.to_string(),
        show_name(lease.tool.as_str()),
        show_name(lease.initiator.as_str()),
        state(lease, now),
    ]
}

/// The state, and what was found where it is over.
fn state(lease: &Lease, now: Instant) -> String {
    let state = lease.state(now).as_str();
    lease.reverted.map_or_else(|| state.to_owned(), |(_, found)| format!("{state}: {}", found.as_str()))
}

fn show(store: &Store, id: u64, output: Output) -> Result<(), Failure> {
    let (lease, numbers) = store.lease(id)?.ok_or_else(|| no_such(id))?;
    let (directory, now) = (store.directory()?, store.now());
    // Nobody holds anything through a lease that is over.
    let holds = directory.members([&lease.principal]);
    let holds = if now < lease.ends && lease.reverted.is_none() { holds } else { BTreeSet::new() };
    let mut json = lease.json(now);
    let people = holds.iter().map(|person| json!({ "person": person.as_str(), "name": directory.people.get(person) }));
    json["people"] = people.collect();
    json["entries"] = json!(numbers);
    output.result(&json, || {
        let object = show_name(lease.object.as_str());
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let mut lines = vec![
            format!("lease {}: {} of {object}, for {}", lease.id, lease.right.as_str(), lease.principal),
            format!("  opened    {} by {} for {}, invocation {}", lease.began, lease.tool, lease.initiator, lease.key.0),
            format!("  until     {}", lease.ends),
            format!("  state     {}", state(&lease, now)),
        ];
        lines.extend(lease.reverted.map(|(at, found)| format!("            {at}: {}", found.says())));
        lines.push(format!("  held by   {}", named(&holds, &directory, usize::MAX)));
        lines.push(format!("  journal   entries {}", numbers.join(", ")));
        lines.join("\n")
    });
    Ok(())
}

async fn end(store: &Store, id: u64, person: &PersonName, output: Output) -> Result<(), Failure> {
    store.lease(id)?.ok_or_else(|| no_such(id))?;
    let found = store.end_lease(id, &Ender::Person(person.clone())).await?;
    let json = json!({ "lease": id, "found": found.as_str(), "by": person.as_str() });
    output.result(&json, || format!("lease {id} is over: {}", found.says()));
    Ok(())
}

async fn extend(
    workspace: &Workspace,
    store: &Store,
    (id, span): (u64, Duration),
    (person, agent): (PersonName, AgentName),
    output: Output,
) -> Result<(), Failure> {
    let (lease, _) = store.lease(id)?.ok_or_else(|| no_such(id))?;
    let (directory, now) = (store.directory()?, store.now());
    let longest = longest(workspace, &lease, span)?;
    let freezes = freeze::newest(&directory.freezes);
    let extension = Extension { lease, by: person, agent, freezes, ends: now.after(span), longest };
    let shown = extension.judge(&extension.lease, &directory, now).map_err(Failure::from)?;
    let card = card(&extension, &shown, &directory, span);
    agree(store, &extension.by, &card).await?;
    let (ends, person) = (extension.ends, extension.by.clone());
    store.extend_lease(extension, shown, card).await?;
    let json = json!({ "lease": id, "ends": ends.to_string(), "by": person.as_str() });
    output.result(&json, || format!("lease {id} holds until {ends}"));
    Ok(())
}

/// The longest lease that the manifest of the lease's tool, and its author, allow today for the same access.
fn longest(workspace: &Workspace, lease: &Lease, span: Duration) -> Result<Duration, Failure> {
    let manifest = workspace.manifest(&lease.tool)?;
    let surface = Surface::parse(&workspace.component(&manifest)?);
    let surface = surface.map_err(|bad| Failure::broken(format!("{}: {bad}", manifest.tool), bad.help.clone()))?;
    let allowed = Allowed { granted: manifest.grants, declared: surface.declared };
    let [object, principal, right] =
        [lease.object.to_string(), lease.principal.to_string(), lease.right.as_str().to_owned()];
    longest_lease(&allowed, &Widen::parse(object, principal, right, span.0 / 1000)).map_err(Failure::from)
}

fn card(extension: &Extension, keep: &BTreeSet<PersonName>, directory: &Directory, span: Duration) -> String {
    let Extension { lease, by, ends, .. } = extension;
    let (object, principal) = (show_name(lease.object.as_str()), show_name(&lease.principal.to_string()));
    [
        format!("{by} is asked to let lease {} go on", lease.id),
        format!("  what      {} of {object}, for {principal}", lease.right.as_str()),
        format!("  opened    {} by {} for {}", lease.began, lease.tool, lease.initiator),
        format!("  kept by   {}", named(keep, directory, NAMES)),
        format!("  on yes    they keep it until {ends} ({span} from when this was shown), then it closes by itself"),
        format!("  on no     it closes at {}, as planned", lease.ends),
    ]
    .join("\n")
}

/// Has a person agree, with the passphrase.
async fn agree(store: &Store, person: &PersonName, card: &str) -> Result<(), Failure> {
    let kept = store.passphrase_of(person).await?.ok_or_else(|| {
        let why = format!("{person} has no passphrase, so nobody can agree to this");
        Failure::from(Refusal::new(Code::NobodyCan, why).unless(format!("`tollgate passphrase {person}` sets one")))
    })?;
    for again in 0..ATTEMPTS {
        let answer = tokio::task::block_in_place(|| ask(person, card, again));
        match answer {
            Answer::Yes(passphrase) if matches(&kept, &passphrase) => return Ok(()),
            Answer::Yes(_) => {}
            Answer::No => {
                return Err(Failure::from(Refusal::new(Code::Declined, format!("{person} said no; it ends as planned"))));
            }
            Answer::NobodyHere => break,
        }
    }
    let why = format!("nobody here answered with {person}'s passphrase");
    Err(Failure::from(Refusal::new(Code::NobodyHere, why).unless(format!("have {person} run this at a terminal"))))
}

fn no_such(id: u64) -> Failure {
    Failure::usage(format!("there is no lease {id}"), "`tollgate lease list --all` lists leases")
}
