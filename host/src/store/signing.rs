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

/// Appends a line over the head, if the last line is not over it already.
fn sign(connection: &Connection, checkpoints: &Path, signer: &Signer) -> Result<(), Broken> {
    let doing = || format!("signing the journal's head in {}", checkpoints.display());
    let mut file = open(checkpoints).map_err(|e| Broken::while_doing(doing(), e))?;
    file.lock().map_err(|e| Broken::while_doing(doing(), e))?;
    let head = Tx::read_head(connection).map_err(|e| Broken::while_doing(doing(), e))?;
    if head == Head::EMPTY
        || newest(&mut file, signer.verifier()).map_err(|e| Broken::while_doing(doing(), e))? == Some(head)
    {
        return Ok(());
    }
    let line = signer.line(&head)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).map_err(|e| Broken::while_doing(doing(), e))
}

#[expect(clippy::disallowed_methods, reason = "the store was handed this path; it is a file of its own")]
fn open(checkpoints: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(checkpoints)
}

/// The head of the last line that this key signed.
fn newest(file: &mut File, verifier: &Verifier) -> std::io::Result<Option<Head>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    if whole < text.len() {
        // A power cut tore the last line; it never was one.
        file.set_len(whole as u64)?;
    }
    Ok(lines(&text).filter_map(|(_, note)| note.ok()).filter_map(|note| verifier.open(&note).ok()).last())
}

/// The last signed head of a store, if it has one.
pub(super) fn last(checkpoints: &Path, verifier: &Verifier) -> Result<Option<Head>, Broken> {
    if !checkpoints.exists() {
        return Ok(None);
    }
    let doing = || format!("reading {}", checkpoints.display());
    let mut file = open(checkpoints).map_err(|e| Broken::while_doing(doing(), e))?;
    newest(&mut file, verifier).map_err(|e| Broken::while_doing(doing(), e))
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

/// Whether the journal went through a signed head.
pub(super) fn compare(connection: &Connection, head: &Head) -> Result<(), Broken> {
    let doing = "comparing the journal with its last checkpoint";
    if Tx::has(connection, head).map_err(|e| Broken::while_doing(doing, e))? {
        return Ok(());
    }
    let why = format!("the checkpoint is over {} entries, and the journal did not go through it", head.entries);
    Err(Broken::while_doing(doing, why).help(
        "the store was put back or cut; `tollgate journal verify` says where. To go on with this store, move `checkpoints` \
         aside and keep it: what came before cannot be verified then",
    ))
}
