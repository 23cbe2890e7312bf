//! Running a command with the shim beneath it, and a workload of which one command meets a fault.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tollgate_example_tools::terminal::Terminal;

use crate::elsewhere::{Class, Running, Terms};
use crate::fault::{Fault, shim};
use crate::stage::{Program, Room, Stage};
use crate::workload::{Step, Workload};
use crate::{Failed, Found, Promise, check};

/// A command that has ended, by itself or not.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; none if it was killed.
    pub code: Option<i32>,
    /// What it said on stdout.
    pub stdout: String,
    /// What it said beside.
    pub stderr: String,
}

impl Ran {
    /// The report that it printed whole, if it did.
    #[must_use]
    pub fn report(&self) -> Option<Value> {
        serde_json::from_str(&self.stdout).ok()
    }

    fn of(status: ExitStatus, stdout: String, stderr: String) -> Result<Self, Failed> {
        match (status.code(), status.signal()) {
            (None, Some(9)) | (Some(_), _) => Ok(Self { code: status.code(), stdout, stderr }),
            (None, signal) => Err(format!("it ended by signal {signal:?}: {stderr}").into()),
        }
    }
}

/// One edge of a run that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// From 1.
    pub number: u64,
    /// What was done: `create write shorten sync rename remove`.
    pub does: String,
    /// To which file, or `(answer)`.
    pub to: String,
}

/// What a run came to.
#[derive(Debug)]
pub struct Met {
    /// The command that met the fault.
    pub ran: Ran,
    /// The edges it came to.
    pub edges: u64,
    /// What the check found.
    pub found: Found,
}

/// Runs a command in a folder, without a terminal, with more environment.
pub(crate) fn run(
    program: &Program,
    folder: &Path,
    arguments: &[String],
    environment: &[(&str, OsString)],
) -> Result<Ran, Failed> {
    // Whoever runs the harness may sit at a terminal; nobody is to be asked there. The shim is for the program alone.
    let mut command = Command::new("setsid");
    command
        .args(["--wait", "/usr/bin/env"])
        .args(assigned(environment))
        .arg(&program.path)
        .args(program.words(arguments))
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("TOLLGATE_WORKSPACE");
    let output = command.output()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran::of(output.status, text(output.stdout), text(output.stderr))
}

/// An environment as `env` reads it.
fn assigned(environment: &[(&str, OsString)]) -> Vec<String> {
    environment.iter().map(|(name, value)| format!("{name}={}", value.to_string_lossy())).collect()
}

/// Runs a command that must succeed.
pub(crate) fn done(program: &Program, folder: &Path, arguments: &[String]) -> Result<Ran, Failed> {
    let ran = run(program, folder, arguments, &[])?;
    if ran.code == Some(0) { Ok(ran) } else { Err(format!("{arguments:?}: {ran:?}").into()) }
}

/// Runs a step, at a terminal if somebody has to type.
pub(crate) fn take(stage: &Stage, room: &Room, step: &Step, environment: &[(&str, OsString)]) -> Result<Ran, Failed> {
    let program = &stage.program;
    let arguments = step.filled(room)?.ok_or("there is none yet")?;
    if step.spoilt {
        room.spoil()?;
        let ran = take(stage, room, &Step { spoilt: false, ..step.clone() }, environment)?;
        room.mend()?;
        return Ok(ran);
    }
    if step.answers.is_empty() {
        return run(program, &room.folder, &arguments, environment);
    }
    // `env` hands on what a terminal's command cannot be given.
    let mut words = assigned(environment);
    words.push(program.path.display().to_string());
    words.extend(program.words(&arguments));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut terminal = Terminal::start(Path::new("/usr/bin/env"), &words, &room.folder)?;
    for (prompt, answer) in &step.answers {
        // A program that was killed asks no further; how it ended says so.
        if terminal.expect(prompt).and_then(|()| terminal.type_line(answer)).is_err() {
            break;
        }
    }
    let ended = terminal.end()?;
    Ran::of(ended.status, ended.stdout, ended.screen)
}

