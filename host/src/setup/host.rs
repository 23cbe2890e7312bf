//! A host put together out of a workspace.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::workspace::{NotReady, Workspace, private_dir, write_private};
use crate::approval::{Desk, Manners, Unattended};
use crate::capability::Backends;
use crate::capability::files::Beneath;
use crate::capability::forum;
use crate::clock::Clock;
use crate::config::Terms;
use crate::diagnostic::Broken;
use crate::invoke::{Host, Loaded, Parts};
use crate::journal::Signer;
use crate::name::{AgentName, PersonName, ToolName};
use crate::runtime::{Cache, Sandbox, Settings};
use crate::store::{Opening, Store};
use crate::vet::Vetting;

/// A tool of a workspace, loaded or not.
pub type Started = (ToolName, Result<Loaded, NotReady>);

impl Workspace {
    /// Where the time comes from here.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.embedding.clock()
    }

    /// The event loop of a command.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn runtime(&self) -> Result<tokio::runtime::Runtime, Broken> {
        let built = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        built.map_err(|e| Broken::while_doing("starting the event loop", e))
    }

    /// The event loop of a service, on which guests begin: whatever must not wait for one has another.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn serving(&self) -> Result<tokio::runtime::Runtime, Broken> {
        let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        built.map_err(|e| Broken::while_doing("starting the event loop", e))
    }

    /// Opens the store.
    ///
    /// # Errors
    /// When it cannot be opened, is newer than this program, or is not the one that the checkpoints speak of.
    pub fn store(&self) -> Result<Arc<Store>, Broken> {
        private_dir(&self.path("run"))?;
        let opening = Opening {
            database: self.path("tollgate.db"),
            checkpoints: self.path("checkpoints"),
            run: self.path("run"),
            clock: self.clock(),
            signer: self.signer()?,
        };
        Store::open(opening).map(Arc::new)
    }

    fn signer(&self) -> Result<Signer, Broken> {
        Signer::from_pem(self.config.host.as_str(), &self.journal_key()?)
    }

    /// Makes the journal's key, and writes the public one where everybody finds it.
    ///
    /// # Errors
    /// When randomness or the disk fails.
    pub fn make_journal_key(&self) -> Result<(), Broken> {
        let (pem, signer) = Signer::generate(self.config.host.as_str())?;
        write_private(&self.path("keys/journal.pem"), pem.as_bytes())?;
        write_private(&self.path("journal.vkey"), format!("{}\n", signer.verifier().vkey()).as_bytes())
    }

    /// Puts the host together, with its store; without a desk nobody can be asked.
    ///
    /// # Errors
    /// When a part of the workspace is missing or broken.
    pub fn host(&self, desk: Option<Arc<dyn Desk>>) -> Result<(Host, Arc<Store>), Broken> {
        let store = self.store()?;
        let backends = self.backends(&store)?;
        if store.unaccepted().is_none() {
            self.find_out(&store, &backends)?;
        }
        let host = Host::new(Parts {
            sandbox: Sandbox::new(&Settings::of_this_machine())?,
            cache: Cache::new(self.cache()?),
            store: store.clone(),
            backends,
            desk: desk.unwrap_or_else(|| Arc::new(Unattended)),
            manners: self.manners(),
            rules: self.config.meaning(),
            vetting: Arc::new(Vetting::new(self.config.vet.clone())),
            program: program()?,
        });
        Ok((host, store))
    }

    /// How people are asked here.
    #[must_use]
    pub fn manners(&self) -> Manners {
        let terms = &self.config.consent;
        let Terms { hold, expires, declined, asks, two_beyond } = *terms;
        Manners { hold, expires, declined, asks, two_beyond }
    }

    /// The forums that this program embeds, or the store's own.
    fn forum(&self, store: &Arc<Store>) -> forum::Backend {
        match &self.embedding.forum {
            Some(elsewhere) => {
                let away = forum::Away::new(elsewhere.clone(), tokio::runtime::Handle::current());
                forum::Backend::Elsewhere(Arc::new(away))
            }
            None => forum::Backend::Embedded(store.clone()),
        }
    }

    /// What stands behind the capabilities.
    pub(super) fn backends(&self, store: &Arc<Store>) -> Result<Backends, Broken> {
        let files = Arc::new(Beneath::new(self.files()?));
        Ok(Backends { files, forum: self.forum(store), acl: store.clone() })
    }

    /// Loads every tool: what a start does, on all processors. A tool that does not load keeps no other from loading.
    ///
    /// Blocks its thread; call it where blocking is allowed, in the context of an event loop.
    ///
    /// # Errors
    /// When the folder of tools cannot be read.
    pub fn load_all(&self, host: &Host) -> Result<Vec<Started>, Broken> {
        let tools = self.tools()?;
        let (events, next) = (tokio::runtime::Handle::current(), AtomicUsize::new(0));
        let work = || {
            let mut loaded = Vec::new();
            while let Some(tool) = tools.get(next.fetch_add(1, Ordering::Relaxed)) {
                loaded.push((tool.clone(), events.block_on(self.load(host, tool))));
            }
            loaded
        };
        let mut all = std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(tools.len());
            let working: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let join = |it: std::thread::ScopedJoinHandle<'_, _>| it.join().unwrap_or_else(|e| std::panic::resume_unwind(e));
            working.into_iter().flat_map(join).collect::<Vec<_>>()
        });
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    async fn load(&self, host: &Host, tool: &ToolName) -> Result<Loaded, NotReady> {
        let manifest = self.manifest(tool)?;
        let bytes = self.component(&manifest)?;
        Ok(host.load(manifest, &bytes).await?)
    }

    /// Who calls: the person and the agent that were named, or the configuration's.
    ///
    /// # Errors
    /// When a name is malformed, or nobody is named at all.
    pub fn who(&self, initiator: Option<&str>, agent: &str) -> Result<(PersonName, AgentName), NotReady> {
        let doing = "finding out who calls";
        let agent = AgentName::parse(agent).map_err(|e| Broken::while_doing(doing, e))?;
        let person = match (initiator, &self.config.initiator) {
            (Some(name), _) => PersonName::parse(name).map_err(|e| Broken::while_doing(doing, e))?,
            (None, Some(person)) => person.clone(),
            (None, None) => {
                let nobody = Broken::while_doing(doing, "nobody is named");
                return Err(nobody.help("name the person with --as, or as `as` under [call] in tollgate.toml").into());
            }
        };
        Ok((person, agent))
    }
}

/// Has the system give this process memory in pages of the usual size. In huge ones, which the allocator asks for, a host at rest
/// holds 25 MiB that it does not use, and clearing them is noticed in calls.
pub fn usual_pages() {
    // Where the system refuses, memory is what it was.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// This program, which compiles components as its own child.
fn program() -> Result<PathBuf, Broken> {
    std::env::current_exe().map_err(|e| Broken::while_doing("finding this program", e))
}
