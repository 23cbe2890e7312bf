//! The figures, each beside its baseline in the same process: `cargo figures` runs them all and writes the tables of
//! `benches/README.md`; `cargo figures read gate` runs some and writes nothing; `--quick` makes them short and rough.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its tables")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tollgate_benches::table::{self, Table};
use tollgate_benches::{Failed, as_the_program};

mod durable;
mod gate;
mod invocation;
#[cfg(tollgate_ablation)]
mod labels;
mod memory;
mod read;
mod start;
mod switch;
mod waiting;
mod watch;

/// How long and how often to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Of one round of one subject.
    pub span: Duration,
    /// Rounds, in which the subjects take turns.
    pub rounds: usize,
    /// Tools of the large start.
    pub tools: usize,
    /// Invocations that wait.
    pub waiting: usize,
}

fn main() -> ExitCode {
    if let Some(code) = as_the_program() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let quick = words.iter().any(|word| word == "--quick");
    let named: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let mut effort = if quick {
        Effort { span: Duration::from_millis(150), rounds: 2, tools: 8, waiting: 2_000 }
    } else {
        Effort { span: Duration::from_millis(700), rounds: 5, tools: 100, waiting: 100_000 }
    };
    if let Some(waiting) = words.iter().find_map(|word| word.strip_prefix("--waiting=")?.parse().ok()) {
        effort.waiting = waiting;
    }
    match run(&named, effort, quick) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

type Subject = fn(Effort) -> Result<Vec<Table>, Failed>;

fn run(named: &[&str], effort: Effort, quick: bool) -> Result<(), Failed> {
    let subjects: &[(&str, Subject)] = &[
        ("invocation", invocation::tables),
        ("durable", durable::tables),
        ("read", read::tables),
        ("gate", gate::tables),
        ("start", start::tables),
        ("memory", memory::tables),
        ("switch", switch::tables),
        ("waiting", waiting::tables),
        ("watch", watch::tables),
        #[cfg(tollgate_ablation)]
        ("labels", labels::tables),
    ];
    if let Some(unknown) = named.iter().find(|name| subjects.iter().all(|(known, _)| known != *name)) {
        let known: Vec<_> = subjects.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no figure called {unknown}; there are {}", known.join(", ")).into());
    }
    let mut written = machine()?;
    for (name, subject) in subjects {
        if !named.is_empty() && !named.contains(name) {
            continue;
        }
        for table in subject(effort)? {
            let text = table.markdown();
            println!("{text}");
            written += &text;
        }
    }
    if named.is_empty() && !quick {
        table::write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), &written)?;
    }
    Ok(())
}

/// The machine, by its cores and memory alone.
#[expect(clippy::disallowed_methods, reason = "asks the system how much memory there is")]
fn machine() -> Result<String, Failed> {
    let cores = std::thread::available_parallelism()?;
    let text = std::fs::read_to_string("/proc/meminfo")?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let kilobytes: u64 = total.trim().trim_end_matches(" kB").parse()?;
    Ok(format!("Measured on {cores} cores and {} GiB of memory.\n\n", kilobytes.div_ceil(1 << 20)))
}
