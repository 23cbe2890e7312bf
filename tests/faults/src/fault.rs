//! What goes wrong in a run, and the library that makes it so.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tollgate_example_tools::{build, nested};

use crate::elsewhere::Mishap;

/// What a failed call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// EIO
    Io,
    /// ENOSPC
    NoSpace,
}

impl Errno {
    const fn number(self) -> i32 {
        match self {
            Self::Io => 5,
            Self::NoSpace => 28,
        }
    }
}

/// A fault, at an edge: a durable write or an answer, numbered from 1 in the process that meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None; edges are counted.
    Count,
    /// SIGKILL before the edge.
    KillBefore(u64),
    /// SIGKILL after it.
    KillAfter(u64),
    /// The edge fails, and none after it.
    Fail(u64, Errno),
    /// The edge and all after it fail, but for answers.
    FailFrom(u64, Errno),
    /// The sync of this number, from 1, fails, and what it was about is on no disk, whatever a later sync says.
    FailSync(u64),
    /// The same, and the power goes when the program ends, after its answer.
    FailSyncLose(u64),
    /// None to the program: to the forum in another process.
    Forum(Mishap),
    /// The power goes after the edge: what was not synced is gone; with a seed other than 0, some of it.
    Lose(u64, u64),
}

impl Fault {
    /// Whether it ends the process.
    #[must_use]
    pub const fn kills(self) -> bool {
        match self {
            Self::Count | Self::Forum(_) | Self::Fail(..) | Self::FailFrom(..) | Self::FailSync(_) => false,
            Self::KillBefore(_) | Self::KillAfter(_) | Self::FailSyncLose(_) | Self::Lose(..) => true,
        }
    }

    /// As the shim reads it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Count | Self::Forum(_) => "count".to_owned(),
            Self::KillBefore(edge) => format!("kill-before:{edge}"),
            Self::KillAfter(edge) => format!("kill-after:{edge}"),
            Self::Fail(edge, errno) => format!("fail:{edge}:{}", errno.number()),
            Self::FailFrom(edge, errno) => format!("fail-from:{edge}:{}", errno.number()),
            Self::FailSync(sync) => format!("fail-sync:{sync}"),
            Self::FailSyncLose(sync) => format!("fail-sync-lose:{sync}"),
            Self::Lose(edge, seed) => format!("lose:{edge}:{seed}"),
        }
    }
}

/// The shim, built once by a cargo of its own, as the guests are.
///
/// # Errors
/// With what cargo said.
pub fn shim() -> Result<&'static Path, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(build_now).as_deref().map_err(Clone::clone)
}

fn build_now() -> Result<PathBuf, String> {
    let target = build()?.dir.with_file_name("faults");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = nested("cargo", &workspace)
        .args(["build", "--locked", "--quiet", "--package=tollgate-faults-shim", "--target-dir"])
        .arg(&target)
        .output()
        .map_err(|e| format!("cargo did not start: {e}. Is Rust on the PATH?"))?;
    if !output.status.success() {
        return Err(format!("The shim did not build; cargo said:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(target.join("debug/libtollgate_faults_shim.so"))
}
