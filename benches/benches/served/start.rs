//! How soon it answers: from the start of the process to the first answer to `tools/list`, every component compiled by an earlier
//! start. The components are different ones (the same code under another digest).

use std::time::{Duration, Instant};

use tollgate::setup::Workspace;
use tollgate_benches::table::{Table, millis};
use tollgate_benches::{Failed, PERSON, add_tool, variant, workspace};

use super::Effort;
use super::doors::list;
use super::stdio::Talk;
use super::subject::{LIMITS, Subject, command, listening, serve, stop};

/// Starts of each kind.
const ROUNDS: usize = 11;

/// So many tools, and within how many milliseconds they are to be listed.
const ASKED: [(usize, f64); 2] = [(4, 50.0), (100, 250.0)];

/// The table.
pub fn table(effort: Effort) -> Result<Table, Failed> {
    let component = std::fs::read(tollgate_example_tools::build()?.tools.join("lend.wasm"))?;
    let title = format!("From the start of the process to its tools; each component has {} KB", component.len() / 1000);
    let mut table = Table::new(&title, &["tools", "door", "p50", "at most", "tools in the first answer"]);
    for (asked, most) in ASKED {
        let tools = if effort.quick { asked.min(10) } else { asked };
        let folder = tempfile::tempdir()?;
        let workspace = workspace(folder.path())?;
        for number in 0..tools {
            add_tool(&workspace, &format!("tool-{number}"), &variant(&component, number), "")?;
        }
        let first = Subject::over(None, &workspace, LIMITS)?;
        let (port, token) = (first.port, first.token.clone().unwrap_or_default());
        list(port, &token)?;
        first.stop()?;
        let (mut over_stdio, mut over_http) = (Vec::new(), Vec::new());
        for _ in 0..if effort.quick { 3 } else { ROUNDS } {
            over_stdio.push(stdio(&workspace)?);
            over_http.push(http(&workspace, port, &token)?);
        }
        for (door, mut took) in [("standard input and output", over_stdio), ("HTTP", over_http)] {
            took.sort_unstable();
            let (half, longest) = (took[took.len() / 2], took[took.len() - 1]);
            let [tools, listed] = [tools, half.1].map(|it| it.to_string());
            table.row(&[&tools, door, &millis(half.0), &millis(longest.0), &listed]);
            table.target(&format!("{tools} tools, {door}: ms, p50"), half.0.as_secs_f64() * 1e3, most);
        }
    }
    Ok(table)
}

/// Tools in an answer to `tools/list`.
fn tools(answer: &str) -> Result<usize, Failed> {
    let answer: serde_json::Value = serde_json::from_str(answer)?;
    Ok(answer["result"]["tools"].as_array().ok_or("an answer without tools")?.len())
}

fn stdio(workspace: &Workspace) -> Result<(Duration, usize), Failed> {
    let began = Instant::now();
    let mut program = command(workspace)?;
    program.args(["run", "--as", PERSON]);
    let mut talk = Talk::open(program)?;
    talk.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n")?;
    let line = talk.line()?;
    let took = began.elapsed();
    talk.close()?;
    Ok((took, tools(&line)?))
}

fn http(workspace: &Workspace, port: u16, token: &str) -> Result<(Duration, usize), Failed> {
    let began = Instant::now();
    let mut child = listening(serve(workspace)?)?;
    let answer = list(port, token);
    let took = began.elapsed();
    stop(&mut child)?;
    Ok((took, tools(&answer?.body)?))
}
