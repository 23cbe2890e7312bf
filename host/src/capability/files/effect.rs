//! What `files` does, given a permit.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::beneath::{Beneath, Found, trouble};
use super::grants::{Backend, List, READ, Read};
use super::replace::New;
use super::write::Write;
use crate::diagnostic::Halt;
use crate::gate::{Brought, Failed, Permit, Retold, Session, World};
use crate::grant::{Allowed, Reached};
use crate::label::{Label, Source, Under};
use crate::name::{FilePath, ObjectName};
use crate::people::{Need, Right, Rights, label_of, not_yours};
use crate::refusal::{Code, Refusal};

/// One name of a listing.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) found: Found,
}

/// A listing.
pub(super) struct Names {
    pub(super) listed: Vec<Listed>,
    pub(super) more: bool,
}

impl Retold for Names {
    fn tell(&self) -> Vec<u8> {
        let size = |found: &Found| match found {
            Found::File(size) => json!(size),
            Found::Folder => json!(null),
        };
        let names: Vec<_> = self.listed.iter().map(|it| json!([it.name, size(&it.found)])).collect();
        json!({ "names": names, "more": self.more }).to_string().into_bytes()
    }

    fn recall(told: &[u8]) -> Option<Self> {
        let told: Value = serde_json::from_slice(told).ok()?;
        let listed = told["names"].as_array()?.iter().map(|it| {
            let found = if it[1].is_null() { Found::Folder } else { Found::File(it[1].as_u64()?) };
            Some(Listed { name: it[0].as_str()?.to_owned(), found })
        });
        Some(Self { listed: listed.collect::<Option<_>>()?, more: told["more"].as_bool()? })
    }
}

/// Reads a range. Reading is done in place: a guest has a thread of its own to wait on.
///
/// What the file carries is read before and after it: if it is replaced meanwhile, what is told carries both.
pub(super) async fn read(root: &Beneath, world: &dyn World, permit: Permit<Read>) -> Result<Vec<u8>, Halt> {
    permit
        .observe(async |action, room| {
            let path = action.path.as_ref().ok_or_else(not_yours)?;
            let mut from = carried(world, path)?;
            let value = range(root, path, action.offset, room)?;
            from.unite(&carried(world, path)?);
            Ok(Brought { bytes: value.len() as u64, value, from })
        })
        .await
}

/// What a file carries that tools wrote.
fn carried(world: &dyn World, path: &FilePath) -> Result<Label, Refusal> {
    world.carried(path).map_err(|broken| trouble(&broken))
}

/// How long a write may take before its file takes its place; afterwards nothing of it happens.
const PATIENCE: Duration = Duration::from_secs(20);

/// Writes a whole file, on a thread of its own: disks may take their time.
pub(super) async fn write(root: Backend, permit: Permit<Write>) -> Result<(), Halt> {
    permit
        .spend_outside(
            async move |action: Arc<Write>, key| {
                let turn = Arc::new(Turn::default());
                let begins = turn.clone();
                let writing = tokio::task::spawn_blocking(move || {
                    let path = action.path.as_ref().ok_or_else(not_yours)?;
                    let new = New { path, contents: &action.contents, before: action.before()?, key };
                    root.replace(&new, || begins.take())
                });
                match tokio::time::timeout(PATIENCE, writing).await {
                    Ok(written) => {
                        written.unwrap_or_else(|e| Err(Failed::InDoubt(format!("the thread that wrote ended early: {e}"))))
                    }
                    Err(_) if turn.take() => {
                        Err(Refusal::new(Code::Unavailable, "the file could not be written in time").into())
                    }
                    Err(_) => Err(Failed::InDoubt(format!("putting the file in place takes longer than {PATIENCE:?}"))),
                }
            },
            |(), outcome| outcome,
            |_| Some(()),
        )
        .await
}

/// Whoever takes it first decides: the file takes its place, or its time is up.
#[derive(Debug, Default)]
struct Turn(AtomicBool);

