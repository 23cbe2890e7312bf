//! The one way in: whatever door a call comes through, it is found, admitted in its turn, run and reported here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rmcp::model::RequestStateCodec;
use tokio::runtime::Handle;

use super::admission::{Busy, Most, Turns};
use super::in_place::{InPlace, Stopped};
use super::mcp::Subscribers;
use super::offer::{Offer, Shelf};
use super::rates::Rates;
use super::told::Told;
use super::turned::Tried;
use super::{Caller, Trace, figures};
use crate::admit::may_call;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::gate::{Questions as _, World as _};
use crate::invoke::{Began, Call, Host, Keep as _, NotCalled, Outcome, Report, Standing, Waits as _};
use crate::name::InvocationId;
use crate::quota::Rate;
use crate::setup::{NotReady, Went, Workspace};
use crate::store::Store;
use crate::unit::Duration;

/// So many calls of what one caller may not call go on record.
const TRIES: Rate = Rate { count: 30, period: Duration(60_000) };

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The function, as it is offered: `answer_reply`.
    pub name: String,
    /// Its arguments: a JSON object.
    pub arguments: String,
    /// The caller's idempotency key.
    pub key: Option<String>,
    /// The trace that the caller is in.
    pub trace: Trace,
}

/// How it stands with a call.
#[derive(Debug, Clone)]
pub enum Came {
    /// It is over.
    Over(InvocationId, Told),
    /// It waits for an answer to this question; none while somebody works on it.
    Waiting(InvocationId, Option<u64>),
}

/// Why a call did not become an invocation, or nothing is said of one.
#[derive(Debug)]
pub enum Turned {
    /// There is no such thing, or it is not this caller's: the same answer for both.
    Unknown,
    /// The arguments are not understood: everything that is wrong with them.
    Usage(Vec<String>),
    /// Too many are at work or wait for their turn.
    Busy(Busy),
    /// The host stops, and takes no new calls.
    Stopping,
    /// The host cannot serve it.
    Broken(Broken),
}

impl Turned {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "door.unknown",
            Self::Usage(_) => "door.arguments",
            Self::Busy(_) => "door.busy",
            Self::Stopping => "door.stopping",
            Self::Broken(_) => "door.unavailable",
        }
    }
}

impl From<Broken> for Turned {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// A workspace that is served.
pub struct Front {
    pub(super) workspace: Workspace,
    pub(super) host: Host,
    pub(super) store: Arc<Store>,
    pub(super) shelf: RwLock<Arc<Shelf>>,
    pub(super) subscribers: Subscribers,
    /// Where guests begin.
    guests: Handle,
    turns: Turns,
    /// Of whom it goes on record that they called what they may not.
    tries: Rates,
    stopping: AtomicBool,
    secret: [u8; 32],
    seals: RequestStateCodec,
    /// Where people answer, without a slash at its end; none where they only do at a terminal.
    people: Option<String>,
}

impl Front {
    /// Serves what was loaded. `people` is the address of the approvers' door. Guests begin on the event loop in whose
    /// context this is called: what must never wait for one is served by another.
    ///
    /// # Errors
    /// When the key of the doors cannot be read or made.
    pub fn new(
        workspace: Workspace,
        (host, store): (Host, Arc<Store>),
        shelf: Shelf,
        people: Option<String>,
    ) -> Result<Self, Broken> {
        let secret = workspace.door_secret()?;
        let (shelf, stopping) = (RwLock::new(Arc::new(shelf)), AtomicBool::new(false));
        let limits = &workspace.config.serve.limits;
        let most = Most { per_caller: limits.per_caller, per_tool: limits.per_tool, queue: limits.queue, ..Most::default() };
        let seals = RequestStateCodec::new_with_keyring("1", [("1", secret.to_vec())]);
        let seals = seals.map_err(|e| Broken::while_doing("making the key of what clients bring back", e))?;
        let (turns, subscribers, tries) = (Turns::new(most), Subscribers::default(), Rates::new(TRIES));
        let guests = Handle::current();
        Ok(Self { workspace, host, store, shelf, subscribers, guests, turns, tries, stopping, secret, seals, people })
    }

    /// Where a question is answered.
    #[must_use]
    pub fn link(&self, question: u64) -> Option<String> {
        self.people.as_ref().map(|people| format!("{people}/approvals/{question}"))
    }

    /// Where its caller looks how an invocation stands; none where agents come over standard input.
    #[must_use]
    pub fn status(&self, invocation: InvocationId) -> Option<String> {
        let agents = &self.workspace.config.serve.agents.url;
        self.people.as_ref().map(|_| format!("{agents}/v1/invocations/{invocation}"))
    }

