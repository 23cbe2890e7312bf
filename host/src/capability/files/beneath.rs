//! A folder that no path leaves: `openat2` beneath a handle, without links.

use std::fs::File;
use std::os::fd::OwnedFd;

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat};
use rustix::io::Errno;

use crate::name::FilePath;
use crate::people::not_yours;
use crate::refusal::{Code, Refusal};

/// The files root.
#[derive(Debug)]
pub struct Beneath(Dir);

/// How the names begin under which the host writes what it then puts in place. They are nobody's to use.
pub(super) const TEMPORARY: &str = ".tollgate-";

/// Follow nothing, wait for nothing, become nobody's terminal.
const OPEN: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A plain file under one name, with its size.
    File(u64),
    /// A folder.
    Folder,
}

impl Beneath {
    /// Takes the root.
    #[must_use]
    pub const fn new(root: Dir) -> Self {
        Self(root)
    }

    /// Opens a plain file that has this one name, and says how large it is.
    pub(super) fn file(&self, path: &FilePath) -> Result<(File, u64), Refusal> {
        if path.split().is_none_or(|(_, name)| name.starts_with(TEMPORARY)) {
            return Err(not_yours());
        }
        let opened = self.open(path, OPEN)?;
        match found(&fstat(&opened).map_err(refused)?) {
            Some(Found::File(size)) => Ok((File::from(opened), size)),
            Some(Found::Folder) | None => Err(not_yours()),
        }
    }

    /// What stands in a folder, by name; names that are no canonical segments, links and special files are left out.
    pub(super) fn names(&self, folder: &FilePath) -> Result<Vec<(String, Found)>, Refusal> {
        let opened = self.folder(folder)?;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&opened).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if name.starts_with(TEMPORARY) || folder.join(name).is_err() {
                continue;
            }
            // Gone since the name was read: as if it had never been there.
            let Ok(stat) = statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            names.extend(found(&stat).map(|found| (name.to_owned(), found)));
        }
        names.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(names)
    }

    /// Opens a folder.
    pub(super) fn folder(&self, path: &FilePath) -> Result<OwnedFd, Refusal> {
        self.open(path, OPEN.union(OFlags::DIRECTORY))
    }

    fn open(&self, path: &FilePath, flags: OFlags) -> Result<OwnedFd, Refusal> {
        let text = if path.as_str().is_empty() { "." } else { path.as_str() };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.0, text, flags, Mode::empty(), resolve) {
            Err(Errno::NOSYS) => self.walk(path, flags),
            // The kernel gives up when names move under it; the thing is not there under its one name.
            opened => opened.map_err(refused),
        }
    }

    /// Without the system call: segment by segment, following nothing.
    fn walk(&self, path: &FilePath, flags: OFlags) -> Result<OwnedFd, Refusal> {
        let through = OPEN.union(OFlags::DIRECTORY);
        let mut here = openat(&self.0, ".", through, Mode::empty()).map_err(refused)?;
        let mut segments = path.segments().peekable();
        while let Some(segment) = segments.next() {
            let flags = if segments.peek().is_some() { through } else { flags };
            here = openat(&here, segment, flags, Mode::empty()).map_err(refused)?;
        }
        Ok(here)
    }
}

/// Plain files with one link, and folders; a second name of a file might be another object's.
pub(super) fn found(stat: &Stat) -> Option<Found> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile if stat.st_nlink == 1 => Some(Found::File(u64::try_from(stat.st_size).unwrap_or_default())),
        FileType::Directory => Some(Found::Folder),
        _ => None,
    }
}

/// What is missing, a link, or closed to the host is `cover.not-yours`, in one wording; the rest is the backend's trouble.
pub(super) fn refused(errno: Errno) -> Refusal {
    match errno {
        Errno::NOENT
        | Errno::LOOP
        | Errno::NOTDIR
        | Errno::XDEV
        | Errno::NXIO
        | Errno::ACCESS
        | Errno::PERM
        | Errno::NAMETOOLONG
        | Errno::AGAIN
        | Errno::ISDIR
        | Errno::INVAL
        | Errno::NODEV => not_yours(),
        other => trouble(&other),
    }
}

/// The files cannot be read; why goes to the log.
pub(super) fn trouble(why: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(cause = %why, "reading files");
    Refusal::new(Code::Unavailable, "the files cannot be read now").unless("try again when the host is well")
}
