//! Space that is kept for what must be on record although the disk is full: the file `….ballast` beside the database. It is
//! given up for outcomes, ends of leases and freezes, and no change is begun before it is back. All processes of a store
//! have one together.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rand::Rng as _;

use crate::diagnostic::Broken;
use crate::journal::Unrecorded;
use crate::refusal::{Code, Refusal};

/// What an outcome takes in the write-ahead log, with room to spare: a handful of pages of 4 KiB.
const EACH: u64 = 64 << 10;

/// Outcomes that have room each by itself. More permits may be out, up to 256 in a process; but it writes with one thread, so
/// that outcomes which wait for a commit share the next one, and its pages.
const PERMITS: u64 = 16;

/// How large the space is that is kept for outcomes, in bytes. As much again has to be free for it to be put back.
pub const SIZE: u64 = PERMITS * EACH;

/// The ballast.
pub(super) struct Ballast(File);

impl Ballast {
    /// Opens the ballast of a database, or makes it where there is room.
    pub(super) fn open(database: &Path) -> Result<Self, Broken> {
        let path = database.with_extension("ballast");
        let opened = open(&path).map_err(|e| Broken::while_doing(format!("opening {}", path.display()), e))?;
        let ballast = Self(opened);
        if let Err(why) = ballast.put_back() {
            tracing::warn!(%why, "there is no space kept for outcomes");
        }
        Ok(ballast)
    }

    /// Whether it is there as a whole.
    pub(super) fn is_there(&self) -> bool {
        self.0.metadata().is_ok_and(|it| it.len() >= SIZE)
    }

    /// Whether a change may begin.
    ///
    /// # Errors
    /// `record.unavailable`.
    pub(super) fn keeps_room(&self) -> Result<(), Unrecorded> {
        if self.is_there() {
            return Ok(());
        }
        let why = "the disk is full: there is no room in which what comes of this could be put on record";
        let refusal = Refusal::new(Code::Unrecorded, why).unless("try again when an operator has made room on the disk");
        Err(Unrecorded::Refused(refusal))
    }

    /// Gives it up for what found no room. Whether there was anything to give.
    pub(super) fn gives_way(&self) -> bool {
        let given = self.0.metadata().and_then(|it| self.0.set_len(0).map(|()| it.len() > 0));
        match given {
            Ok(true) => tracing::error!("the disk is full: what was kept free is used, and no change is begun"),
            Ok(false) => {}
            Err(ref error) => tracing::error!(%error, "the disk is full, and what was kept free cannot be used"),
        }
        given.unwrap_or(false)
    }

    /// The same where something failed, and the disk looks as if it was full.
    pub(super) fn makes_room(&self) -> bool {
        self.free().is_ok_and(|free| free < EACH) && self.gives_way()
    }

    /// The bytes that are free where it is.
    fn free(&self) -> std::io::Result<u64> {
        let disk = rustix::fs::fstatvfs(&self.0)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Puts it back where it is not there, if there is room for it and as much again: what was given up is not taken back
    /// from those it was given up for.
    pub(super) fn put_back(&self) -> std::io::Result<()> {
        if self.is_there() {
            return Ok(());
        }
        if self.free()? < 2 * SIZE {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.fill().inspect_err(|_| {
            // A part of it counts for nothing, and is of use to others.
            let _ = self.0.set_len(0);
        })
    }

    /// Random bytes, which no file system keeps as a hole or makes smaller.
    fn fill(&self) -> std::io::Result<()> {
        let (mut file, mut bytes) = (&self.0, vec![0; EACH as usize]);
        file.rewind()?;
        for _ in 0..PERMITS {
            rand::rng().fill_bytes(&mut bytes);
            file.write_all(&bytes)?;
        }
        file.sync_all()
    }
}

#[expect(clippy::disallowed_methods, reason = "the store was handed the database's path; this is a file of its own")]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
