//! What a disk would still hold after a power cut: for each file the pages as they were last synced, for each folder the
//! names that were not. Kept only where the plan asks for a power cut.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::edge::{Kind, Place};

/// What the kernel keeps of a file at once, and marks clean after a sync, also after one that failed.
const PAGE: u64 = 4096;
/// What a disk writes whole.
const SECTOR: usize = 512;

pub(crate) struct Disk {
    spare: Option<PathBuf>,
    watched: bool,
    files: BTreeMap<(u64, u64), Unsynced>,
    names: Vec<Named>,
    kept: u64,
}

/// One file, since its last sync.
struct Unsynced {
    /// Never closed: closing any descriptor of a file lets go of the process's locks on it.
    file: File,
    /// The length at the last sync, if it may have changed since.
    length: Option<u64>,
    /// Pages that were written since, as the disk has them.
    pages: BTreeMap<u64, Page>,
}

struct Page {
    old: Vec<u8>,
    /// A sync of it failed: no later one writes it, unless it is written again.
    lost: bool,
}

/// A change of a folder that is not synced.
struct Named {
    folder: PathBuf,
    change: Change,
}

enum Change {
    Created(PathBuf),
    Removed { path: PathBuf, kept: PathBuf },
    Renamed { from: PathBuf, to: PathBuf, over: Option<PathBuf> },
}

impl Disk {
    pub(crate) fn new(spare: Option<PathBuf>, watched: bool) -> Self {
        Self { spare, watched, files: BTreeMap::new(), names: Vec::new(), kept: 0 }
    }

    /// The file of a place, if a power cut could take from it. SQLite makes its `-shm` anew after one. What tools write below
    /// `files` is synced by `rustix`, which is not seen: it counts as synced when it is written.
    fn path<'p>(&self, place: &'p Place) -> Option<&'p Path> {
        match place {
            Place::Root(path, _) if self.watched && !path.as_os_str().as_encoded_bytes().ends_with(b"-shm") => {
                Some(&**path).filter(|path| !path.components().any(|part| part.as_os_str() == "files"))
            }
            _ => None,
        }
    }

    /// Remembers what a call is about to overwrite.
    pub(crate) fn before(&mut self, kind: &Kind, place: &Place) {
        let Some(path) = self.path(place) else { return };
        match (kind, place) {
            (Kind::Write { at, count }, Place::Root(_, Some(fd))) => {
                let at = at.unwrap_or_else(|| position(*fd, path));
                if let Some(file) = self.unsynced(path) {
                    file.remember(at, at + *count as u64);
                }
            }
            (Kind::Shorten(length), _) => {
                if let Some(file) = self.unsynced(path) {
                    let end = file.len();
                    file.remember(*length, end);
                }
            }
            (Kind::Remove, _) => {
                if let Some(kept) = self.keep(path) {
                    self.name(path, Change::Removed { path: path.to_owned(), kept });
                }
            }
            (Kind::Rename(to), _) => {
                let over = self.keep(to);
                self.name(to, Change::Renamed { from: path.to_owned(), to: to.clone(), over });
            }
            (Kind::Create | Kind::Sync | Kind::Send | Kind::Write { .. }, _) => {}
        }
    }

    /// A call succeeded.
    pub(crate) fn after(&mut self, kind: &Kind, place: &Place) {
        let Some(path) = self.path(place) else { return };
        match kind {
            Kind::Create => self.name(path, Change::Created(path.to_owned())),
            Kind::Sync if path.is_dir() => self.names.retain(|named| named.folder != path),
            Kind::Sync => {
                if let Some(file) = self.known(path) {
                    file.length = None;
                    file.pages.retain(|_, page| page.lost);
                }
            }
            Kind::Send | Kind::Write { .. } | Kind::Shorten(_) | Kind::Rename(_) | Kind::Remove => {}
        }
    }

    /// A sync failed: the pages count as clean, and are not on the disk.
    pub(crate) fn sync_failed(&mut self, place: &Place) {
        let Some(path) = self.path(place) else { return };
        if let Some(file) = self.known(path) {
            file.pages.values_mut().for_each(|page| page.lost = true);
        }
    }

    /// The power goes. With a seed, some of what was not synced is on the disk all the same.
    pub(crate) fn lose(&mut self, seed: u64) {
        let mut coin = Coin(seed);
        for file in self.files.values() {
            file.lose(&mut coin);
        }
        for named in self.names.drain(..).rev() {
            // What cannot be taken back is found as a difference by whoever looks.
            let _ = match named.change {
                Change::Created(path) => fs::remove_file(path),
                Change::Removed { path, kept } => fs::rename(kept, path),
                Change::Renamed { from, to, over } => {
                    fs::rename(&to, from).and_then(|()| over.map_or(Ok(()), |over| fs::rename(over, to)))
                }
            };
        }
    }

    fn name(&mut self, path: &Path, change: Change) {
        let folder = path.parent().unwrap_or(path).to_owned();
        self.names.push(Named { folder, change });
    }

    /// A second name for a file that is about to lose its first.
    fn keep(&mut self, path: &Path) -> Option<PathBuf> {
        let kept = self.spare.as_ref()?.join(self.kept.to_string());
        self.kept += 1;
        fs::hard_link(path, &kept).ok().map(|()| kept)
    }

    fn known(&mut self, path: &Path) -> Option<&mut Unsynced> {
        let there = path.metadata().ok()?;
        self.files.get_mut(&(there.dev(), there.ino()))
    }

    fn unsynced(&mut self, path: &Path) -> Option<&mut Unsynced> {
        let there = path.metadata().ok()?;
        let key = (there.dev(), there.ino());
        if let Entry::Vacant(vacant) = self.files.entry(key) {
            let file = File::options().read(true).write(true).open(path).ok()?;
            vacant.insert(Unsynced { file, length: None, pages: BTreeMap::new() });
        }
        self.files.get_mut(&key)
    }
}

