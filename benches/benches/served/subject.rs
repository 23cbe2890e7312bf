//! Who is measured: a process of its own for each, and what it needs to be called.

use std::io::BufRead as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;
use tollgate::setup::Workspace;
use tollgate_benches::{Failed, add_tool, workspace};

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answers without looking.
    Null,
    /// rmcp and a native function.
    Bare,
    /// Tollgate, its journal in memory.
    Memory,
    /// Tollgate, its store on the disk.
    Disk,
}

impl Kind {
    /// In a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "answers only",
            Self::Bare => "bare rmcp",
            Self::Memory => "Tollgate, journal in memory",
            Self::Disk => "Tollgate, journal on disk",
        }
    }
}

/// A server at work.
pub struct Subject {
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// What it wants to see.
    pub token: Option<String>,
    _folder: Option<TempDir>,
}

impl Drop for Subject {
    fn drop(&mut self) {
        // It has no more to say, and its folder goes with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Subject {
    /// Starts one that listens.
    pub fn http(kind: Kind) -> Result<Self, Failed> {
        let port = free()?;
        let mode = match kind {
            Kind::Null => "null-http",
            Kind::Bare => "bare-http",
            Kind::Memory | Kind::Disk => return tollgate(kind),
        };
        let child = Command::new(std::env::current_exe()?).args([mode, &port.to_string()]).spawn()?;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Ok(Self { child, port, token: None, _folder: None })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

fn tollgate(kind: Kind) -> Result<Subject, Failed> {
    let (folder, workspace) = made()?;
    let (agents, people, admin) = (free()?, free()?, free()?);
    let mut config = std::fs::read_to_string(workspace.path("tollgate.toml"))?;
    config += &format!(
        "\n[serve]\nagents = \"127.0.0.1:{agents}\"\npeople = \"127.0.0.1:{people}\"\nadmin = \"127.0.0.1:{admin}\"\n\
         sessions = false\n[serve.limits]\nper-caller = 512\nper-tool = 512\nqueue = 1024\nrequests = \"1000000 per second\"\n"
    );
    std::fs::write(workspace.path("tollgate.toml"), config)?;
    let token = Command::new(std::env::current_exe()?)
        .args(["tollgate", "-W", &workspace.folder.display().to_string(), "token", "agent", "cli"])
        .output()?;
    let token = String::from_utf8(token.stdout)?.trim().to_owned();
    let mut child = command(kind, &workspace, Way::Http)?.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let out: Option<ChildStdout> = child.stdout.take();
    std::io::BufReader::new(out.ok_or("no output")?).read_line(&mut line)?;
    if !line.starts_with("agents") {
        return Err(format!("tollgate serve said {line:?}").into());
    }
    Ok(Subject { child, port: agents, token: Some(token), _folder: Some(folder) })
}

/// A workspace with the empty tool.
pub fn made() -> Result<(TempDir, Workspace), Failed> {
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    let component = std::fs::read(tollgate_example_tools::build()?.fixtures.join("empty.wasm"))?;
    add_tool(&workspace, "empty", &component, "")?;
    Ok((folder, workspace))
}

/// How a subject is reached.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// Over HTTP.
    Http,
    /// Over standard input and output.
    Stdio,
}

/// What serves a workspace: the program, or the same with its journal in memory.
pub fn command(kind: Kind, workspace: &Workspace, way: Way) -> Result<Command, Failed> {
    let (mut command, at) = (Command::new(std::env::current_exe()?), workspace.folder.display().to_string());
    match (kind, way) {
        (Kind::Memory, Way::Http) => command.args(["memory-http", &at]),
        (Kind::Memory, Way::Stdio) => command.args(["memory-stdio", &at]),
        (_, Way::Http) => command.args(["tollgate", "-W", &at, "serve"]),
        (_, Way::Stdio) => command.args(["tollgate", "-W", &at, "run", "--as", tollgate_benches::PERSON]),
    };
    Ok(command)
}

fn free() -> Result<u16, Failed> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Processor time of a process so far.
pub fn processor(pid: u32) -> Result<std::time::Duration, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?.1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(std::time::Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}
