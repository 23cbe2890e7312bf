//! A whole file put in its place: written beside it under a name of its own, made durable, then renamed over it.
//!
//! Whoever looks finds the old contents or the new ones, never a part. Between the last look at what stands there and the
//! rename there is a window: what another program writes to the file in it is replaced.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, Stat, fchmod, fstat, fsync, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use super::beneath::{Beneath, Found, TEMPORARY, found, refused};
use crate::gate::Failed;
use crate::journal::canonical::texts;
use crate::name::{FilePath, InvocationId};
use crate::people::not_yours;
use crate::refusal::{Code, Refusal};

/// What stood at a path when somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    /// Which folder, and when a name in it last changed.
    folder: (String, String),
    /// The file's size, and which file in which state it was; none where there was none.
    file: Option<(u64, String)>,
    /// Its permissions.
    mode: u32,
}

/// Permissions of a file that was not there before.
const NEW: u32 = 0o640;

impl Before {
    /// The bytes of the file that stood there.
    pub(super) fn size(&self) -> Option<u64> {
        self.file.as_ref().map(|(size, _)| *size)
    }

    /// As it is journaled with the intent, so that a later look can tell that nothing was touched.
    pub(super) fn text(&self) -> String {
        let size = self.size().map(|size| size.to_string());
        let mark = self.file.as_ref().map(|(_, mark)| mark.as_str());
        let folder = format!("{} {}", self.folder.0, self.folder.1);
        texts(&[("bytes", size.as_deref()), ("file", mark), ("folder", Some(&folder))])
    }

    /// Whether nothing was touched since: the very file in the very state, or no file and no name of the folder changed.
    pub(super) fn is_untouched(&self, journaled: &str) -> bool {
        let now = self.text();
        match (serde_json::from_str::<serde_json::Value>(journaled), serde_json::from_str::<serde_json::Value>(&now)) {
            (Ok(then), Ok(now)) if then["file"].is_string() => then["file"] == now["file"],
            (Ok(then), Ok(now)) => now["file"].is_null() && then["folder"] == now["folder"],
            (Err(_), _) | (_, Err(_)) => false,
        }
    }
}

/// A file as it is to be.
pub(super) struct New<'a> {
    /// Where.
    pub path: &'a FilePath,
    /// All of it.
    pub contents: &'a [u8],
    /// What was found there when it was looked at.
    pub before: &'a Before,
    /// The key of the act.
    pub key: (InvocationId, u32),
}

/// The name under which an act writes before its file is put in place.
pub(super) fn temporary(key: (InvocationId, u32)) -> String {
    format!("{TEMPORARY}{}-{}", key.0, key.1)
}

impl Beneath {
    /// Looks at what stands where a file is to be written.
    pub(super) fn before(&self, path: &FilePath) -> Result<Before, Refusal> {
        let (folder, name) = path.split().ok_or_else(not_yours)?;
        look(&self.folder(&folder)?, name)
    }

    /// Writes a whole file where what was found still stands. `turn` is asked right before the new file takes its place, and
    /// answers whether there is time left for it.
    pub(super) fn replace(&self, new: &New<'_>, turn: impl FnOnce() -> bool) -> Result<(), Failed> {
        let New { path, contents, before, key } = *new;
        let (place, name) = path.split().ok_or_else(not_yours)?;
        let folder = self.folder(&place)?;
        same(&look(&folder, name)?, before)?;
        let temporary = Temporary::write(&folder, temporary(key), contents, before.mode)?;
        // The folder that is held may have been moved away, and something else put in its place.
        same(&look(&self.folder(&place)?, name)?, before)?;
        if !turn() {
            return Err(Refusal::new(Code::Unavailable, "the file could not be written in time").into());
        }
        temporary.take_place(name, before.file.is_some())?;
        fsync(&folder).map_err(|errno| Failed::InDoubt(format!("the folder could not be made durable: {errno}")))
    }
}

