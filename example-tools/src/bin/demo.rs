//! The demo: the whole story on the embedded world with a real tool. A script plays the person, and says so.
//!
//! Called with arguments it is `tollgate` itself: the story's commands are this program again, each in a process of its own.

#![expect(clippy::disallowed_macros, reason = "a story is told on stdout")]
#![expect(clippy::disallowed_methods, reason = "a developer's program, around a workspace of its own")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;
use tollgate_example_tools::terminal::Terminal;

/// The passphrase that the script types for the person.
const PASSPHRASE: &str = "a script plays me";

const QUESTION: &str = "How do I roll back a deploy that fails its health check?";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.len() > 1 {
        return tollgate::cli::main(arguments);
    }
    match story() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the demo ended early: {why}");
            ExitCode::FAILURE
        }
    }
}

fn story() -> Result<(), String> {
    let stage = Stage::set()?;
    stage.inspect()?;
    stage.reads()?;
    stage.reads_elsewhere()?;
    stage.post("no", "no")?;
    let invocation = stage.post("yes", "yes")?;
    stage.meter()?;
    stage.evidence(&invocation)
}

/// A workspace made for the story and removed after it.
struct Stage {
    program: PathBuf,
    folder: tempfile::TempDir,
}

fn title(text: &str) {
    println!("\n── {text}");
}

impl Stage {
    fn set() -> Result<Self, String> {
        println!("Tollgate's demo: one tool, one question, and everything it may not do.");
        println!("A script plays the person at the terminal: it reads the card and types the answers.");
        title("building the tool for wasm32-wasip2");
        let built = tollgate_example_tools::build()?;
        let program = std::env::current_exe().map_err(|e| format!("finding this program: {e}"))?;
        let folder = tempfile::tempdir().map_err(|e| format!("making a folder: {e}"))?;
        let stage = Self { program, folder };
        title("a workspace, made around ben, who sets a passphrase at his terminal");
        let tools = built.tools.display().to_string();
        println!("$ tollgate init W --person ben --tools target/tools");
        let mut terminal =
            Terminal::start(&stage.program, &["init", "W", "--person", "ben", "--tools", &tools], stage.folder.path())?;
        terminal.expect("New passphrase for ben")?;
        terminal.type_line(PASSPHRASE)?;
        terminal.expect("The same again")?;
        terminal.type_line(PASSPHRASE)?;
        let ended = terminal.end()?;
        print!("{}", ended.stdout);
        if !ended.status.success() {
            return Err(format!("init failed:\n{}", ended.screen));
        }
        let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        copy(&documents, &stage.workspace().join("files"))?;
        Ok(stage)
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("W")
    }

