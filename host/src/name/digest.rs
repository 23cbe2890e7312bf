//! SHA-256 digests, as components, manifests and commitments are named by.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::BadName;

/// A SHA-256 digest (FIPS 180-4); written `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts(&[bytes])
    }

    /// The digest of the parts, one after the other.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Self(hasher.finalize().into())
    }

    /// A digest that was kept as bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 digits without the prefix.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut digits = String::with_capacity(64);
        self.push_hex(&mut digits);
        digits
    }

    /// Adds the 64 digits to a text.
    pub fn push_hex(&self, text: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        text.push_str(std::str::from_utf8(&digits).expect("hexadecimal digits are ASCII"));
    }

    /// Parses 64 hexadecimal digits in lower case.
    ///
    /// # Errors
    /// When they are not.
    pub fn parse_hex(digits: &str) -> Result<Self, BadName> {
        let bad = || BadName(format!("`{}` is not 64 digits of 0-9 and a-f", digits.escape_debug()));
        if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }

    /// Parses `sha256:` and 64 digits.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let digits = text
            .strip_prefix("sha256:")
            .ok_or_else(|| BadName(format!("`{}` does not begin with `sha256:`", text.escape_debug())))?;
        Self::parse_hex(digits)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}
