//! Traces on the rules: the host's own sentence, effects and marks, over a world in memory and a folder; no sandbox, no store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use errand::steps::{Ask, Errand, Step, Told, refused, words};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tollgate::approval::{Manners, Unattended};
use tollgate::bindings::tollgate::host::{acl, files, forum};
use tollgate::capability::files::Beneath;
use tollgate::capability::{Backends, Guest, specs};
use tollgate::clock::Instant;
use tollgate::diagnostic::{Halt, Source};
use tollgate::gate::{Book, Patience, Services, Session as Invoked, Timing, Who, World as _};
use tollgate::grant::Allowed;
use tollgate::journal::{Body, Draft, Journal, Kind, Terms};
use tollgate::label::Label;
use tollgate::manifest;
use tollgate::name::{Digest, FilePath, InvocationId, ToolName};
use tollgate::quota::Rate;
use tollgate::unit::Duration;

use crate::bug::Bug;
use crate::memory::{Memory, NOW};
use crate::scene::Scene;
use crate::stage::{Failed, File, Post, Stage, Things};
use crate::trace::{Session, Tool};

/// A world in memory, with the host's rules in front of it.
pub struct Rules {
    runtime: Runtime,
    memory: Arc<Memory>,
    backends: Backends,
    services: Services,
    allowed: [(ToolName, Arc<Allowed>); 2],
    bug: Option<Bug>,
    folder: TempDir,
    /// What stands in the folder.
    contents: BTreeMap<String, String>,
    calls: u64,
}

/// Nobody counts time here.
struct Untimed;

impl Timing for Untimed {
    fn host_call(&self, _inside: bool) {}
    fn person(&self, _waiting: bool) {}
    fn clock(&self, _now: Instant) {}
}

impl Rules {
    /// Makes one; its folder lies in memory where the system has such a place.
    ///
    /// # Errors
    /// When the system does not give what it takes.
    #[expect(clippy::disallowed_methods, reason = "the search opens its own folder")]
    pub fn new(bug: Option<Bug>) -> Result<Self, Failed> {
        let text = |e: &dyn std::fmt::Display| e.to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| text(&e))?;
        let folder = in_memory().map_err(|e| text(&e))?;
        let root = Dir::open_ambient_dir(folder.path(), ambient_authority()).map_err(|e| text(&e))?;
        let memory = Arc::new(Memory::new(bug));
        let backends = Backends {
            files: Arc::new(Beneath::new(root)),
            forum: tollgate::capability::forum::Backend::Embedded(memory.clone()),
            acl: memory.clone(),
        };
        let hour = Duration(3_600_000);
        let asks = Rate::parse("1000 per hour").map_err(|e| text(&e))?;
        let services = Services {
            world: memory.clone(),
            journal: memory.clone(),
            desk: Arc::new(Unattended),
            credentials: memory.clone(),
            questions: memory.clone(),
            manners: Manners { hold: hour, expires: hour, declined: hour, asks, two_beyond: 1_000 },
            effects: runtime.handle().clone(),
        };
        let allowed = [allowed(Tool::Plain)?, allowed(Tool::Releases)?];
        let contents = BTreeMap::new();
        Ok(Self { runtime, memory, backends, services, allowed, bug, folder, contents, calls: 0 })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    #[expect(clippy::disallowed_methods, reason = "the search lays out its own folder")]
    fn put(&mut self, path: &str, text: &str) -> Result<(), Failed> {
        if self.contents.get(path).is_some_and(|there| there == text) {
            return Ok(());
        }
        let at = self.path(path);
        let parent = at.parent().unwrap_or(&at);
        std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&at, text)).map_err(|e| e.to_string())?;
        self.contents.insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    /// The book of a call that begins.
    fn begin(&mut self, session: &Session, (tool, allowed): (ToolName, Arc<Allowed>)) -> Result<Invoked, Failed> {
        self.calls += 1;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.calls.to_le_bytes());
        let who = Who {
            invocation: InvocationId::new(NOW.0, &random),
            tool,
            component: Digest::of(b"component"),
            manifest: Digest::of(b"manifest"),
            initiator: session.person.clone(),
            actors: session.agent.clone().into(),
            session: session.claim.clone(),
            rules: Digest::of(b"rules"),
            call: Digest::of(&self.calls.to_le_bytes()),
        };
        let patience = Patience { host_calls: 1_000, refusals: 1_000, arguments: 1 << 20 };
        let mut book = Book::new(who.invocation, &allowed, patience);
        let held = self.memory.held(&who.holds()).map_err(|e| e.to_string())?;
        if self.bug != Some(Bug::CallsBeginWithNothing) {
            book.begins_with(held);
        }
        Ok(Invoked {
            who: Arc::new(who),
            allowed,
            quotas: Arc::new([]),
            services: self.services.clone(),
            timing: Arc::new(Untimed),
            book: Arc::new(tokio::sync::Mutex::new(book)),
            span: tracing::Span::none(),
        })
    }
}

