//! Edges: which call is one, its number, and what the plan does there.

use std::cell::Cell;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use libc::c_long;

use crate::disk::Disk;
use crate::plan::Plan;

/// What a call does.
#[derive(Debug)]
pub(crate) enum Kind {
    Create,
    /// Writes so many bytes, here or where the file stands.
    Write {
        at: Option<u64>,
        count: usize,
    },
    /// Gives a file this length.
    Shorten(u64),
    Sync,
    /// To another process.
    Send,
    /// To this path.
    Rename(PathBuf),
    Remove,
}

impl Kind {
    fn word(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Write { .. } => "write",
            Self::Shorten(_) => "shorten",
            Self::Sync => "sync",
            Self::Send => "send",
            Self::Rename(_) => "rename",
            Self::Remove => "remove",
        }
    }
}

/// What a call is about.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file below the root, as it is called now, and the descriptor where there is one.
    Root(PathBuf, Option<RawFd>),
    /// Stdout.
    Answer,
    /// A connection.
    Network,
    /// None of ours.
    Elsewhere,
}

struct Shim {
    root: PathBuf,
    plan: Plan,
    state: Mutex<State>,
}

struct State {
    log: Option<File>,
    edges: u64,
    syncs: u64,
    disk: Disk,
}

static SHIM: OnceLock<Shim> = OnceLock::new();

thread_local! {
    /// Whether this thread is in the shim: its own calls are no edges.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in the shim already, or there is nothing to do in this process.
pub(crate) fn is_inside() -> bool {
    INSIDE.get() || SHIM.get().is_none()
}

/// Runs something whose calls are no edges.
pub(crate) fn outside<T>(work: impl FnOnce() -> T) -> T {
    let before = INSIDE.replace(true);
    let value = work();
    INSIDE.set(before);
    value
}

/// Reads the plan. Children of the process go without: edges are numbered in one process.
pub(crate) fn begin() {
    let text = |name: &str| std::env::var_os(name);
    let (Some(root), Some(plan)) = (text("FAULT_ROOT"), text("FAULT_DO")) else { return };
    let Some(plan) = plan.to_str().and_then(Plan::parse) else { abort() };
    let log = text("FAULT_LOG").and_then(|path| File::options().append(true).create(true).open(path).ok());
    let Ok(root) = Path::new(&root).canonicalize() else { abort() };
    let disk = Disk::new(text("FAULT_SPARE").map(PathBuf::from), matches!(plan, Plan::FailSyncLose(_) | Plan::Lose(..)));
    let state = Mutex::new(State { log, edges: 0, syncs: 0, disk });
    if SHIM.set(Shim { root, plan, state }).is_err() {
        abort();
    }
    // SAFETY: this runs before `main`, where there is one thread.
    unsafe { std::env::remove_var("LD_PRELOAD") };
}

/// A plan that is not understood must not look like a run without a fault.
fn abort() -> ! {
    std::process::abort()
}

/// The place that a path names.
pub(crate) fn named(path: &Path) -> Place {
    let Some(shim) = SHIM.get() else { return Place::Elsewhere };
    let whole = outside(|| std::path::absolute(path));
    match whole {
        Ok(whole) if whole.starts_with(&shim.root) => Place::Root(whole, None),
        _ => Place::Elsewhere,
    }
}

/// The place that a descriptor is open on.
pub(crate) fn of_fd(fd: RawFd) -> Place {
    if is_inside() {
        return Place::Elsewhere;
    }
    if fd == libc::STDOUT_FILENO {
        return Place::Answer;
    }
    match outside(|| std::fs::read_link(format!("/proc/self/fd/{fd}"))) {
        // Pipes and the like have names that are no paths.
        Ok(path) if path.is_absolute() && !path.as_os_str().as_encoded_bytes().ends_with(b" (deleted)") => {
            match named(&path) {
                Place::Root(path, _) => Place::Root(path, Some(fd)),
                other => other,
            }
        }
        _ => Place::Elsewhere,
    }
}

/// One call: performed, or whatever the plan says of its edge.
pub(crate) fn pass(kind: Kind, place: Place, act: impl FnOnce() -> c_long) -> c_long {
    let Some(shim) = SHIM.get() else { return act() };
    if INSIDE.get() || matches!(place, Place::Elsewhere) {
        return act();
    }
    INSIDE.set(true);
    let (value, errno) = shim.edge(&kind, &place, act);
    INSIDE.set(false);
    set_errno(errno);
    value
}

impl Shim {
    fn edge(&self, kind: &Kind, place: &Place, act: impl FnOnce() -> c_long) -> (c_long, i32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.edges += 1;
        let edge = state.edges;
        state.note(kind, place);
        let is_sync = matches!(kind, Kind::Sync);
        state.syncs += u64::from(is_sync);
        let failed = match self.plan {
            Plan::KillBefore(at) if at == edge => die(),
            Plan::Fail(at, errno) if at == edge => Some(errno),
            Plan::FailFrom(from, errno) if from <= edge && !matches!(place, Place::Answer) => Some(errno),
            Plan::FailSync(at) | Plan::FailSyncLose(at) if is_sync && at == state.syncs => Some(libc::EIO),
            _ => None,
        };
        if let Some(errno) = failed {
            if is_sync {
                state.disk.sync_failed(place);
            }
            return (-1, errno);
        }
        state.disk.before(kind, place);
        let value = act();
        let errno = errno();
        if value >= 0 {
            state.disk.after(kind, place);
        }
        match self.plan {
            Plan::KillAfter(at) if at == edge => die(),
            Plan::Lose(at, seed) if at == edge => {
                state.disk.lose(seed);
                die()
            }
            _ => (value, errno),
        }
    }
}

impl State {
    fn note(&mut self, kind: &Kind, place: &Place) {
        let edge = self.edges;
        let Some(log) = &mut self.log else { return };
        let name = match place {
            Place::Root(path, _) => path.display().to_string(),
            Place::Answer | Place::Elsewhere => "(answer)".to_owned(),
            Place::Network => "(network)".to_owned(),
        };
        // A log that cannot be written shows as edges that are missing from it.
        let _ = log.write_all(format!("{edge} {} {name}\n", kind.word()).as_bytes());
    }
}

/// The program ends; where the plan waits for the power to go, it goes now.
pub(crate) extern "C" fn end() {
    let Some(shim) = SHIM.get() else { return };
    INSIDE.set(true);
    let mut state = shim.state.lock().unwrap_or_else(PoisonError::into_inner);
    if let Plan::FailSyncLose(at) = shim.plan
        && at <= state.syncs
    {
        state.disk.lose(0);
        die();
    }
}

fn die() -> ! {
    // SAFETY: sends a signal to this very process.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    loop {
        // SAFETY: waits for the signal.
        unsafe { libc::pause() };
    }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

fn set_errno(value: i32) {
    // SAFETY: the C library gives each thread a place for it.
    unsafe { *libc::__errno_location() = value };
}
