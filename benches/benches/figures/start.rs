//! Start-up with 1 and with 100 different tools: opened, checked against their pins, parsed, linked and ready to be called;
//! cold (everything is compiled, in children) and from the cache. Beside it: what `deserialize` alone takes for the same.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and makes files")]

use std::time::{Duration, Instant};

use tollgate::setup::Workspace;
use tollgate_benches::table::Table;
use tollgate_benches::{Failed, add_tool, variant, workspace};
use wasmtime::component::Component;

use super::Effort;
use super::invocation::bytes;

/// Opens a workspace and loads every tool, as a start does.
fn start(folder: &std::path::Path) -> Result<(Duration, usize), Failed> {
    let begun = Instant::now();
    let workspace = Workspace::open(folder).map_err(|e| format!("{e:?}"))?;
    let runtime = workspace.runtime().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let (host, store) = workspace.host(None).map_err(|e| e.to_string())?;
        let loaded = tokio::task::block_in_place(|| workspace.load_all(&host)).map_err(|e| e.to_string())?;
        let took = begun.elapsed();
        if let Some((tool, Err(why))) = loaded.iter().find(|(_, loaded)| loaded.is_err()) {
            return Err(format!("{tool}: {why:?}").into());
        }
        store.close().await.map_err(|e| e.to_string())?;
        Ok((took, loaded.len()))
    })
}

/// The table.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let component = bytes(&tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
    let title = format!("Start-up; each component has {} KB", component.len() / 1000);
    let mut table = Table::new(&title, &["tools", "cold", "from the cache", "bare deserialize", "ratio to bare"]);
    for count in [1, effort.tools] {
        let folder = tempfile::tempdir()?;
        let workspace = workspace(folder.path())?;
        for number in 0..count {
            add_tool(&workspace, &format!("tool-{number}"), &variant(&component, number), "")?;
        }
        std::fs::remove_dir_all(workspace.path("cache"))?;
        let (cold, _) = start(&workspace.folder)?;
        let mut warm = Vec::new();
        for _ in 0..effort.rounds {
            let (took, loaded) = start(&workspace.folder)?;
            if loaded != count {
                return Err(format!("{loaded} tools of {count}").into());
            }
            warm.push(took);
        }
        warm.sort_unstable();
        let (warm, bare) = (warm[warm.len() / 2], bare(&workspace)?);
        let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        let ratio = warm.as_secs_f64() / bare.as_secs_f64();
        table.row(&[&count.to_string(), &millis(cold), &millis(warm), &millis(bare), &format!("{ratio:.1}")]);
        if count == 100 {
            table.target("ms from the cache with 100 tools", warm.as_secs_f64() * 1e3, 150.0);
        }
    }
    Ok(vec![table])
}

/// Reads and deserializes what the cache holds, and nothing else.
fn bare(workspace: &Workspace) -> Result<Duration, Failed> {
    let (host, _store) = workspace.host(None).map_err(|e| e.to_string())?;
    let begun = Instant::now();
    for entry in std::fs::read_dir(workspace.path("cache"))? {
        let bytes = std::fs::read(entry?.path())?;
        #[expect(unsafe_code, reason = "the baseline trusts what this very run compiled")]
        // SAFETY: these files were written by this run's own compiling children.
        let component = unsafe { Component::deserialize(host.sandbox().engine(), bytes) }?;
        drop(component);
    }
    Ok(begun.elapsed())
}
