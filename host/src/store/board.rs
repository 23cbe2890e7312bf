//! What the processes of one store tell each other without asking the database: whether the world has moved, and the
//! newest time, what was answered and what was taken back. A page of memory over the file `run/world`, so that the next decision of every process sees a change.
//!
//! A change of the world is marked before its transaction commits and settled after it. While a mark is not settled, also
//! because its process died between the two, nobody trusts what he remembers and everybody asks the database.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::MmapRaw;

use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::name::InvocationId;

/// The words of the page.
#[repr(C)]
struct Words {
    marked: AtomicU64,
    settled: AtomicU64,
    newest: AtomicU64,
    answers: AtomicU64,
    waits: AtomicU64,
    taking: AtomicU64,
    taken: AtomicU64,
    back: [[AtomicU64; 2]; BACK],
    labels: AtomicU64,
}

/// So many invocations that were taken back last are known. Whoever runs one looks every few milliseconds.
const BACK: usize = 64;

/// A session holds a label.
pub(super) const HELD: u64 = 1;

/// Something that a tool wrote carries one.
pub(super) const CARRIED: u64 = 2;

/// The page.
pub(super) struct Board(MmapRaw);

impl Board {
    /// Opens the page of a store, or makes it.
    pub(super) fn open(run: &Path) -> Result<Self, Broken> {
        let doing = || format!("sharing the world's version in {}", run.display());
        let file = create(&run.join("world")).map_err(|e| Broken::while_doing(doing(), e))?;
        let size = size_of::<Words>() as u64;
        let mapped = file.set_len(size).and_then(|()| MmapRaw::map_raw(&file));
        mapped.map(Self).map_err(|e| Broken::while_doing(doing(), e))
    }

    #[expect(unsafe_code, reason = "processes share atomics through a mapped file")]
    fn words(&self) -> &Words {
        // SAFETY: the mapping is as large as `Words` and page-aligned, lives as long as `self`, and is only ever looked at
        // as atomics; every bit pattern is a value of them. The file is in the host's private folder and never shortened.
        unsafe { &*self.0.as_ptr().cast::<Words>() }
    }

    /// The version of the world that is settled; none while a change is under way.
    pub(super) fn version(&self) -> Option<u64> {
        let settled = self.words().settled.load(Ordering::SeqCst);
        (self.words().marked.load(Ordering::SeqCst) == settled).then_some(settled)
    }

    /// Marks a change that is about to be committed.
    pub(super) fn mark(&self) {
        self.words().marked.fetch_add(1, Ordering::SeqCst);
    }

    /// So many marked changes are committed, or will never be.
    pub(super) fn settle(&self, changes: u64) {
        self.words().settled.fetch_add(changes, Ordering::SeqCst);
    }

    /// Settles what processes that died left marked. Whoever says this holds the database's write lock.
    pub(super) fn recover(&self) {
        let marked = self.words().marked.load(Ordering::SeqCst);
        self.words().settled.store(marked, Ordering::SeqCst);
    }

    /// The newest time that any process wrote.
    pub(super) fn newest(&self) -> Instant {
        Instant(self.words().newest.load(Ordering::SeqCst))
    }

    /// How many answers to questions any process has written.
    pub(super) fn answers(&self) -> u64 {
        self.words().answers.load(Ordering::SeqCst)
    }

    /// A question was answered, or has ended otherwise.
    pub(super) fn answered(&self) {
        self.words().answers.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether an invocation may have been set down: if not, nobody needs to look.
    pub(super) fn may_wait(&self) -> bool {
        self.words().waits.load(Ordering::SeqCst) > 0
    }

    /// Says whether invocations that were set down are there. Whoever says this holds the database's write lock.
    pub(super) fn waits(&self, some: bool) {
        self.words().waits.store(some.into(), Ordering::SeqCst);
    }

    /// Tells whichever process runs an invocation that its caller wants it no longer.
    pub(super) fn take_back(&self, invocation: InvocationId) {
        let (words, (upper, lower)) = (self.words(), invocation.halves());
        let place = words.taking.fetch_add(1, Ordering::SeqCst) % BACK as u64;
        let [first, second] = &words.back[place as usize];
        first.store(upper, Ordering::SeqCst);
        second.store(lower, Ordering::SeqCst);
        words.taken.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether an invocation was taken back. `seen` is how many were when it was last found that it was not.
    pub(super) fn taken_back(&self, invocation: InvocationId, seen: &AtomicU64) -> bool {
        let (words, (upper, lower)) = (self.words(), invocation.halves());
        let taken = words.taken.load(Ordering::SeqCst);
        if taken == seen.load(Ordering::Relaxed) {
            return false;
        }
        // Halves of two ids never make a third: the lower one is random.
        let is = |[first, second]: &[AtomicU64; 2]| {
            first.load(Ordering::SeqCst) == upper && second.load(Ordering::SeqCst) == lower
        };
        let there = words.back.iter().any(is);
        if !there {
            seen.store(taken, Ordering::Relaxed);
        }
        there
    }

    /// Says that there are labels of these kinds: nobody says that there are none any more.
    pub(super) fn labels(&self, kinds: u64) {
        self.words().labels.fetch_or(kinds, Ordering::SeqCst);
    }

    /// Whether there may be labels of a kind: if not, nobody needs to look.
    pub(super) fn has_labels(&self, kind: u64) -> bool {
        self.words().labels.load(Ordering::SeqCst) & kind != 0
    }

    /// A time was written.
    pub(super) fn wrote(&self, time: Instant) {
        self.words().newest.fetch_max(time.0, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the store was handed this folder; the page is a file of its own")]
fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
