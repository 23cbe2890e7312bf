//! An invocation of a function that does nothing: bare wasmtime (instantiate, call, drop) on the host's own engine, the
//! sandbox with all its limits, and the whole host with its durable journal. Rounds alternate; p50 and p99 are printed,
//! and the ratio to bare wasmtime. `cargo bench --bench call` runs it; nothing is claimed that it does not print.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tollgate::invoke::{Call, Host, Loaded, Outcome};
use tollgate::manifest::Limits;
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::runtime::{Order, Sandbox, Stopwatch};
use tollgate::setup::Workspace;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

const INTERFACE: &str = "tollgate:probe/probe@0.1.0";
const ROUNDS: usize = 2_000;
/// Durable rounds wait for the disk; fewer say as much.
const DURABLE: usize = 500;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "compile-child") {
        // The host compiles in a child of this very program.
        return tollgate::cli::main(arguments);
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// What a bare store holds.
struct Bare {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Bare {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

fn measure() -> Result<(), String> {
    let built = tollgate_example_tools::build()?;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let workspace = workspace(folder.path(), &built.fixtures.join("probe.wasm"))?;
    let runtime = workspace.runtime().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let (host, store) = workspace.host(None).map_err(|e| e.to_string())?;
        let manifest = workspace.manifest(&tool()?).map_err(|e| format!("{e:?}"))?;
        let bytes = workspace.component(&manifest).map_err(|e| e.to_string())?;
        let loaded = host.load(manifest, &bytes).await.map_err(|e| e.to_string())?;
        let sandbox = host.sandbox();
        let component = Component::new(sandbox.engine(), &bytes).map_err(|e| e.to_string())?;
        let bare = bare(sandbox.engine(), &component).map_err(|e| e.to_string())?;
        let limited = limited(sandbox, &component)?;
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            times[0].push(timed(call_bare(sandbox.engine(), &bare)).await?);
            times[1].push(timed(call_sandbox(sandbox, &limited)).await?);
            if round < DURABLE {
                times[2].push(timed(call_host(&host, &loaded)).await?);
            }
        }
        store.close().await.map_err(|e| e.to_string())?;
        print(times);
        Ok(())
    })
}

async fn timed(work: impl Future<Output = Result<(), String>>) -> Result<Duration, String> {
    let begun = Instant::now();
    work.await?;
    Ok(begun.elapsed())
}

fn tool() -> Result<ToolName, String> {
    ToolName::parse("probe").map_err(|e| e.to_string())
}

/// A workspace with the probe, made by the program's own commands.
fn workspace(folder: &Path, probe: &Path) -> Result<Workspace, String> {
    let at = folder.join("w");
    let tools = folder.join("none");
    std::fs::create_dir(&tools).map_err(|e| e.to_string())?;
    let text = |path: &Path| path.display().to_string();
    let run = |arguments: &[&str]| {
        let all = ["tollgate", "-W", &text(&at)].iter().chain(arguments).map(std::ffi::OsString::from).collect();
        if tollgate::cli::main(all) == ExitCode::SUCCESS { Ok(()) } else { Err(format!("{arguments:?} failed")) }
    };
    run(&["init", &text(&at), "--person", "ben", "--tools", &text(&tools)])?;
    let manifest = "tollgate = 1\n[tool]\ncomponent = \"probe.wasm\"\ncallers = [\"ben\"]\nagents = [\"cli\"]\n";
    std::fs::write(at.join("tools/probe.toml"), manifest).map_err(|e| e.to_string())?;
    std::fs::copy(probe, at.join("tools/probe.wasm")).map_err(|e| e.to_string())?;
    run(&["pin", "probe"])?;
    Workspace::open(&at).map_err(|e| format!("{e:?}"))
}

fn bare(engine: &Engine, component: &Component) -> wasmtime::Result<InstancePre<Bare>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    linker.define_unknown_imports_as_traps(component)?;
    linker.instantiate_pre(component)
}

async fn call_bare(engine: &Engine, ready: &InstancePre<Bare>) -> Result<(), String> {
    let run = async {
        let mut store = Store::new(engine, Bare { wasi: WasiCtx::builder().build(), table: ResourceTable::new() });
        store.set_fuel(2_000_000_000)?;
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = ready.instantiate_async(&mut store).await?;
        let interface = instance.get_export_index(&mut store, None, INTERFACE);
        let at = interface.and_then(|at| instance.get_export_index(&mut store, Some(&at), "nothing"));
        let function = at.and_then(|at| instance.get_func(&mut store, at));
        let function = function.ok_or_else(|| wasmtime::Error::msg("no such function"))?;
        function.call_async(&mut store, &[], &mut []).await
    };
    run.await.map_err(|e| e.to_string())
}

fn limited(sandbox: &Sandbox, component: &Component) -> Result<InstancePre<tollgate::runtime::Cell<()>>, String> {
    let mut linker = sandbox.linker::<()>().map_err(|e| e.to_string())?;
    linker.define_unknown_imports_as_traps(component).map_err(|e| e.to_string())?;
    linker.instantiate_pre(component).map_err(|e| e.to_string())
}

async fn call_sandbox(sandbox: &Sandbox, ready: &InstancePre<tollgate::runtime::Cell<()>>) -> Result<(), String> {
    let order = Order {
        limits: Limits::default(),
        seed: [7; 32],
        start: tollgate::clock::Instant(0),
        interface: Some(INTERFACE.to_owned()),
        function: "nothing".to_owned(),
        arguments: Vec::new(),
        results: 0,
        stopwatch: Stopwatch::default(),
    };
    sandbox.run(ready, (), order).await.result.map(drop).map_err(|fault| fault.to_string())
}

async fn call_host(host: &Host, loaded: &Loaded) -> Result<(), String> {
    let call = Call {
        function: Some("nothing".to_owned()),
        arguments: "{}".to_owned(),
        initiator: PersonName::parse("ben").map_err(|e| e.to_string())?,
        agent: AgentName::parse("cli").map_err(|e| e.to_string())?,
    };
    let report = host.call(loaded, call, std::future::pending()).await.map_err(|e| format!("{e:?}"))?;
    if matches!(report.outcome, Outcome::Returned(_)) { Ok(()) } else { Err(format!("{:?}", report.outcome)) }
}

fn print(times: [Vec<Duration>; 3]) {
    println!("{:34} {:>10} {:>10} {:>8}", "one invocation at a time", "p50", "p99", "ratio");
    let mut base = None;
    for (name, mut times) in ["bare wasmtime", "sandbox", "host, journal durable"].into_iter().zip(times) {
        times.sort_unstable();
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        let base = *base.get_or_insert(p50);
        let ratio = p50.as_secs_f64() / base.as_secs_f64();
        let micros = |it: Duration| format!("{:.1} µs", it.as_secs_f64() * 1e6);
        println!("{name:34} {:>10} {:>10} {ratio:>7.2}x", micros(p50), micros(p99));
    }
}
