//! A world in memory behind the host's own traits: it keeps rows and marks, and every rule is asked of the host.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};

use tollgate::approval::{Act, Answered, Credentials, Earlier, NewQuestion, Question, Reply, Spends, State};
use tollgate::capability::acl::{Acls, Ending, Lease};
use tollgate::capability::forum::{Conversation, Embedded, Forums, Message, NewPost, Page, Summary};
use tollgate::clock::Instant;
use tollgate::diagnostic::Broken;
use tollgate::freeze::Subject;
use tollgate::gate::{Questions, World};
use tollgate::journal::{Chapter, Journal, Mark, Pending, Unrecorded, With, Written};
use tollgate::label::{Label, SessionId};
use tollgate::name::{FilePath, ForumName, InvocationId, ObjectName, PersonName};
use tollgate::people::{About, Audience, Directory, Entry, Premise, Rights, Standing, not_yours};
use tollgate::quota::Charge;
use tollgate::refusal::Refusal;

use crate::bug::Bug;
use crate::scene::{self, Scene};

/// Where an intent stands, which names what came of it.
type Key = (InvocationId, u32);

/// The time in all worlds in memory.
pub const NOW: Instant = Instant(1_000_000);

/// A post as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its forum's number and thread.
    pub thread: u64,
    /// Its text.
    pub body: String,
    /// The intent, where a tool wrote it.
    pub key: Option<Key>,
}

/// Rows and marks.
#[derive(Debug)]
pub struct Rows {
    /// As people made it.
    pub scene: Scene,
    /// As it is.
    pub directory: Arc<Directory>,
    /// As the rules are told it is; another one only where a bug is built in.
    judged: Arc<Directory>,
    standings: HashMap<PersonName, Arc<Standing>>,
    /// Posts, in order.
    pub posts: Vec<Kept>,
    /// Leases that are open.
    pub leases: Vec<(ObjectName, Entry)>,
    opened: HashMap<u64, (Key, Lease)>,
    sessions: HashMap<(PersonName, String, String), Label>,
    carried: HashMap<Key, Label>,
    files: HashMap<FilePath, (Label, Key)>,
    /// Files that were written since anybody looked.
    pub touched: BTreeSet<FilePath>,
    /// The files that were there from the beginning.
    pub there: BTreeSet<String>,
    questions: Vec<Question>,
    used: BTreeSet<u64>,
    /// To whom something was released, on record.
    pub released: Vec<(BTreeSet<PersonName>, Audience)>,
}

/// The world in memory.
pub struct Memory {
    rows: Mutex<Rows>,
    bug: Option<Bug>,
}

impl Memory {
    /// An empty one.
    #[must_use]
    pub fn new(bug: Option<Bug>) -> Self {
        let scene = Scene { people: 0, groups: Vec::new(), objects: Vec::new(), nested: false, forums: Vec::new() };
        Self { rows: Mutex::new(Rows::of(scene, Vec::new(), bug)), bug }
    }

    /// Begins anew: a world with these posts, each in its forum.
    pub fn set(&self, scene: &Scene, posts: &[(usize, String)]) {
        let posts = posts.iter().map(|(forum, body)| Kept { thread: *forum as u64 + 1, body: body.clone(), key: None });
        *self.rows() = Rows::of(scene.clone(), posts.collect(), self.bug);
    }

    /// People change something.
    pub fn edit(&self, scene: &Scene) {
        let mut rows = self.rows();
        rows.scene = scene.clone();
        rows.moved(self.bug);
    }

    /// What is there.
    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What was written carries.
    #[must_use]
    pub fn carries(rows: &Rows, key: Option<Key>) -> Label {
        key.and_then(|key| rows.carried.get(&key)).cloned().unwrap_or_default()
    }

    fn write(&self, chapter: &Chapter) -> Result<Written, Unrecorded> {
        let rows = &mut *self.rows();
        if let Some(premise) = &chapter.terms.premise {
            rows.judge(premise)?;
        }
        let asked = match &chapter.terms.with {
            Some(With::Ask(new)) => Some(rows.ask(new)),
            Some(With::Spend(spends)) => {
                rows.spend(spends, chapter.terms.premise.as_ref())?;
                None
            }
            Some(With::SetDown(_) | With::Key(_)) | None => None,
        };
        let count = u32::try_from(chapter.drafts.len()).unwrap_or_default();
        let last = chapter.invocation.map(|invocation| (invocation, (chapter.first + count).saturating_sub(1)));
        if let (Some(mark), Some(last)) = (&chapter.terms.mark, last) {
            rows.mark(mark, last, self.bug);
        }
        Ok(Written { asked })
    }
}

