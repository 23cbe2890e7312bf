//! The world that promises are proved in: a workspace made by the program itself, copied for each test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use tollgate_example_tools::Built;
use tollgate_example_tools::terminal::{Ended, Terminal};

/// The passphrase of ben, the initiator.
pub const PASSPHRASE: &str = "correct horse";

/// The program under test.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tollgate"))
}

/// The guests, built once.
pub fn guests() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| tollgate_example_tools::build().expect("the guests build"))
}

/// One workspace, in a folder of its own.
pub struct World {
    parent: TempDir,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    /// Shown when a test fails.
    pub stderr: String,
}

impl Ran {
    /// What it printed, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }
}

/// The head of the probe's manifest; tests add grants and limits.
const PROBE: &str =
    "tollgate = 1\n\n[tool]\ncomponent = \"probe.wasm\"\ncallers = [\"group:everyone\"]\nagents = [\"cli\"]\n";

/// Everything the probe is granted unless a test says otherwise.
pub const GRANTS: &str = r#"[grant]
"files.read" = { paths = ["runbooks/**"], calls = 1000, bytes = "16 MiB" }
"forum.read" = { forums = ["eng-help"], calls = 10, bytes = "1 MiB" }
"forum.post" = { forums = ["eng-help"], calls = 5, bytes = "8 KiB", consent = "none" }
"acl.read" = { objects = ["scratch"], calls = 10, bytes = "64 KiB" }
"acl.write" = { objects = ["scratch"], principals = ["group:web"], rights = ["read"], calls = 5, lease = "30 min", consent = "none" }
"#;

/// Who and what there is beside what `init` makes: gus, who is in pay; fay in web; objects ben may and may not use.
const PEOPLE: &str = r#"tollgate = 1
[people.gus]
name = "Gus"
[people.fay]
name = "Fay"
[groups.everyone]
members = ["ben", "gus", "fay"]
[groups.pay]
members = ["gus"]
[groups.web]
members = ["fay"]
[forums.pay-room]
owner = "gus"
audience = ["group:pay"]
[objects.pay]
owner = "gus"
folders = ["pay"]
entries = [{ principal = "group:pay", right = "read" }]
[objects.scratch]
owner = "ben"
folders = ["scratch"]
entries = []
cleared = ["group:web"]
"#;

/// The workspace that all others are copies of: ben's, with both tools pinned and compiled.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    let made = TEMPLATE.get_or_init(|| {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let tools = guests().tools.display().to_string();
        let typed = ["init", "W", "--person", "ben", "--tools", &tools];
        let mut terminal = Terminal::start(program(), &typed, parent.path()).expect("a terminal");
        terminal.expect("New passphrase for ben").expect("the prompt");
        terminal.type_line(PASSPHRASE).expect("typing");
        terminal.expect("The same again").expect("the prompt");
        terminal.type_line(PASSPHRASE).expect("typing");
        let ended = terminal.end().expect("an end");
        assert!(ended.status.success(), "{}", ended.screen);
        let world = World { parent };
        world.write("people.toml", PEOPLE);
        let config = world.read("tollgate.toml");
        world.write("tollgate.toml", &format!("{config}\n[consent]\nhold = \"0 s\"\n"));
        world.done(&["world", "apply", "people.toml"]);
        std::fs::copy(guests().fixtures.join("probe.wasm"), world.path("tools/probe.wasm")).expect("the probe");
        world.write("tools/probe.toml", &format!("{PROBE}{GRANTS}"));
        world.done(&["pin", "probe"]);
        world.write("files/runbooks/deploy.md", "# Deploying\n\nRoll back with `ship rollback`.\n");
        world.write("files/pay/ledger.csv", "CANARY\n4711,1200.00\n");
        world.write("files/scratch/note.txt", "a note\n");
        world.parent
    });
    made.path()
}

impl World {
    /// A copy of the template.
    pub fn new() -> Self {
        let parent = tempfile::tempdir().expect("a temporary folder");
        copy(template(), parent.path());
        Self { parent }
    }

    /// A copy of another world as it stands.
    pub fn copy_of(other: &Self) -> Self {
        let parent = tempfile::tempdir().expect("a temporary folder");
        copy(other.parent.path(), parent.path());
        Self { parent }
    }

    /// A path in the workspace.
    pub fn path(&self, name: &str) -> PathBuf {
        self.parent.path().join("W").join(name)
    }

