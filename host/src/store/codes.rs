//! Codes by which a person signs in on the page: each is good once, for minutes, and only its digest is kept.

use rusqlite::{OptionalExtension as _, params};

use super::Store;
use super::tx::failed;
use crate::diagnostic::Broken;
use crate::name::{Digest, PersonName};
use crate::unit::Duration;

/// Letters and digits that nobody takes for each other; 32 of them, so that a byte gives five bits.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";

/// How many of them: 60 bits, more than can be tried within minutes.
const LENGTH: usize = 12;

impl Store {
    /// A new code for a person, who has just shown a passphrase.
    ///
    /// # Errors
    /// When it cannot be made or kept.
    pub async fn new_code(&self, person: &PersonName, lives: Duration) -> Result<String, Broken> {
        let doing = "keeping a code to sign in with";
        let mut random = [0; LENGTH];
        getrandom::fill(&mut random).map_err(|e| Broken::while_doing(doing, e))?;
        let code: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        let (digest, person) = (Digest::of(code.as_bytes()), person.to_string());
        let written = self.write(move |tx| {
            let now = tx.now;
            let old = tx.connection.execute("DELETE FROM codes WHERE ends <= ?1", [now.0.cast_signed()]);
            old.map_err(|e| failed(doing, e))?;
            let values = params![digest.as_bytes(), person, now.after(lives).0.cast_signed()];
            tx.connection.execute("INSERT INTO codes VALUES (?1, ?2, ?3)", values).map(drop).map_err(|e| failed(doing, e))
        });
        written.await.map_err(Broken::from)?;
        Ok(code)
    }

    /// Whose code it is; with that it is used up.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn use_code(&self, code: &str) -> Result<Option<PersonName>, Broken> {
        let doing = "using a code to sign in with";
        let digest = Digest::of(code.trim().to_ascii_lowercase().as_bytes());
        let written = self.write(move |tx| {
            let statement = "DELETE FROM codes WHERE code = ?1 RETURNING person, ends";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
            let found = tx.connection.query_row(statement, [digest.as_bytes()], row).optional();
            let now = tx.now.0.cast_signed();
            Ok(found.map_err(|e| failed(doing, e))?.filter(|(_, ends)| *ends > now).map(|(person, _)| person))
        });
        let person = written.await.map_err(Broken::from)?;
        person.map(|person| PersonName::parse(&person)).transpose().map_err(|e| Broken::while_doing(doing, e))
    }
}
