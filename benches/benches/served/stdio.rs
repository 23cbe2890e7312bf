//! The client over standard input and output: so many requests under way at once.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tollgate_benches::Failed;
use tollgate_benches::measure::Took;

use super::subject::{Kind, command, inside, made, processor};

const HELLO: &str = concat!(
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},",
    "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
);

/// A server over standard input and output that is not started yet.
pub struct Server {
    program: Command,
    /// What it serves from, until it has ended.
    _folder: Option<TempDir>,
}

impl Server {
    /// A program that serves what it was told to.
    pub const fn of(program: Command) -> Self {
        Self { program, _folder: None }
    }

    /// One of ours, over a workspace of its own.
    pub fn new(kind: Kind) -> Result<Self, Failed> {
        let mode = match kind {
            Kind::Memory | Kind::Disk => {
                let (folder, workspace) = made()?;
                let program = if kind == Kind::Memory {
                    inside(&workspace, "memory-stdio")?
                } else {
                    let mut program = command(&workspace)?;
                    program.args(["run", "--as", tollgate_benches::PERSON]);
                    program
                };
                return Ok(Self { program, _folder: Some(folder) });
            }
            Kind::Bare => "bare-stdio",
            Kind::Null => "null-stdio",
        };
        let mut program = Command::new(std::env::current_exe()?);
        program.arg(mode);
        Ok(Self::of(program))
    }
}

/// A server at work, its greeting over.
pub struct Talk {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Talk {
    /// Starts it and greets it.
    pub fn open(mut program: Command) -> Result<Self, Failed> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (input, output) = (child.stdin.take().ok_or("no input")?, child.stdout.take().ok_or("no output")?);
        let mut talk = Self { child, input, lines: BufReader::new(output).lines() };
        talk.say(HELLO)?;
        talk.line()?;
        Ok(talk)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Says lines.
    pub fn say(&mut self, lines: &str) -> Result<(), Failed> {
        Ok(self.input.write_all(lines.as_bytes())?)
    }

    /// What it says next.
    pub fn line(&mut self) -> Result<String, Failed> {
        Ok(self.lines.next().ok_or("it has gone")??)
    }

    /// Says goodbye and waits for its end.
    pub fn close(self) -> Result<(), Failed> {
        let Self { mut child, input, lines } = self;
        drop((input, lines));
        child.wait()?;
        Ok(())
    }
}

/// A call of a function without arguments.
pub fn call(id: u64, tool: &str) -> String {
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{{}}}}}}\n"
    )
}

/// Calls with so many under way for a while.
pub fn load(server: Server, outstanding: usize, span: Duration) -> Result<Took, Failed> {
    let Server { program, _folder } = server;
    let mut talk = Talk::open(program)?;
    let pid = talk.pid();
    let (mut under_way, mut next, mut each) = (HashMap::new(), 1_u64, Vec::new());
    let (mut began, mut before) = (Instant::now(), Duration::ZERO);
    // The first thousand warm it up.
    let warm = 1_000;
    loop {
        while under_way.len() < outstanding && (next <= warm || began.elapsed() < span) {
            if next == warm {
                (began, before) = (Instant::now(), processor(pid)?);
                each.clear();
            }
            under_way.insert(next, Instant::now());
            talk.say(&call(next, "empty_nothing"))?;
            next += 1;
        }
        if under_way.is_empty() {
            break;
        }
        let line = talk.line()?;
        let answer: serde_json::Value = serde_json::from_str(&line)?;
        let id = answer["id"].as_u64().ok_or("an answer without a number")?;
        if answer["result"]["isError"] != false {
            return Err(line.into());
        }
        let sent = under_way.remove(&id).ok_or("an answer that nobody waits for")?;
        each.push(sent.elapsed());
    }
    let (wall, processor) = (began.elapsed(), processor(pid)? - before);
    talk.close()?;
    Ok(Took::of(each, wall, processor))
}