    /// Runs a command of the story, prints it as typed, and returns its exit code and stdout.
    fn run(&self, arguments: &[&str]) -> Result<(i32, String), String> {
        println!("$ tollgate {}", arguments.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(" "));
        let output = Command::new(&self.program).args(arguments).current_dir(self.workspace()).output();
        let output = output.map_err(|e| format!("running tollgate: {e}"))?;
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        let code = output.status.code().ok_or("tollgate was killed")?;
        Ok((code, String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    fn told(&self, arguments: &[&str], expected: i32) -> Result<String, String> {
        let (code, stdout) = self.run(arguments)?;
        if code == expected { Ok(stdout) } else { Err(format!("exit code {code} instead of {expected}:\n{stdout}")) }
    }

    fn call(&self, call: &str, arguments: &Value, expected: i32) -> Result<Value, String> {
        let stdout = self.told(&["-o", "json", "call", call, &arguments.to_string()], expected)?;
        serde_json::from_str(&stdout).map_err(|e| format!("reading what call printed: {e}\n{stdout}"))
    }

    fn inspect(&self) -> Result<(), String> {
        title("what the tool wants, before anything is granted");
        print!("{}", self.told(&["inspect", "answer"], 0)?);
        title("what it is granted: its manifest, pinned to these bytes");
        print!("{}", self.told(&["check"], 0)?);
        Ok(())
    }

    fn reads(&self) -> Result<(), String> {
        title("a question, answered out of the runbooks it may read");
        let report = self.call("answer.ask", &serde_json::json!({ "question": QUESTION, "folder": "runbooks" }), 0)?;
        println!("{}", report["value"]["text"].as_str().ok_or("the tool gave no answer")?);
        receipt(&report, &["files.read calls", "files.read bytes", "fuel"]);
        Ok(())
    }

    fn reads_elsewhere(&self) -> Result<(), String> {
        title("the same question to a folder that no grant reaches");
        let question = "What does the ledger say?";
        let report = self.call("answer.ask", &serde_json::json!({ "question": question, "folder": "pay" }), 3)?;
        refusals(&report);
        Ok(())
    }

    fn post(&self, answer: &str, said: &str) -> Result<String, String> {
        title(&format!("the answer is to be posted; ben is shown exactly what, and says {said}"));
        let arguments = serde_json::json!({ "question": QUESTION, "folder": "runbooks", "forum": "eng-help", "thread": 1 });
        let arguments = arguments.to_string();
        println!("$ tollgate call answer.reply '{arguments}'");
        let typed = ["-o", "json", "call", "answer.reply", &arguments];
        let mut terminal = Terminal::start(&self.program, &typed, &self.workspace())?;
        terminal.expect("[yes/no]")?;
        terminal.type_line(answer)?;
        if answer == "yes" {
            terminal.expect("passphrase")?;
            terminal.type_line(PASSPHRASE)?;
        }
        let ended = terminal.end()?;
        println!("{}", ended.screen.replace('\r', "").trim());
        let report: Value =
            serde_json::from_str(&ended.stdout).map_err(|e| format!("{e}: {}\n{}", ended.stdout, ended.screen))?;
        let expected = if answer == "yes" { "returned" } else { "refused" };
        if report["outcome"] != expected {
            return Err(format!("the outcome is {} instead of {expected}", report["outcome"]));
        }
        refusals(&report);
        let world = self.told(&["-o", "json", "world", "show"], 0)?;
        let world: Value = serde_json::from_str(&world).map_err(|e| format!("reading the world: {e}"))?;
        println!("posts in eng-help now: {}", world["forums"]["eng-help"]["posts"]);
        Ok(report["invocation"].as_str().unwrap_or_default().to_owned())
    }

    fn meter(&self) -> Result<(), String> {
        title("the operator allows three reads; the tool runs out");
        let path = self.workspace().join("tools/answer.toml");
        let manifest = std::fs::read_to_string(&path).map_err(|e| format!("reading the manifest: {e}"))?;
        let narrowed = manifest.replace("calls = 1000", "calls = 3");
        if narrowed == manifest {
            return Err("the manifest has no `calls = 1000`".to_owned());
        }
        std::fs::write(&path, narrowed).map_err(|e| format!("writing the manifest: {e}"))?;
        let report = self.call("answer.ask", &serde_json::json!({ "question": QUESTION, "folder": "runbooks" }), 0)?;
        refusals(&report);
        receipt(&report, &["files.read calls"]);
        Ok(())
    }

    fn evidence(&self, invocation: &str) -> Result<(), String> {
        title("afterwards: the receipt of the post, and the journal");
        print!("{}", self.told(&["receipt", invocation], 0)?);
        print!("{}", self.told(&["journal", "verify"], 0)?);
        println!("\nThat was all of it. The README says how to make a workspace of your own.");
        Ok(())
    }
}

fn quoted(argument: &str) -> String {
    if argument.contains(' ') || argument.contains('"') { format!("'{argument}'") } else { argument.to_owned() }
}

fn refusals(report: &Value) {
    for refusal in report["refusals"].as_array().into_iter().flatten() {
        let text = |key: &str| refusal[key].as_str().unwrap_or_default().to_owned();
        println!("refused  {} {}.{}: {}", text("capability"), text("stage"), text("reason"), text("message"));
    }
}

fn receipt(report: &Value, meters: &[&str]) {
    for line in report["receipt"].as_array().into_iter().flatten() {
        let meter = line["meter"].as_str().unwrap_or_default();
        if meters.contains(&meter) {
            println!(
                "used     {meter}: {} of {} {}",
                line["used"],
                line["allowed"],
                line["unit"].as_str().unwrap_or_default()
            );
        }
    }
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
            std::fs::copy(&source, &target).map_err(doing)?;
        }
    }
    Ok(())
}
