//! The gate's sentence, a state a word; the only file that can build a [`Permit`].
//!
//! Fields are private and there is no constructor for tests: tests say the sentence. No state is `Clone`.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::OwnedMutexGuard;

use super::action::{Action, Told};
use super::book::{Book, Session, outcome};
use super::judge;
use crate::approval::{self, Act, Card, Verdict};
use crate::diagnostic::{Broken, Halt};
use crate::grant::{Allowed, Consent, Kind as Doing, Place};
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::label::Label;
use crate::meter::{Charge, Meters};
use crate::name::InvocationId;
use crate::people::{Audience, Premise, Rights};
use crate::refusal::{Code, Refusal};

/// An action that a guest asks for: parsed, canonical, bounded.
#[must_use]
pub struct Asked<A>(Arc<A>);

/// A grant of this tool reaches it, and the initiator may do it himself.
#[must_use]
pub struct Covered<A> {
    action: Arc<A>,
    place: Place,
    consent: Consent,
    /// What must still be true when it is recorded; none for an observation, which is recorded with what it brought.
    premise: Option<Premise>,
}

/// This invocation has paid for it.
#[must_use]
pub struct Funded<A> {
    covered: Covered<A>,
    charge: Charge,
}

/// What was read may flow to its audience.
#[must_use]
pub struct Cleared<A>(Funded<A>);

/// Whoever must say yes has said it, to exactly this.
#[must_use]
pub struct Agreed<A> {
    funded: Funded<A>,
    /// What the yes is bound to; none where nobody had to be asked.
    act: Option<Act>,
}

/// Proof that the gate was passed: an effect takes it by value, once.
#[must_use]
pub struct Permit<A> {
    action: Arc<A>,
    charge: Charge,
    /// None for an observation.
    change: Option<Recorded>,
    book: OwnedMutexGuard<Book>,
}

/// A change whose intent is on record.
struct Recorded {
    /// The number of the intent's entry.
    intent: u32,
    premise: Premise,
    session: Session,
}

impl<A: Action> Asked<A> {
    /// Begins the sentence.
    pub fn new(action: Arc<A>) -> Self {
        Self(action)
    }

    /// Asks whether a grant reaches it and the initiator may do it himself.
    ///
    /// # Errors
    /// `cover.not-granted`, `cover.not-yours`.
    pub fn cover(self, allowed: &Allowed, rights: &Rights) -> Result<Covered<A>, Refusal> {
        let (place, grant) = judge::reach(allowed, &*self.0)?;
        judge::right(rights, &*self.0)?;
        let premise = match self.0.spec().kind {
            Doing::Observation => None,
            Doing::Change => Some(premise(&*self.0, rights)),
        };
        Ok(Covered { place, consent: grant.consent.clone(), premise, action: self.0 })
    }
}

/// What was true when it was judged.
fn premise(action: &dyn Action, rights: &Rights) -> Premise {
    let (directory, audience) = (rights.directory(), action.audience());
    let shown = audience.people(directory, rights.now);
    let (stamp, until) = (directory.stamp, directory.until(rights.now));
    Premise { stamp, until, initiator: rights.initiator().clone(), need: action.need(), audience, shown }
}

impl<A: Action> Covered<A> {
    /// Charges the invocation: a call, and the bytes that may move.
    ///
    /// # Errors
    /// `fund.meter-spent`.
    pub fn fund(self, meters: &mut Meters) -> Result<Funded<A>, Refusal> {
        let charge = meters.charge(self.place, self.action.want())?;
        Ok(Funded { covered: self, charge })
    }
}

impl<A: Action> Funded<A> {
    /// Asks whether what was read may flow to the audience. No ceilings are declared yet, so it may.
    ///
    /// # Errors
    /// None yet; `clear.too-wide` has its place here.
    pub fn clear(self, _label: &Label) -> Result<Cleared<A>, Refusal> {
        Ok(Cleared(self))
    }
}

