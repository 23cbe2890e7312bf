//! Where a page of a list begins: after a key, which clients hand back as they got it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a page is not given whose cursor this host did not make.
pub(super) const FOREIGN: &str = "the cursor is none of this host's";

/// A cursor after this key.
pub(super) fn after(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key that a page begins after; none where the cursor is not one of [`after`].
pub(super) fn key(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