pub(crate) fn in_memory() -> std::io::Result<TempDir> {
    let shared = std::path::Path::new("/dev/shm");
    if shared.is_dir() { tempfile::tempdir_in(shared).or_else(|_| tempfile::tempdir()) } else { tempfile::tempdir() }
}

fn allowed(tool: Tool) -> Result<(ToolName, Arc<Allowed>), Failed> {
    let name = ToolName::parse(tool.name()).map_err(|e| e.to_string())?;
    let head = "tollgate = 1\n[tool]\ncomponent = \"errand.wasm\"\ncallers = [\"group:g0\"]\nagents = [\"a0\"]\n";
    let source = Arc::new(Source { name: "errand.toml".to_owned(), text: format!("{head}{}", tool.grants()) });
    let checked = manifest::check(name.clone(), source, &specs());
    let manifest = checked.value.ok_or_else(|| format!("{:?}", checked.problems))?;
    Ok((name, Arc::new(Allowed { granted: manifest.grants, declared: None })))
}

impl Stage for Rules {
    fn set(&mut self, scene: &Scene, files: &[(String, String)], posts: &[(usize, String)]) -> Result<(), Failed> {
        self.memory.set(scene, posts);
        self.memory.rows().there = files.iter().map(|(path, _)| path.clone()).collect();
        let left: Vec<String> =
            self.contents.keys().filter(|path| files.iter().all(|(it, _)| it != *path)).cloned().collect();
        for path in left {
            std::fs::remove_file(self.path(&path)).map_err(|e| e.to_string())?;
            self.contents.remove(&path);
        }
        files.iter().try_for_each(|(path, text)| self.put(path, text))
    }

    fn edit(&mut self, scene: &Scene) -> Result<(), Failed> {
        self.memory.edit(scene);
        Ok(())
    }

    fn call(&mut self, session: &Session, tool: Tool, steps: &[Step], memory: Vec<String>) -> Result<Vec<String>, Failed> {
        let mut errand = Errand::of(steps.to_vec(), memory)?;
        let invoked = self.begin(session, self.allowed[tool as usize].clone())?;
        let mut guest = Guest { session: invoked.clone(), backends: self.backends.clone() };
        let (bug, rows) = (self.bug, self.memory.clone());
        let journal: Arc<dyn Journal> = self.memory.clone();
        self.runtime.block_on(async {
            while let Some(ask) = errand.next_ask() {
                let told = seam(&mut guest, &ask, bug, &rows).await?;
                errand.told(told);
            }
            let mut book = invoked.book.lock().await;
            let mark = book.raises(|| invoked.who.holds()).filter(|_| bug != Some(Bug::SessionsAreNotTold));
            let draft = Draft::new(Kind::Ended, Body::of(0));
            let ended = book.record.commit(&journal, Some(draft), Terms { mark, ..Terms::default() }).await;
            ended.map_err(|e| format!("{e:?}"))
        })?;
        Ok(errand.memory)
    }

    #[expect(clippy::disallowed_methods, reason = "the search looks at its own folder")]
    fn things(&mut self) -> Result<Things, Failed> {
        let touched = std::mem::take(&mut self.memory.rows().touched);
        for path in touched {
            let text = std::fs::read_to_string(self.path(path.as_str())).map_err(|e| e.to_string())?;
            self.contents.insert(path.as_str().to_owned(), text);
        }
        let rows = self.memory.rows();
        let forum = |thread: u64| crate::scene::forum(usize::try_from(thread).unwrap_or_default().saturating_sub(1));
        let posts = rows.posts.iter().map(|post| Post {
            forum: forum(post.thread),
            body: post.body.clone(),
            label: Memory::carries(&rows, post.key),
        });
        let file = |(path, contents): (&String, &String)| {
            let path = FilePath::parse(path).map_err(|e| e.to_string())?;
            Ok(File { label: rows.file_carries(&path), path, contents: contents.clone() })
        };
        let files = self.contents.iter().map(file).collect::<Result<_, Failed>>()?;
        let (posts, released) = (posts.collect(), rows.released.clone());
        let lines = crate::stage::lines(&rows.directory, |lease| rows.lease_carries(lease));
        Ok(Things { directory: rows.directory.clone(), now: NOW, posts, files, lines, released })
    }
}

