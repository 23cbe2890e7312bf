//! What an author's machine has: crates that cargo holds already, and the target that tools are built for.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::diagnostic::Broken;

/// The target of tools.
pub const TARGET: &str = "wasm32-wasip2";

/// Which of `crates` (`NAME-VERSION`) cargo would have to download: neither its archives nor what it has unpacked holds them.
#[must_use]
pub fn lacking(crates: &[String]) -> Vec<String> {
    let registry = cargo_home().map(|home| home.join("registry")).unwrap_or_default();
    let folders = |kind: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(registry.join(kind)).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let (archives, unpacked) = (folders("cache"), folders("src"));
    let has = |name: &String| {
        archives.iter().any(|folder| folder.join(format!("{name}.crate")).is_file())
            || unpacked.iter().any(|folder| folder.join(name).is_dir())
    };
    crates.iter().filter(|name| !has(name)).cloned().collect()
}

#[expect(clippy::disallowed_methods, reason = "where cargo keeps its things is told by the environment")]
fn cargo_home() -> Option<PathBuf> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")))
}

/// Whether the toolchain of `folder` can build tools; none where it is not installed.
#[must_use]
pub fn has_target(folder: &Path) -> Option<bool> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(folder).stdin(Stdio::null());
    // Looking is not installing: a toolchain that is not there is hundreds of megabytes.
    rustc.env("RUSTUP_AUTO_INSTALL", "0");
    let output = rustc.output().ok().filter(|output| output.status.success())?;
    Some(Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// Writes files into a folder that is not there yet, each with its path in it.
///
/// # Errors
/// When the folder is there, or something cannot be written.
#[expect(clippy::disallowed_methods, reason = "this is where paths are opened")]
pub fn new_folder(folder: &Path, files: &[(String, String)]) -> Result<(), Broken> {
    let doing = |path: &Path| format!("writing {}", path.display());
    std::fs::create_dir(folder).map_err(|e| Broken::while_doing(doing(folder), e).help("name a folder that can be made"))?;
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|e| Broken::while_doing(doing(parent), e))?;
        std::fs::write(&path, text).map_err(|e| Broken::while_doing(doing(&path), e))?;
    }
    Ok(())
}