/// What stands under a name of a folder: nothing, or a plain file under this one name.
fn look(folder: &OwnedFd, name: &str) -> Result<Before, Refusal> {
    if name.starts_with(TEMPORARY) {
        return Err(not_yours());
    }
    let around = fstat(folder).map_err(refused)?;
    let folder_mark =
        (format!("{}:{}", around.st_dev, around.st_ino), format!("{}.{}", around.st_mtime, around.st_mtime_nsec));
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(Before { folder: folder_mark, file: None, mode: NEW }),
        Err(errno) => Err(refused(errno)),
        Ok(stat) => match found(&stat) {
            Some(Found::File(size)) => {
                Ok(Before { folder: folder_mark, file: Some((size, mark(&stat))), mode: stat.st_mode & 0o777 })
            }
            Some(Found::Folder) | None => Err(not_yours()),
        },
    }
}

/// Which file, and when its contents and its attributes last changed.
fn mark(stat: &Stat) -> String {
    let (contents, attributes) = ((stat.st_mtime, stat.st_mtime_nsec), (stat.st_ctime, stat.st_ctime_nsec));
    format!("{}:{} {}.{} {}.{}", stat.st_dev, stat.st_ino, contents.0, contents.1, attributes.0, attributes.1)
}

/// Other names of the folder may have changed; the folder and the file may not.
fn same(now: &Before, before: &Before) -> Result<(), Refusal> {
    if now.folder.0 == before.folder.0 && now.file == before.file {
        return Ok(());
    }
    Err(Refusal::new(Code::Changed, "the file has changed since this was judged").unless("look at it, and ask again"))
}

/// A new file under a name of its own, which goes away unless it takes its place.
struct Temporary<'f> {
    folder: &'f OwnedFd,
    name: String,
}

impl<'f> Temporary<'f> {
    fn write(folder: &'f OwnedFd, name: String, contents: &[u8], mode: u32) -> Result<Self, Refusal> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(folder, name.as_str(), flags, Mode::RUSR | Mode::WUSR).map_err(unwritten)?;
        let temporary = Self { folder, name };
        let mut file = File::from(opened);
        file.write_all(contents).map_err(|e| unwritten(Errno::from_io_error(&e).unwrap_or(Errno::IO)))?;
        fchmod(&file, Mode::from_raw_mode(mode)).map_err(unwritten)?;
        fsync(&file).map_err(unwritten)?;
        Ok(temporary)
    }

    /// Puts it in the place of a file, or where there is none.
    fn take_place(self, name: &str, replaces: bool) -> Result<(), Failed> {
        let (folder, own) = (self.folder, self.name.as_str());
        let renamed = match replaces {
            true => renameat(folder, own, folder, name),
            false => match renameat_with(folder, own, folder, name, RenameFlags::NOREPLACE) {
                // A file system that does not know the flag.
                Err(Errno::INVAL | Errno::NOSYS) => renameat(folder, own, folder, name),
                renamed => renamed,
            },
        };
        match renamed {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => {
                let why = Refusal::new(Code::Changed, "somebody has made this file since this was judged");
                Err(why.unless("look at it, and ask again").into())
            }
            // The disk failed at it: it may have done it.
            Err(errno @ Errno::IO) => Err(Failed::InDoubt(format!("putting the file in place: {errno}"))),
            Err(errno) => Err(unwritten(errno).into()),
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // Gone if it took its place; if it cannot be removed now, it is when the host looks for what was left behind.
        let _ = unlinkat(self.folder, self.name.as_str(), AtFlags::empty());
    }
}

/// Why a file was not written; what it was goes to the log.
fn unwritten(errno: Errno) -> Refusal {
    match errno {
        Errno::NOSPC | Errno::DQUOT => {
            tracing::error!(cause = %errno, "writing files");
            Refusal::new(Code::Unavailable, "there is no room for the file").unless("an operator can make room on the disk")
        }
        Errno::IO | Errno::ROFS | Errno::FBIG | Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::EXIST => {
            tracing::error!(cause = %errno, "writing files");
            Refusal::new(Code::Unavailable, "the file cannot be written now").unless("try again when the host is well")
        }
        other => refused(other),
    }
}