impl Turn {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

fn range(root: &Beneath, path: &FilePath, offset: u64, room: u64) -> Result<Vec<u8>, Halt> {
    let (file, size) = root.file(path)?;
    let expected = size.saturating_sub(offset).min(room);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
    let reader = At { file: &file, offset };
    reader.take(expected).read_to_end(&mut bytes).map_err(|e| trouble(&e))?;
    Ok(bytes)
}

/// Reads on from an offset.
struct At<'f> {
    file: &'f std::fs::File,
    offset: u64,
}

impl std::io::Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Lists what the grants reach and the initiator may read.
pub(super) async fn list(root: &Beneath, session: &Session, rights: &Rights, permit: Permit<List>) -> Result<Names, Halt> {
    let (allowed, world) = (&*session.allowed, &*session.services.world);
    permit
        .observe(async |action, room| {
            let folder = action.folder.as_ref().ok_or_else(not_yours)?;
            let mut eyes = Eyes { allowed, rights, readable: BTreeMap::new() };
            let (mut listed, mut used, mut more, mut from) = (Vec::new(), 0, false, Label::default());
            let what: Arc<str> = format!("{folder}/").into();
            // That a folder holds nothing is told too.
            if let Under::Object(object) = label_of(folder, rights.directory()).under
                && eyes.may_read(object.clone())
            {
                from.join(&Source { under: Under::Object(object), what: what.clone() });
            }
            for (name, found) in root.names(folder)? {
                if action.after.as_ref().is_some_and(|after| name <= *after) || !eyes.see(&folder.join(&name), found) {
                    continue;
                }
                let place = folder.join(&name).map_err(|_| not_yours())?;
                // A name is what somebody wrote, as the file is.
                let carries = if found == Found::Folder { Label::default() } else { carried(world, &place)? };
                if !rights.standing.may_know(&carries) {
                    continue;
                }
                if used + name.len() as u64 > room {
                    more = true;
                    break;
                }
                used += name.len() as u64;
                // A folder is shown because somebody may read something in it: its name is its own object's.
                let under = label_of(&place, rights.directory()).under;
                if under != Under::Unknown {
                    from.join(&Source { under, what: what.clone() });
                }
                from.unite(&carries);
                listed.push(Listed { name, found });
            }
            Ok(Brought { value: Names { listed, more }, bytes: used, from })
        })
        .await
}

/// What one initiator sees through one tool's grants.
struct Eyes<'a> {
    allowed: &'a Allowed,
    rights: &'a Rights,
    readable: BTreeMap<ObjectName, bool>,
}

impl Eyes<'_> {
    fn see(&mut self, path: &Result<FilePath, crate::name::BadName>, found: Found) -> bool {
        let Ok(path) = path else { return false };
        match found {
            Found::File(_) => {
                self.allowed.shows(READ, &[Reached::Exactly(path.as_str())])
                    && self.rights.directory().object_of(path).cloned().is_some_and(|object| self.may_read(object))
            }
            Found::Folder => self.allowed.shows(READ, &[Reached::Beneath(path.as_str())]) && self.leads_somewhere(path),
        }
    }

    /// Whether the folder is within an object's folder, or one lies beneath it, that may be read.
    fn leads_somewhere(&mut self, folder: &FilePath) -> bool {
        let directory = self.rights.directory().clone();
        let near = |path: &FilePath| folder.within(path) || path.within(folder);
        let mut objects = directory.objects.iter().filter(|(_, object)| object.folders.iter().any(near));
        objects.any(|(name, _)| self.may_read(name.clone()))
    }

    fn may_read(&mut self, object: ObjectName) -> bool {
        let rights = self.rights;
        *self.readable.entry(object).or_insert_with_key(|object| {
            let reads = rights.judge(&Need::Hold(object.clone(), Right::Read)).is_ok();
            reads && rights.standing.is_cleared(&Under::Object(object.clone()))
        })
    }
}
