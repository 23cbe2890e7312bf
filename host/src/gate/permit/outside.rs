//! Effects outside the store's database: effect and outcome are two steps, and what lies between them may be in doubt.
//!
//! Between the last look at who may do this and the effect there is a window: what is revoked in it is still used once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Permit;
use super::spend::Begun;
use crate::diagnostic::Halt;
use crate::gate::action::Action;
use crate::gate::book::{Book, outcome};
use crate::gate::session::Session;
use crate::gate::trace;
use crate::gate::unrecorded::{in_doubt, unrecorded};
use crate::grant::Class;
use crate::journal::{Body, Draft, IN_DOUBT, Mark, Terms};
use crate::name::{FilePath, InvocationId};
use crate::people::Premise;
use crate::refusal::{Code, Refusal};

/// Why an effect brought nothing.
#[derive(Debug)]
pub enum Failed {
    /// It did not happen, and never will.
    NotDone(Refusal),
    /// Nobody knows whether it happened; the operator's log gets why.
    InDoubt(String),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::NotDone(refusal)
    }
}

/// How long an effect may take. After that it goes on, and whether it happened is not known.
const DEADLINE: Duration = Duration::from_secs(30);

impl<A: Action> Permit<A> {
    /// Performs a change outside the store's database where nobody can cancel it, and puts its outcome on record.
    ///
    /// Right before it, what was true when it was judged is judged again. `effect` gets the action and the key of the act;
    /// `tell` puts what it returned into the clear part of its outcome, and `recall` reads it there, as in [`Permit::spend`].
    ///
    /// # Errors
    /// Why it did not happen, or that nobody knows whether it did; that is on record.
    pub async fn spend_outside<T, F>(
        self,
        effect: impl FnOnce(Arc<A>, (InvocationId, u32)) -> F + Send + 'static,
        tell: fn(&T, Body) -> Body,
        recall: fn(&Value) -> Option<T>,
    ) -> Result<T, Halt>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failed>> + Send + 'static,
    {
        let span = self.span.clone();
        let Begun { action, key, premise, session, mut book } = match self.begin(recall) {
            Ok(begun) => begun,
            Err(answered) => return answered,
        };
        let effects = session.services.effects.clone();
        let task = effects.clone().spawn(async move {
            let ended = match still(&premise, &session).await {
                Ok(()) => {
                    // A task of its own: whatever becomes of it, its outcome is put on record here.
                    let acting = effects.spawn(effect(action.clone(), key));
                    match tokio::time::timeout(DEADLINE, acting).await {
                        Ok(ended) => ended.unwrap_or_else(|e| Err(Failed::InDoubt(format!("it ended early: {e}")))),
                        Err(_) => Err(Failed::InDoubt(format!("it takes longer than {DEADLINE:?}"))),
                    }
                }
                Err(refusal) => Err(Failed::NotDone(refusal)),
            };
            let mut draft = outcome(action.function(), key.1, word(&*action, &ended));
            if let Ok(value) = &ended {
                draft.body = tell(value, draft.body);
            }
            let mark = |path: &FilePath| Mark::Wrote(premise.label.brief(), path.clone(), key);
            let mark = if ended.is_ok() { action.writes().map(mark) } else { None };
            settle(&*action, (draft, mark), ended, &session, &mut book).await
        });
        trace::ended(&span, task.await.unwrap_or_else(|_| Err(in_doubt().into())))
    }
}

/// Whether what was true when it was judged is true now.
async fn still(premise: &Premise, session: &Session) -> Result<(), Refusal> {
    let rights = session.services.world.rights(&premise.initiator).await.map_err(|broken| {
        tracing::error!(doing = broken.doing, cause = broken.cause, "the world could not be read");
        Refusal::new(Code::Unavailable, "the host cannot find out who may do this").unless("try again when the host is well")
    })?;
    premise.judge(rights.directory().clone(), rights.now)
}

/// How it ended, in the outcome's word.
fn word<T>(action: &dyn Action, ended: &Result<T, Failed>) -> &'static str {
    match ended {
        Ok(_) => "done",
        Err(Failed::NotDone(_)) => "not-done",
        Err(Failed::InDoubt(why)) => {
            tracing::error!(function = action.function(), why, "an act is in doubt");
            IN_DOUBT
        }
    }
}

/// Puts the outcome on record. What could not be recorded is never told as a success.
async fn settle<T>(
    action: &dyn Action,
    (draft, mark): (Draft, Option<Mark>),
    ended: Result<T, Failed>,
    session: &Session,
    book: &mut Book,
) -> Result<T, Halt> {
    let terms = Terms { mark, ..Terms::default() };
    let recorded = book.record.commit(&session.services.journal, Some(draft.clone()), terms).await;
    if let Err(failed) = recorded {
        // Why goes to the log; the outcome goes on record with what comes next, or recovery looks for it.
        let _told = unrecorded(failed);
        book.record.note(draft);
        // Nor is it denied where recovery, which may not find the outcome, would do it after all.
        if ended.is_ok() || action.class() == Class::Keyed {
            return Err(book.refuse(action, in_doubt()));
        }
    }
    match ended {
        Ok(value) => Ok(value),
        Err(Failed::NotDone(refusal)) => Err(book.refuse(action, refusal)),
        Err(Failed::InDoubt(_)) => Err(book.refuse(action, in_doubt())),
    }
}
