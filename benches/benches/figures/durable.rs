//! The durable journal at 16 and 256 concurrent invocations: beside the same host with its journal in memory, and beside
//! bare rusqlite, which commits the very rows that the host wrote, in batches as large as the host's were.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use tollgate::runtime::Settings;
use tollgate::store::Store;
use tollgate_benches::measure::{Took, calls};
use tollgate_benches::memory::InMemory;
use tollgate_benches::table::{Table, micros};
use tollgate_benches::{Failed, add_tool, call, host, load, threads, workspace};

use super::Effort;
use super::invocation::{EMPTY, Whole, bytes};

/// The two tables of the record.
const TABLES: &str = "SELECT sql FROM sqlite_master WHERE tbl_name IN ('journal', 'payloads') AND sql IS NOT NULL";

/// One invocation's rows, without number and name.
#[derive(Debug, Clone, Default)]
struct Rows {
    entries: Vec<(Vec<u8>, String)>,
    /// Which entry, part, random bytes, payload.
    payloads: Vec<(usize, String, Vec<u8>, Vec<u8>)>,
}

/// The tables.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    let component = bytes(&tollgate_example_tools::build()?.fixtures.join("empty.wasm"))?;
    add_tool(&workspace, "empty", &component, "")?;
    let runtime = workspace.runtime().map_err(|e| e.to_string())?;
    let head = ["at once", "subject", "calls/s", "p50", "p99", "a commit", "of in memory", "of bare rusqlite"];
    let mut table = Table::new("Empty invocation, journal durable", &head);
    runtime.block_on(async {
        let store = workspace.store().map_err(|e| e.to_string())?;
        let settings = Settings::of_this_machine();
        let in_memory = whole(&workspace, &settings, &store, InMemory::beside(store.clone())).await?;
        let durable = whole(&workspace, &settings, &store, store.clone()).await?;
        for tasks in [16, 256] {
            let (mut light, mut full, mut commits) = (Vec::new(), Vec::new(), 0);
            for _ in 0..effort.rounds {
                light.push(calls(&threads()?, &in_memory, tasks, effort.span).await?);
                let before = store.commits();
                full.push(calls(&threads()?, &durable, tasks, effort.span).await?);
                commits += store.commits() - before;
            }
            let (light, full) = (Took::together(light), Took::together(full));
            let batch = (full.calls() as f64 / commits as f64).round().max(1.0);
            let bare =
                rusqlite(&workspace.path("tollgate.db"), folder.path(), batch as usize, effort.span * effort.rounds as u32)?;
            add(&mut table, tasks, (&light, &full), batch, bare);
        }
        store.close().await.map_err(|e| e.to_string())?;
        Ok(vec![table])
    })
}

async fn whole(
    workspace: &tollgate::setup::Workspace,
    settings: &Settings,
    store: &Arc<Store>,
    keep: tollgate_benches::memory::Kept,
) -> Result<Arc<Whole>, Failed> {
    let host = host(workspace, settings, store, keep)?;
    let loaded = load(&host, workspace, "empty").await?;
    Ok(Arc::new(Whole { host, loaded, call: call(EMPTY.name, "{}")? }))
}

fn add(table: &mut Table, tasks: usize, (light, full): (&Took, &Took), batch: f64, bare: f64) {
    let rate = |it: f64| format!("{it:.0}");
    let (ours, half) = (full.per_second(), light.per_second() / 2.0);
    let share = |of: f64| format!("{:.0} %", 100.0 * ours / of);
    let show = |took: &Took| [rate(took.per_second()), micros(took.within(0.5)), micros(took.within(0.99))];
    let at = tasks.to_string();
    let [calls, p50, p99] = show(light);
    table.row(&[&at, "journal in memory", &calls, &p50, &p99, "", "", ""]);
    let [calls, p50, p99] = show(full);
    table.row(&[
        &at,
        "journal durable",
        &calls,
        &p50,
        &p99,
        &format!("{batch:.0}"),
        &share(light.per_second()),
        &share(bare),
    ]);
    table.row(&[&at, "bare rusqlite, the same rows", &rate(bare), "", "", &format!("{batch:.0}"), "", ""]);
    let least = half.min(0.8 * bare);
    table.target(
        &format!("at {tasks}: the lower of half of in memory and 80 % of rusqlite, over what was reached"),
        least / ours,
        1.0,
    );
}

/// Invocations a second that rusqlite alone commits: the rows of the newest invocations, `batch` of them a transaction.
fn rusqlite(database: &Path, folder: &Path, batch: usize, span: Duration) -> Result<f64, Failed> {
    let source = Connection::open(database)?;
    let path = folder.join("bare.db");
    let bare = Connection::open(&path)?;
    bare.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    let mut statement = source.prepare(TABLES)?;
    for sql in statement.query_map([], |row| row.get::<_, String>(0))? {
        bare.execute_batch(&sql?)?;
    }
    let rows = newest(&source)?;
    let (begun, mut done, mut number) = (Instant::now(), 0_u64, 0_i64);
    let mut samples = rows.iter().cycle();
    while begun.elapsed() < span {
        bare.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..batch {
            insert(&bare, samples.next().ok_or("no rows")?, done, &mut number)?;
            done += 1;
        }
        bare.execute_batch("COMMIT")?;
    }
    let rate = done as f64 / begun.elapsed().as_secs_f64();
    drop(bare);
    std::fs::remove_file(path)?;
    Ok(rate)
}

fn insert(bare: &Connection, rows: &Rows, invocation: u64, number: &mut i64) -> rusqlite::Result<()> {
    // As long as a real one, and rising with time as they do.
    let invocation = format!("{:08x}-{:04x}-7000-8000-000000000000", invocation >> 16, invocation & 0xffff);
    let first = *number;
    let mut entry =
        bare.prepare_cached("INSERT INTO journal (number, invocation, seq, hash, entry) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (seq, (hash, text)) in rows.entries.iter().enumerate() {
        entry.execute(params![*number, invocation, seq as i64, hash, text])?;
        *number += 1;
    }
    let mut payload = bare.prepare_cached("INSERT INTO payloads (number, part, salt, bytes) VALUES (?1, ?2, ?3, ?4)")?;
    for (seq, part, salt, bytes) in &rows.payloads {
        payload.execute(params![first + *seq as i64, part, salt, bytes])?;
    }
    Ok(())
}

/// What the newest invocations wrote.
fn newest(source: &Connection) -> Result<Vec<Rows>, Failed> {
    let mut ids = source
        .prepare("SELECT DISTINCT invocation FROM journal WHERE invocation IS NOT NULL ORDER BY number DESC LIMIT 64")?;
    let ids: Vec<String> = ids.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for id in ids {
        let mut rows = Rows::default();
        let mut entries =
            source.prepare_cached("SELECT number, hash, entry FROM journal WHERE invocation = ?1 ORDER BY seq")?;
        let found: Vec<(i64, Vec<u8>, String)> =
            entries.query_map([&id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
        for (seq, (number, hash, entry)) in found.into_iter().enumerate() {
            rows.entries.push((hash, entry));
            let mut payloads = source.prepare_cached("SELECT part, salt, bytes FROM payloads WHERE number = ?1")?;
            let parts = payloads.query_map([number], |row| Ok((seq, row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.payloads.extend(parts.collect::<Result<Vec<_>, _>>()?);
        }
        all.push(rows);
    }
    Ok(all)
}
