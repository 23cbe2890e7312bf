//! One granted `files.read` of 1 KiB, with its right, its meter and its entry in the journal, beside a bare host function
//! that does the same `openat2`, `read` and `close`. A guest reads a thousand times; what an empty loop takes is taken off.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use tokio::runtime::Handle;
use tollgate::invoke::Call;
use tollgate::runtime::Settings;
use tollgate_benches::bare::{Bare, Cell, Function};
use tollgate_benches::measure::{Again, Took, calls};
use tollgate_benches::memory::InMemory;
use tollgate_benches::table::{Table, micros};
use tollgate_benches::{Failed, add_tool, call, host, load, returned, threads, workspace};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Val};

use super::Effort;
use super::invocation::{Whole, bytes};

const READS: u32 = 1_000;
const READ_MANY: Function = Function { interface: "tollgate:probe/probe@0.1.0", name: "read-many", results: 1 };
const GRANT: &str =
    "[limits]\nfuel = \"2G\"\n[grant.\"files.read\"]\npaths = [\"runbooks/**\"]\ncalls = 1000000\nbytes = \"1 GiB\"\n";

/// A refusal, as the contract has it; the bare function never makes one.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Refusal {
    stage: String,
    reason: String,
    message: String,
    change: Option<String>,
}

/// Reads through the host so many times.
struct ThroughTheHost(Arc<Whole>, Call);

impl Again for ThroughTheHost {
    async fn once(&self) -> Result<(), Failed> {
        returned(&self.0.host, &self.0.loaded, self.1.clone()).await
    }
}

/// `files.read` without anything between.
fn bare_read(linker: &mut Linker<Cell>, root: Arc<OwnedFd>) -> wasmtime::Result<()> {
    let mut files = linker.instance("tollgate:host/files@0.1.0")?;
    files.func_wrap_async("read", move |_: StoreContextMut<'_, Cell>, (path, _, length): (String, u64, u32)| {
        let root = root.clone();
        Box::new(async move {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            let file = openat2(&*root, path.as_str(), flags, Mode::empty(), resolve)?;
            let mut bytes = vec![0; length as usize];
            let count = rustix::io::read(&file, &mut bytes)?;
            bytes.truncate(count);
            Ok((Ok::<Vec<u8>, Refusal>(bytes),))
        })
    })
}

/// The table.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    write(&workspace.path("files/runbooks/one.md"), &"x".repeat(1024))?;
    let component = bytes(&tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
    add_tool(&workspace, "probe", &component, GRANT)?;
    let runtime = workspace.runtime().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let store = workspace.store().map_err(|e| e.to_string())?;
        let host = host(&workspace, &Settings::of_this_machine(), &store, InMemory::beside(store.clone()))?;
        let loaded = load(&host, &workspace, "probe").await?;
        let threads = threads()?;
        let whole = Arc::new(Whole { host, loaded, call: call(READ_MANY.name, "{}")? });
        let root = Arc::new(rustix::fs::open(
            workspace.path("files").as_path(),
            OFlags::DIRECTORY | OFlags::RDONLY,
            Mode::empty(),
        )?);
        let bare = |times| {
            let path = Val::String("runbooks/one.md".to_owned());
            let bare =
                Bare::new(whole.host.sandbox().engine(), &component, READ_MANY, |linker| bare_read(linker, root.clone()))?;
            Ok::<_, Failed>(Arc::new(bare.with(vec![path, Val::U32(times)])))
        };
        let ours = |times| {
            let arguments = format!("{{\"path\":\"runbooks/one.md\",\"times\":{times}}}");
            Ok::<_, Failed>(Arc::new(ThroughTheHost(whole.clone(), call(READ_MANY.name, &arguments)?)))
        };
        let mut rows = Vec::new();
        for (name, read, empty) in [
            (
                "bare openat2, read, close",
                each(&threads, bare(READS)?, effort).await?,
                each(&threads, bare(0)?, effort).await?,
            ),
            ("granted files.read", each(&threads, ours(READS)?, effort).await?, each(&threads, ours(0)?, effort).await?),
        ] {
            rows.push((name, read.saturating_sub(empty) / READS));
        }
        let mut table = Table::new("One files.read of 1 KiB, journal in memory", &["subject", "a read", "ratio"]);
        let base = rows[0].1;
        for (name, time) in &rows {
            table.row(&[name, &micros(*time), &format!("{:.2}", time.as_secs_f64() / base.as_secs_f64())]);
        }
        table.target("a granted read, times bare", rows[1].1.as_secs_f64() / base.as_secs_f64(), 2.0);
        store.close().await.map_err(|e| e.to_string())?;
        Ok(vec![table])
    })
}

/// The median of an invocation.
async fn each<A: Again>(threads: &Handle, what: Arc<A>, effort: Effort) -> Result<Duration, Failed> {
    let mut rounds = Vec::new();
    for _ in 0..effort.rounds {
        rounds.push(calls(threads, &what, 1, effort.span).await?);
    }
    Ok(Took::together(rounds).within(0.5))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark makes its files")]
fn write(path: &Path, text: &str) -> Result<(), Failed> {
    Ok(std::fs::write(path, text)?)
}
