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
    /// Where people come, and operators; 0 where nobody does.
    pub people: u16,
    /// See `people`.
    pub admin: u16,
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
        Ok(Self { child, port, people: 0, admin: 0, token: None, _folder: None })
    }

    /// Serves a workspace at free ports; its folder goes with it where it is given. `rest` stands in its configuration after the ports in `[serve]`.
    pub fn over(folder: Option<TempDir>, workspace: &Workspace, rest: &str) -> Result<Self, Failed> {
        Self::served(folder, workspace, rest, serve(workspace)?)
    }

    fn served(folder: Option<TempDir>, workspace: &Workspace, rest: &str, program: Command) -> Result<Self, Failed> {
        let (agents, people, admin) = (free()?, free()?, free()?);
        let mut config = std::fs::read_to_string(workspace.path("tollgate.toml"))?;
        config += &format!(
            "\n[serve]\nagents = \"127.0.0.1:{agents}\"\npeople = \"127.0.0.1:{people}\"\nadmin = \"127.0.0.1:{admin}\"\n\
             sessions = false\n{rest}"
        );
        std::fs::write(workspace.path("tollgate.toml"), config)?;
        let token = command(workspace)?.args(["token", "agent", "cli"]).output()?;
        let token = String::from_utf8(token.stdout)?.trim().to_owned();
        let child = listening(program)?;
        Ok(Self { child, port: agents, people, admin, token: Some(token), _folder: folder })
    }

    /// Stops it as an operator does, and waits for its end.
    pub fn stop(mut self) -> Result<(), Failed> {
        stop(&mut self.child)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// What bounds nobody here: so many at once, and so many a second.
pub const LIMITS: &str =
    "[serve.limits]\nper-caller = 512\nper-tool = 512\nqueue = 1024\nrequests = \"1000000 per second\"\n";

fn tollgate(kind: Kind) -> Result<Subject, Failed> {
    let (folder, workspace) = made()?;
    let program = match kind {
        Kind::Memory => inside(&workspace, "memory-http")?,
        Kind::Disk | Kind::Bare | Kind::Null => serve(&workspace)?,
    };
    Subject::served(Some(folder), &workspace, LIMITS, program)
}

/// Asks a server to end, and waits until it has.
pub fn stop(child: &mut Child) -> Result<(), Failed> {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM)?;
    child.wait()?;
    Ok(())
}

/// `tollgate serve` over a workspace.
pub fn serve(workspace: &Workspace) -> Result<Command, Failed> {
    let mut program = command(workspace)?;
    program.arg("serve");
    Ok(program)
}

/// The same doors with the journal in memory.
pub fn inside(workspace: &Workspace, mode: &str) -> Result<Command, Failed> {
    let mut program = Command::new(std::env::current_exe()?);
    program.args([mode, &workspace.folder.display().to_string()]);
    Ok(program)
}

/// Starts what serves a workspace that says where; it listens.
pub fn listening(mut program: Command) -> Result<Child, Failed> {
    let mut child = program.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let out: Option<ChildStdout> = child.stdout.take();
    std::io::BufReader::new(out.ok_or("no output")?).read_line(&mut line)?;
    if !line.starts_with("agents") {
        return Err(format!("tollgate serve said {line:?}").into());
    }
    Ok(child)
}

/// A workspace with the empty tool.
pub fn made() -> Result<(TempDir, Workspace), Failed> {
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    let component = std::fs::read(tollgate_example_tools::build()?.fixtures.join("empty.wasm"))?;
    add_tool(&workspace, "empty", &component, "")?;
    Ok((folder, workspace))
}

/// The program over a workspace.
pub fn command(workspace: &Workspace) -> Result<Command, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["tollgate", "-W", &workspace.folder.display().to_string()]);
    Ok(command)
}

/// A workspace with the empty tool, and the probe with this after `[tool]` in its manifest.
pub fn with_probe(manifest: &str) -> Result<(TempDir, Workspace), Failed> {
    let (folder, workspace) = made()?;
    let component = std::fs::read(tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
    add_tool(&workspace, "probe", &component, manifest)?;
    Ok((folder, workspace))
}

fn free() -> Result<u16, Failed> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Processor time of a process so far, with all its threads and the processes that it started.
pub fn processor(pid: u32) -> Result<std::time::Duration, Failed> {
    let ticks = ticks(pid)?;
    Ok(std::time::Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

fn ticks(pid: u32) -> Result<u64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?.1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    // Its own in user and kernel, and those of children that have ended.
    let mut ticks = fields[11..15].iter().try_fold(0, |sum, field| field.parse::<u64>().map(|it| sum + it))?;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that ended meanwhile has no children any more.
        let children = std::fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            // One that ended meanwhile counts with its parent from then on.
            ticks += self::ticks(child.parse()?).unwrap_or_default();
        }
    }
    Ok(ticks)
}
