//! The workspace that runs are made in: made once by the program itself, copied for each run.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tollgate_example_tools::build;
use tollgate_example_tools::terminal::Terminal;

use crate::Failed;

/// The passphrase of ben, the initiator.
pub(crate) const PASSPHRASE: &str = "correct horse";

/// The program under test.
#[derive(Clone, Debug)]
pub struct Program {
    /// What is started.
    pub path: PathBuf,
    /// What comes before its arguments: a benchmark is the program only if it is told so.
    pub first: Option<&'static str>,
}

impl Program {
    /// The words of a command, after the program.
    pub(crate) fn words(&self, arguments: &[String]) -> Vec<String> {
        self.first.map(str::to_owned).into_iter().chain(arguments.iter().cloned()).collect()
    }
}

const MANIFEST: &str = r#"tollgate = 1

[tool]
component = "probe.wasm"
callers = ["ben"]
agents = ["cli"]

[grant]
"files.read" = { paths = ["runbooks/**"], calls = 1000, bytes = "16 MiB" }
"files.write" = { paths = ["logs/**"], calls = 5, bytes = "1 MiB", consent = "none" }

[[grant."forum.post"]]
forums = ["eng-help"]
calls = 1000
bytes = "8 MiB"
consent = "none"

[[grant."forum.post"]]
forums = ["careful"]
calls = 5
bytes = "1 MiB"
consent = "initiator"

[[grant."acl.write"]]
objects = ["logs"]
principals = ["group:guests"]
rights = ["read"]
calls = 5
lease = "30 min"
consent = "none"

[[grant."acl.write"]]
objects = ["runbooks"]
principals = ["group:guests"]
rights = ["read"]
calls = 5
lease = "30 min"
consent = "initiator"
"#;

/// A forum in which nothing is said without ben's yes; its thread is the second.
const CAREFUL: &str = r#"tollgate = 1

[forums.careful]
owner = "ben"
audience = ["group:everyone"]

[[threads]]
forum = "careful"
author = "ben"
title = "Slowly"
body = "Think first."
"#;

/// A file that a tool replaces.
pub(crate) struct Replaced {
    pub(crate) path: &'static str,
    pub(crate) old: &'static str,
    pub(crate) new: &'static str,
    /// The new text as an argument.
    pub(crate) encoded: &'static str,
}

/// That file.
pub(crate) const FILE: Replaced = Replaced {
    path: "logs/note.txt",
    old: "the old text\n",
    new: "the new text, which is longer\n",
    encoded: "dGhlIG5ldyB0ZXh0LCB3aGljaCBpcyBsb25nZXIK",
};

/// The workspace that all rooms are copies of.
pub struct Stage {
    folder: TempDir,
    pub(crate) program: Program,
}

/// One copy of it.
pub struct Room {
    /// The workspace.
    pub folder: PathBuf,
    /// Beside it, for what the shim keeps.
    pub(crate) spare: PathBuf,
    /// What the shim saw.
    pub(crate) log: PathBuf,
    _parent: TempDir,
}

impl Stage {
    /// Makes a workspace with one tool, the probe, pinned and compiled.
    ///
    /// # Errors
    /// When the guests do not build or the program does not do as it should.
    pub fn make(program: Program) -> Result<Self, Failed> {
        let (folder, built) = (tempfile::tempdir()?, build()?);
        let none = folder.path().join("none");
        fs::create_dir(&none)?;
        let stage = Self { folder, program };
        let init = ["init", "W", "--person", "ben", "--tools", &none.display().to_string()].map(str::to_owned);
        let words = stage.program.words(&init);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut terminal = Terminal::start(&stage.program.path, &words, stage.folder.path())?;
        for prompt in ["New passphrase for ben", "The same again"] {
            terminal.expect(prompt)?;
            terminal.type_line(PASSPHRASE)?;
        }
        let ended = terminal.end()?;
        if !ended.status.success() {
            return Err(format!("init: {}", ended.screen).into());
        }
        let workspace = stage.folder.path().join("W");
        fs::copy(built.fixtures.join("probe.wasm"), workspace.join("tools/probe.wasm"))?;
        fs::write(workspace.join("tools/probe.toml"), MANIFEST)?;
        fs::create_dir_all(workspace.join("files/runbooks"))?;
        fs::write(workspace.join("files/runbooks/deploy.md"), "Roll back with `ship rollback`.\n")?;
        fs::create_dir_all(workspace.join("files/logs"))?;
        fs::write(workspace.join("files").join(FILE.path), FILE.old)?;
        fs::write(workspace.join("careful.toml"), CAREFUL)?;
        let config = fs::read_to_string(workspace.join("tollgate.toml"))?;
        fs::write(workspace.join("tollgate.toml"), format!("{config}\n[consent]\nhold = \"0 s\"\n"))?;
        for words in [["world", "apply", "careful.toml"].as_slice(), &["pin", "probe"]] {
            let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
            crate::run::done(&stage.program, &workspace, &words)?;
        }
        Ok(stage)
    }

    /// A copy of it.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn room(&self) -> Result<Room, Failed> {
        Room::of(&self.folder.path().join("W"))
    }
}

impl Room {
    /// A copy of a workspace.
    fn of(workspace: &Path) -> Result<Self, Failed> {
        let parent = tempfile::tempdir()?;
        // As the kernel calls it: the shim compares names.
        let at = parent.path().canonicalize()?;
        let room = Room { folder: at.join("W"), spare: at.join("spare"), log: at.join("edges"), _parent: parent };
        fs::create_dir(&room.spare)?;
        copy(workspace, &room.folder)?;
        Ok(room)
    }

    /// A copy of it as it stands.
    pub(crate) fn copy(&self) -> Result<Self, Failed> {
        Self::of(&self.folder)
    }

    /// The store, opened beside the program.
    ///
    /// # Errors
    /// When it does not open.
    pub fn store(&self) -> rusqlite::Result<Connection> {
        Connection::open(self.folder.join("tollgate.db"))
    }

    /// What stands in the file that a tool replaces.
    pub(crate) fn file(&self) -> std::io::Result<String> {
        fs::read_to_string(self.folder.join("files").join(FILE.path))
    }

    /// Spoils the components that were kept, so that no tool can be taken up again.
    pub(crate) fn spoil(&self) -> std::io::Result<()> {
        let (kept, away) = (self.folder.join("components"), self.spare.join("components"));
        fs::rename(&kept, &away)?;
        fs::create_dir(&kept)?;
        fs::set_permissions(&kept, fs::metadata(&away)?.permissions())?;
        for entry in fs::read_dir(&away)? {
            fs::write(kept.join(entry?.file_name()), "spoilt")?;
        }
        Ok(())
    }

    /// Puts them back.
    pub(crate) fn mend(&self) -> std::io::Result<()> {
        fs::remove_dir_all(self.folder.join("components"))?;
        fs::rename(self.spare.join("components"), self.folder.join("components"))
    }
}

/// What is never written again has only one more name; the rest is copied.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&path, &target)?;
        } else if from.ends_with("cache") || from.ends_with("components") {
            fs::hard_link(path, target)?;
        } else {
            fs::copy(path, target)?;
        }
    }
    Ok(())
}
