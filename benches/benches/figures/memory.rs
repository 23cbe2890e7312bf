//! Memory of an invocation in flight: many guests that sleep at once, beside as many bare ones.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tollgate::runtime::Settings;
use tollgate_benches::bare::{Bare, Function};
use tollgate_benches::measure::{Again, status};
use tollgate_benches::memory::InMemory;
use tollgate_benches::table::Table;
use tollgate_benches::{Failed, add_tool, call, host, load, returned, threads, workspace};
use wasmtime::component::Val;

use super::Effort;
use super::invocation::{Whole, bytes};

const SLEEP: Function = Function { interface: "tollgate:probe/probe@0.1.0", name: "sleep", results: 0 };
/// All that the pool holds.
const MANY: usize = 256;

/// Sleeps for ten minutes of its own clock.
struct Sleeping(Arc<Whole>);

impl Again for Sleeping {
    async fn once(&self) -> Result<(), Failed> {
        returned(&self.0.host, &self.0.loaded, self.0.call.clone()).await
    }
}

/// The table.
pub fn tables(_: Effort) -> Result<Vec<Table>, Failed> {
    let component = bytes(&tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
    let mut table = Table::new(
        &format!("Memory of an invocation in flight ({MANY} guests asleep at once)"),
        &["subject", "each", "ratio"],
    );
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    add_tool(&workspace, "probe", &component, "[limits]\ntime = \"10 min\"\n")?;
    let runtime = workspace.runtime().map_err(|e| e.to_string())?;
    let (bare, ours) = runtime.block_on(async {
        let store = workspace.store().map_err(|e| e.to_string())?;
        let (bare, ours) = {
            // Each has a sandbox of its own, so that neither finds the other's memory still there.
            let of = |name| {
                host(&workspace, &Settings::of_this_machine(), &store, InMemory::beside(store.clone()))
                    .map(|host| (host, name))
            };
            let (first, _) = of("bare")?;
            let threads = threads()?;
            let bare =
                Arc::new(Bare::new(first.sandbox().engine(), &component, SLEEP, |_| Ok(()))?.with(vec![Val::U64(600_000)]));
            let bare = each(&threads, &bare).await?;
            let (second, _) = of("ours")?;
            let loaded = load(&second, &workspace, "probe").await?;
            let ours = each(
                &threads,
                &Arc::new(Sleeping(Arc::new(Whole {
                    host: second,
                    loaded,
                    call: call(SLEEP.name, "{\"ms\":\"600000\"}")?,
                }))),
            )
            .await?;
            (bare, ours)
        };
        store.close().await.map_err(|e| e.to_string())?;
        Ok::<_, Failed>((bare, ours))
    })?;
    for (name, bytes) in [("bare wasmtime", bare), ("the host", ours)] {
        table.row(&[name, &format!("{:.1} KiB", bytes / 1024.0), &format!("{:.2}", bytes / bare)]);
    }
    Ok(vec![table])
}

/// What one more sleeper costs.
async fn each<A: Again>(threads: &Handle, what: &Arc<A>) -> Result<f64, Failed> {
    let before = status("VmRSS")?;
    let mut asleep = JoinSet::new();
    for _ in 0..MANY {
        let what = what.clone();
        asleep.spawn_on(async move { what.once().await }, threads);
    }
    // All are asleep once memory stands still; one that wakes early is a failure.
    let (mut last, mut still) = (before, 0);
    while still < 5 {
        match tokio::time::timeout(Duration::from_millis(100), asleep.join_next()).await {
            Ok(ended) => return Err(format!("a sleeper ended: {ended:#?}").into()),
            Err(_) => {
                let now = status("VmRSS")?;
                still = if now.abs_diff(last) < 64 << 10 { still + 1 } else { 0 };
                last = now;
            }
        }
    }
    Ok(last.saturating_sub(before) as f64 / MANY as f64)
}