impl<A: Action> Cleared<A> {
    /// Asks whoever must agree. What was observed is on record before anybody sees a card.
    ///
    /// # Errors
    /// `agree.…`, or `record.unavailable` when the question cannot be recorded.
    pub async fn agree(self, session: &Session, book: &mut Book) -> Result<Agreed<A>, Refusal> {
        let covered = &self.0.covered;
        covered.action.look().await?;
        if covered.consent.is_none() || covered.action.narrows() {
            return Ok(Agreed { funded: self.0, act: None });
        }
        let act = act_of(covered, session);
        consent(&*covered.action, act.clone(), session, book).await?;
        Ok(Agreed { funded: self.0, act: Some(act) })
    }
}

fn act_of<A: Action>(covered: &Covered<A>, session: &Session) -> Act {
    let who = &session.who;
    Act {
        function: covered.action.function(),
        canonical: covered.action.canonical(),
        audience: covered.premise.iter().flat_map(|premise| &premise.shown).cloned().collect(),
        tool: who.tool.clone(),
        component: who.component,
        manifest: who.manifest,
        initiator: who.initiator.clone(),
        agent: who.agent.clone(),
    }
}

/// Asks the initiator, with question and answer on record.
async fn consent(action: &dyn Action, act: Act, session: &Session, book: &mut Book) -> Result<(), Refusal> {
    let services = &session.services;
    let person = act.initiator.clone();
    let digest = act.digest().to_string();
    let reachable = approval::reachable(&*services.desk, &*services.credentials, &person).await;
    let kept = reachable.map_err(|broken| unavailable(&broken))??;
    let read = book.label.sources().map(str::to_owned).collect();
    let card = Card { act, does: action.does(), payload: action.payload().map(str::to_owned), read };
    let body = Body::of(3)
        .number("audience", card.act.audience.len() as u64)
        .text("function", action.function())
        .text("of", person.to_string());
    let asked = Draft::new(Kind::Asked, body).with("act", digest.clone()).with("card", card.text());
    book.record.commit(&services.journal, Some(asked), None).await.map_err(unrecorded)?;
    session.timing.person(true);
    let _waiting = Waiting(session);
    let verdict = approval::hear(&*services.desk, &person, &kept, &card).await;
    let (answer, wrong, end) = match verdict {
        Verdict::Agreed(wrong) => ("yes".to_owned(), wrong, Ok(())),
        Verdict::Refused(refusal, wrong) => (refusal.code.to_string(), wrong, Err(refusal)),
    };
    let body = Body::of(4).text("answer", answer).text("function", action.function()).text("of", person.to_string());
    let body = body.number("wrong-passphrases", wrong.into());
    book.record.note(Draft::new(Kind::Answered, body).with("act", digest));
    end
}

/// Ends the wait for a person, also when the guest is dropped meanwhile.
struct Waiting<'a>(&'a Session);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.timing.person(false);
    }
}

impl<A: Action> Agreed<A> {
    /// Puts a change's intent on record, with the last checks in the same transaction. An observation is recorded with
    /// what it brought, before anything derived from it leaves the host.
    ///
    /// # Errors
    /// `record.unavailable`, or what the last checks say: `cover.not-yours`, `agree.changed`.
    pub async fn record(
        self,
        session: &Session,
        mut book: OwnedMutexGuard<Book>,
    ) -> Result<Permit<A>, (Refusal, OwnedMutexGuard<Book>)> {
        let Funded { covered, charge } = self.funded;
        let Some(premise) = &covered.premise else {
            return Ok(Permit { action: covered.action, charge, change: None, book });
        };
        let draft = intent_of(&covered, premise, charge, self.act.as_ref());
        let intent = book.intends(covered.action.function());
        if let Err(failed) = book.record.commit(&session.services.journal, Some(draft), covered.premise.clone()).await {
            book.settled();
            return Err((unrecorded(failed), book));
        }
        let Covered { action, premise, .. } = covered;
        let change = premise.map(|premise| Recorded { intent, premise, session: session.clone() });
        Ok(Permit { action, charge, change, book })
    }
}

fn intent_of<A: Action>(covered: &Covered<A>, premise: &Premise, charge: Charge, act: Option<&Act>) -> Draft {
    let people: Vec<&str> = premise.shown.iter().map(|person| person.as_str()).collect();
    let body = Body::of(5)
        .number("audience", people.len() as u64)
        .number("bytes", charge.bytes())
        .text("consent", covered.consent.to_string())
        .text("function", covered.action.function())
        .number("grant", charge.grant() as u64);
    let draft = Draft::new(Kind::Intent, body).with("asked", covered.action.canonical());
    let draft = if premise.audience == Audience::Nobody { draft } else { draft.with("audience", json!(people).to_string()) };
    match act {
        Some(act) => draft.with("act", act.digest().to_string()),
        None => draft,
    }
}

