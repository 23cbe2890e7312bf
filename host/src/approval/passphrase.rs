//! Passphrases: Argon2id (RFC 9106) in the PHC string format. Never printed, wiped when dropped.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use zeroize::Zeroizing;

use crate::diagnostic::Broken;

/// A passphrase as it was typed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it is long enough to be kept: eight characters.
    #[must_use]
    pub fn is_long_enough(&self) -> bool {
        self.0.chars().count() >= 8
    }

    /// Whether the same was typed twice.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// What a store keeps of a passphrase: a PHC string with its parameters and its own salt.
///
/// # Errors
/// When the system's randomness fails.
pub fn protect(passphrase: &Passphrase) -> Result<String, Broken> {
    let doing = "protecting a passphrase";
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|e| Broken::while_doing(doing, e))?;
    let hash = Argon2::default().hash_password_with_salt(passphrase.0.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|e| Broken::while_doing(doing, e))
}

/// Whether `passphrase` is the one that `kept` was made of. What cannot be read matches nothing.
#[must_use]
pub fn matches(kept: &str, passphrase: &Passphrase) -> bool {
    PasswordHash::new(kept).is_ok_and(|hash| Argon2::default().verify_password(passphrase.0.as_bytes(), &hash).is_ok())
}
