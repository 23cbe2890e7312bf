//! The components that were reviewed, kept by the host: `components/<digest>.wasm`. What is compared with a pin, and shown
//! of a pinned tool, is read from here, since the file beside the manifest may be another by now.

use std::path::PathBuf;

use super::workspace::{COMPONENT, Workspace, private_dir, read_file, write_private};
use crate::diagnostic::Broken;
use crate::name::Digest;

/// How the file of a kept component is called.
#[must_use]
pub fn kept_name(digest: &Digest) -> String {
    format!("{}.wasm", digest.hex())
}

impl Workspace {
    fn kept_path(&self, digest: &Digest) -> PathBuf {
        self.path("components").join(kept_name(digest))
    }

    /// Keeps the bytes of a component that was reviewed, and says by which digest.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep(&self, component: &[u8]) -> Result<Digest, Broken> {
        let digest = Digest::of(component);
        private_dir(&self.path("components"))?;
        // What stands there already may have been changed; writing it again mends it.
        if !matches!(self.kept(&digest), Ok(Some(_))) {
            write_private(&self.kept_path(&digest), component)?;
        }
        Ok(digest)
    }

    /// The bytes that were pinned as `digest`; none where they were pinned by a version that kept none.
    ///
    /// # Errors
    /// When they cannot be read, or the file holds other bytes than its name says.
    pub fn kept(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Broken> {
        let path = self.kept_path(digest);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_file(&path, COMPONENT)?;
        if Digest::of(&bytes) == *digest {
            return Ok(Some(bytes));
        }
        let changed = Broken::while_doing(format!("reading {}", path.display()), "it holds other bytes than its name says");
        Err(changed.help("bring it back from a backup, or review the tool again and `tollgate pin` it"))
    }

    /// The digests of what is kept, by the names of the files.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all_kept(&self) -> Result<Vec<Digest>, Broken> {
        let folder = self.path("components");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let doing = || format!("reading {}", folder.display());
        let mut digests = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(|e| Broken::while_doing(doing(), e))? {
            let path = entry.map_err(|e| Broken::while_doing(doing(), e))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            digests.extend(Digest::parse_hex(stem).ok().filter(|_| path.extension().is_some_and(|it| it == "wasm")));
        }
        digests.sort();
        Ok(digests)
    }
}
