//! How soon a guest that loops is stopped when its client takes the call back: until the end of its invocation is on record.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use tollgate_benches::table::{Table, millis};
use tollgate_benches::{Failed, PERSON, add_tool, workspace};

use super::Effort;
use super::doors::{call, count, until_it_works};
use super::stdio::{self, Talk};
use super::subject::{LIMITS, Subject, command, processor};

const MANIFEST: &str = "[limits]\ntime = \"10 min\"\nfuel = \"1000G\"\n";

const CANCELLED: &str =
    "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'ended' AND entry ->> '$.body.outcome' = 'cancelled'";

/// Loops that go on beside the one that is taken back.
const BESIDE: [usize; 2] = [0, 64];

/// It is to be stopped within so many milliseconds.
const MOST: f64 = 50.0;

/// The table.
pub fn table(effort: Effort) -> Result<Table, Failed> {
    let component = std::fs::read(tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    add_tool(&workspace, "probe", &component, MANIFEST)?;
    let mut program = command(&workspace)?;
    let subject = Subject::over(None, &workspace, LIMITS)?;
    let store = Connection::open(workspace.path("tollgate.db"))?;
    let times = if effort.quick { 5 } else { 20 };
    let mut table =
        Table::new("From a client's leaving to the end on record", &["how", "other loops", "times", "p50", "at most"]);
    for beside in BESIDE {
        let others = (0..beside).map(|_| call(&subject, "probe_spin")).collect::<Result<Vec<_>, _>>()?;
        let mut took = Vec::new();
        for _ in 0..times {
            let stream = call(&subject, "probe_spin")?;
            until_it_works(subject.pid(), Duration::from_millis(50))?;
            let closed = || {
                drop(stream);
                Ok(())
            };
            took.push(until_ended(&store, closed)?);
        }
        drop(others);
        add(&mut table, "the stream is closed, HTTP, 2026-07-28", beside, &mut took);
    }
    idle(subject.pid())?;
    subject.stop()?;
    program.args(["run", "--as", PERSON]);
    let (mut talk, mut took) = (Talk::open(program)?, Vec::new());
    for id in 1..=times {
        talk.say(&stdio::call(id, "probe_spin"))?;
        until_it_works(talk.pid(), Duration::from_millis(50))?;
        let notice =
            format!("{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{{\"requestId\":{id}}}}}\n");
        took.push(until_ended(&store, || talk.say(&notice))?);
    }
    add(&mut table, "`notifications/cancelled`, standard input, 2025-11-25", 0, &mut took);
    idle(talk.pid())?;
    talk.close()?;
    Ok(table)
}

/// From before something is done until one more invocation is on record as cancelled.
fn until_ended(store: &Connection, act: impl FnOnce() -> Result<(), Failed>) -> Result<Duration, Failed> {
    let before = count(store, CANCELLED)?;
    let began = Instant::now();
    act()?;
    while count(store, CANCELLED)? == before {
        if began.elapsed() > Duration::from_secs(60) {
            return Err("it was not stopped in a minute".into());
        }
    }
    Ok(began.elapsed())
}

/// Whether nothing runs any more, once a second has passed.
fn idle(pid: u32) -> Result<(), Failed> {
    let patience = Instant::now() + Duration::from_secs(10);
    while Instant::now() < patience {
        let before = processor(pid)?;
        std::thread::park_timeout(Duration::from_millis(500));
        if processor(pid)? - before <= Duration::from_millis(20) {
            return Ok(());
        }
    }
    Err("a guest runs on whose call was taken back".into())
}

fn add(table: &mut Table, how: &str, beside: usize, took: &mut [Duration]) {
    took.sort_unstable();
    let (half, most) = (took[took.len() / 2], took[took.len() - 1]);
    table.row(&[how, &beside.to_string(), &took.len().to_string(), &millis(half), &millis(most)]);
    table.target(&format!("{how}, {beside} other loops: ms, at most"), most.as_secs_f64() * 1e3, MOST);
}
