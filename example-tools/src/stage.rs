//! The stage of the demo: a workspace made for the story and removed after it, commands that are shown as typed, and a
//! script that answers at the terminal in the person's place.

#![expect(clippy::disallowed_macros, reason = "a story is told on stdout")]
#![expect(clippy::disallowed_methods, reason = "a developer's program, around a workspace of its own")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::terminal::Terminal;

/// The passphrase that the script types for the person.
const PASSPHRASE: &str = "a script plays me";

/// A workspace made for the story and removed after it.
pub struct Stage {
    program: PathBuf,
    folder: tempfile::TempDir,
}

/// Begins a part of the story.
pub fn title(text: &str) {
    println!("\n── {text}");
}

impl Stage {
    /// Makes a workspace around ben with the built tools, and brings the demo's files and people in.
    ///
    /// # Errors
    /// When anything of that fails.
    pub fn set(tools: &Path) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|e| format!("finding this program: {e}"))?;
        let folder = tempfile::tempdir().map_err(|e| format!("making a folder: {e}"))?;
        let stage = Self { program, folder };
        let tools = tools.display().to_string();
        println!("$ tollgate init W --person ben --tools target/tools");
        let mut terminal =
            Terminal::start(&stage.program, &["init", "W", "--person", "ben", "--tools", &tools], stage.folder.path())?;
        for prompt in ["New passphrase for ben", "The same again"] {
            terminal.expect(prompt)?;
            terminal.type_line(PASSPHRASE)?;
        }
        let ended = terminal.end()?;
        print!("{}", ended.stdout);
        if !ended.status.success() {
            return Err(format!("init failed:\n{}", ended.screen));
        }
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        copy(&demo.join("files"), &stage.path("files"))?;
        copy_file(&demo.join("world.toml"), &stage.path("world.toml"))?;
        stage.told(&["world", "apply", "world.toml"], 0)?;
        Ok(stage)
    }

    /// A path in the workspace.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("W").join(name)
    }

    /// Reads a file of the workspace.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.path(name)).map_err(|e| format!("reading {name}: {e}"))
    }

    /// Writes a file of the workspace.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<(), String> {
        std::fs::write(self.path(name), text).map_err(|e| format!("writing {name}: {e}"))
    }

    /// Runs a command of the story, prints it as typed, and returns its stdout.
    ///
    /// # Errors
    /// When its exit code is another one.
    pub fn told(&self, arguments: &[&str], expected: i32) -> Result<String, String> {
        println!("$ tollgate {}", arguments.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(" "));
        let output = Command::new(&self.program).args(arguments).current_dir(self.path("")).output();
        let output = output.map_err(|e| format!("running tollgate: {e}"))?;
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        let code = output.status.code().ok_or("tollgate was killed")?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if code == expected { Ok(stdout) } else { Err(format!("exit code {code} instead of {expected}:\n{stdout}")) }
    }

    /// Runs a command of the story and reads what it prints as JSON.
    ///
    /// # Errors
    /// As [`Stage::told`], and when it prints something else.
    pub fn json(&self, arguments: &[&str], expected: i32) -> Result<Value, String> {
        let stdout = self.told(&[&["-o", "json"], arguments].concat(), expected)?;
        serde_json::from_str(&stdout).map_err(|e| format!("reading what it printed: {e}\n{stdout}"))
    }

    /// Calls a function and returns the report.
    ///
    /// # Errors
    /// As [`Stage::json`].
    pub fn call(&self, call: &str, arguments: &Value, expected: i32) -> Result<Value, String> {
        self.json(&["call", call, &arguments.to_string(), "--session", task(call)], expected)
    }

    /// Calls a function that asks ben, shows the card, types his answer, and returns the report.
    ///
    /// # Errors
    /// When the card does not come, or the program ends without a report.
    pub fn ask(&self, call: &str, arguments: &Value, answer: &str) -> Result<Value, String> {
        let arguments = arguments.to_string();
        println!("$ tollgate call {call} '{arguments}' --session {}", task(call));
        let typed = ["-o", "json", "call", call, &arguments, "--session", task(call)];
        let mut terminal = Terminal::start(&self.program, &typed, &self.path(""))?;
        if let Err(why) = terminal.expect("[yes/no]") {
            return Err(format!("{why}\n{}", terminal.end().map(|ended| ended.stdout).unwrap_or_default()));
        }
        terminal.type_line(answer)?;
        if answer == "yes" {
            terminal.expect("passphrase")?;
            terminal.type_line(PASSPHRASE)?;
        }
        let ended = terminal.end()?;
        println!("{}", ended.screen.replace('\r', "").trim());
        serde_json::from_str(&ended.stdout).map_err(|e| format!("{e}: {}\n{}", ended.stdout, ended.screen))
    }
}

/// Each tool has a task, and so a session, of its own: what one was told does not bound the others.
fn task(call: &str) -> &str {
    call.split('.').next().unwrap_or(call)
}

/// Shows the refusals of a report.
pub fn refusals(report: &Value) {
    for refusal in report["refusals"].as_array().into_iter().flatten() {
        let text = |key: &str| refusal[key].as_str().unwrap_or_default().to_owned();
        println!("refused  {} {}.{}: {}", text("capability"), text("stage"), text("reason"), text("message"));
    }
}

/// Shows some meters of a report's receipt.
pub fn receipt(report: &Value, meters: &[&str]) {
    for line in report["receipt"].as_array().into_iter().flatten() {
        let meter = line["meter"].as_str().unwrap_or_default();
        if meters.contains(&meter) {
            let unit = line["unit"].as_str().unwrap_or_default();
            println!("used     {meter}: {} of {} {unit}", line["used"], line["allowed"]);
        }
    }
}

/// Shortened where it is long: a table that stands in an argument would hide the story.
fn quoted(argument: &str) -> String {
    const SHOWN: usize = 160;
    let mut shown: String = argument.chars().take(SHOWN).collect();
    if shown.len() < argument.len() {
        shown.push('…');
    }
    if shown.contains(' ') || shown.contains('"') { format!("'{shown}'") } else { shown }
}

/// Copies a folder's plain files and folders.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let doing = |e: std::io::Error| format!("copying {} to {}: {e}", from.display(), to.display());
    std::fs::create_dir_all(to).map_err(doing)?;
    for entry in std::fs::read_dir(from).map_err(doing)? {
        let entry = entry.map_err(doing)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(doing)?.is_dir() {
            copy(&source, &target)?;
        } else {
            copy_file(&source, &target)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::copy(from, to).map(drop).map_err(|e| format!("copying {} to {}: {e}", from.display(), to.display()))
}
