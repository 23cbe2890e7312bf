//! The key that signs the journal's heads. Made by `init`, kept outside the store.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use zeroize::Zeroizing;

use super::chain::Head;
use super::checkpoint::{self, Verifier};
use crate::diagnostic::Broken;

/// Signs heads of one log.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

impl Signer {
    /// Reads a key: PKCS#8 in PEM.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_pem(log: &str, pem: &str) -> Result<Self, Broken> {
        let key = SigningKey::from_pkcs8_pem(pem).map_err(|e| Broken::while_doing("reading the journal's key", e))?;
        Self::new(log, key)
    }

    /// Makes a key; returns it as PEM too.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn generate(log: &str) -> Result<(Zeroizing<String>, Self), Broken> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(|e| Broken::while_doing("making the journal's key", e))?;
        let key = SigningKey::from_bytes(&secret);
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|e| Broken::while_doing("writing the journal's key", e))?;
        Ok((pem, Self::new(log, key)?))
    }

    fn new(log: &str, key: SigningKey) -> Result<Self, Broken> {
        let verifier = Verifier::new(log, key.verifying_key()).map_err(|e| Broken::while_doing("naming the journal", e))?;
        Ok(Self { key, verifier })
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// A line of `checkpoints` over a head.
    ///
    /// # Errors
    /// When the log's name cannot stand in a note.
    pub fn line(&self, head: &Head) -> Result<String, Broken> {
        let note = checkpoint::sign(&self.verifier.name, &self.key, head);
        note.map(|note| checkpoint::line(&note)).map_err(|e| Broken::while_doing("signing the journal's head", e))
    }
}
