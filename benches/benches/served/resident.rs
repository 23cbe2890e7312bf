//! Memory of `tollgate serve`: with four tools at rest, and after many calls.

use std::time::Duration;

use tollgate_benches::table::Table;
use tollgate_benches::{Failed, add_tool, workspace};

use super::Effort;
use super::doors::list;
use super::http;
use super::subject::{LIMITS, Subject};

const CONNECTIONS: usize = 16;

/// What a process takes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Memory {
    /// Pages that are in memory, those of files included.
    resident: u64,
    /// The same; a page that several processes have counts for each in part.
    share: u64,
    /// Those that no file stands behind.
    anonymous: u64,
}

impl Memory {
    fn of(pid: u32) -> Result<Self, Failed> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let line = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            kilobytes.map(|it| it << 10).ok_or_else(|| format!("no {name} in smaps_rollup"))
        };
        Ok(Self { resident: line("Rss")?, share: line("Pss")?, anonymous: line("Anonymous")? })
    }

    /// Once it has stood still for half a second.
    fn still(pid: u32) -> Result<Self, Failed> {
        let (mut last, mut same) = (Self::of(pid)?, 0);
        while same < 5 {
            // Nothing tells of memory that is given back.
            std::thread::park_timeout(Duration::from_millis(100));
            let now = Self::of(pid)?;
            same = if now.resident.abs_diff(last.resident) < 64 << 10 { same + 1 } else { 0 };
            last = now;
        }
        Ok(last)
    }
}

/// The table.
pub fn table(events: &tokio::runtime::Runtime, effort: Effort) -> Result<Table, Failed> {
    let built = tollgate_example_tools::build()?;
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    for tool in ["answer", "triage", "table"] {
        add_tool(&workspace, tool, &std::fs::read(built.tools.join(format!("{tool}.wasm")))?, "")?;
    }
    add_tool(&workspace, "empty", &std::fs::read(built.fixtures.join("empty.wasm"))?, "")?;
    // `pin` has compiled them: this process never does.
    let child = Subject::over(None, &workspace, LIMITS)?;
    list(child.port, child.token.as_deref().unwrap_or_default())?;
    let rest = Memory::still(child.pid())?;
    let (mut calls, most) = (0, if effort.quick { 2_000 } else { 100_000 });
    while calls < most {
        calls += events.block_on(http::load(&child, CONNECTIONS, effort.span))?.calls();
    }
    let after = Memory::of(child.pid())?;
    let mut table =
        Table::new("Memory of `tollgate serve` with 4 tools", &["when", "resident", "proportional", "anonymous"]);
    let mebi = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let words = format!("after {calls} calls over {CONNECTIONS} connections");
    for (when, memory) in [("at rest", rest), (&*words, after), ("when that has stood still", Memory::still(child.pid())?)] {
        table.row(&[when, &mebi(memory.resident), &mebi(memory.share), &mebi(memory.anonymous)]);
    }
    table.target("MiB resident at rest", rest.resident as f64 / f64::from(1 << 20), 40.0);
    table.target(&format!("resident, {words}, over at rest"), after.resident as f64 / rest.resident as f64, 1.5);
    Ok(table)
}
