//! Values: what stands in a cell, and how two of them compare.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Beyond this many digits a double would not give back what was written, so such a cell stays text.
const DIGITS: usize = 15;

/// What a cell holds, or an expression gives.
#[derive(Debug, Clone)]
pub enum Value<'t> {
    /// Nothing stands there.
    Empty,
    /// A number, with the text it was written as where it was written.
    Number(f64, Option<&'t str>),
    /// Anything else.
    Text(Cow<'t, str>),
    /// Of a condition.
    Truth(bool),
}

impl<'t> Value<'t> {
    /// Reads a cell. Numbers are written as in JSON; `007`, `1,200` and 16 digits stay texts, since they would change.
    pub fn of_cell(text: Cow<'t, str>) -> Self {
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text),
        };
        if text.is_empty() {
            return Self::Empty;
        }
        match (&text, number(&text)) {
            (Cow::Borrowed(written), Some(number)) => Self::Number(number, Some(written)),
            (Cow::Owned(_), Some(number)) => Self::Number(number, None),
            (_, None) => Self::Text(text),
        }
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number, _) => Some(*number),
            Self::Empty | Self::Text(_) | Self::Truth(_) => None,
        }
    }

    /// Whether a condition that gives this holds.
    pub fn holds(&self) -> bool {
        match self {
            Self::Truth(truth) => *truth,
            Self::Empty | Self::Number(..) | Self::Text(_) => false,
        }
    }

    /// As a person reads it; numbers as they were written.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Number(_, Some(written)) => Cow::Borrowed(written),
            Self::Number(number, None) => Cow::Owned(rounded(*number).to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Truth(truth) => Cow::Borrowed(if *truth { "yes" } else { "no" }),
        }
    }

    /// Numbers come first, then texts, and what is empty last.
    fn rank(&self) -> u8 {
        match self {
            Self::Number(..) => 0,
            Self::Text(_) => 1,
            Self::Truth(_) => 2,
            Self::Empty => 3,
        }
    }
}

impl Ord for Value<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a, _), Self::Number(b, _)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Truth(a), Self::Truth(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl PartialOrd for Value<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value<'_> {}

/// A number as JSON writes it, if a double holds it as written. Never `-0`.
pub fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let (mantissa, exponent) = match unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let mut parts = mantissa.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (parts.next()?, parts.next());
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let exponent = exponent.map(|part| part.strip_prefix(b"-").or(part.strip_prefix(b"+")).unwrap_or(part));
    let written = digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits);
    if !written || (whole.len() > 1 && whole[0] == b'0') || mantissa.len() > DIGITS + 1 {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| number + 0.0)
}

/// Without the dust of binary fractions: `0.1 + 0.2` is `0.3`.
pub fn rounded(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}