impl<A: Action> Permit<A> {
    /// The action that was permitted.
    pub fn action(&self) -> &A {
        &self.action
    }

    /// The key of a change: the invocation and the number of its intent.
    #[must_use]
    pub fn key(&self) -> (InvocationId, u32) {
        (self.book.record.invocation(), self.change.as_ref().map_or(0, |change| change.intent))
    }

    /// Runs an observation with the bytes it may bring, and records what it brought.
    ///
    /// # Errors
    /// What the effect refused; it is on record.
    pub async fn observe<T>(mut self, effect: impl AsyncFnOnce(&A, u64) -> Result<(T, Told), Halt>) -> Result<T, Halt> {
        match effect(&self.action, self.charge.bytes()).await {
            Ok((value, told)) => {
                self.book.meters.keep(self.charge, told.bytes);
                self.book.label_joins(told.source.as_deref());
                let body = Body::of(3)
                    .number("bytes", told.bytes)
                    .text("function", self.action.function())
                    .number("grant", self.charge.grant() as u64);
                let draft = Draft::new(Kind::Observed, body).with("asked", self.action.canonical());
                self.book.record.note(draft.with("answered", told.payload));
                Ok(value)
            }
            Err(halt) => {
                self.book.meters.keep(self.charge, 0);
                Err(match halt {
                    Halt::Refused(refusal) => self.book.refuse(&*self.action, refusal),
                    Halt::Stopped(fault) => Halt::Stopped(fault),
                })
            }
        }
    }

    /// Performs a change where nobody can cancel it, and settles its intent with the outcome, also when it failed.
    ///
    /// `effect` commits the chapter it is given in the transaction in which it acts.
    ///
    /// # Errors
    /// Why it did not happen; that is on record.
    pub async fn spend<T, F>(self, effect: impl FnOnce(Arc<A>, (InvocationId, u32), Chapter) -> F) -> Result<T, Halt>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Unrecorded>> + Send + 'static,
    {
        let key = self.key();
        let Self { action, change, mut book, .. } = self;
        let Some(Recorded { premise, session, .. }) = change else {
            let why = Refusal::new(Code::Unrecorded, "what only looks has no intent on record and changes nothing");
            return Err(book.refuse(&*action, why));
        };
        book.settled();
        let settle = book.record.chapter(Some(outcome(action.function(), key.1, "done")), Some(premise));
        let drafts = settle.drafts.clone();
        let acting = effect(action.clone(), key, settle);
        let task = session.services.effects.clone().spawn(async move {
            let failed = match acting.await {
                Ok(value) => {
                    book.record.committed(&drafts);
                    return Ok(value);
                }
                Err(Unrecorded::Unknown(broken)) => in_doubt(&broken),
                Err(failed) => unrecorded(failed),
            };
            // If it is there after all, the store takes no second outcome for it, and the next start ends the invocation.
            book.record.lost(drafts, 1);
            book.record.note(outcome(action.function(), key.1, "not-done"));
            Err(book.refuse(&*action, failed))
        });
        task.await.unwrap_or_else(|_| Err(Refusal::new(Code::InDoubt, "whether this happened is not known").into()))
    }
}

/// What a guest is told when its act could not be recorded; what broke goes to the log.
fn unrecorded(failed: Unrecorded) -> Refusal {
    match failed {
        Unrecorded::Refused(refusal) => refusal,
        // An intent, or a question: that it may be on record is no act.
        Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => unavailable(&broken),
    }
}

/// What a guest is told when the store does not say whether act and outcome are there.
fn in_doubt(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "in doubt");
    Refusal::new(Code::InDoubt, "whether this happened is not known").unless("the host's next start finds out: look then")
}

fn unavailable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "not recorded");
    Refusal::new(Code::Unrecorded, "this could not be put on record, so it did not happen")
        .unless("try again when the host is well")
}