impl Rows {
    fn of(scene: Scene, posts: Vec<Kept>, bug: Option<Bug>) -> Self {
        let directory = Arc::new(Directory::default());
        let mut rows = Self {
            scene,
            judged: directory.clone(),
            directory,
            standings: HashMap::new(),
            posts,
            leases: Vec::new(),
            opened: HashMap::new(),
            sessions: HashMap::new(),
            carried: HashMap::new(),
            files: HashMap::new(),
            touched: BTreeSet::new(),
            there: BTreeSet::new(),
            questions: Vec::new(),
            used: BTreeSet::new(),
            released: Vec::new(),
        };
        rows.moved(bug);
        rows
    }

    /// The world has another version.
    fn moved(&mut self, bug: Option<Bug>) {
        self.directory = Arc::new(self.scene.directory(self.directory.stamp + 1, &self.leases));
        self.judged = match bug {
            Some(Bug::CeilingsAreWhoReads) => {
                let mut wrong = self.scene.clone();
                let place = |it: &mut scene::Place| it.cleared = it.readers.iter().chain(&it.administers).cloned().collect();
                wrong.objects.iter_mut().chain(&mut wrong.forums).for_each(place);
                Arc::new(wrong.directory(self.directory.stamp, &self.leases))
            }
            Some(Bug::GroupsAreNotNested) => {
                let mut wrong = self.scene.clone();
                let person = |it: &tollgate::name::Principal| matches!(it, tollgate::name::Principal::Person(_));
                wrong.groups.iter_mut().for_each(|members| members.retain(person));
                Arc::new(wrong.directory(self.directory.stamp, &self.leases))
            }
            _ => self.directory.clone(),
        };
        self.standings.clear();
    }

    fn judge(&self, premise: &Premise) -> Result<(), Unrecorded> {
        premise.judge(self.judged.clone(), NOW).map_err(Unrecorded::Refused)
    }

    fn standing(&mut self, person: &PersonName) -> Arc<Standing> {
        let judged = &self.judged;
        let of = || Arc::new(Standing::of(judged.clone(), person.clone()));
        self.standings.entry(person.clone()).or_insert_with(of).clone()
    }

    /// Everybody who may says yes.
    fn ask(&mut self, new: &NewQuestion) -> u64 {
        let id = self.questions.len() as u64 + 1;
        let agreed = new.rules.may_answer(&self.judged, NOW);
        let state = if new.rules.met(&agreed, &self.judged, NOW) { State::Agreed } else { State::Declined };
        self.questions.push(Question {
            id,
            state,
            why: None,
            act: new.act.digest(),
            rules: new.rules.clone(),
            expires: NOW.after(new.manners.expires),
            agreed,
            asker: new.asker,
            card: None,
            review: None,
        });
        id
    }

    /// A yes is worth one act; a release is on record.
    fn spend(&mut self, spends: &Spends, premise: Option<&Premise>) -> Result<(), Unrecorded> {
        if let Some(used) = &spends.approval
            && !self.used.insert(used.question)
        {
            return Err(Unrecorded::Refused(not_yours()));
        }
        if let Some(premise) = premise.filter(|premise| premise.released) {
            self.released.push((premise.shown.clone(), premise.audience.clone()));
        }
        Ok(())
    }

    /// As the store's own tables would have it.
    fn mark(&mut self, mark: &Mark, last: Key, bug: Option<Bug>) {
        match mark {
            Mark::Held(session, label) => {
                self.sessions.entry(key(session)).or_default().unite(label);
            }
            Mark::Writes(label, path) => {
                if !label.is_empty() {
                    self.carried.insert(last, label.clone());
                }
                let replaced = |path: &FilePath| self.there.contains(path.as_str()) || self.files.contains_key(path);
                if let Some(path) =
                    path.as_ref().filter(|path| bug != Some(Bug::FilesKeepWhatTheyCarried) || !replaced(path))
                {
                    let mut carries = self.files.get(path).map(|(label, _)| label.clone()).unwrap_or_default();
                    carries.unite(label);
                    self.files.insert(path.clone(), (carries, last));
                }
            }
            Mark::Wrote(label, path, intent) => {
                self.touched.insert(path.clone());
                if let Some(of) = self.files.get_mut(path).filter(|of| of.1 == *intent) {
                    of.0.clone_from(label);
                }
            }
        }
    }

