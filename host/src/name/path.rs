//! Paths of documents, canonical by their text alone: the file system is asked only after the gate.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::is_nfc;

use super::BadName;

/// A path below the files root in its one canonical form; `""` is the root itself.
///
/// Relative, NFC (Unicode UAX #15), `/` between segments, no `.`, `..`, empty segment or control character; at most
/// 255 bytes a segment and 4,095 in all. Nothing is repaired: another spelling of a path is another path, and none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(Arc<str>);

impl FilePath {
    /// The files root.
    #[must_use]
    pub fn root() -> Self {
        Self("".into())
    }

    /// Parses a canonical path.
    ///
    /// # Errors
    /// When the text is not in canonical form.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        if text.len() > 4095 {
            return Err(BadName("it is longer than 4,095 bytes".to_owned()));
        }
        // ASCII is in every normal form.
        if !text.is_ascii() && !is_nfc(text) {
            return Err(BadName("it is not in Unicode NFC".to_owned()));
        }
        text.split('/').try_for_each(segment)?;
        Ok(Self(text.into()))
    }

    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, to be kept without a copy.
    #[must_use]
    pub const fn shared(&self) -> &Arc<str> {
        &self.0
    }

    /// Its segments; none for the root.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// This path and every folder above it, the deepest first and the root (`""`) last.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        let whole = &*self.0;
        let above = |path: &&str| match path.rfind('/') {
            Some(at) => Some(&whole[..at]),
            None if path.is_empty() => None,
            None => Some(""),
        };
        std::iter::successors(Some(whole), move |path| above(path))
    }

    /// The folder it lies in and its last segment; none for the root.
    #[must_use]
    pub fn split(&self) -> Option<(Self, &str)> {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => Some((Self(folder.into()), name)),
            None if self.0.is_empty() => None,
            None => Some((Self::root(), &self.0)),
        }
    }

    /// This path with one more segment.
    ///
    /// # Errors
    /// When `name` cannot be a segment, or the whole grows too long.
    pub fn join(&self, name: &str) -> Result<Self, BadName> {
        segment(name)?;
        if self.0.is_empty() { Self::parse(name) } else { Self::parse(&format!("{}/{name}", self.0)) }
    }

    /// Whether this is `folder` or lies beneath it.
    #[must_use]
    pub fn within(&self, folder: &Self) -> bool {
        match self.0.strip_prefix(&*folder.0) {
            Some(rest) => folder.0.is_empty() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }
}

/// One segment: not empty, `.` or `..`, no `/`, at most 255 bytes, no control character.
fn segment(text: &str) -> Result<(), BadName> {
    let bad = |why: &str| Err(BadName(format!("its part `{}` {why}", text.escape_debug())));
    match text {
        "" => Err(BadName("it begins or ends with `/`, or holds `//`".to_owned())),
        "." | ".." => bad("is not a name"),
        _ if text.len() > 255 => bad("is longer than 255 bytes"),
        _ if text.contains('/') => bad("holds `/`"),
        _ if text.chars().any(char::is_control) => bad("holds a control character"),
        _ => Ok(()),
    }
}

/// So that a table of paths can be asked with a text; both hash alike.
impl std::borrow::Borrow<str> for FilePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
