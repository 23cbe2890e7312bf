//! Builds the example tools and the guests of the tests, by one nested cargo that the demo and the tests share.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tollgate::setup::TARGET;

pub mod stage;
pub mod terminal;

/// Folders of this package, each a tool with its manifest.
const TOOLS: &[&str] = &["answer", "triage", "lend", "table"];

/// Folders of `tests/guests`.
const FIXTURES: &[&str] = &["probe", "script", "shapes", "before", "after", "empty", "errand"];

/// Where the built guests are.
#[derive(Clone, Debug)]
pub struct Built {
    /// The folder of all that was built.
    pub dir: PathBuf,
    /// The example tools, each with its manifest beside it, and nothing else: what `init --tools` takes.
    pub tools: PathBuf,
    /// The guests of the tests: `probe.wasm` and the others.
    pub fixtures: PathBuf,
}

/// Builds what is not up to date; cargo decides what that is. Other callers, also in other processes, wait meanwhile.
///
/// Fails with a sentence that says what to do, and installs the wasm target where rustup can.
pub fn build() -> Result<Built, String> {
    static BUILT: OnceLock<Result<Built, String>> = OnceLock::new();
    BUILT.get_or_init(build_now).clone()
}

fn build_now() -> Result<Built, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace");
    let target = target_dir(workspace);
    let guests = target.join("guests");
    let built = Built { dir: guests.clone(), tools: target.join("tools"), fixtures: guests.join("out") };
    for folder in [&built.dir, &built.tools, &built.fixtures] {
        fs::create_dir_all(folder).map_err(|e| format!("Could not make the folder {}: {e}.", folder.display()))?;
    }
    let path = guests.join("build.lock");
    let lock = File::create(&path).map_err(|e| format!("Could not make {}: {e}.", path.display()))?;
    lock.lock().map_err(|e| format!("Could not lock {}: {e}.", path.display()))?;
    ensure_target(workspace)?;
    compile(workspace, &guests)?;
    let made = guests.join(TARGET).join("guest");
    for tool in TOOLS {
        place(&made.join(format!("{tool}.wasm")), &built.tools)?;
        place(&workspace.join(format!("example-tools/{tool}/{tool}.toml")), &built.tools)?;
    }
    for fixture in FIXTURES {
        place(&made.join(format!("{fixture}.wasm")), &built.fixtures)?;
    }
    Ok(built)
}

#[expect(clippy::disallowed_methods, reason = "a developer's program, which follows the target folder cargo was given")]
fn target_dir(workspace: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(given) => workspace.join(given),
        None => workspace.join("target"),
    }
}

/// Sees to it that the toolchain has the guests' target.
fn ensure_target(workspace: &Path) -> Result<(), String> {
    if has_target(workspace)? {
        return Ok(());
    }
    let by_hand = format!("The guests need the target {TARGET}; install it with `rustup target add {TARGET}` and try again");
    let status = nested("rustup", workspace)
        .args(["target", "add", TARGET])
        .status()
        .map_err(|e| format!("{by_hand} (rustup did not start: {e})."))?;
    if status.success() && has_target(workspace)? { Ok(()) } else { Err(format!("{by_hand} (rustup: {status}).")) }
}

fn has_target(workspace: &Path) -> Result<bool, String> {
    let output = nested("rustc", workspace)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|e| format!("rustc did not start: {e}. Is Rust on the PATH?"))?;
    Ok(output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

fn compile(workspace: &Path, guests: &Path) -> Result<(), String> {
    let output = nested("cargo", workspace)
        .args(["build", "--locked", "--quiet"])
        .args(TOOLS.iter().chain(FIXTURES).map(|name| format!("--package=tollgate-{name}")))
        .args(["--profile", "guest", "--target", TARGET, "--target-dir"])
        .arg(guests)
        .output()
        .map_err(|e| format!("cargo did not start: {e}. Is Rust on the PATH?"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("The guests did not build; cargo said:\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// `program` in `folder` without what the outer cargo set for itself; its toolchain stays (`RUSTUP_TOOLCHAIN`).
#[must_use]
pub fn nested(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_outer_build) {
            command.env_remove(name);
        }
    }
    command
}

fn is_of_outer_build(name: &str) -> bool {
    const KEPT: [&str; 6] =
        ["CARGO_HOME", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_", "CARGO_HTTP_"];
    const RUSTC: [&str; 8] = [
        "RUSTC",
        "RUSTDOC",
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "TARGET",
        "CLIPPY_ARGS",
    ];
    RUSTC.contains(&name) || name == "CARGO" || name.starts_with("CARGO_") && !KEPT.iter().any(|kept| name.starts_with(kept))
}

/// Copies `file` into `folder` where it differs, whole or not at all.
fn place(file: &Path, folder: &Path) -> Result<(), String> {
    let name = file.file_name().expect("a file that this module named");
    let to = folder.join(name);
    copy(file, &to).map_err(|e| format!("Could not copy {} to {}: {e}.", file.display(), to.display()))
}

#[expect(clippy::disallowed_methods, reason = "a developer's program, which copies what it built")]
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let partial = to.with_extension("partial");
    fs::write(&partial, bytes)?;
    fs::rename(&partial, to)
}