    /// Until when a question stands; none if there is no such question.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn expires(&self, question: u64) -> Result<Option<Instant>, Broken> {
        Ok(self.store.question(question).await?.map(|question| question.expires))
    }

    /// What only this host's doors know.
    #[must_use]
    pub const fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// Seals what clients keep for the host.
    #[must_use]
    pub const fn seals(&self) -> &RequestStateCodec {
        &self.seals
    }

    /// The tools in force.
    #[must_use]
    pub fn shelf(&self) -> Arc<Shelf> {
        // Whoever panicked while it held this had only swapped a pointer.
        self.shelf.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where guests begin.
    pub(super) const fn guests(&self) -> &Handle {
        &self.guests
    }

    pub(super) const fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Takes no new calls from here on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// What keeps it from serving, in words without a person's or a path's name.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        let stops = self.stopping.load(Ordering::SeqCst).then_some("it is stopping");
        let clock = self.store.ready().err().map(|_| "it takes no calls: `tollgate doctor` says why");
        let store = self.store.directory().err().map(|_| "the store cannot be read");
        stops.into_iter().chain(clock).chain(store).collect()
    }

    /// What this caller may have called, by name.
    ///
    /// # Errors
    /// When it cannot be found out who may.
    pub async fn offers(&self, caller: &Caller) -> Result<Vec<Arc<Offer>>, Broken> {
        let rights = self.store.rights(&caller.person).await?;
        let shelf = self.shelf();
        let may = |offer: &&Arc<Offer>| may_call(offer.loaded.manifest(), &rights, &caller.actors).is_ok();
        Ok(shelf.offers.values().filter(may).cloned().collect())
    }

    /// The offer of that name, if it is this caller's.
    ///
    /// # Errors
    /// When it is not, or there is none.
    pub async fn offer(&self, caller: &Caller, name: &str) -> Result<Arc<Offer>, Turned> {
        // In this order: a name that nothing has takes as long.
        let rights = self.store.rights(&caller.person).await?;
        let offer = self.shelf().offers.get(name).cloned().ok_or(Turned::Unknown)?;
        match may_call(offer.loaded.manifest(), &rights, &caller.actors) {
            Ok(()) => Ok(offer),
            Err(refusal) => {
                let (person, actors, tool) = (caller.person.clone(), caller.actors.clone(), offer.tool().clone());
                let tried = Tried { person: Some(person), actors: Some(actors), tool: Some(tool) };
                // More than that would fill the journal, and says nothing new.
                if self.tries.count(&tried.whose(), self.store.now()).is_ok() {
                    tried.calling(self.store.clone(), refusal.code);
                }
                Err(Turned::Unknown)
            }
        }
    }

    /// Calls a function. An equal call that waits is joined. When the future is dropped, the guest is stopped; what it has
    /// begun to change is finished first.
    ///
    /// # Errors
    /// When it did not become an invocation.
    pub async fn call(self: &Arc<Self>, caller: &Caller, asked: Asked) -> Result<(Arc<Offer>, Came), Turned> {
        let since = tokio::time::Instant::now();
        let called = self.called(caller, asked).await;
        match &called {
            Ok((offer, Came::Over(_, told))) => figures::call(offer, Some(told), since),
            Ok((offer, Came::Waiting(..))) => figures::call(offer, None, since),
            Err(turned) => figures::turned(turned.code()),
        }
        called
    }

