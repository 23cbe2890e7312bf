//! An invocation of a function that does nothing, built with the SDK, beside bare wasmtime on the same engine: at 1, 16
//! and 256 at once, with the journal in memory; with the page-map scan and without.

use std::sync::Arc;

use tokio::runtime::Handle;
use tollgate::invoke::{Call, Host, Loaded};
use tollgate::runtime::Settings;
use tollgate_benches::bare::{Bare, Function};
use tollgate_benches::measure::{Again, Took, calls};
use tollgate_benches::memory::InMemory;
use tollgate_benches::table::{Table, micros, ratio};
use tollgate_benches::{Failed, add_tool, call, host, load, returned, threads, workspace};
use wasmtime::Enabled;

use super::Effort;

/// The empty tool.
pub const EMPTY: Function = Function { interface: "tool:tollgate-empty/empty@0.1.0", name: "nothing", results: 0 };

/// A host and its tool.
pub struct Whole {
    pub host: Host,
    pub loaded: Loaded,
    /// What is called; names come parsed, as from a door.
    pub call: Call,
}

impl Again for Whole {
    async fn once(&self) -> Result<(), Failed> {
        returned(&self.host, &self.loaded, self.call.clone()).await
    }
}

/// The same as a door does it: from a thread of its own to those of calls and back.
struct ThroughADoor {
    whole: Arc<Whole>,
    threads: Handle,
}

impl Again for ThroughADoor {
    async fn once(&self) -> Result<(), Failed> {
        let whole = self.whole.clone();
        self.threads.spawn(async move { whole.once().await }).await?
    }
}

/// Tables with the scan and without.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let mut tables = Vec::new();
    for (scan, words) in [(Enabled::Yes, "with the page-map scan"), (Enabled::No, "without the page-map scan")] {
        let folder = tempfile::tempdir()?;
        let workspace = workspace(folder.path())?;
        let built = tollgate_example_tools::build()?;
        let component = bytes(&built.fixtures.join("empty.wasm"))?;
        add_tool(&workspace, "empty", &component, "")?;
        let runtime = workspace.runtime().map_err(|e| e.to_string())?;
        let table = runtime.block_on(async {
            let store = workspace.store().map_err(|e| e.to_string())?;
            let settings = Settings { scan, ..Settings::of_this_machine() };
            let host = host(&workspace, &settings, &store, InMemory::beside(store.clone()))?;
            let loaded = load(&host, &workspace, "empty").await?;
            let threads = threads()?;
            let bare = Arc::new(Bare::new(host.sandbox().engine(), &component, EMPTY, |_| Ok(()))?);
            let whole = Arc::new(Whole { host, loaded, call: call(EMPTY.name, "{}")? });
            let table =
                table(&format!("Empty invocation, journal in memory, {words}"), &threads, (bare, whole), effort).await;
            store.close().await.map_err(|e| e.to_string())?;
            table
        })?;
        tables.push(table);
    }
    Ok(tables)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads what was built")]
pub fn bytes(path: &std::path::Path) -> Result<Vec<u8>, Failed> {
    Ok(std::fs::read(path)?)
}

async fn table(
    title: &str,
    threads: &Handle,
    (bare, whole): (Arc<Bare>, Arc<Whole>),
    effort: Effort,
) -> Result<Table, Failed> {
    let mut table = Table::new(
        title,
        &["at once", "subject", "p50", "p99", "calls/s", "processor a call", "p50 ratio", "processor ratio"],
    );
    for tasks in [1, 16, 256] {
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            base.push(calls(threads, &bare, tasks, effort.span).await?);
            ours.push(calls(threads, &whole, tasks, effort.span).await?);
        }
        let (base, ours) = (Took::together(base), Took::together(ours));
        row(&mut table, tasks, ("bare wasmtime", &base), &base);
        row(&mut table, tasks, ("the host", &ours), &base);
        if tasks == 1 {
            table.target("p50 at one task, times bare", ratio(ours.within(0.5), base.within(0.5)), 2.0);
            let door = Arc::new(ThroughADoor { whole: whole.clone(), threads: threads.clone() });
            let took = calls(&Handle::current(), &door, 1, effort.span).await?;
            row(&mut table, tasks, ("the host, from another thread and back", &took), &base);
        } else if tasks == 16 {
            table.target("processor time a call at 16, times bare", ratio(ours.processor(), base.processor()), 2.5);
        }
    }
    Ok(table)
}

/// One line of the table.
pub fn row(table: &mut Table, tasks: usize, (name, took): (&str, &Took), base: &Took) {
    table.row(&[
        &tasks.to_string(),
        name,
        &micros(took.within(0.5)),
        &micros(took.within(0.99)),
        &format!("{:.0}", took.per_second()),
        &micros(took.processor()),
        &format!("{:.2}", ratio(took.within(0.5), base.within(0.5))),
        &format!("{:.2}", ratio(took.processor(), base.processor())),
    ]);
}
