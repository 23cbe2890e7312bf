//! Signed heads: at least every second while the journal grows, and at the end, a line of the file `checkpoints`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::{Opening, Tx, schema};
use crate::diagnostic::Broken;
use crate::journal::Signer;
use crate::journal::chain::Head;
use crate::journal::checkpoint::{Verifier, lines};

/// The longest that an entry waits for its signature.
const EVERY: Duration = Duration::from_secs(1);

/// The thread that signs.
pub(super) struct Signing {
    stop: Sender<()>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Signing {
    pub(super) fn start(opening: &Opening) -> Result<Self, Broken> {
        let (stop, stopped) = channel();
        let (database, checkpoints, signer) =
            (opening.database.clone(), opening.checkpoints.clone(), opening.signer.clone());
        let connection = schema::connect(&database)?;
        let thread = std::thread::Builder::new().name("tollgate-signer".to_owned()).spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Err(broken) = sign(&connection, &checkpoints, &signer) {
                    tracing::error!(doing = broken.doing, cause = broken.cause, "the journal's head is not signed");
                }
            }
        });
        let thread = thread.map_err(|e| Broken::while_doing("starting the journal's signer", e))?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    /// Signs the head once more and ends.
    pub(super) fn stop(&self, opening: &Opening) -> Result<(), Broken> {
        // Gone already: it was stopped before.
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.lock().ok().and_then(|mut thread| thread.take()) {
            let _ = thread.join();
        }
        let connection = schema::connect(&opening.database)?;
        sign(&connection, &opening.checkpoints, &opening.signer)
    }
}

/// Appends a line over the head, if the last line is not over it already. Nothing is signed that does not go on from there.
fn sign(connection: &Connection, checkpoints: &Path, signer: &Signer) -> Result<(), Broken> {
    let doing = || format!("signing the journal's head in {}", checkpoints.display());
    let mut signed = Signed::open(checkpoints, signer.verifier())?;
    let head = Tx::read_head(connection).map_err(|e| Broken::while_doing(doing(), e))?;
    match signed.heads.last() {
        Some(last) if *last == head => return Ok(()),
        Some(last) if !Tx::has(connection, last).map_err(|e| Broken::while_doing(doing(), e))? => {
            return Err(Broken::while_doing(doing(), "the journal did not go through the head that was signed last"));
        }
        Some(_) => {}
        None if head == Head::EMPTY => return Ok(()),
        None => {}
    }
    signed.sign(signer, &head)
}

/// The file of signed heads, held for this process alone until it is dropped.
pub(super) struct Signed {
    file: File,
    doing: String,
    /// The heads that this key signed, in the order of their lines.
    pub(super) heads: Vec<Head>,
}

impl Signed {
    /// Opens the file, or makes it, and reads it.
    pub(super) fn open(checkpoints: &Path, verifier: &Verifier) -> Result<Self, Broken> {
        let doing = format!("signing the journal's head in {}", checkpoints.display());
        let opened = open(checkpoints).and_then(|mut file| {
            file.lock()?;
            let heads = heads(&mut file, verifier)?;
            Ok((file, heads))
        });
        let (file, heads) = opened.map_err(|e| Broken::while_doing(doing.clone(), e))?;
        Ok(Self { file, doing, heads })
    }

    /// Adds a line over a head.
    pub(super) fn sign(&mut self, signer: &Signer, head: &Head) -> Result<(), Broken> {
        let line = signer.line(head)?;
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Broken::while_doing(self.doing.clone(), e))?;
        self.heads.push(*head);
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the store was handed this path; it is a file of its own")]
fn open(checkpoints: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(checkpoints)
}

/// The heads that this key signed.
fn heads(file: &mut File, verifier: &Verifier) -> std::io::Result<Vec<Head>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    if whole < text.len() {
        // A power cut tore the last line; it never was one.
        file.set_len(whole as u64)?;
    }
    Ok(lines(&text).filter_map(|(_, note)| note.ok()).filter_map(|note| verifier.open(&note).ok()).collect())
}

/// The signed heads of a store, in the order in which they were signed.
pub(super) fn signed(checkpoints: &Path, verifier: &Verifier) -> Result<Vec<Head>, Broken> {
    if !checkpoints.exists() {
        return Ok(Vec::new());
    }
    let doing = || format!("reading {}", checkpoints.display());
    let mut file = open(checkpoints).map_err(|e| Broken::while_doing(doing(), e))?;
    heads(&mut file, verifier).map_err(|e| Broken::while_doing(doing(), e))
}

/// So many bytes at the end of the file hold its last line, with the lines before it that others may have spoilt.
const TAIL: u64 = 64 << 10;

/// The last signed head of a store with its note, if it has one. Nothing is changed: somebody may be writing a line.
#[expect(clippy::disallowed_methods, reason = "the store was handed this path; it is a file of its own")]
pub(super) fn last_note(checkpoints: &Path, verifier: &Verifier) -> Result<Option<(Head, String)>, Broken> {
    if !checkpoints.exists() {
        return Ok(None);
    }
    let mut tail = Vec::new();
    let read = File::open(checkpoints).and_then(|mut file| {
        let from = file.metadata()?.len().saturating_sub(TAIL);
        file.seek(SeekFrom::Start(from)).and_then(|_| file.read_to_end(&mut tail))
    });
    read.map_err(|e| Broken::while_doing(format!("reading {}", checkpoints.display()), e))?;
    let text = String::from_utf8_lossy(&tail);
    let notes: Vec<String> = lines(&text).filter_map(|(_, note)| note.ok()).collect();
    Ok(notes.into_iter().rev().find_map(|note| verifier.open(&note).ok().map(|head| (head, note))))
}
