//! The client over standard input and output: so many requests under way at once.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tollgate_benches::Failed;
use tollgate_benches::measure::Took;

use super::subject::{Kind, Way, command, made, processor};

const HELLO: &str = concat!(
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},",
    "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
);

/// Calls with so many under way for a while.
pub fn load(kind: Kind, outstanding: usize, span: Duration) -> Result<Took, Failed> {
    let (folder, mut program) = match kind {
        Kind::Memory | Kind::Disk => {
            let (folder, workspace) = made()?;
            (Some(folder), command(kind, &workspace, Way::Stdio)?)
        }
        Kind::Bare | Kind::Null => {
            let mut program = std::process::Command::new(std::env::current_exe()?);
            program.arg("bare-stdio");
            (None, program)
        }
    };
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = program.spawn()?;
    let (mut input, output) = (child.stdin.take().ok_or("no input")?, child.stdout.take().ok_or("no output")?);
    let mut lines = BufReader::new(output).lines();
    input.write_all(HELLO.as_bytes())?;
    lines.next().ok_or("it said nothing")??;
    let pid = child.id();
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
            let line = format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":{next},\"method\":\"tools/call\",\"params\":{{\"name\":\"empty_nothing\",\"arguments\":{{}}}}}}\n"
            );
            under_way.insert(next, Instant::now());
            input.write_all(line.as_bytes())?;
            next += 1;
        }
        if under_way.is_empty() {
            break;
        }
        let line = lines.next().ok_or("it has gone")??;
        let answer: serde_json::Value = serde_json::from_str(&line)?;
        let id = answer["id"].as_u64().ok_or("an answer without a number")?;
        if answer["result"]["isError"] != false {
            return Err(line.into());
        }
        let sent = under_way.remove(&id).ok_or("an answer that nobody waits for")?;
        each.push(sent.elapsed());
    }
    let (wall, processor) = (began.elapsed(), processor(pid)? - before);
    drop(input);
    child.wait()?;
    drop(folder);
    Ok(Took::of(each, wall, processor))
}
