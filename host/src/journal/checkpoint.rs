//! Checkpoints: signed notes (C2SP signed-note, tlog-checkpoint) over a log's length and the hash of its last entry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::chain::Head;
use crate::name::Digest;

/// The algorithm's byte of C2SP signed-note: Ed25519.
const ED25519: u8 = 1;

/// Why a note is not a checkpoint of this log, or a key not a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadNote(pub String);

impl std::fmt::Display for BadNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadNote {}

fn bad(why: &str) -> BadNote {
    BadNote(why.to_owned())
}

/// A public key with the name of the log that it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    /// The log's origin.
    pub name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// The verifier of what `key` signs.
    ///
    /// # Errors
    /// When the name cannot stand in a note.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, BadNote> {
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(bad("a log's name is not empty and holds no space, control character or `+`"));
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The first 4 bytes of SHA-256(name, newline, algorithm, public key).
    fn key_hash(&self) -> [u8; 4] {
        let digest = Digest::of_parts(&[self.name.as_bytes(), b"\n", &[ED25519], self.key.as_bytes()]);
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }

    /// `name+hash+key`, as C2SP writes verifier keys.
    #[must_use]
    pub fn vkey(&self) -> String {
        let key = STANDARD.encode([&[ED25519][..], self.key.as_bytes()].concat());
        format!("{}+{:08x}+{key}", self.name, u32::from_be_bytes(self.key_hash()))
    }

    /// Reads `name+hash+key`.
    ///
    /// # Errors
    /// When it is not such a key, or its hash is another key's.
    pub fn parse(vkey: &str) -> Result<Self, BadNote> {
        let mut parts = vkey.trim_end().splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("a public key is written name+hash+key"));
        };
        let bytes = STANDARD.decode(key).map_err(|_| bad("the key is not base64"))?;
        let [ED25519, key @ ..] = bytes.as_slice() else { return Err(bad("the key is not for Ed25519")) };
        let key: &[u8; 32] = key.try_into().map_err(|_| bad("the key does not have 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| bad("the key is no point of the curve"))?;
        let verifier = Self::new(name, key)?;
        if verifier.vkey() == vkey.trim_end() { Ok(verifier) } else { Err(bad("the hash in it is not this key's")) }
    }

    /// Opens a note: its signature by this key, its origin, and the head it states.
    ///
    /// # Errors
    /// When it is not signed by this key, or is no checkpoint of this log.
    pub fn open(&self, note: &str) -> Result<Head, BadNote> {
        let (text, signatures) = note.split_once("\n\n").ok_or_else(|| bad("it has no signature"))?;
        let signed = format!("{text}\n");
        let prefix = format!("\u{2014} {} ", self.name);
        let ours = signatures.lines().filter_map(|line| line.strip_prefix(&prefix));
        if !ours.into_iter().any(|encoded| self.signed(signed.as_bytes(), encoded)) {
            return Err(bad("it is not signed with this key"));
        }
        self.head(text)
    }

    fn signed(&self, text: &[u8], encoded: &str) -> bool {
        let Ok(bytes) = STANDARD.decode(encoded) else { return false };
        let Some((hash, signature)) = bytes.split_first_chunk::<4>() else { return false };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        *hash == self.key_hash() && self.key.verify_strict(text, &signature).is_ok()
    }

    fn head(&self, text: &str) -> Result<Head, BadNote> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(hash), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
            return Err(bad("it does not have the three lines of a checkpoint"));
        };
        if origin != self.name {
            return Err(bad("it is of another log"));
        }
        let entries: u64 = size.parse().map_err(|_| bad("its size is not a number"))?;
        if entries.to_string() != size {
            return Err(bad("its size is not written as a number is"));
        }
        let hash = STANDARD.decode(hash).map_err(|_| bad("its hash is not base64"))?;
        let hash: [u8; 32] = hash.try_into().map_err(|_| bad("its hash does not have 32 bytes"))?;
        Ok(Head { entries, hash: Digest::from_bytes(hash) })
    }
}

/// Signs a head as a note.
///
/// # Errors
/// When the name cannot stand in a note.
pub fn sign(name: &str, key: &SigningKey, head: &Head) -> Result<String, BadNote> {
    let verifier = Verifier::new(name, key.verifying_key())?;
    let text = format!("{name}\n{}\n{}\n", head.entries, STANDARD.encode(head.hash.as_bytes()));
    let signature = key.sign(text.as_bytes()).to_bytes();
    let signature = STANDARD.encode([&verifier.key_hash()[..], &signature].concat());
    Ok(format!("{text}\n\u{2014} {name} {signature}\n"))
}

/// A note as one line of the file `checkpoints`, newline included: a JSON string.
#[must_use]
pub fn line(note: &str) -> String {
    format!("{}\n", serde_json::Value::from(note))
}

/// The notes of the file `checkpoints`, each with its line from 1. A last line without its newline was torn by a power
/// cut and is no line.
pub fn lines(file: &str) -> impl Iterator<Item = (usize, Result<String, BadNote>)> {
    let whole = file.split_inclusive('\n').filter(|line| line.ends_with('\n')).enumerate();
    whole.map(|(place, line)| (place + 1, serde_json::from_str(line).map_err(|_| bad("the line is not a JSON string"))))
}