    async fn called(self: &Arc<Self>, caller: &Caller, asked: Asked) -> Result<(Arc<Offer>, Came), Turned> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(Turned::Stopping);
        }
        let offer = self.offer(caller, &asked.name).await?;
        let turn = self.turns.take(caller, offer.tool()).await.map_err(Turned::Busy)?;
        let call = Call {
            function: Some(offer.function.name.clone()),
            arguments: asked.arguments,
            initiator: caller.person.clone(),
            actors: caller.actors.clone(),
            session: caller.session.clone(),
            key: asked.key,
        };
        let (front, loaded) = (self.clone(), offer.loaded.clone());
        let calls = move |stopped| asked.trace.around(async move { front.host.call(&loaded, call, stopped).await });
        let called = self.on_guests(calls).await?;
        drop(turn);
        let came = match called {
            Ok(report) => self.reported(report).await?,
            Err(NotCalled::Joined(invocation)) => self.look(invocation).await?,
            Err(NotCalled::Usage(lines)) => return Err(Turned::Usage(lines)),
            Err(NotCalled::Broken(broken)) => return Err(broken.into()),
        };
        Ok((offer, came))
    }

    /// Runs something on the threads that guests begin on. When the future is dropped, what runs is told to stop.
    async fn on_guests<F, R>(&self, run: impl FnOnce(Stopped) -> F) -> Result<R, Turned>
    where
        F: Future<Output = R> + Send + 'static,
        R: Send + 'static,
    {
        let call = InPlace::new(&self.guests, run);
        if Handle::current().id() == self.guests.id() {
            return Ok(call.await);
        }
        call.elsewhere().await.map_err(|e| Broken::while_doing("running a call", e).into())
    }

    async fn reported(&self, report: Report) -> Result<Came, Turned> {
        if let Outcome::Waiting(question) = report.outcome {
            return Ok(Came::Waiting(report.invocation, Some(question)));
        }
        self.store.delivered(report.invocation).await?;
        Ok(Came::Over(report.invocation, Told::Now(Box::new(report))))
    }

    /// How it stands with an invocation; one whose question was answered goes on first.
    ///
    /// # Errors
    /// When there is none, or the host is broken.
    pub async fn look(self: &Arc<Self>, invocation: InvocationId) -> Result<Came, Turned> {
        match self.go_on(invocation).await? {
            Went::On(report) => self.reported(report).await,
            Went::Stays(Standing::Unknown) => Err(Turned::Unknown),
            Went::Stays(Standing::Over(reported)) => {
                self.store.delivered(invocation).await?;
                Ok(Came::Over(invocation, Told::Before(reported.json)))
            }
            Went::Stays(Standing::Waiting(question)) => Ok(Came::Waiting(invocation, Some(question))),
            Went::Stays(Standing::Running | Standing::Ready) => Ok(Came::Waiting(invocation, None)),
        }
    }

    /// Goes on with an invocation under the manifest that is in force here.
    pub(super) async fn go_on(self: &Arc<Self>, invocation: InvocationId) -> Result<Went, Turned> {
        let front = self.clone();
        let went = self.on_guests(move |stopped| async move {
            let here = (&front.host, &*front.store);
            let shelf = front.shelf();
            front.workspace.go_on_with(here, invocation, |tool| shelf.in_force(tool), stopped).await
        });
        went.await?.map_err(|not_ready| match not_ready {
            NotReady::Broken(broken) => broken.into(),
            NotReady::Problems(_) => {
                Broken::while_doing("going on", "its manifest has problems: see `tollgate check`").into()
            }
        })
    }

    /// How it stands with an invocation of this caller.
    ///
    /// # Errors
    /// When there is none, or it is not this caller's.
    pub async fn look_own(self: &Arc<Self>, caller: &Caller, invocation: InvocationId) -> Result<Came, Turned> {
        self.own(caller, invocation).await?;
        self.look(invocation).await
    }

    /// Ends an invocation of this caller that waits, and has one that runs ended by whichever process runs it.
    ///
    /// # Errors
    /// When there is none, or it is not this caller's.
    pub async fn cancel(&self, caller: &Caller, invocation: InvocationId) -> Result<(), Turned> {
        self.own(caller, invocation).await?;
        self.host.cancel(invocation).await?;
        Ok(())
    }

    /// The invocation that an idempotency key of this caller names; none while there is none on record.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn keyed(&self, caller: &Caller, key: &str) -> Result<Option<InvocationId>, Broken> {
        let key = Call::key_of(&caller.person, &caller.actors, key);
        Ok(self.store.keyed(key).await?.map(|(invocation, _)| invocation))
    }

    /// The beginning of an invocation, if it is this caller's.
    ///
    /// # Errors
    /// When there is none, or it is not this caller's.
    pub async fn own(&self, caller: &Caller, invocation: InvocationId) -> Result<Began, Turned> {
        let began = self.store.began(invocation).await?.ok_or(Turned::Unknown)?;
        let own = began.initiator == caller.person && began.actors == caller.actors && began.session == caller.session;
        if own { Ok(began) } else { Err(Turned::Unknown) }
    }

    /// Waits until something may have come of an invocation, or `at_most` is over.
    ///
    /// # Errors
    /// When there is none, or the host is broken.
    pub async fn hold(self: &Arc<Self>, invocation: InvocationId, at_most: std::time::Duration) -> Result<Came, Turned> {
        let until = tokio::time::Instant::now() + at_most;
        loop {
            let came = self.look(invocation).await?;
            if matches!(came, Came::Over(..)) || tokio::time::Instant::now() >= until {
                return Ok(came);
            }
            tokio::time::timeout_at(until, Workspace::something_new(&self.store)).await.unwrap_or_default();
        }
    }
}