pub(crate) fn environment(room: &Room, fault: Fault) -> Result<[(&'static str, OsString); 5], Failed> {
    Ok([
        ("LD_PRELOAD", shim()?.into()),
        ("FAULT_ROOT", room.folder.clone().into()),
        ("FAULT_SPARE", room.spare.clone().into()),
        ("FAULT_LOG", room.log.clone().into()),
        ("FAULT_DO", fault.text().into()),
    ])
}

/// Runs a workload, one command of it under a fault, starts again, and checks.
///
/// # Errors
/// When the run itself could not be made: a command before the fault failed, or the shim saw nothing.
pub fn meet(stage: &Stage, workload: &Workload, fault: Fault) -> Result<Met, Failed> {
    let room = stage.room()?;
    let mut forum = forum(stage, &room, workload, fault)?;
    let ran = under(stage, &room, workload, fault)?;
    let edges = seen(&room)?.len() as u64;
    let again = crate::workload::look();
    let restarted = take(stage, &room, &again, &[])?;
    let mut afterwards = vec![restarted];
    if let (Some(terms), Some(forum)) = (workload.forum, &mut forum) {
        afterwards.extend(found_out(stage, &room, forum, terms)?);
    }
    for step in &workload.after {
        if step.filled(&room)?.is_some() {
            afterwards.push(take(stage, &room, step, &[])?);
        }
    }
    let verified = take(stage, &room, &crate::workload::verify(), &[])?;
    let mut found = check(&room, workload, &ran, &afterwards, &verified)?;
    if !fault.kills() && !matches!(ran.code, Some(0 | 3 | 5 | 6)) {
        found.broken.push((Promise::Starts, format!("it did not end by itself as it should: {ran:?}")));
    }
    if ran.code == Some(0) && ran.report().is_none() {
        found.broken.push((Promise::Kept, format!("it says that all is well, and its answer is not whole: {ran:?}")));
    }
    Ok(Met { ran, edges, found })
}

/// The forum of a workload, with what goes wrong with it.
fn forum(stage: &Stage, room: &Room, workload: &Workload, fault: Fault) -> Result<Option<Running>, Failed> {
    let mishap = if let Fault::Forum(mishap) = fault { Some(mishap) } else { None };
    let start = |terms: Terms| Running::start(&stage.program, &room.folder, &terms.met_by(mishap), mishap);
    workload.forum.map(start).transpose()
}

/// How long finding out may take: longer than any forum of ours takes to settle.
const PATIENCE: Duration = Duration::from_secs(20);

/// Has the program find out what became of the posts to a forum that died or not, until nothing is in doubt that it can
/// find out.
fn found_out(stage: &Stage, room: &Room, forum: &mut Running, terms: Terms) -> Result<Vec<Ran>, Failed> {
    let (begun, doubts) = (Instant::now(), Step::plain(&["doubts"]));
    if forum.died()? {
        *forum = Running::start(&stage.program, &room.folder, &terms, None)?;
    }
    let mut all = Vec::new();
    loop {
        let ran = take(stage, room, &doubts, &[])?;
        let left = ran.report().and_then(|report| report["doubts"].as_array().map(Vec::len));
        all.push(ran);
        // What is still in doubt after that is counted as such.
        if left == Some(0) || terms.class == Class::Blind || begun.elapsed() > PATIENCE {
            break;
        }
        // What has not settled yet is asked about again.
        std::thread::park_timeout(Duration::from_millis(100));
    }
    Ok(all)
}

fn under(stage: &Stage, room: &Room, workload: &Workload, fault: Fault) -> Result<Ran, Failed> {
    for step in &workload.before {
        let ran = take(stage, room, step, &[])?;
        if ran.code.is_none() || (ran.code == Some(5)) != step.spoilt {
            return Err(format!("before the fault: {ran:?}").into());
        }
    }
    take(stage, room, &workload.faulted, &environment(room, fault)?)
}

/// The edges of a workload that meets no fault.
///
/// # Errors
/// When it does not run, or the shim saw nothing.
pub fn edges(stage: &Stage, workload: &Workload) -> Result<Vec<Edge>, Failed> {
    let room = stage.room()?;
    let _forum = forum(stage, &room, workload, Fault::Count)?;
    let ran = under(stage, &room, workload, Fault::Count)?;
    if !matches!(ran.code, Some(0 | 6)) {
        return Err(format!("without a fault: {ran:?}").into());
    }
    seen(&room)
}

pub(crate) fn seen(room: &Room) -> Result<Vec<Edge>, Failed> {
    let log = std::fs::read_to_string(&room.log)?;
    let parse = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (number, does, to) = (words.next()?, words.next()?, words.next()?);
        let to = to.strip_prefix(room.folder.to_str()?).map_or(to, |inner| inner.trim_start_matches('/'));
        Some(Edge { number: number.parse().ok()?, does: does.to_owned(), to: to.to_owned() })
    };
    let edges: Vec<Edge> = log.lines().filter_map(parse).collect();
    if edges.is_empty() { Err("the shim saw no edge".into()) } else { Ok(edges) }
}
