//! What the benchmarks share: a workspace made by the program itself, a journal in memory, measuring and tables.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and makes files")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

pub mod bare;
pub mod measure;
pub mod memory;
pub mod table;

use tokio::runtime::{Handle, Runtime};
use tollgate::invoke::{Call, Host, Loaded, Outcome, Parts};
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::runtime::{Cache, Sandbox, Settings};
use tollgate::setup::Workspace;
use tollgate::store::Store;

/// As the program has it; the baselines have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why a benchmark ended early.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The person on whose behalf everything is called.
pub const PERSON: &str = "ben";

/// The program itself, if this process was started to be one: hosts compile in a child of this very program, and the
/// switch is thrown by another process.
#[must_use]
pub fn as_the_program() -> Option<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().collect();
    match arguments.get(1).and_then(|first| first.to_str()) {
        Some("compile-child" | "freeze") => Some(tollgate::cli::main(arguments)),
        Some("tollgate") => Some(tollgate::cli::main(arguments.into_iter().skip(1).collect())),
        _ => None,
    }
}

/// A command of the program, which must succeed; in a process of its own, so that what it says is not among the tables.
///
/// # Errors
/// When it does not.
pub fn command(workspace: &Path, arguments: &[&str]) -> Result<(), Failed> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    let ran = command.arg("tollgate").arg("-W").arg(workspace).args(arguments).output()?;
    if ran.status.success() {
        Ok(())
    } else {
        Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr)).into())
    }
}

/// Makes a workspace without tools.
///
/// # Errors
/// When it cannot be made.
pub fn workspace(folder: &Path) -> Result<Workspace, Failed> {
    let (at, tools) = (folder.join("w"), folder.join("none"));
    std::fs::create_dir(&tools)?;
    command(&at, &["init", &at.display().to_string(), "--person", PERSON, "--tools", &tools.display().to_string()])?;
    Workspace::open(&at).map_err(|e| format!("{e:?}").into())
}

/// Adds a tool and pins it. `rest` is its manifest after `[tool]`.
///
/// # Errors
/// When it cannot be written or pinned.
pub fn add_tool(workspace: &Workspace, name: &str, component: &[u8], rest: &str) -> Result<(), Failed> {
    let manifest =
        format!("tollgate = 1\n[tool]\ncomponent = \"{name}.wasm\"\ncallers = [\"{PERSON}\"]\nagents = [\"cli\"]\n{rest}");
    std::fs::write(workspace.path(&format!("tools/{name}.toml")), manifest)?;
    std::fs::write(workspace.path(&format!("tools/{name}.wasm")), component)?;
    command(&workspace.folder, &["pin", name])
}

/// The same code under another digest: a custom section of a few bytes at its end (id 0, size, name, content).
#[must_use]
pub fn variant(component: &[u8], number: usize) -> Vec<u8> {
    let content = format!("{number:08}");
    let mut bytes = component.to_vec();
    bytes.extend([0, 10, 1, b'n']);
    bytes.extend(content.as_bytes());
    bytes
}

/// A host over a workspace's tools, with a sandbox and a record of one's own.
///
/// # Errors
/// When the machine does not give it.
pub fn host(workspace: &Workspace, settings: &Settings, store: &Arc<Store>, keep: memory::Kept) -> Result<Host, Failed> {
    let failed = |e: tollgate::diagnostic::Broken| e.to_string();
    let backends = memory::backends(workspace, store)?;
    Ok(Host::new(Parts {
        sandbox: Sandbox::new(settings).map_err(failed)?,
        cache: Cache::new(workspace.cache().map_err(failed)?),
        store: keep,
        backends,
        desk: Arc::new(tollgate::approval::Unattended),
        manners: workspace.manners(),
        rules: workspace.config.meaning(),
        vetting: Arc::default(),
        program: std::env::current_exe()?,
    }))
}

/// The threads that calls are made on, as those of a service: one for each processor.
///
/// # Errors
/// When the system gives none.
pub fn threads() -> Result<Handle, Failed> {
    static THREADS: OnceLock<Runtime> = OnceLock::new();
    if let Some(threads) = THREADS.get() {
        return Ok(threads.handle().clone());
    }
    let made = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(THREADS.get_or_init(|| made).handle().clone())
}

/// Loads a tool of a workspace.
///
/// # Errors
/// When it does not load.
pub async fn load(host: &Host, workspace: &Workspace, name: &str) -> Result<Loaded, Failed> {
    let tool = ToolName::parse(name).map_err(|e| e.to_string())?;
    let manifest = workspace.manifest(&tool).map_err(|e| format!("{e:?}"))?;
    let bytes = workspace.component(&manifest).map_err(|e| e.to_string())?;
    Ok(host.load(manifest, &bytes).await.map_err(|e| e.to_string())?)
}

/// A call.
///
/// # Errors
/// Never: the names are names.
pub fn call(function: &str, arguments: &str) -> Result<Call, Failed> {
    Ok(Call {
        function: Some(function.to_owned()),
        arguments: arguments.to_owned(),
        initiator: PersonName::parse(PERSON).map_err(|e| e.to_string())?,
        actors: AgentName::parse("cli").map_err(|e| e.to_string())?.into(),
        session: None,
        key: None,
    })
}

/// Calls and insists on a value.
///
/// # Errors
/// When the call ends otherwise.
pub async fn returned(host: &Host, loaded: &Loaded, call: Call) -> Result<(), Failed> {
    let report = host.call(loaded, call, std::future::pending()).await.map_err(|e| format!("{e:?}"))?;
    if matches!(report.outcome, Outcome::Returned(_)) { Ok(()) } else { Err(format!("{:?}", report.outcome).into()) }
}
