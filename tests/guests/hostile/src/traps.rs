//! Paths that are another path, and the files that make them so.

#![expect(clippy::disallowed_methods, reason = "lays out files for tests and benchmarks")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Paths that are another path, and one that is not there.
pub const PATHS: &[&str] = &[
    "runbooks/../pay/ledger.csv",
    "../W/files/pay/ledger.csv",
    "/runbooks/deploy.md",
    "/proc/self/root/etc/passwd",
    "runbooks//deploy.md",
    "runbooks/./deploy.md",
    "runbooks/deploy.md/",
    "runbooks/deploy.md\u{0}",
    "runbooks/deploy.md.",
    "runbooks/deploy.md ",
    "Runbooks/deploy.md",
    "runbooks\\deploy.md",
    "runbooks/．．/pay/ledger.csv",
    "runbooks/cafe\u{301}.md",
    "runbooks/file-link",
    "runbooks/chain",
    "runbooks/folder-link/ledger.csv",
    "runbooks/absolute",
    "runbooks/hard",
    "runbooks/fifo",
    "runbooks/device/null",
    "runbooks/missing.md",
];

/// Lays below the files root what [`PATHS`] name: documents that may be read, a ledger that may not, links between them.
///
/// # Errors
/// When the file system does not have such a thing.
pub fn lay_traps(files: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("laying traps in {}: {e}", files.display());
    for folder in ["runbooks", "pay"] {
        fs::create_dir_all(files.join(folder)).map_err(failed)?;
    }
    for (name, text) in [
        ("runbooks/deploy.md", "# Deploying\n\nRoll back with `ship rollback`.\n"),
        ("runbooks/caf\u{e9}.md", "composed"),
        ("pay/ledger.csv", "CANARY\n4711,1200.00\n"),
        ("pay/other.csv", "CANARY"),
    ] {
        write(&files.join(name), text.as_bytes())?;
    }
    let within = |name: &str| files.join("runbooks").join(name);
    for (to, name) in
        [("../pay/ledger.csv", "file-link"), ("file-link", "chain"), ("../pay", "folder-link"), ("/dev", "device")]
    {
        symlink(to, within(name)).map_err(failed)?;
    }
    let ledger = files.join("pay/ledger.csv").canonicalize().map_err(failed)?;
    symlink(ledger, within("absolute")).map_err(failed)?;
    fs::hard_link(files.join("pay/other.csv"), within("hard")).map_err(failed)?;
    let fifo = std::process::Command::new("mkfifo").arg(within("fifo")).status().map_err(failed)?;
    if fifo.success() { Ok(()) } else { Err(format!("mkfifo: {fifo}")) }
}

/// Writes a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|e| format!("writing {}: {e}", path.display()))
}
