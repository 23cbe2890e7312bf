//! A forum that runs: started, asked what it took, killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::FORUM;
use super::terms::Terms;
use crate::{Failed, Program};

/// What goes wrong with a forum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// SIGKILL when it has a post, before it takes it.
    DiesBefore,
    /// SIGKILL when it has taken it, before it answers.
    DiesAfter,
    /// It takes longer than a host waits.
    Slow,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DiesBefore, Self::DiesAfter, Self::Slow];

    const fn as_str(self) -> &'static str {
        match self {
            Self::DiesBefore => "dies-before",
            Self::DiesAfter => "dies-after",
            Self::Slow => "slow",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mishap| mishap.as_str() == word)
    }
}

/// A forum that runs, until this is dropped.
pub struct Running {
    folder: PathBuf,
    process: Child,
}

impl Running {
    /// Starts the forum beside a workspace, and waits until it listens.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Program, workspace: &Path, terms: &Terms, mishap: Option<Mishap>) -> Result<Self, Failed> {
        let folder = beside(workspace);
        terms.write(&folder)?;
        let words = [FORUM.to_owned(), folder.display().to_string()].into_iter();
        let words = words.chain(mishap.map(|it| it.as_str().to_owned())).collect::<Vec<_>>();
        let mut command = Command::new(&program.path);
        command.args(program.words(&words)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut line = String::new();
        let listens = process.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line)).transpose()?;
        let running = Self { folder, process };
        if listens.unwrap_or_default() == 0 { Err("the forum did not start".into()) } else { Ok(running) }
    }

    /// Whether a mishap has killed it.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn died(&mut self) -> Result<bool, Failed> {
        Ok(self.process.try_wait()?.is_some())
    }

    /// What it has taken, read from its own file.
    ///
    /// # Errors
    /// When the file is not what a forum writes.
    pub fn posts(&self) -> Result<Vec<Value>, Failed> {
        posts(&self.folder)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder of the forum beside a workspace.
pub(crate) fn beside(workspace: &Path) -> PathBuf {
    workspace.with_file_name(FORUM)
}

/// What the forum of a folder has taken; nothing where there is none.
pub(crate) fn posts(folder: &Path) -> Result<Vec<Value>, Failed> {
    let file = folder.join("posts");
    if !file.exists() {
        return Ok(Vec::new());
    }
    fs::read_to_string(file)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
