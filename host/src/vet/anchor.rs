//! Anchors: the few bytes at which a detector looks closer, all of them found in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::secret::Format;
use super::{Encoding, Marker, assigned};

/// Who looks closer where an anchor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The format of this number.
    Secret(usize),
    /// A name to which a secret may be assigned.
    Assigned,
    /// A bearer's token.
    Bearer,
    /// A name and password for HTTP, in base64.
    Basic,
    /// An address that may hold a password.
    Address,
    /// An e-mail address.
    Mail,
    /// A telephone number.
    Phone,
    /// The marker of this number.
    Marker(usize),
    /// A byte that is written as `%` and two digits.
    Percent,
    /// Something that was packed.
    Packed(Encoding),
}

/// All anchors as one automaton.
#[derive(Debug)]
pub struct Anchors {
    automaton: AhoCorasick,
    routes: Vec<Route>,
}

impl Anchors {
    /// Those of the formats, of the markers, and what else is built in.
    ///
    /// # Errors
    /// When they are too many.
    pub fn new(secrets: &[Format], markers: &[Marker]) -> Result<Self, String> {
        let fixed: [(&[u8], Route); 8] = [
            (b"bearer ", Route::Bearer),
            (b"basic ", Route::Basic),
            (b"://", Route::Address),
            (b"@", Route::Mail),
            (b"+", Route::Phone),
            (b"%", Route::Percent),
            (b"\x1f\x8b\x08", Route::Packed(Encoding::Gzip)),
            (b"\x28\xb5\x2f\xfd", Route::Packed(Encoding::Zstd)),
        ];
        let formats = secrets.iter().enumerate();
        let formats = formats.flat_map(|(at, it)| it.anchors.iter().map(move |text| (text.as_bytes(), Route::Secret(at))));
        let names = assigned::NAMES.iter().map(|name| (name.as_bytes(), Route::Assigned));
        let markers = markers.iter().enumerate().map(|(at, marker)| (marker.as_str().as_bytes(), Route::Marker(at)));
        let (texts, routes): (Vec<&[u8]>, Vec<Route>) = fixed.into_iter().chain(formats).chain(names).chain(markers).unzip();
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(texts);
        Ok(Self { automaton: automaton.map_err(|e| e.to_string())?, routes })
    }

    /// Every place where an anchor begins, in order of their ends.
    pub fn each(&self, text: &[u8]) -> impl Iterator<Item = (usize, Route)> {
        self.automaton.find_overlapping_iter(text).map(|found| (found.start(), self.routes[found.pattern().as_usize()]))
    }
}