/// Hands the rules what is asked for; bugs are built in around it.
async fn seam(guest: &mut Guest, ask: &Ask, bug: Option<Bug>, memory: &Memory) -> Result<Told, Failed> {
    let book = guest.session.book.clone();
    let before = book.lock().await.label.clone();
    let hidden = matches!(ask, Ask::Widen(..)) && bug == Some(Bug::WideningsAreNotCompared);
    if hidden {
        book.lock().await.label = Label::default();
    }
    let releases = memory.rows().released.len();
    let answered = answer(guest, ask).await;
    let no = answered.is_err();
    let mut told = match answered {
        Ok(told) => told,
        Err(Halt::Refused(refusal)) => refused(refusal.code.stage(), refusal.code.reason()),
        Err(Halt::Stopped(fault)) => return Err(fault.to_string()),
        Err(Halt::SetDown) => return Err("it was set down".to_owned()),
    };
    let mut book = book.lock().await;
    let forgets = match bug {
        Some(Bug::ReadsJoinNothing) => matches!(ask, Ask::Read(_) | Ask::Thread(..) | Ask::Entries(_)),
        Some(Bug::ListingsJoinNothing) => matches!(ask, Ask::List(_) | Ask::Threads(_)),
        Some(Bug::MissingFilesJoinNothing) => no,
        _ => hidden,
    };
    if forgets {
        book.label = before;
    } else if bug == Some(Bug::JoinsForget) && !before.is_empty() && book.label != before {
        book.label = book.label.sources().filter(|source| !before.sources().any(|it| it == *source)).cloned().collect();
    } else if bug == Some(Bug::ReleasesLowerTheSession) && memory.rows().released.len() > releases {
        book.label = Label::default();
    }
    if let (Some(Bug::RefusalsTell), true, Ask::Read(path)) = (bug, no, ask) {
        told = Told::text(if memory.rows().there.contains(path) { "no:hidden" } else { "no:missing" });
    }
    Ok(told)
}

async fn answer(guest: &mut Guest, ask: &Ask) -> Result<Told, Halt> {
    Ok(match ask {
        Ask::Read(path) => Told::text(&String::from_utf8_lossy(&files::Host::read(guest, path.clone(), 0, 256).await?)),
        Ask::List(folder) => {
            let listing = files::Host::list(guest, folder.clone(), None).await?;
            words(listing.entries.iter().map(|it| format!("{}:{}", it.name, it.size)))
        }
        Ask::Threads(name) => {
            let page = forum::Host::threads(guest, name.clone(), None).await?;
            words(page.threads.iter().map(|it| format!("{}:{}", it.title, it.posts)))
        }
        Ask::Thread(name, thread) => {
            let found = forum::Host::thread(guest, name.clone(), *thread, None).await?;
            words(found.posts.into_iter().map(|it| it.body))
        }
        Ask::Entries(object) => {
            let entries = acl::Host::entries(guest, object.clone()).await?;
            words(entries.iter().map(|it| format!("{}:{}", it.principal, it.right)))
        }
        Ask::Post(name, thread, body) => {
            forum::Host::post(guest, name.clone(), *thread, body.clone()).await.map(|_| Told::text("posted"))?
        }
        Ask::Write(path, contents) => {
            files::Host::write(guest, path.clone(), contents.clone().into_bytes()).await.map(|()| Told::text("written"))?
        }
        Ask::Widen(object, principal) => {
            Told::Lease(acl::Host::widen(guest, object.clone(), principal.clone(), "read".to_owned(), 60).await?)
        }
        Ask::End(object, lease) => acl::Host::end(guest, object.clone(), *lease).await.map(|()| Told::text("ended"))?,
    })
}
