//! Going on with invocations that wait: the component that was kept, the manifest as it is now.

use super::workspace::{NotReady, Workspace};
use crate::approval::Current;
use crate::diagnostic::Broken;
use crate::invoke::{Host, NotCalled, Report, Standing, Waits as _};
use crate::manifest::Manifest;
use crate::name::{Digest, InvocationId, ToolName};
use crate::refusal::Code;
use crate::store::Store;

/// What came of going on with an invocation.
#[derive(Debug)]
pub enum Went {
    /// It stays as it is: it waits, it is over, somebody else has it.
    Stays(Standing),
    /// It went on here.
    On(Report),
}

impl Workspace {
    /// Goes on with an invocation whose question is answered, under the manifest that stands in its folder now.
    ///
    /// # Errors
    /// As [`Workspace::go_on_with`].
    pub async fn go_on(
        &self,
        here: (&Host, &Store),
        invocation: InvocationId,
        cancelled: impl IntoFuture<Output = (), IntoFuture: Send>,
    ) -> Result<Went, NotReady> {
        self.go_on_with(here, invocation, |tool| self.in_force(tool), cancelled).await
    }

    /// A tool's manifest as it stands in its folder, and the digest of its component where that is the one that was pinned.
    ///
    /// # Errors
    /// When the manifest is missing or has problems.
    pub fn in_force(&self, tool: &ToolName) -> Result<(Manifest, Option<Digest>), NotReady> {
        let manifest = self.manifest(tool)?;
        let component = self.current_component(&manifest);
        Ok((manifest, component))
    }

    /// Goes on with an invocation whose question is answered; one that cannot go on is ended, and the reason is on record.
    /// `in_force` gives a tool's manifest, and the digest of its component where that is the one that was pinned.
    ///
    /// # Errors
    /// When the tool cannot be made ready, or the host is broken: then it still waits.
    pub async fn go_on_with(
        &self,
        (host, store): (&Host, &Store),
        invocation: InvocationId,
        in_force: impl FnOnce(&ToolName) -> Result<(Manifest, Option<Digest>), NotReady>,
        cancelled: impl IntoFuture<Output = (), IntoFuture: Send>,
    ) -> Result<Went, NotReady> {
        let standing = host.standing(invocation).await?;
        if standing != Standing::Ready {
            return Ok(Went::Stays(standing));
        }
        let before = match host.before(invocation).await? {
            Ok(before) => before,
            Err(why) => {
                tracing::warn!(%invocation, %why, "it cannot go on");
                host.lost(invocation, &why).await?;
                return Ok(Went::Stays(host.standing(invocation).await?));
            }
        };
        let (manifest, component) = in_force(&before.tool)?;
        if component != Some(before.component) {
            host.give_up(invocation, Code::Changed, "the tool's component has changed since this was asked").await?;
            return Ok(Went::Stays(host.standing(invocation).await?));
        }
        let ready = host.again(&manifest);
        let bytes = match &ready {
            Some(_) => Vec::new(),
            None => self.kept(&before.component)?.map_or_else(|| self.component(&manifest), Ok)?,
        };
        if !store.claim(invocation).await? {
            return Ok(Went::Stays(Standing::Running));
        }
        let loaded = match ready {
            Some(loaded) => Ok(loaded),
            None => host.load(manifest, &bytes).await,
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(broken) => return Err(put_back(store, invocation, broken).await),
        };
        match host.take_up(&loaded, before, cancelled.into_future()).await {
            Ok(report) => Ok(Went::On(report)),
            Err(NotCalled::Broken(broken)) => Err(put_back(store, invocation, broken).await),
            Err(NotCalled::Usage(lines)) => {
                let broken = Broken::while_doing("taking an invocation up", lines.join("; "));
                Err(put_back(store, invocation, broken).await)
            }
            Err(NotCalled::Joined(other)) => {
                let broken = Broken::while_doing("taking an invocation up", format!("it joined {other}"));
                Err(put_back(store, invocation, broken).await)
            }
        }
    }

    /// The digest of a tool's component, where its file is the one that was pinned.
    fn current_component(&self, manifest: &Manifest) -> Option<Digest> {
        let digest = Digest::of(&self.component(manifest).ok()?);
        manifest.digest.filter(|pinned| *pinned == digest)
    }

    /// What a question of this tool is bound to, as it stands in its folder now.
    ///
    /// # Errors
    /// When its manifest has problems.
    pub fn current(&self, tool: &ToolName) -> Result<Current, Broken> {
        self.current_of(tool, self.in_force(tool))
    }

    /// What a question is bound to where this is in force of its tool. A tool that is not there is bound to nothing; of one
    /// whose manifest is being mended, that cannot be said.
    pub(super) fn current_of(
        &self,
        tool: &ToolName,
        in_force: Result<(Manifest, Option<Digest>), NotReady>,
    ) -> Result<Current, Broken> {
        let (manifest, component) = match in_force {
            Ok((manifest, component)) => (Some(manifest.meaning()), component),
            Err(NotReady::Broken(_)) => (None, None),
            Err(NotReady::Problems(_)) => {
                let why = format!("the manifest of `{tool}` does not check now; the question stays open");
                let broken = Broken::while_doing("judging what is agreed to", why);
                return Err(broken.help("`tollgate check` says what is wrong in it"));
            }
        };
        Ok(Current { component, manifest, rules: self.config.meaning() })
    }

    /// Waits until somebody may have answered a question, or a while is over.
    pub async fn something_new(store: &Store) {
        use crate::gate::Questions as _;
        let (answers, since) = (store.answers(), store.now());
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            if store.answers() != answers || store.now().0.saturating_sub(since.0) > 100 {
                return;
            }
        }
    }
}

/// What was taken up and not begun waits again.
async fn put_back(store: &Store, invocation: InvocationId, broken: Broken) -> NotReady {
    match store.put_back(invocation).await {
        Ok(()) => broken.into(),
        Err(worse) => worse.into(),
    }
}
