//! `tollgate.toml`: the few things a host must be told. Everything else has one answer.

use std::sync::Arc;

use crate::diagnostic::Source;
use crate::manifest::Checked;
use crate::manifest::raw::{Section, check as read};
use crate::name::{BadName, FilePath, HostName, PersonName};

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The host, as the origin of its journal.
    pub host: HostName,
    /// Whom `call` speaks for when it is not told.
    pub initiator: Option<PersonName>,
    /// The files root, below the workspace.
    pub files: FilePath,
}

/// Checks a configuration, and says everything that is wrong with it.
#[must_use]
pub fn check(source: &Arc<Source>) -> Checked<Config> {
    read(source, |_, root| config(root))
}

fn config(mut root: Section<'_>) -> Option<Config> {
    let name_help = "write name = \"some-host\" of a-z, 0-9, `.`, `_` and `-`: its journal is known by it";
    let host = needed(&mut root, "host").and_then(|mut host| {
        let name = host.need("name", HostName::parse, name_help);
        host.finish();
        name
    });
    let initiator = root.section("call").and_then(|mut call| {
        let person = call.read("as", PersonName::parse, "write as = \"ben\": whom a call speaks for by default");
        call.finish();
        person
    });
    let files = needed(&mut root, "files").and_then(|mut files| {
        let root = files.need("root", folder, "write root = \"files\": a folder below the workspace");
        files.finish();
        root
    });
    root.finish();
    Some(Config { host: host?, initiator, files: files? })
}

fn needed<'a>(root: &mut Section<'a>, key: &'static str) -> Option<Section<'a>> {
    if !root.holds(key) {
        root.missing(key, &format!("write [{key}] and its keys beneath"));
    }
    root.section(key)
}

/// A folder below the workspace, never the workspace: its store and its keys are no documents.
fn folder(text: &str) -> Result<FilePath, BadName> {
    match FilePath::parse(text)? {
        root if root == FilePath::root() => Err(BadName("it is empty".to_owned())),
        path => Ok(path),
    }
}