    /// What a file carries.
    #[must_use]
    pub fn file_carries(&self, path: &FilePath) -> Label {
        self.files.get(path).map(|(label, _)| label.clone()).unwrap_or_default()
    }

    /// What a lease carries.
    #[must_use]
    pub fn lease_carries(&self, lease: u64) -> Label {
        Memory::carries(self, self.opened.get(&lease).map(|(key, _)| *key))
    }
}

fn key(session: &SessionId) -> (PersonName, String, String) {
    (session.person.clone(), session.claim.clone(), session.agent.clone())
}

fn ready<'a, T: Send + 'a>(value: T) -> Pending<'a, T> {
    Box::pin(std::future::ready(value))
}

impl World for Memory {
    fn rights(&self, initiator: &PersonName) -> Pending<'_, Result<Rights, Broken>> {
        let standing = self.rows().standing(initiator);
        ready(Ok(Rights { standing, now: NOW }))
    }

    fn quota_left(&self, _charges: &[Charge]) -> Result<Result<(), Refusal>, Broken> {
        Ok(Ok(()))
    }

    fn held(&self, session: &SessionId) -> Result<Label, Broken> {
        Ok(self.rows().sessions.get(&key(session)).cloned().unwrap_or_default())
    }

    fn carried(&self, path: &FilePath) -> Result<Label, Broken> {
        Ok(if self.bug == Some(Bug::FilesCarryNothing) { Label::default() } else { self.rows().file_carries(path) })
    }

    fn lies_under(&self, object: &ObjectName, directory: &Directory) -> Result<Label, Broken> {
        if self.bug == Some(Bug::WideningsForgetWhatLiesThere) {
            return Ok(Label::default());
        }
        let rows = self.rows();
        let mut label = Label::default();
        let files = rows.files.iter().filter(|(path, _)| directory.object_of(path) == Some(object));
        files.for_each(|(_, (carries, _))| label.unite(carries));
        let leases = rows.leases.iter().filter(|(of, _)| of == object).filter_map(|(_, entry)| entry.lease);
        leases.for_each(|lease| label.unite(&rows.lease_carries(lease)));
        Ok(label)
    }

    fn stopped(&self, _subject: &Subject, _found: &AtomicU64) -> Option<Refusal> {
        None
    }
}

impl Journal for Memory {
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<Written, Unrecorded>> {
        ready(self.write(&chapter))
    }
}

impl Credentials for Memory {
    fn passphrase_of(&self, _person: &PersonName) -> Pending<'_, Result<Option<String>, Broken>> {
        ready(Ok(None))
    }

    fn able(&self, people: &BTreeSet<PersonName>) -> Pending<'_, Result<BTreeSet<PersonName>, Broken>> {
        ready(Ok(people.clone()))
    }
}

impl Questions for Memory {
    fn question(&self, id: u64) -> Pending<'_, Result<Option<Question>, Broken>> {
        let at = usize::try_from(id).unwrap_or_default().wrapping_sub(1);
        ready(Ok(self.rows().questions.get(at).cloned()))
    }

    fn before<'a>(&'a self, _act: &'a Act, _about: Option<&'a About>) -> Pending<'a, Result<Earlier, Broken>> {
        ready(Ok((None, None)))
    }

    fn answer(&self, _reply: Reply, _chapter: Chapter) -> Pending<'_, Result<Answered, Unrecorded>> {
        ready(Err(Unrecorded::Broken(nobody())))
    }

    fn end(&self, _id: u64, _state: State, _why: String) -> Pending<'_, Result<(), Unrecorded>> {
        ready(Err(Unrecorded::Broken(nobody())))
    }

    fn answers(&self) -> u64 {
        0
    }
}

/// Everybody has answered when a question is asked.
fn nobody() -> Broken {
    Broken::while_doing("answering a question", "nobody answers one here")
}