    /// Writes a file of the workspace.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("making a folder");
        std::fs::write(path, text).expect("writing a file");
    }

    /// Reads a file of the workspace.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("reading a file")
    }

    /// Runs the program here, without a terminal.
    pub fn tollgate(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program()).args(arguments).current_dir(self.parent.path().join("W"));
        let output = command.stdin(Stdio::null()).env_remove("TOLLGATE_WORKSPACE").output().expect("the program runs");
        Ran {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs the program at a terminal of its own.
    pub fn at_terminal(&self, arguments: &[&str]) -> Terminal {
        Terminal::start(program(), arguments, &self.parent.path().join("W")).expect("a terminal")
    }

    /// Runs the program at a terminal where a script types `answers`, each after the text it waits for. Its report and
    /// what the screen showed.
    pub fn answered(&self, arguments: &[&str], answers: &[(&str, &str)]) -> (Value, String) {
        let mut terminal = self.at_terminal(arguments);
        for (prompt, answer) in answers {
            terminal.expect(prompt).expect("the prompt");
            terminal.type_line(answer).expect("typing");
        }
        let ended = terminal.end().expect("an end");
        (report(&ended), ended.screen)
    }

    /// Runs a command that must succeed, and returns its JSON.
    pub fn done(&self, arguments: &[&str]) -> Value {
        let ran = self.tollgate(&[&["-o", "json"], arguments].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.json()
    }

    /// Calls a function and returns the report, whatever its outcome.
    pub fn call(&self, call: &str, arguments: &Value) -> Value {
        let ran = self.tollgate(&["-o", "json", "call", call, &arguments.to_string()]);
        ran.json()
    }

    /// Replaces what the probe is granted and limited to.
    pub fn grant(&self, rest: &str) {
        let pinned = self.read("tools/probe.toml");
        let digest = pinned.lines().find(|line| line.starts_with("digest")).expect("a digest").to_owned();
        self.write("tools/probe.toml", &format!("{PROBE}{digest}\n{rest}"));
    }

    /// Replaces one text in the probe's manifest.
    pub fn edit(&self, from: &str, to: &str) {
        let text = self.read("tools/probe.toml");
        assert!(text.contains(from), "the manifest has no `{from}`");
        self.write("tools/probe.toml", &text.replace(from, to));
    }

    /// The store, opened beside the program.
    pub fn store(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("tollgate.db")).expect("the store opens")
    }

    /// One number out of the store.
    pub fn count(&self, query: &str) -> i64 {
        self.store().query_row(query, [], |row| row.get(0)).expect("a number")
    }

    /// The entries of an invocation, as `journal show` prints them.
    pub fn entries(&self, report: &Value) -> Vec<Value> {
        let shown = self.done(&["journal", "show", report["invocation"].as_str().expect("an invocation")]);
        shown["entries"].as_array().expect("entries").clone()
    }

    /// The kinds of the entries of an invocation.
    pub fn kinds(&self, report: &Value) -> Vec<String> {
        self.entries(report).iter().map(|entry| entry["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    /// Everything outward: posts, access lists, files. Read by the test itself, not by the program.
    pub fn outside(&self) -> String {
        let posts = rows(&self.store(), "SELECT thread, author, body FROM posts ORDER BY id");
        let entries = rows(&self.store(), "SELECT object, principal, right_, ends FROM acl_entries ORDER BY id");
        format!("{posts}\n{entries}\n{}", tree(&self.path("files")))
    }
}

/// The codes of a report's refusals.
pub fn codes(report: &Value) -> Vec<String> {
    let refusals = report["refusals"].as_array().expect("refusals");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    refusals.iter().map(|it| format!("{}.{}", text(&it["stage"]), text(&it["reason"]))).collect()
}

/// One meter of a report's receipt: used and allowed.
pub fn meter(report: &Value, name: &str) -> (u64, u64) {
    let lines = report["receipt"].as_array().expect("a receipt");
    let line = lines.iter().find(|line| line["meter"] == name).unwrap_or_else(|| panic!("no meter {name}: {lines:?}"));
    (line["used"].as_u64().expect("a number"), line["allowed"].as_u64().expect("a number"))
}

/// The report that a program printed at a terminal.
pub fn report(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {}\n{}", ended.stdout, ended.screen))
}

fn rows(store: &rusqlite::Connection, query: &str) -> String {
    let mut statement = store.prepare(query).expect("a query");
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect("rows");
    let mut text = String::new();
    while let Some(row) = rows.next().expect("a row") {
        for column in 0..columns {
            text.push_str(&format!("{:?}|", row.get_ref(column).expect("a column")));
        }
        text.push('\n');
    }
    text
}

fn tree(folder: &Path) -> String {
    let mut names: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path()).collect();
    names.sort();
    names.iter().map(|path| if path.is_dir() { tree(path) } else { format!("{}\n", path.display()) }).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("making a folder");
    std::fs::set_permissions(to, std::fs::metadata(from).expect("a folder").permissions()).expect("its mode");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copying");
        }
    }
}
