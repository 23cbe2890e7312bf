//! A store that was put back from a backup: known by its signed heads, of which it lacks the last. It can be looked at, and
//! nothing is written to it before a person has accepted that what came after the backup is lost.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::signing::Signed;
use super::tx::failed;
use super::writer::Fails;
use super::{Store, Tx, freezes, quota};
use crate::approval::{State, Statement};
use crate::diagnostic::Broken;
use crate::freeze::{Freeze, Scope};
use crate::journal::chain::Head;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::name::PersonName;

const COMPARING: &str = "comparing the journal with its last checkpoint";

/// Why a question that was open in the backup is not any more.
const VOID: &str = "the store was put back from a backup";

/// What whoever is stopped after it is told.
const FROZEN: &str = "the store was put back from a backup, and what was frozen after that is not known";

/// How a store is behind its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// How many entries it has.
    pub entries: u64,
    /// The head that was signed last.
    pub signed: Head,
}

impl Behind {
    /// What is said to whoever wants to change something.
    #[must_use]
    pub fn broken(&self) -> Broken {
        let Self { entries, signed } = self;
        let why = format!(
            "it was put back from a backup: it has {entries} entries, and its last checkpoint is over {}; it can be looked at \
             and not changed",
            signed.entries
        );
        Broken::while_doing("writing to the store", why).help(
            "a person who knows of it says so with `tollgate doctor --accept-restore --reason …`; before that, nothing runs",
        )
    }
}

/// What accepting did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The number of the entry that says so.
    pub entry: u64,
    /// How the store was behind; none where its checkpoints did not show it.
    pub behind: Option<Behind>,
    /// Questions that were open or agreed to, and are void.
    pub voided: u64,
    /// The freeze of everything.
    pub freeze: Freeze,
}

/// Compares the journal with the heads that were signed, in their order: none if it went through the last one.
///
/// # Errors
/// When it did not, and is no shorter copy of the log that was signed either.
pub(super) fn compare(connection: &Connection, signed: &[Head]) -> Result<Option<Behind>, Broken> {
    let db = |e: rusqlite::Error| Broken::while_doing(COMPARING, e);
    let Some(last) = signed.last() else { return Ok(None) };
    if Tx::has(connection, last).map_err(db)? {
        return Ok(None);
    }
    let entries = Tx::read_head(connection).map_err(db)?.entries;
    let shorter = entries < last.entries || is_accepting(connection, last).map_err(db)?;
    let earlier = signed.iter().rev().find(|head| head.entries <= entries && *head != last);
    if shorter && earlier.map_or(Ok(true), |head| Tx::has(connection, head)).map_err(db)? {
        return Ok(Some(Behind { entries, signed: *last }));
    }
    let why = format!("the checkpoint is over {} entries, and the journal did not go through it", last.entries);
    Err(Broken::while_doing(COMPARING, why).help(
        "the store was changed, and `tollgate journal verify` says where. To go on with this store, move `checkpoints` aside \
         and keep it: what came before cannot be verified then",
    ))
}

/// Whether the last entry accepts that what this head covers is lost. It was not signed yet, so it counts for nothing; but
/// the journal may by now be as long as what was lost.
fn is_accepting(connection: &Connection, lost: &Head) -> rusqlite::Result<bool> {
    let last = connection.query_row("SELECT entry FROM journal ORDER BY number DESC LIMIT 1", [], |row| row.get(0));
    let last: Option<String> = last.optional()?;
    let last: Value = last.and_then(|entry| serde_json::from_str(&entry).ok()).unwrap_or_default();
    let body = &last["body"];
    Ok(last["kind"] == Kind::Restored.as_str() && body["lost"] == lost.entries && body["lost-hash"] == lost.hash.hex())
}

impl Store {
    /// How the store is behind its checkpoints, if it was so when it was opened. Then nothing is written to it.
    #[must_use]
    pub const fn unaccepted(&self) -> Option<&Behind> {
        self.behind.as_ref()
    }

    /// Whether anything may be changed here.
    ///
    /// # Errors
    /// When the store is behind its checkpoints.
    pub fn takes_changes(&self) -> Result<(), Broken> {
        self.unaccepted().map_or(Ok(()), |behind| Err(behind.broken()))
    }

    /// Accepts, in the name of a person whose credential was seen, that the store was put back from a backup. Nothing of it
    /// revives: every question that is open or agreed to is void, quotas count as spent for their windows, and everything
    /// is frozen until somebody thaws it. What the checkpoints say of what was lost stays, and is explained by the entry and
    /// the head that is signed over it.
    ///
    /// # Errors
    /// When it cannot be recorded or signed; then it is not accepted.
    pub async fn accept_restore(&self, by: &PersonName, reason: &Statement) -> Result<Accepted, Unrecorded> {
        let doing = "accepting that the store was put back";
        // Nobody signs meanwhile, and nobody else accepts it.
        let mut file =
            Signed::open(&self.opening.checkpoints, self.opening.signer.verifier()).map_err(Unrecorded::Broken)?;
        let behind = self.read(doing, |connection| Ok(compare(connection, &file.heads))).map_err(Unrecorded::Broken)?;
        let behind = behind.map_err(Unrecorded::Broken)?;
        if self.behind.is_some() && behind.is_none() {
            return Err(failed(doing, "somebody else has accepted it just now"));
        }
        let (by, reason) = (by.clone(), reason.clone());
        let accepting = self.writer.write_anyway(Fails::Alone, move |tx| accept(tx, by, &reason, behind));
        let accepted = accepting.await?;
        let head = self.read(doing, Tx::read_head).map_err(Unrecorded::Broken)?;
        file.sign(&self.opening.signer, &head).map_err(Unrecorded::Broken)?;
        self.board.answered();
        Ok(accepted)
    }
}

/// The transaction of it. The entry that accepts is its last.
fn accept(tx: &mut Tx<'_>, by: PersonName, reason: &Statement, behind: Option<Behind>) -> Result<Accepted, Unrecorded> {
    let doing = "accepting that the store was put back";
    let db = |e: rusqlite::Error| failed(doing, e);
    let kept = tx.head.entries;
    let void = "UPDATE approvals SET state = ?1, why = ?2, settled = ?3 WHERE state IN ('open', 'agreed')";
    let values = params![State::Void.as_str(), VOID, tx.now.0.cast_signed()];
    let voided = tx.connection.execute(void, values).map_err(db)? as u64;
    quota::all_spent(tx).map_err(db)?;
    let freeze = Freeze {
        id: 0,
        scope: Scope::Everything,
        reason: FROZEN.to_owned(),
        by: by.clone(),
        at: tx.now,
        ends: None,
        thawed: false,
    };
    let (freeze, _) = freezes::throw(tx, freeze)?;
    let body = Body::of(6).text("by", by.to_string()).number("freeze", freeze.id).number("kept", kept);
    let body = body.number("voided", voided);
    let body = behind
        .iter()
        .fold(body, |body, Behind { signed, .. }| body.number("lost", signed.entries).hex("lost-hash", signed.hash));
    let entry = tx.head.entries;
    tx.append(Chapter::alone(Draft::new(Kind::Restored, body).with("reason", reason.as_str())))?;
    Ok(Accepted { entry, behind, voided, freeze })
}
