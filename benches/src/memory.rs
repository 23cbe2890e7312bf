//! A journal in memory: entries get their random bytes, commitments, place and hash as in the store, and no disk.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tollgate::approval::{Act, Answered, Credentials, Earlier, Question, Reply, State};
use tollgate::capability::Backends;
use tollgate::capability::files::Beneath;
use tollgate::clock::Instant;
use tollgate::diagnostic::Broken;
use tollgate::freeze::Subject;
use tollgate::gate::{Questions, Told, World};
use tollgate::invoke::{Began, Keep, Past, Wait, Waits};
use tollgate::journal::chain::{Head, Place, seal};
use tollgate::journal::{Chapter, Journal, Pending, Unrecorded, Written};
use tollgate::label::{Label, SessionId};
use tollgate::name::{Digest, FilePath, InvocationId, PersonName};
use tollgate::people::{About, Rights};
use tollgate::quota::Charge;
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

    fn quota_left(&self, charges: &[Charge]) -> Result<Result<(), Refusal>, Broken> {
        self.store.quota_left(charges)
    }

    fn held(&self, session: &SessionId) -> Result<Label, Broken> {
        self.store.held(session)
    }

    fn carried(&self, path: &FilePath) -> Result<Label, Broken> {
        self.store.carried(path)
    }

    fn told(&self, session: &SessionId, own: InvocationId, earlier: bool, most: usize) -> Result<Told, Broken> {
        self.store.told(session, own, earlier, most)
    }

    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal> {
        self.store.stopped(subject, found)
    }
}

impl Journal for InMemory {
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<Written, Unrecorded>> {
        Box::pin(std::future::ready(self.add(&chapter).map(|()| Written::default())))
    }
}

impl Credentials for InMemory {
    fn passphrase_of(&self, person: &PersonName) -> Pending<'_, Result<Option<String>, Broken>> {
        self.store.passphrase_of(person)
    }

    fn able(&self, people: &BTreeSet<PersonName>) -> Pending<'_, Result<BTreeSet<PersonName>, Broken>> {
        self.store.able(people)
    }
}

impl Questions for InMemory {
    fn question(&self, id: u64) -> Pending<'_, Result<Option<Question>, Broken>> {
        self.store.question(id)
    }

    fn before<'a>(&'a self, act: &'a Act, about: Option<&'a About>) -> Pending<'a, Result<Earlier, Broken>> {
        self.store.before(act, about)
    }

    fn answer(&self, reply: Reply, chapter: Chapter) -> Pending<'_, Result<Answered, Unrecorded>> {
        self.store.answer(reply, chapter)
    }

    fn end(&self, id: u64, state: State, why: String) -> Pending<'_, Result<(), Unrecorded>> {
        Questions::end(&*self.store, id, state, why)
    }

    fn answers(&self) -> u64 {
        self.store.answers()
    }
}

impl Waits for InMemory {
    fn wait(&self, invocation: InvocationId) -> Pending<'_, Result<Option<Wait>, Broken>> {
        self.store.wait(invocation)
    }

    fn same_call(&self, call: Digest) -> Pending<'_, Result<Option<InvocationId>, Broken>> {
        self.store.same_call(call)
    }

    fn keyed(&self, key: Digest) -> Pending<'_, Result<Option<(InvocationId, Digest)>, Broken>> {
        self.store.keyed(key)
    }

    fn waiting_for(&self, question: u64) -> Pending<'_, Result<Vec<InvocationId>, Broken>> {
        self.store.waiting_for(question)
    }

    fn claim(&self, invocation: InvocationId) -> Pending<'_, Result<bool, Broken>> {
        self.store.claim(invocation)
    }

    fn put_back(&self, invocation: InvocationId) -> Pending<'_, Result<(), Broken>> {
        self.store.put_back(invocation)
    }

    fn take_back(&self, invocation: InvocationId) {
        self.store.take_back(invocation);
    }

    fn taken_back(&self, invocation: InvocationId, seen: &AtomicU64) -> bool {
        self.store.taken_back(invocation, seen)
    }

    fn delivered(&self, invocation: InvocationId) -> Pending<'_, Result<(), Broken>> {
        self.store.delivered(invocation)
    }

    fn cancel(&self, invocation: InvocationId, chapter: Chapter) -> Pending<'_, Result<bool, Broken>> {
        self.store.cancel(invocation, chapter)
    }

    fn began(&self, invocation: InvocationId) -> Pending<'_, Result<Option<Began>, Broken>> {
        self.store.began(invocation)
    }

    fn history(&self, invocation: InvocationId) -> Pending<'_, Result<Vec<Past>, Broken>> {
        self.store.history(invocation)
    }
}

impl Keep for InMemory {
    fn instance(&self) -> &Arc<str> {
        self.store.instance()
    }

    fn now(&self) -> Instant {
        self.store.now()
    }

    fn ready(&self) -> Result<(), Broken> {
        self.store.ready()
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
    Ok(Backends {
        files: Arc::new(Beneath::new(root)),
        forum: tollgate::capability::forum::Backend::Embedded(store.clone()),
        acl: store.clone(),
    })
}
