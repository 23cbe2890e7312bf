//! Patterns: literal segments, `*` within one segment, `**` as the last; case-sensitive, NFC, nothing else.

use std::fmt;

use unicode_normalization::is_nfc;

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern(pub String);

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pattern over `/`-separated values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub(super) segments: Vec<String>,
    /// It ends in `**`: at least one more segment, and any number of them.
    pub(super) deep: bool,
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// When it is empty, not NFC, or uses anything but literals, `*` within a segment and a last `**`.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let bad = |why: &str| Err(BadPattern(format!("`{}` {why}", text.escape_debug())));
        if text.is_empty() {
            return bad("is empty, and empty means nothing");
        }
        if !is_nfc(text) {
            return bad("is not in Unicode NFC");
        }
        if let Some(c) = text.chars().find(|c| "?[]{}\\!".contains(*c) || c.is_control()) {
            return bad(&format!("holds {c:?}; patterns know `*` within one segment and `**` as the last, nothing else"));
        }
        let mut segments: Vec<String> = text.split('/').map(str::to_owned).collect();
        let deep = segments.last().is_some_and(|last| last == "**");
        if deep {
            segments.pop();
        }
        if segments.iter().any(|segment| segment.contains("**")) {
            return bad("has `**` before its end; `**` is a whole segment, and the last");
        }
        if segments.iter().any(|segment| matches!(segment.as_str(), "" | "." | "..")) {
            return bad("has an empty segment, `.` or `..`");
        }
        Ok(Self { segments, deep })
    }

    /// Whether it is made of `*` and `**` alone, which needs `wide = true`: `*/**` leaves out no more than the top.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.segments.iter().all(|segment| segment == "*")
    }

    /// Whether it holds no `*`.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        !self.deep && !self.segments.iter().any(|segment| segment.contains('*'))
    }

    /// Whether `value` is reached.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let mut parts = value.split('/');
        for segment in &self.segments {
            match parts.next() {
                Some(part) if glob(segment.as_bytes(), part.as_bytes()) => {}
                _ => return false,
            }
        }
        match parts.next() {
            Some(part) => self.deep && !part.is_empty(),
            None => !self.deep,
        }
    }

    /// Whether it may reach something beneath `folder` (`""` is the root).
    #[must_use]
    pub fn reaches_beneath(&self, folder: &str) -> bool {
        let mut parts = folder.split('/').filter(|part| !part.is_empty());
        for segment in &self.segments {
            match parts.next() {
                Some(part) if glob(segment.as_bytes(), part.as_bytes()) => {}
                Some(_) => return false,
                None => return true,
            }
        }
        self.deep
    }

    /// Whether some value is reached by both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let shared = self.segments.len().min(other.segments.len());
        let agree = self.segments.iter().zip(&other.segments).all(|(a, b)| meet(a.as_bytes(), b.as_bytes()));
        let longer = self.segments.len().max(other.segments.len());
        let tail = |pattern: &Self| {
            if pattern.segments.len() == longer { true } else { pattern.deep && longer > shared }
        };
        // Of equal length, both must end there or both go on.
        let ends = if self.segments.len() == other.segments.len() { self.deep == other.deep } else { true };
        agree && tail(self) && tail(other) && ends
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("/"))?;
        match (self.deep, self.segments.is_empty()) {
            (true, true) => f.write_str("**"),
            (true, false) => f.write_str("/**"),
            (false, _) => Ok(()),
        }
    }
}

/// Whether `text` matches a segment with any number of `*`, in time linear in each star's reach.
pub(super) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    // An empty segment is a name to nobody, so `*` does not reach it.
    if text.is_empty() {
        return false;
    }
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Whether two segments match some text in common: a walk over pairs of positions.
fn meet(a: &[u8], b: &[u8]) -> bool {
    if !a.contains(&b'*') && !b.contains(&b'*') {
        return a == b;
    }
    let width = b.len() + 1;
    let mut open = vec![false; (a.len() + 1) * width];
    open[0] = true;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if !open[i * width + j] {
                continue;
            }
            let (left, right) = (a.get(i), b.get(j));
            if left == Some(&b'*') {
                open[(i + 1) * width + j] = true;
                if right.is_some() {
                    open[i * width + j + 1] = true;
                }
            }
            if right == Some(&b'*') {
                open[i * width + j + 1] = true;
                if left.is_some() {
                    open[(i + 1) * width + j] = true;
                }
            }
            if left.is_some() && left == right {
                open[(i + 1) * width + j + 1] = true;
            }
        }
    }
    open[a.len() * width + b.len()]
}
