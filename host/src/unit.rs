//! Units: sizes, durations and fuel, with the unit in the type and in the text. Written form and parsed form agree.

use std::fmt;

/// A text that is not the quantity it was taken for; says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadUnit(pub String);

impl fmt::Display for BadUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUnit {}

/// A number of bytes, written `512 B`, `8 KiB`, `1 MiB`, `2 GiB` (IEC 80000-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub u64);

/// Units of fuel: about one for each WebAssembly instruction. Written `2G`, `500M`, `10k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fuel(pub u64);

/// A length of time in milliseconds, written `500 ms`, `10 s`, `30 min`, `8 h`, `90 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub u64);

const BYTES: &[(&str, u64)] = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
const FUEL: &[(&str, u64)] = &[("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000), ("", 1)];
const TIME: &[(&str, u64)] =
    &[("days", 86_400_000), ("day", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// Digits, an optional space, a unit of the table. Nothing else, so that `"1MB"` is not quietly something near it.
fn parse(text: &str, units: &[(&str, u64)], example: &str) -> Result<u64, BadUnit> {
    let bad = |why: &str| BadUnit(format!("`{}` {why}; write for example {example}", text.escape_debug()));
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        return Err(bad("does not begin with a whole number"));
    }
    let (number, rest) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| bad("is too large"))?;
    let unit = rest.strip_prefix(' ').unwrap_or(rest);
    let Some((_, scale)) = units.iter().find(|(name, _)| *name == unit) else {
        let known: Vec<_> = units.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
        return Err(bad(&format!("has no unit of {}", known.join(", "))));
    };
    number.checked_mul(*scale).ok_or_else(|| bad("is too large"))
}

/// The largest unit that leaves a whole number.
fn print(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)], space: &str) -> fmt::Result {
    let fits = units
        .iter()
        .find(|(name, scale)| value >= *scale && value.is_multiple_of(*scale) && (*name != "days" || value > *scale));
    let (name, scale) = fits.or(units.last()).copied().unwrap_or(("", 1));
    write!(f, "{}{space}{name}", value / scale)
}

macro_rules! unit {
    ($name:ident, $table:ident, $space:literal, $example:literal) => {
        impl $name {
            /// Parses a number with its unit.
            ///
            /// # Errors
            /// When the number or its unit is missing, unknown or too large.
            pub fn parse(text: &str) -> Result<Self, BadUnit> {
                parse(text, $table, $example).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                print(f, self.0, $table, $space)
            }
        }
    };
}

unit!(Bytes, BYTES, " ", "\"8 KiB\"");
unit!(Fuel, FUEL, "", "\"2G\"");
unit!(Duration, TIME, " ", "\"30 min\"");

impl Duration {
    /// As the standard library counts time.
    #[must_use]
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0)
    }
}
