//! The key that the doors of a workspace share: it signs tokens, and seals what clients keep for the host.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use zeroize::Zeroizing;

use super::workspace::{Workspace, write_private};
use crate::diagnostic::Broken;
use crate::name::Digest;

const KEY: &str = "keys/tokens.pem";

impl Workspace {
    /// Makes the key of the doors, PKCS#8 in PEM.
    ///
    /// # Errors
    /// When randomness or the disk fails.
    pub fn make_door_key(&self) -> Result<(), Broken> {
        let doing = "making the key of the doors";
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(|e| Broken::while_doing(doing, e))?;
        let pem = SigningKey::from_bytes(&secret).to_pkcs8_pem(LineEnding::LF);
        write_private(&self.path(KEY), pem.map_err(|e| Broken::while_doing(doing, e))?.as_bytes())
    }

    /// The key of the doors; a workspace from before there were any gets one.
    ///
    /// # Errors
    /// When it cannot be read or made, or others may read it.
    pub fn door_key(&self) -> Result<Zeroizing<String>, Broken> {
        if !self.path(KEY).exists() {
            self.make_door_key()?;
        }
        self.key(KEY).map(Zeroizing::new)
    }

    /// What only this workspace's doors know, from their key.
    ///
    /// # Errors
    /// As [`Workspace::door_key`].
    pub fn door_secret(&self) -> Result<[u8; 32], Broken> {
        let key = self.door_key()?;
        Ok(*Digest::of(&[b"tollgate doors 1\0".as_slice(), key.as_bytes()].concat()).as_bytes())
    }
}
