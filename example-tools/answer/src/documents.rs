//! Which documents there are and what stands in them, as far as the host hands them out.

use tollgate_sdk::Refusal;
use tollgate_sdk::files::{self, Entry, Kind};

use crate::answer::Unread;

/// The most that one call of `files.read` returns.
const CHUNK: u64 = 1 << 20;

/// The host ends a tool that asks for too much it may not have (`[limits] refusals`, 32 by default).
const PATIENCE: usize = 24;

/// A document as it was read; bytes that are no UTF-8 stand as `U+FFFD`.
pub struct Document {
    pub path: String,
    pub text: String,
}

/// What a folder gave.
#[derive(Default)]
pub struct Shelf {
    pub documents: Vec<Document>,
    pub bytes: u64,
    pub unread: Vec<Unread>,
}

/// Reads every text below `folder`. A document that is refused is noted, and reading goes on.
///
/// Fails where `folder` itself is refused, or a meter was spent before any document was read.
pub fn read_below(folder: &str) -> Result<Shelf, Refusal> {
    let mut shelf = Shelf::default();
    let found = find(folder.trim_end_matches('/'), &mut shelf.unread)?;
    let mut spent: Option<Refusal> = None;
    for (path, size) in found {
        // A spent meter stays spent: asking again for every document would only fill the journal.
        let outcome = match &spent {
            Some(reason) => Err(reason.clone()),
            None if shelf.unread.len() >= PATIENCE => Err(not_asked()),
            None => read(&path, size),
        };
        match outcome {
            Ok(bytes) => {
                shelf.bytes += bytes.len() as u64;
                shelf.documents.push(Document { path, text: text(bytes) });
            }
            Err(reason) => {
                if is_spent(&reason) {
                    spent = Some(reason.clone());
                }
                shelf.unread.push(Unread { path, reason });
            }
        }
    }
    match shelf.unread.iter().find(|unread| is_spent(&unread.reason)) {
        Some(unread) if shelf.documents.is_empty() => Err(unread.reason.clone()),
        _ => Ok(shelf),
    }
}

/// Paths and sizes of the texts below `root`.
fn find(root: &str, unread: &mut Vec<Unread>) -> Result<Vec<(String, u64)>, Refusal> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(reason) if folder == root => return Err(reason),
            Err(reason) if unread.len() < PATIENCE && !is_spent(&reason) => {
                unread.push(Unread { path: folder, reason });
                continue;
            }
            Err(reason) => {
                unread.push(Unread { path: folder, reason });
                break;
            }
        };
        for entry in entries {
            let path = if folder.is_empty() { entry.name.clone() } else { format!("{folder}/{}", entry.name) };
            match entry.kind {
                Kind::Folder => folders.push(path),
                Kind::File if is_text(&entry.name) => found.push((path, entry.size)),
                Kind::File => {}
            }
        }
    }
    Ok(found)
}

fn entries(folder: &str) -> Result<Vec<Entry>, Refusal> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let after = all.last().map(|entry| entry.name.clone());
        let listing = files::list(folder, after.as_deref())?;
        // `more` with nothing new would ask for ever.
        let go_on = listing.more && !listing.entries.is_empty();
        all.extend(listing.entries);
        if !go_on {
            return Ok(all);
        }
    }
}

fn read(path: &str, size: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < size {
        let offset = bytes.len() as u64;
        let part = files::read(path, offset, (size - offset).min(CHUNK) as u32)?;
        if part.is_empty() {
            break;
        }
        if bytes.is_empty() {
            bytes = part;
        } else {
            bytes.extend(part);
        }
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn is_text(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, extension)) => ["md", "txt", "rst"].iter().any(|known| extension.eq_ignore_ascii_case(known)),
        None => name == "README",
    }
}

fn not_asked() -> Refusal {
    Refusal {
        stage: "tool".to_owned(),
        reason: "not-asked".to_owned(),
        message: "So many documents before this one were refused that I stopped asking.".to_owned(),
        change: None,
    }
}

fn is_spent(refusal: &Refusal) -> bool {
    refusal.stage == "fund"
}
