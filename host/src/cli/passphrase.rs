//! `tollgate passphrase`: what a person says yes with.

use std::path::Path;

use serde_json::json;

use super::command::Passphrase as Options;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::terminal::{new_passphrase, old_passphrase, passphrase};
use crate::approval::{Credentials as _, Passphrase, matches, protect};
use crate::name::PersonName;
use crate::setup::Workspace;
use crate::store::Store;

/// Sets or changes a passphrase, by the person who shows the old one.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let person =
        PersonName::parse(&options.person).map_err(|e| Failure::usage(e.to_string(), "name a person of this workspace"))?;
    let workspace = Workspace::open(folder)?;
    let kept = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let known = store.directory()?.people.contains_key(&person);
        let kept = store.passphrase_of(&person).await?;
        store.close().await?;
        if known {
            Ok(kept)
        } else {
            Err(Failure::usage(format!("nobody here is called `{person}`"), "`tollgate world show` lists people"))
        }
    })?;
    if let Some(kept) = kept {
        let old = old_passphrase(&person).ok_or_else(no_terminal)?;
        if !matches(&kept, &old) {
            return Err(Failure::refused("that is not the passphrase until now", "it stays as it was"));
        }
    }
    let new = new_passphrase(&person).map_err(|e| Failure::usage(e, "nothing was changed; try again"))?;
    keep(&workspace, &person, &new.ok_or_else(no_terminal)?)?;
    output.result(&json!({ "person": person.as_str(), "passphrase": true }), || format!("{person} can agree now"));
    Ok(Exit::Done)
}

/// Asks the first person for a passphrase; false where there is no terminal to ask at.
pub fn first(workspace: &Workspace, person: &PersonName) -> Result<bool, Failure> {
    match new_passphrase(person)
        .map_err(|e| Failure::usage(e, format!("the workspace is made; `tollgate passphrase {person}` asks again")))?
    {
        Some(new) => keep(workspace, person, &new).map(|()| true),
        None => Ok(false),
    }
}

fn keep(workspace: &Workspace, person: &PersonName, new: &Passphrase) -> Result<(), Failure> {
    let protected = protect(new)?;
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        store.set_passphrase(person, &protected).await?;
        store.close().await?;
        Ok(())
    })
}

/// Lets nobody pass who does not show `person`'s passphrase at the terminal.
pub async fn shown(store: &Store, person: &PersonName) -> Result<(), Failure> {
    if !store.directory()?.people.contains_key(person) {
        return Err(Failure::usage(format!("nobody here is called `{person}`"), "`tollgate world show` lists people"));
    }
    let Some(kept) = store.passphrase_of(person).await? else {
        let help = format!("`tollgate passphrase {person}` sets one");
        return Err(Failure::usage(format!("{person} has no passphrase to show"), help));
    };
    let typed = passphrase(person).ok_or_else(no_terminal)?;
    if matches(&kept, &typed) {
        return Ok(());
    }
    Err(Failure::refused(format!("that is not {person}'s passphrase"), "nothing was changed"))
}

fn no_terminal() -> Failure {
    Failure::broken("a passphrase is read from a terminal, and there is none", "run this at a terminal")
}