/// Where a plain `write` goes.
fn position(fd: i32, path: &Path) -> u64 {
    // SAFETY: both only ask about a descriptor that the caller holds.
    let (flags, at) = unsafe { (libc::fcntl(fd, libc::F_GETFL), libc::lseek(fd, 0, libc::SEEK_CUR)) };
    if flags & libc::O_APPEND != 0 {
        return path.metadata().map(|it| it.len()).unwrap_or_default();
    }
    u64::try_from(at).unwrap_or_default()
}

impl Unsynced {
    fn len(&self) -> u64 {
        self.file.metadata().map(|it| it.len()).unwrap_or_default()
    }

    /// Remembers the pages between two places, unless they are remembered as they were before.
    fn remember(&mut self, from: u64, to: u64) {
        let length = self.len();
        self.length.get_or_insert(length);
        for number in from / PAGE..to.div_ceil(PAGE) {
            if let Some(page) = self.pages.get_mut(&number) {
                page.lost = false;
                continue;
            }
            let there = length.saturating_sub(number * PAGE).min(PAGE);
            let mut old = vec![0; usize::try_from(there).unwrap_or_default()];
            if self.file.read_exact_at(&mut old, number * PAGE).is_ok() {
                self.pages.insert(number, Page { old, lost: false });
            }
        }
    }

    fn lose(&self, coin: &mut Coin) {
        let length = self.length.unwrap_or_else(|| self.len());
        let mut end = length;
        for (number, page) in &self.pages {
            for (sector, at) in (0..PAGE as usize).step_by(SECTOR).zip((number * PAGE..).step_by(SECTOR)) {
                if !page.lost && coin.keeps() {
                    end = end.max((at + SECTOR as u64).min(self.len()));
                    continue;
                }
                // What was not there is cut off with the length, or reads as zeros.
                let mut old = [0; SECTOR];
                let there = page.old.get(sector..).unwrap_or_default();
                let there = &there[..there.len().min(SECTOR)];
                old[..there.len()].copy_from_slice(there);
                let _ = self.file.write_all_at(&old, at);
            }
        }
        // As above.
        let _ = self.file.set_len(end);
    }
}

/// Tosses with a seed; without one it never keeps.
struct Coin(u64);

impl Coin {
    fn keeps(&mut self) -> bool {
        if self.0 == 0 {
            return false;
        }
        // Marsaglia's xorshift: never 0 once it is not.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 & 1 == 1
    }
}
