//! The sentence, said once for the whole host; a refusal at any word is put on record here.

use std::sync::Arc;

use tracing::Span;

use super::action::Action;
use super::book::{Book, Seen};
use super::judge;
use super::permit::{Asked, Cleared, Permit};
use super::services::{Timing, opens};
use super::session::Session;
use super::tape::Recalled;
use super::trace;
use crate::diagnostic::{Broken, Fault, FaultKind, Halt};
use crate::people::Rights;
use crate::refusal::{Code, Refusal};

/// The stay in a host call, whose time is not the tool's own.
#[must_use]
pub struct Inside(Arc<dyn Timing>);

impl Inside {
    /// Begins the stay.
    pub fn new(session: &Session) -> Self {
        session.timing.host_call(true);
        Self(session.timing.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.host_call(false);
    }
}

/// Passes an action through the gate.
///
/// # Errors
/// The refusal the guest gets, already on record; or the fault of one call or one refusal too many.
pub async fn pass<A: Action>(session: &Session, action: A) -> Result<Permit<A>, Halt> {
    let span = trace::host_call(&session.span, action.function());
    let passed = trace::ended(&span, say(session, action, &span).await);
    passed.map(|permit| permit.within_span(span))
}

async fn say<A: Action>(session: &Session, action: A, span: &Span) -> Result<Permit<A>, Halt> {
    let action = Arc::new(action);
    let mut book = session.book.clone().lock_owned().await;
    book.count_host_call(action.weight())?;
    let rights = match session.services.world.rights(&session.who.initiator).await {
        Ok(rights) => rights,
        Err(broken) => return Err(book.refuse(&*action, unreachable(&broken))),
    };
    match book.replay(|tape| tape.next(&*action), &*session.timing, rights.now)? {
        None => {}
        Some(Recalled::Refused(refusal, from)) => {
            trace::replayed(span);
            book.label_joins(None, &from);
            book.seen.push(Seen { function: action.function(), refusal: refusal.clone() });
            return Err(refusal.into());
        }
        Some(recalled) => {
            trace::replayed(span);
            return Ok(Permit::recalled(action, recalled, (&session.allowed, rights), book));
        }
    }
    if let Err(refusal) = judge::thawed(&rights, &session.who.subject(action.function())) {
        return Err(frozen(session, &rights, book.refuse(&*action, refusal)));
    }
    let agreed = match judged(session, &action, &rights, &mut book) {
        Ok(cleared) => cleared.agree(session, &rights, &mut book).await,
        Err(refusal) => Err(refusal.into()),
    };
    let recorded = match agreed {
        Ok(agreed) => agreed.record(session, book).await,
        Err(Halt::Refused(refusal)) => Err((refusal, book)),
        Err(ended) => return Err(ended),
    };
    recorded.map_err(|(refusal, mut book)| book.refuse(&*action, refusal))
}

/// The words that need nobody's answer.
fn judged<A: Action>(session: &Session, action: &Arc<A>, rights: &Rights, book: &mut Book) -> Result<Cleared<A>, Refusal> {
    let funded = Asked::new(action.clone()).cover(&session.allowed, rights)?.fund(&mut book.meters)?;
    let cleared = funded.clear(&book.label)?;
    opens(&*session.services.world, &**action, rights).map_err(|broken| unreachable(&broken))??;
    Ok(cleared)
}

/// A guest that is frozen itself is stopped here, before its next epoch; one whose capability is frozen is told and goes on.
fn frozen(session: &Session, rights: &Rights, told: Halt) -> Halt {
    match judge::thawed(rights, &session.who.subject(None)) {
        Ok(()) => told,
        Err(refusal) => Fault::new(FaultKind::Frozen, refusal.message).into(),
    }
}

/// A store that cannot say who may do what lets nobody do anything.
fn unreachable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "the world could not be read");
    Refusal::new(Code::Unavailable, "the host cannot find out who may do this").unless("try again when the host is well")
}
