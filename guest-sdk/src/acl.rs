//! Who may do what with an object, granted by `[grant] "acl.read"` and `[grant] "acl.write"`.

use crate::Refusal;
use crate::behind::acl as host;

pub use crate::bindings::tollgate::host::acl::Entry;

/// The entries of `object` that hold now.
pub fn entries(object: &str) -> Result<Vec<Entry>, Refusal> {
    host::entries(object)
}

/// Gives `right` on `object` to `principal` for `seconds`, and returns the lease. May wait for a person.
pub fn widen(object: &str, principal: &str, right: &str, seconds: u64) -> Result<u64, Refusal> {
    host::widen(object, principal, right, seconds)
}

/// Ends a lease that this tool opened for this initiator, before its time.
pub fn end(object: &str, lease: u64) -> Result<(), Refusal> {
    host::end(object, lease)
}
