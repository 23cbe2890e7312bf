//! What became of a write whose host died over it: the files are asked, nothing is written again.

use std::io::Read as _;

use rustix::fs::{AtFlags, fsync, unlinkat};
use rustix::io::Errno;
use serde_json::Value;

use super::beneath::Beneath;
use super::grants::{Backend, MOST};
use super::replace::temporary;
use crate::approval::show_name;
use crate::capability::Inquiry;
use crate::journal::{Doubt, Learnt};
use crate::name::{Digest, FilePath};

/// Asks the files about an act; none if it is no write.
pub async fn find_out(inquiry: Inquiry<'_>, files: &Backend) -> Option<Learnt> {
    let doubt = inquiry.doubt;
    if doubt.function != "files.write" {
        return None;
    }
    let asked: Value = doubt.asked.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let path = asked["path"].as_str().and_then(|path| FilePath::parse(path).ok());
    let digest = asked["contents"].as_str().and_then(|digest| Digest::parse(digest).ok());
    let (Some(path), Some(digest)) = (path, digest) else {
        return Some(Learnt::Unknown("what was to be written is not kept any more: ask who called the tool".to_owned()));
    };
    let learnt = files.learn(doubt, &path, digest);
    Some(learnt.unwrap_or_else(|| {
        let (path, bytes) = (show_name(path.as_str()), asked["bytes"].as_str().unwrap_or_default().to_owned());
        Learnt::Unknown(format!(
            "look at {path}: it was to hold {bytes} bytes with {digest}, and holds something else or is not there; somebody may \
             have changed it since"
        ))
    }))
}

impl Beneath {
    /// Whether the write happened; none if the files do not tell.
    fn learn(&self, doubt: &Doubt, path: &FilePath, digest: Digest) -> Option<Learnt> {
        let (place, _) = path.split()?;
        let folder = self.folder(&place).ok()?;
        let before = self.before(path).ok();
        // A file that still has the name it was written under has not taken its place, and without that name it never will.
        match unlinkat(&folder, temporary((doubt.invocation, doubt.seq)), AtFlags::empty()) {
            Ok(()) => return Some(Learnt::NotDone),
            Err(Errno::NOENT) => {}
            Err(_) => return None,
        }
        if self.holds(path, digest) {
            // What the dead host did last may not be durable yet, and what is said to be done must be.
            return fsync(&folder).is_ok().then_some(Learnt::Done(None));
        }
        let untouched = before.zip(doubt.found.as_deref()).is_some_and(|(now, then)| now.is_untouched(then));
        untouched.then_some(Learnt::NotDone)
    }

    fn holds(&self, path: &FilePath, digest: Digest) -> bool {
        let Ok((file, _)) = self.file(path) else { return false };
        let mut bytes = Vec::new();
        // One more than may be written: a larger file is another one.
        file.take(u64::from(MOST) + 1).read_to_end(&mut bytes).is_ok() && Digest::of(&bytes) == digest
    }
}
