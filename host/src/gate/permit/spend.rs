//! What a permit is used for: an observation, which puts on record what it brought, or a change in the store's own database,
//! effect and outcome in one transaction. For both a replayed call is answered from the tape.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

use super::{Permit, Recorded};
use crate::diagnostic::Halt;
use crate::gate::action::{Action, Brought, Retold};
use crate::gate::book::{Book, outcome};
use crate::gate::session::Session;
use crate::gate::tape::{Recalled, diverged};
use crate::gate::trace;
use crate::gate::unrecorded::{lost, unrecorded};
use crate::grant::Flow;
use crate::journal::{Body, Chapter, Draft, Kind, Terms, Unrecorded};
use crate::name::InvocationId;
use crate::people::{Premise, not_yours};
use crate::refusal::{Code, Refusal};

/// A change that is about to be performed.
pub(super) struct Begun<A> {
    pub(super) action: Arc<A>,
    pub(super) key: (InvocationId, u32),
    pub(super) premise: Premise,
    pub(super) session: Session,
    pub(super) book: OwnedMutexGuard<Book>,
}

impl<A: Action> Permit<A> {
    /// Runs an observation with the bytes it may bring, and records what it brought: `effect` says that, how many bytes of
    /// it count, and what else it came from.
    ///
    /// # Errors
    /// What the effect refused; it is on record.
    pub async fn observe<T: Retold>(self, effect: impl AsyncFnOnce(&A, u64) -> Result<Brought<T>, Halt>) -> Result<T, Halt> {
        let span = self.span.clone();
        trace::ended(&span, self.observed(effect).await)
    }

    async fn observed<T: Retold>(
        mut self,
        effect: impl AsyncFnOnce(&A, u64) -> Result<Brought<T>, Halt>,
    ) -> Result<T, Halt> {
        let Some(charge) = self.charge else {
            return match self.recalled {
                Some(Recalled::Told(told, from)) => {
                    self.book.sealed |= self.flow == Flow::Seal;
                    self.book.label_joins(self.source.as_ref(), &from);
                    T::recall(&told).ok_or_else(unreadable)
                }
                _ => Err(unreadable()),
            };
        };
        let brought = effect(&self.action, charge.bytes()).await;
        // What the initiator may not know is not there for him.
        let brought =
            brought.and_then(|it| if self.rights.standing.may_know(&it.from) { Ok(it) } else { Err(not_yours().into()) });
        match brought {
            Ok(Brought { value, bytes, from }) => {
                self.book.meters.keep(charge, bytes);
                self.book.sealed |= self.flow == Flow::Seal;
                self.book.label_joins(self.source.as_ref(), &from);
                let body = Body::of(3)
                    .number("bytes", bytes)
                    .text("function", self.action.function())
                    .number("grant", charge.grant() as u64);
                let draft = Draft::new(Kind::Observed, body).with("asked", self.action.canonical());
                let draft = draft.with("answered", value.tell());
                self.book.record.note(if from.is_empty() { draft } else { draft.with("from", from.text()) });
                Ok(value)
            }
            Err(halt) => {
                self.book.meters.keep(charge, 0);
                Err(match halt {
                    // That nothing is there is told, and is of the same place.
                    Halt::Refused(refusal) => self.book.missed(&*self.action, refusal, self.source.as_ref()),
                    other => other,
                })
            }
        }
    }

    /// What a change is performed with; from here on whoever performs it settles it. Where there is nothing to perform, the
    /// answer: what a replayed call was told, or that what only looks changes nothing.
    pub(super) fn begin<T>(self, recall: fn(&Value) -> Option<T>) -> Result<Begun<A>, Result<T, Halt>> {
        let key = self.key();
        let Self { action, change, recalled, mut book, .. } = self;
        if let Some(Recalled::Done(outcome)) = &recalled {
            return Err(recall(outcome).ok_or_else(unreadable));
        }
        let Some(Recorded { premise, session, .. }) = change else {
            let why = Refusal::new(Code::Unrecorded, "what only looks has no intent on record and changes nothing");
            return Err(Err(book.refuse(&*action, why)));
        };
        book.settled();
        Ok(Begun { action, key, premise, session, book })
    }

    /// Performs a change where nobody can cancel it, and settles its intent with the outcome, also when it failed.
    ///
    /// `effect` commits the chapter it is given in the transaction in which it acts. `recall` reads what it returned from the
    /// clear part of its outcome, where the invocation was set down later and is replayed.
    ///
    /// # Errors
    /// Why it did not happen; that is on record.
    pub async fn spend<T, F>(
        self,
        effect: impl FnOnce(Arc<A>, (InvocationId, u32), Chapter) -> F,
        recall: fn(&Value) -> Option<T>,
    ) -> Result<T, Halt>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Unrecorded>> + Send + 'static,
    {
        let span = self.span.clone();
        let Begun { action, key, premise, session, mut book } = match self.begin(recall) {
            Ok(begun) => begun,
            Err(answered) => return answered,
        };
        let settle = book.record.chapter(Some(outcome(action.function(), key.1, "done")), Some(premise).into());
        let drafts = settle.drafts.clone();
        let acting = effect(action.clone(), key, settle);
        let effects = session.services.effects.clone();
        let task = effects.spawn(async move {
            let failed = match acting.await {
                Ok(value) => {
                    book.record.committed(&drafts);
                    return Ok(value);
                }
                Err(Unrecorded::Unknown(broken)) => lost(&broken),
                Err(failed) => unrecorded(failed),
            };
            // If it is there after all, the store takes no second outcome for it, and the next start ends the invocation.
            book.record.lost(drafts, 1);
            book.record.note(outcome(action.function(), key.1, "not-done"));
            if failed.code != Code::Unrecorded {
                // Who freezes waits for it. What cannot be committed now waits for the end, which says why.
                drop(book.record.commit(&session.services.journal, None, Terms::default()).await);
            }
            Err(book.refuse(&*action, failed))
        });
        let came = task.await;
        trace::ended(
            &span,
            came.unwrap_or_else(|_| Err(Refusal::new(Code::InDoubt, "whether this happened is not known").into())),
        )
    }
}

/// What was journaled is not what the function answers.
fn unreadable() -> Halt {
    diverged("the answer in the journal is not of its type").into()
}
