//! Documents below the workspace's files root, granted by `[grant] "files.read"` and `[grant] "files.write"`.

use crate::Refusal;
use crate::behind::files as host;

pub use crate::bindings::tollgate::host::files::{Entry, Kind, Listing};

/// Lists what the grant reaches in `folder` (`""` is the root), after the name `after`.
pub fn list(folder: &str, after: Option<&str>) -> Result<Listing, Refusal> {
    host::list(folder, after)
}

/// Reads up to `length` bytes (at most 1 MiB) from `offset`; fewer only where the file ends.
pub fn read(path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
    host::read(path, offset, length)
}

/// Writes a whole file of at most 1 MiB, in a folder that exists: makes it, or replaces what it held. May wait for a person.
pub fn write(path: &str, contents: &[u8]) -> Result<(), Refusal> {
    host::write(path, contents)
}
