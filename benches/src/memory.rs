//! A journal in memory: entries get their random bytes, commitments, place and hash as in the store, and no disk.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tollgate::approval::Credentials;
use tollgate::capability::Backends;
use tollgate::capability::files::Beneath;
use tollgate::diagnostic::Broken;
use tollgate::freeze::Subject;
use tollgate::gate::World;
use tollgate::invoke::Keep;
use tollgate::journal::chain::{Head, Place, seal};
use tollgate::journal::{Chapter, Journal, Pending, Unrecorded};
use tollgate::name::{Digest, PersonName};
use tollgate::people::Rights;
use tollgate::refusal::Refusal;
use tollgate::setup::Workspace;
use tollgate::store::Store;

use crate::Failed;

/// What a host keeps its record in.
pub type Kept = Arc<dyn Keep>;

/// So many entries are held; then they are dropped and the chain goes on. More would measure how the system hands out memory.
const MOST: usize = 4_096;

/// The world of a store, and a record that is in memory alone.
pub struct InMemory {
    store: Arc<Store>,
    log: Mutex<(Head, Vec<String>)>,
}

impl InMemory {
    /// A record beside a store, which answers what is asked about people.
    #[must_use]
    pub fn beside(store: Arc<Store>) -> Arc<Self> {
        Arc::new(Self { store, log: Mutex::new((Head::EMPTY, Vec::new())) })
    }

    fn add(&self, chapter: &Chapter) -> Result<(), Unrecorded> {
        let failed = |e: &dyn std::fmt::Display| Unrecorded::Broken(Broken::while_doing("keeping entries in memory", e));
        let sealed = chapter.drafts.iter().map(seal).collect::<Result<Vec<_>, _>>().map_err(|e| failed(&e))?;
        let mut log = self.log.lock().map_err(|e| failed(&e))?;
        let time = self.store.now();
        for (seq, (sealed, _)) in (chapter.first..).zip(sealed) {
            let invocation = chapter.invocation.map(|invocation| (invocation, seq));
            let place = Place { log: "memory", invocation, time };
            let (entry, head) = sealed.place(&log.0, &place).map_err(|e| failed(&e))?;
            if log.1.len() == MOST {
                log.1.clear();
            }
            log.0 = head;
            log.1.push(entry);
        }
        Ok(())
    }
}

impl World for InMemory {
    fn rights(&self, initiator: &PersonName) -> Pending<'_, Result<Rights, Broken>> {
        self.store.rights(initiator)
    }

    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal> {
        self.store.stopped(subject, found)
    }
}

impl Journal for InMemory {
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<(), Unrecorded>> {
        Box::pin(std::future::ready(self.add(&chapter)))
    }
}

impl Credentials for InMemory {
    fn passphrase_of(&self, person: &PersonName) -> Pending<'_, Result<Option<String>, Broken>> {
        self.store.passphrase_of(person)
    }
}

impl Keep for InMemory {
    fn instance(&self) -> &Arc<str> {
        self.store.instance()
    }

    fn module<'a>(&'a self, component: &'a Digest, engine: &'a str) -> Pending<'a, Result<Option<Digest>, Broken>> {
        self.store.module(component, engine)
    }

    fn keep_module<'a>(
        &'a self,
        component: &'a Digest,
        engine: &'a str,
        compiled: &'a Digest,
    ) -> Pending<'a, Result<(), Broken>> {
        self.store.keep_module(component, engine, compiled)
    }
}

/// What the effects of a workspace act on.
///
/// # Errors
/// When the files root cannot be opened.
pub fn backends(workspace: &Workspace, store: &Arc<Store>) -> Result<Backends, Failed> {
    let root = workspace.files().map_err(|e| e.to_string())?;
    Ok(Backends { files: Arc::new(Beneath::new(root)), forum: store.clone(), acl: store.clone() })
}
