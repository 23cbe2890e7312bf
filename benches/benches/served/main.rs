//! What it costs to be served: an empty tool over MCP, beside bare rmcp that serves a native function with the same answer, and
//! beside a server that does nothing but answer, so that it shows whether the client is what limits. Each subject is a process
//! of its own, started by this program; they take turns. And how soon it answers, what memory it takes, what a bystander of loops
//! notices. `cargo bench --bench served -- fair stuck` makes some of the tables; `--quick` is short and rough.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its tables")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and makes files")]

mod act;
mod bare;
mod cancelled;
mod doors;
mod fair;
mod http;
mod inside;
mod resident;
mod start;
mod stdio;
mod stuck;
mod subject;

use std::process::ExitCode;
use std::time::Duration;

use tollgate_benches::Failed;
use tollgate_benches::measure::{Middle, Took};
use tollgate_benches::table::{Table, micros, ratio};

use subject::{Kind, Subject};

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    span: Duration,
    rounds: usize,
    /// Short and rough.
    quick: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let word = |at: usize| arguments.get(at).map(String::as_str);
    match (word(1), word(2)) {
        (Some("compile-child"), _) => return tollgate::cli::main(std::env::args_os().collect()),
        (Some("tollgate"), _) => return tollgate::cli::main(std::env::args_os().skip(1).collect()),
        (Some("bare-http"), Some(port)) => return ended(bare::http(port)),
        (Some("null-http"), Some(port)) => return ended(bare::null(port)),
        (Some("bare-stdio"), _) => return ended(bare::stdio()),
        (Some("memory-http"), Some(folder)) => return ended(inside::http(folder)),
        (Some("memory-stdio"), Some(folder)) => return ended(inside::stdio(folder)),
        (Some("null-stdio"), _) => return ended(bare::null_stdio()),
        _ => {}
    }
    let quick = arguments.iter().any(|word| word == "--quick");
    let effort = if quick {
        Effort { span: Duration::from_millis(500), rounds: 2, quick }
    } else {
        Effort { span: Duration::from_secs(2), rounds: 5, quick }
    };
    let wanted: Vec<&str> = arguments.iter().skip(1).map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    ended(tables(effort, &wanted))
}

fn ended(result: Result<(), Failed>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Those that are named, or all but the comparison, which needs a program from elsewhere: `act PROGRAM COMPONENT`.
fn tables(effort: Effort, wanted: &[&str]) -> Result<(), Failed> {
    if let ["act", program, component] = wanted {
        println!("{}", act::table(effort, program, component)?.markdown());
        return Ok(());
    }
    let events = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for name in if wanted.is_empty() { &ALL } else { wanted } {
        let table = match *name {
            "http" => over_http(&events, effort)?,
            "stdio" => over_stdio(effort)?,
            "start" => start::table(effort)?,
            "resident" => resident::table(&events, effort)?,
            "fair" => fair::table(&events, effort)?,
            "stuck" => stuck::table(effort)?,
            "cancelled" => cancelled::table(effort)?,
            other => return Err(format!("no table is called {other}; there are {ALL:?}").into()),
        };
        println!("{}", table.markdown());
    }
    Ok(())
}

/// Every table that needs nothing from elsewhere.
const ALL: [&str; 7] = ["http", "stdio", "start", "resident", "fair", "stuck", "cancelled"];

const HEAD: [&str; 7] = ["at once", "subject", "calls/s", "p50", "p99", "processor a call", "calls/s of bare rmcp's"];

fn over_http(events: &tokio::runtime::Runtime, effort: Effort) -> Result<Table, Failed> {
    let kinds = [Kind::Null, Kind::Bare, Kind::Memory, Kind::Disk];
    let subjects = kinds.into_iter().map(Subject::http).collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::new("Empty tool over kept-alive HTTP, MCP 2026-07-28", &HEAD);
    for connections in [1, 16, 256] {
        let mut all: Vec<Vec<Took>> = vec![Vec::new(); subjects.len()];
        for _ in 0..effort.rounds {
            for (subject, took) in subjects.iter().zip(&mut all) {
                took.push(events.block_on(http::load(subject, connections, effort.span))?);
            }
        }
        add(&mut table, connections, &kinds, &all);
    }
    Ok(table)
}

fn over_stdio(effort: Effort) -> Result<Table, Failed> {
    let kinds = [Kind::Null, Kind::Bare, Kind::Memory, Kind::Disk];
    let mut table = Table::new("Empty tool over standard input and output, MCP 2025-11-25", &HEAD);
    for outstanding in [1, 16] {
        let mut all: Vec<Vec<Took>> = vec![Vec::new(); kinds.len()];
        for _ in 0..effort.rounds {
            for (kind, took) in kinds.iter().zip(&mut all) {
                took.push(stdio::load(stdio::Server::new(*kind)?, outstanding, effort.span)?);
            }
        }
        add(&mut table, outstanding, &kinds, &all);
    }
    Ok(table)
}

/// The median of the rounds of each subject, and how it stands to bare rmcp.
fn add(table: &mut Table, at_once: usize, kinds: &[Kind], all: &[Vec<Took>]) {
    let figures: Vec<_> = all.iter().map(|rounds| Middle::of(rounds)).collect();
    let Some((bare, _)) = figures.iter().zip(kinds).find(|(_, kind)| **kind == Kind::Bare) else { return };
    for (figure, kind) in figures.iter().zip(kinds) {
        let Middle { per_second: rate, half, most, processor } = *figure;
        let of = format!("{:.2}", rate / bare.per_second);
        table.row(&[
            &at_once.to_string(),
            kind.name(),
            &format!("{rate:.0}"),
            &micros(half),
            &micros(most),
            &micros(processor),
            &of,
        ]);
        if *kind == Kind::Memory {
            let more = processor.saturating_sub(bare.processor).as_secs_f64() * 1e6;
            table.target(&format!("{at_once} at once: bare rmcp's calls/s over Tollgate's"), bare.per_second / rate, 2.0);
            table.target(&format!("{at_once} at once: processor beyond bare rmcp's, µs a call"), more, 60.0);
            table.target(&format!("{at_once} at once: p50 over bare rmcp's"), ratio(half, bare.half), 1.5);
            table.target(&format!("{at_once} at once: p99 over bare rmcp's"), ratio(most, bare.most), 2.0);
        }
    }
}
