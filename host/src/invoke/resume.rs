//! Taken up again: an invocation that was set down is run from its first instruction, with what its journal says it heard,
//! up to the call that waited. That call alone is judged, by what holds now.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::past::{Before, Lost};
use super::run::{Call, Invocation, arguments, patience, trace};
use super::{Host, Loaded, NotCalled, Report, Wait};
use crate::admit::admit;
use crate::approval::State;
use crate::diagnostic::{Broken, FaultKind};
use crate::gate::{Attempt, Book, refused};
use crate::invoke::{Outcome, Reported};
use crate::journal::{Body, Chapter, Draft, Kind, Terms};
use crate::name::InvocationId;
use crate::refusal::{Code, Refusal};
use crate::runtime::Skew;

/// How it stands with an invocation.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// There is no such invocation.
    Unknown,
    /// A process works on it.
    Running,
    /// It waits for an answer to this question.
    Waiting(u64),
    /// Its question is answered, or cannot be any more; somebody has to take it up.
    Ready,
    /// It is over.
    Over(Reported),
}

impl Host {
    /// How it stands with an invocation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn standing(&self, invocation: InvocationId) -> Result<Standing, Broken> {
        let wait = self.store.wait(invocation).await?;
        if let Some(Wait { ended: false, taken, question, .. }) = wait {
            let open = self.store.question(question).await?;
            let now = self.store.now();
            return Ok(match open {
                _ if taken => Standing::Running,
                // Nobody can answer a card that was erased.
                Some(it) if it.state == State::Open && it.expires > now && it.card.is_some() => Standing::Waiting(question),
                _ => Standing::Ready,
            });
        }
        let past = self.store.history(invocation).await?;
        Ok(match Reported::read(invocation, &past) {
            Some(reported) => Standing::Over(self.as_known(reported).await?),
            None if past.is_empty() => Standing::Unknown,
            None => Standing::Running,
        })
    }

    /// What is told of an invocation that is over, to its initiator as he stands now.
    async fn as_known(&self, reported: Reported) -> Result<Reported, Broken> {
        if reported.from.is_empty() || reported.json["value"].is_null() {
            return Ok(reported);
        }
        let rights = self.store.rights(&reported.initiator).await?;
        Ok(if rights.standing.may_know(&reported.from) { reported } else { reported.withheld() })
    }

    /// Reads what an invocation that waits left in the journal.
    ///
    /// # Errors
    /// When the store cannot be read; inside, what is missing.
    pub async fn before(&self, invocation: InvocationId) -> Result<Result<Before, Lost>, Broken> {
        let past = self.store.history(invocation).await?;
        Ok(Before::read(invocation, &past))
    }

    /// Goes on with an invocation that this process has claimed.
    ///
    /// # Errors
    /// When its call is not understood any more, or the host is broken.
    pub async fn take_up(
        &self,
        loaded: &Loaded,
        before: Before,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Report, NotCalled> {
        let (function, entry) =
            loaded.find(Some(&before.function)).map_err(|why| NotCalled::Usage(vec![why.to_string()]))?;
        self.store.ready()?;
        let rights = self.store.rights(&before.initiator).await?;
        let (initiator, actors, session) = (before.initiator, before.actors, before.session);
        let call =
            Call { function: Some(before.function), arguments: before.arguments, initiator, actors, session, key: None };
        let opened = self.unseal(&call, &rights).await?;
        let arguments = arguments(function, opened.as_ref().map_or(&call.arguments, |opened| &opened.arguments))?;
        let same_engine = before.engine == **self.sandbox.engine_id();
        let mut book = Book::resumed(before.invocation, &loaded.allowed, patience(loaded), (before.tape, before.entries));
        book.begins_with(before.held);
        book.sealed = opened.is_some();
        let book = Arc::new(Mutex::new(book));
        let (id, seed) = (before.invocation, before.seed);
        let span = trace((id, loaded, function), &call.actors, Attempt::TakenUp);
        let holds = call.holds();
        let gone = Arc::default();
        let invocation = Invocation { host: self, loaded, function, entry, id, seed, holds, book, span, gone };
        if let Err(refusal) = admit(&loaded.manifest, &rights, &call.actors) {
            return invocation.turn_away(refusal).await;
        }
        let digest = call.digest(&loaded.manifest.tool, &function.name);
        let mut ordered = invocation.prepare((call, digest), arguments, Skew::from(before.start));
        if !same_engine {
            // Another engine counts otherwise, and what it has to repeat was paid for.
            ordered.order.limits.fuel.0 = ordered.order.limits.fuel.0.saturating_mul(2);
        }
        invocation.run(ordered, cancelled).await
    }

    /// Ends an invocation that waits and cannot go on, and says why.
    ///
    /// # Errors
    /// When that cannot be put on record.
    pub async fn give_up(&self, invocation: InvocationId, code: Code, why: &str) -> Result<bool, Broken> {
        let refusal = Refusal::new(code, why).unless("call again");
        let refused = refused("call", String::new(), &refusal);
        // First, for a question goes with its invocation, and then it is no longer said why.
        let state = if code == Code::Changed { State::Void } else { State::Cancelled };
        if let Some(Wait { ended: false, taken: false, question, .. }) = self.store.wait(invocation).await?
            && self.store.question(question).await?.is_some_and(|question| question.state.is_live())
        {
            self.store.end(question, state, why.to_owned()).await?;
        }
        self.end_waiting(invocation, vec![refused], how("refused")).await
    }

    /// Cancels an invocation that waits; false if none waits under this id. One that runs is told to end, in whichever
    /// process it does: within a few epochs, after what it has begun to change.
    ///
    /// # Errors
    /// When that cannot be put on record.
    pub async fn cancel(&self, invocation: InvocationId) -> Result<bool, Broken> {
        let waited = self.end_waiting(invocation, Vec::new(), how(Outcome::Cancelled.as_str())).await?;
        if !waited {
            self.store.take_back(invocation);
        }
        Ok(waited)
    }

    async fn end_waiting(&self, invocation: InvocationId, mut drafts: Vec<Draft>, how: Body) -> Result<bool, Broken> {
        let past = self.store.history(invocation).await?;
        let first = u32::try_from(past.len()).map_err(|e| Broken::while_doing("cancelling", e))?;
        let count = past.len() as u64 + drafts.len() as u64 + 1;
        let body = how.number("entries", count).meters("receipt", Vec::new());
        drafts.push(Draft::new(Kind::Ended, body));
        let chapter = Chapter { invocation: Some(invocation), first, drafts: Arc::new(drafts), terms: Terms::default() };
        self.store.cancel(invocation, chapter).await
    }

    /// Ends an invocation that waits and whose journal does not suffice to go on.
    ///
    /// # Errors
    /// When that cannot be put on record.
    pub async fn lost(&self, invocation: InvocationId, why: &Lost) -> Result<bool, Broken> {
        let how = match why {
            Lost::Erased(_) => how("erased"),
            Lost::Forged => how("fault").text("fault", FaultKind::Diverged.as_str()),
        };
        self.end_waiting(invocation, Vec::new(), how).await
    }
}

/// How an invocation ended.
fn how(outcome: &'static str) -> Body {
    Body::of(4).text("outcome", outcome)
}
