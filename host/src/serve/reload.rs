//! Manifests and components that change while it serves: what is right takes effect with the next call, what is wrong leaves
//! the tool as it was and says why.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::Front;
use super::offer::{Offer, Shelf};
use crate::diagnostic::Broken;
use crate::name::{Digest, ToolName};
use crate::setup::{NotReady, Started};

/// A change is followed by others: an editor writes twice, a deployment many files.
const SETTLES: Duration = Duration::from_millis(200);

/// What came of looking at the tools again.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// Tools that are as they were written now: new, changed, or back.
    pub changed: Vec<ToolName>,
    /// Tools that are gone.
    pub gone: Vec<ToolName>,
    /// Tools whose files are wrong, and why; those that were served are served as they were.
    pub kept: Vec<(ToolName, NotReady)>,
}

impl Reloaded {
    /// Whether anything is served otherwise than before.
    #[must_use]
    pub fn anything(&self) -> bool {
        !self.changed.is_empty() || !self.gone.is_empty()
    }
}

impl Front {
    /// Looks at every tool again.
    ///
    /// # Errors
    /// When the folder of tools cannot be read; then all stay as they are.
    pub async fn reload(self: &Arc<Self>) -> Result<Reloaded, Broken> {
        let front = self.clone();
        let events = tokio::runtime::Handle::current();
        let started = tokio::task::spawn_blocking(move || {
            let _entered = events.enter();
            front.workspace.load_all(&front.host)
        });
        let started = started.await.map_err(|e| Broken::while_doing("loading the tools again", e))??;
        let reloaded = self.put(started);
        if reloaded.anything() {
            self.subscribers.tell().await;
        }
        Ok(reloaded)
    }

    fn put(&self, started: Vec<Started>) -> Reloaded {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        let before = by_tool(&shelf);
        let mut next = Shelf::new(started);
        let mut reloaded = Reloaded { kept: std::mem::take(&mut next.missing), ..Reloaded::default() };
        let now = by_tool(&next);
        for (tool, meaning) in &now {
            if before.get(tool) != Some(meaning) {
                reloaded.changed.push(tool.clone());
            }
        }
        for tool in before.keys().filter(|tool| !now.contains_key(*tool)) {
            if reloaded.kept.iter().any(|(kept, _)| kept == tool) {
                let offers = shelf.offers.iter().filter(|(_, offer)| offer.tool() == tool);
                next.offers.extend(offers.map(|(name, offer)| (name.clone(), offer.clone())));
            } else {
                reloaded.gone.push(tool.clone());
            }
        }
        *shelf = Arc::new(next);
        reloaded
    }

    /// Looks again whenever a file of the tools changes, as long as it is polled; `again` says that somebody asks for it.
    ///
    /// # Errors
    /// When the folder cannot be watched.
    pub async fn follow(self: Arc<Self>, mut again: mpsc::Receiver<()>) -> Result<(), Broken> {
        let doing = || format!("watching {}", self.workspace.path("tools").display());
        let (tell, mut changed) = mpsc::channel(1);
        let seen = move |event: notify::Result<notify::Event>| {
            let reads = event.as_ref().is_ok_and(|event| event.kind.is_access());
            if !reads {
                // Full means that somebody will look anyway.
                let _ = tell.try_send(());
            }
        };
        let mut watcher = notify::recommended_watcher(seen).map_err(|e| Broken::while_doing(doing(), e))?;
        watcher
            .watch(&self.workspace.path("tools"), RecursiveMode::NonRecursive)
            .map_err(|e| Broken::while_doing(doing(), e))?;
        loop {
            tokio::select! {
                Some(()) = changed.recv() => {}
                Some(()) = again.recv() => {}
                else => return Ok(()),
            }
            // Until nothing has changed for a while.
            while tokio::time::timeout(SETTLES, changed.recv()).await.is_ok_and(|it| it.is_some()) {}
            match self.reload().await {
                Ok(reloaded) => said(&reloaded),
                Err(broken) => tracing::error!(doing = broken.doing, cause = broken.cause, "the tools stay as they are"),
            }
        }
    }
}

/// What each tool is: the meanings of its manifest and component.
fn by_tool(shelf: &Shelf) -> BTreeMap<ToolName, (Digest, Digest)> {
    let of = |offer: &Arc<Offer>| (offer.tool().clone(), (offer.loaded.meaning(), offer.loaded.digest()));
    shelf.offers.values().map(of).collect()
}

fn said(reloaded: &Reloaded) {
    for tool in &reloaded.changed {
        tracing::info!(%tool, "it is served as it was written now");
    }
    for tool in &reloaded.gone {
        tracing::info!(%tool, "it is served no longer");
    }
    for (tool, why) in &reloaded.kept {
        tracing::error!(%tool, why = why.short(), "its files are wrong: it stays as it was");
    }
}