impl Forums for Memory {
    fn threads(&self, forum: ForumName, _after: Option<u64>, _room: u64) -> Pending<'_, Result<Page, Broken>> {
        let rows = self.rows();
        let all = (0..rows.scene.forums.len()).filter(|number| scene::forum(*number) == forum).map(|number| {
            let id = number as u64 + 1;
            let posts = rows.posts.iter().filter(|post| post.thread == id).count();
            Summary { id, title: "thread".to_owned(), posts: u32::try_from(posts).unwrap_or(u32::MAX) }
        });
        ready(Ok(Page { threads: all.collect(), more: false }))
    }

    fn thread(
        &self,
        forum: ForumName,
        thread: u64,
        _after: Option<u64>,
        _room: u64,
    ) -> Pending<'_, Result<Option<Conversation>, Broken>> {
        if !is_of(&forum, thread) {
            return ready(Ok(None));
        }
        let rows = self.rows();
        let posts = rows.posts.iter().enumerate().filter(|(_, post)| post.thread == thread).map(|(number, post)| Message {
            id: number as u64 + 1,
            author: String::new(),
            at: NOW,
            body: post.body.clone(),
        });
        ready(Ok(Some(Conversation { title: "thread".to_owned(), posts: posts.collect(), more: false })))
    }

    fn carried(&self, posts: Vec<u64>) -> Pending<'_, Result<Vec<Label>, Broken>> {
        let rows = self.rows();
        let of = |id: u64| {
            let post = usize::try_from(id).ok().and_then(|id| rows.posts.get(id.wrapping_sub(1)));
            if self.bug == Some(Bug::PostsCarryNothing) {
                Label::default()
            } else {
                Self::carries(&rows, post.and_then(|it| it.key))
            }
        };
        ready(Ok(posts.into_iter().map(of).collect()))
    }

    fn title(&self, forum: ForumName, thread: u64) -> Pending<'_, Result<Option<String>, Broken>> {
        ready(Ok(is_of(&forum, thread).then(|| "thread".to_owned())))
    }
}

/// Each forum has the thread of its number.
fn is_of(forum: &ForumName, thread: u64) -> bool {
    thread.checked_sub(1).is_some_and(|number| forum.as_str() == format!("f{number}"))
}

impl Embedded for Memory {
    fn post(&self, post: NewPost, settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>> {
        let posted = self.write(&settle).map(|_| {
            let mut rows = self.rows();
            rows.posts.push(Kept { thread: post.thread, body: post.body, key: Some(post.key) });
            rows.posts.len() as u64
        });
        ready(posted)
    }
}

impl Acls for Memory {
    fn widen(&self, lease: Lease, settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>> {
        let widened = self.write(&settle).map(|_| {
            let rows = &mut *self.rows();
            let id = rows.opened.len() as u64 + 1;
            let (principal, right) = (lease.principal.clone(), lease.right);
            rows.leases.push((lease.object.clone(), Entry { principal, right, ends: Some(lease.ends), lease: Some(id) }));
            rows.opened.insert(id, (lease.key, lease));
            rows.moved(self.bug);
            id
        });
        ready(widened)
    }

    fn carried(&self, leases: Vec<u64>) -> Pending<'_, Result<Vec<Label>, Broken>> {
        let rows = self.rows();
        let nothing = self.bug == Some(Bug::LeasesCarryNothing);
        ready(Ok(leases.into_iter().map(|id| if nothing { Label::default() } else { rows.lease_carries(id) }).collect()))
    }

    fn is_open(&self, ending: Ending) -> Pending<'_, Result<bool, Broken>> {
        ready(Ok(self.rows().is_open(&ending)))
    }

    fn end(&self, ending: Ending, settle: Chapter) -> Pending<'_, Result<(), Unrecorded>> {
        let ended = self.write(&settle).map(|_| {
            let mut rows = self.rows();
            if rows.is_open(&ending) {
                rows.leases.retain(|(_, entry)| entry.lease != Some(ending.lease));
                rows.moved(self.bug);
            }
        });
        ready(ended)
    }
}

impl Rows {
    fn is_open(&self, ending: &Ending) -> bool {
        let open = self.leases.iter().any(|(object, entry)| *object == ending.object && entry.lease == Some(ending.lease));
        let of = |lease: &Lease| lease.tool == ending.tool && lease.initiator == ending.initiator;
        open && self.opened.get(&ending.lease).is_some_and(|(_, lease)| of(lease))
    }
}
