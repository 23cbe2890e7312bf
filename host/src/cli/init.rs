//! `tollgate init`: a workspace around the person who runs it.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::command::Init;
use super::exit::{Exit, Failure};
use super::output::{Output, note};
use super::{passphrase, pin};
use crate::diagnostic::Broken;
use crate::name::PersonName;
use crate::setup::{Workspace, private_dir, read_file, read_text, write_private};

/// Makes the workspace.
pub fn run(options: &Init, output: Output) -> Result<Exit, Failure> {
    let person = person(&options.person)?;
    let folder = &options.folder;
    let empty = std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()).unwrap_or(!folder.exists());
    if !empty {
        return Err(Failure::usage(format!("{} is there already and not empty", folder.display()), "name a new folder"));
    }
    lay_out(folder, &person)?;
    let workspace = Workspace::open(folder)?;
    workspace.make_journal_key()?;
    workspace.make_door_key()?;
    let host = workspace.runtime()?;
    host.block_on(async {
        let store = workspace.store()?;
        store.apply(&read_text(&folder.join("world.toml"))?).await?;
        store.close().await?;
        Ok::<_, Failure>(())
    })?;
    let tools = match options.tools.clone().or_else(beside) {
        Some(from) => bring(&workspace, &from)?,
        None => Vec::new(),
    };
    for tool in &tools {
        pin::pin(&workspace, tool, output)?;
    }
    let protected = passphrase::first(&workspace, &person)?;
    if !protected {
        note(&format!(
            "{person} has no passphrase and cannot agree to anything yet: `tollgate passphrase {person}` at a terminal sets one"
        ));
    }
    let names: Vec<&str> = tools.iter().map(|tool| tool.as_str()).collect();
    output.result(
        &json!({ "workspace": folder, "person": person.as_str(), "tools": names, "passphrase": protected }),
        || {
            let tools = if names.is_empty() { "no tools yet".to_owned() } else { format!("tools: {}", names.join(", ")) };
            format!("made {} around {person}; {tools}\nnext: cd {} && tollgate check", folder.display(), folder.display())
        },
    );
    Ok(Exit::Done)
}

/// The person's name, from the account's where that is one.
fn person(text: &str) -> Result<PersonName, Failure> {
    PersonName::parse(&text.to_lowercase())
        .map_err(|e| Failure::usage(format!("the workspace needs a person's name: {e}"), "say it with --person ben"))
}

fn lay_out(folder: &Path, person: &PersonName) -> Result<(), Broken> {
    for name in ["", "tools", "files", "files/runbooks", "keys", "run", "cache"] {
        private_dir(&folder.join(name))?;
    }
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("tollgate").to_lowercase();
    let name = PersonName::parse(&name).map_or_else(|_| "tollgate".to_owned(), |name| name.to_string());
    let fill = |text: &str| text.replace("{person}", person.as_str()).replace("{name}", &name);
    write_private(&folder.join("tollgate.toml"), fill(CONFIG).as_bytes())?;
    write_private(&folder.join("world.toml"), fill(WORLD).as_bytes())?;
    write_private(&folder.join("files/runbooks/welcome.md"), WELCOME.as_bytes())
}

/// The folder of tools beside the program: `tools` there, or one level up.
fn beside() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    [folder.join("tools"), folder.parent()?.join("tools")].into_iter().find(|tools| tools.is_dir())
}

/// Copies every tool of a folder: manifests with the components they name.
fn bring(workspace: &Workspace, from: &Path) -> Result<Vec<crate::name::ToolName>, Failure> {
    let doing = || format!("taking tools from {}", from.display());
    let entries =
        std::fs::read_dir(from).map_err(|e| Broken::while_doing(doing(), e).help("name a folder of tools with --tools"))?;
    for entry in entries {
        let path = entry.map_err(|e| Broken::while_doing(doing(), e))?.path();
        let kind = path.extension().and_then(|extension| extension.to_str());
        if let (Some("toml" | "wasm"), Some(name)) = (kind, path.file_name()) {
            write_private(&workspace.path("tools").join(name), &read_file(&path, 16 << 20)?)?;
        }
    }
    Ok(workspace.tools()?)
}

const CONFIG: &str = r#"# What this host is. `tollgate check` reads it with every manifest in tools/.
tollgate = 1

[host]
name = "{name}"           # stands in every signed head of the journal

[call]
as = "{person}"           # on whose behalf `tollgate call` acts when --as does not say

[files]
root = "files"            # what grants of files.read reach into

# How people are asked. What stands here holds also where nothing is written.
# [consent]
# hold = "2 s"            # how long a call waits for an answer before it is set down
# expires = "7 days"      # how long a question stands
# declined = "1 h"        # how long a no stands for the same act
# asks = "60 per hour"    # questions that one initiator, one agent and one tool may each bring about
# two-beyond = 100        # how many people one person may release something to; beyond that it takes two
"#;

const WORLD: &str = r#"# People, groups, forums and objects. `tollgate world apply world.toml` brings them in; change it and apply it again.
tollgate = 1

[people.{person}]
name = "{person}"

[groups.everyone]
members = ["{person}"]

[forums.eng-help]
owner = "{person}"
audience = ["group:everyone"]

[objects.runbooks]
owner = "{person}"
folders = ["runbooks"]
entries = [{ principal = "group:everyone", right = "read" }]

[objects.logs]
owner = "{person}"
folders = ["logs"]
entries = []

# A data set to try `lend` with: nobody but its owner can read it, until it is lent. `cleared` says to whom it may ever be
# lent; where it is not written, those are cleared who can read it as it stands here.
[groups.guests]
members = []

[objects."dataset/example"]
owner = "{person}"
folders = ["datasets/example"]
entries = []
cleared = ["group:guests"]

[[threads]]
forum = "eng-help"
author = "{person}"
title = "Rolling back"
body = "How do I roll back a deploy that fails its health check?"
"#;

const WELCOME: &str = "# Welcome

This folder is what the tool `answer` may read: put your runbooks here.

## What Tollgate does

A tool reads, posts and changes access only as far as its manifest in `tools/` grants it, and everything it does is in
the journal: `tollgate journal list`.
";
