//! The gate's sentence, a state a word; the only file that can build a [`Permit`].
//!
//! Fields are private and there is no constructor for tests: tests say the sentence. No state is `Clone`.

mod outside;
mod spend;

pub use outside::Failed;

use std::sync::Arc;

use serde_json::json;
use tokio::sync::OwnedMutexGuard;
use tracing::Span;

use super::action::Action;
use super::book::Book;
use super::consent::Asking;
use super::judge::{self, Flows};
use super::session::Session;
use super::tape::Recalled;
use super::unrecorded::{unavailable, unintended};
use super::vetting;
use crate::approval::{GLASS, Spends, Use};
use crate::diagnostic::Halt;
use crate::freeze;
use crate::grant::{Allowed, Class, Consent, Flow, Kind as Doing, Place};
use crate::journal::{Body, Draft, Kind, Mark, Terms, With};
use crate::label::{Label, Source};
use crate::meter::{Charge, Meters};
use crate::name::InvocationId;
use crate::people::{Audience, Need, Premise, Rights};
use crate::refusal::Refusal;
use crate::unit::Duration;
use crate::vet::{Findings, Kind as Finds};

/// An action that a guest asks for: parsed, canonical, bounded.
#[must_use]
pub struct Asked<A>(Arc<A>);

/// A grant of this tool reaches it, and the initiator may do it himself.
#[must_use]
pub struct Covered<A> {
    action: Arc<A>,
    place: Place,
    consent: Consent,
    flow: Flow,
    /// What is refused where it is found in what would be sent.
    refuse: Vec<Finds>,
    rights: Rights,
    /// What must still be true when it is recorded; none for an observation, which is recorded with what it brought.
    premise: Option<Premise>,
}

/// This invocation has paid for it.
#[must_use]
pub struct Funded<A> {
    covered: Covered<A>,
    charge: Charge,
}

/// What was read may flow to its audience, and what it brings to its initiator.
#[must_use]
pub struct Cleared<A> {
    funded: Funded<A>,
    /// Where what it brings comes from.
    source: Option<Source>,
}

/// Whoever must say yes has said it, to exactly this.
#[must_use]
pub struct Agreed<A> {
    cleared: Cleared<A>,
    /// The yes; none where nobody had to be asked.
    approval: Option<Use>,
}

/// Proof that the gate was passed: an effect takes it by value, once.
#[must_use]
pub struct Permit<A> {
    action: Arc<A>,
    /// None where it is replayed: then nothing is charged.
    charge: Option<Charge>,
    /// None for an observation.
    change: Option<Recorded>,
    /// Where what it brings comes from, and who is told.
    source: Option<Source>,
    /// What its grant says of what it brings.
    flow: Flow,
    rights: Rights,
    /// What it was answered before the invocation was set down; then nothing is performed.
    recalled: Option<Recalled>,
    /// Of the host call that it is for.
    span: Span,
    book: OwnedMutexGuard<Book>,
}

/// A change whose intent is on record.
struct Recorded {
    /// The number of the intent's entry.
    intent: u32,
    /// Whether somebody broke the glass for it.
    glass: bool,
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
        let need = judge::need(&*self.0, &grant.consent);
        rights.judge(&need)?;
        let premise = match self.0.spec().kind {
            Doing::Observation => None,
            Doing::Change => Some(premise(&*self.0, need, rights)),
        };
        let (consent, flow, rights) = (grant.consent.clone(), grant.flow, rights.clone());
        Ok(Covered { place, consent, flow, refuse: grant.refuse.clone(), rights, premise, action: self.0 })
    }
}

/// What was true when it was judged.
fn premise(action: &dyn Action, need: Need, rights: &Rights) -> Premise {
    let (directory, audience) = (rights.directory(), action.audience());
    let shown = audience.people(directory, rights.now);
    let (stamp, until) = (directory.stamp, directory.until(rights.now));
    let (initiator, freezes) = (rights.initiator().clone(), freeze::newest(&directory.freezes));
    Premise {
        stamp,
        until,
        subject: None,
        freezes,
        initiator,
        need,
        audience,
        shown,
        label: Label::default(),
        released: false,
    }
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
    /// Asks whether what was read may flow to the audience, and what would be read to the initiator.
    ///
    /// # Errors
    /// `clear.not-cleared`, `clear.too-wide`.
    pub fn clear(mut self, label: &Label) -> Result<Cleared<A>, Refusal> {
        let Covered { rights, action, flow, premise, .. } = &mut self.covered;
        let flows = judge::clear(rights, &**action, label, *flow)?;
        if let Some(premise) = premise {
            premise.label.clone_from(label);
            premise.released = flows == Flows::Released;
        }
        let source = match flows {
            Flows::In(source) => source,
            Flows::Out | Flows::Released => None,
        };
        Ok(Cleared { funded: self, source })
    }
}

impl<A: Action> Cleared<A> {
    /// Asks whoever must agree. What was observed is on record before anybody sees a card.
    ///
    /// # Errors
    /// `clear.finding`; `agree.…`, or `record.unavailable`; and the invocation is set down when nobody answers for a while.
    pub async fn agree(mut self, session: &Session, rights: &Rights, book: &mut Book) -> Result<Agreed<A>, Halt> {
        let Funded { covered, charge } = &mut self.funded;
        let charge = *charge;
        covered.action.look().await?;
        let quotas = session.charges(covered.action.spec());
        if !quotas.is_empty() {
            session.services.world.quota_left(&quotas).map_err(|broken| unavailable(&broken))??;
        }
        #[cfg(tollgate_ablation)]
        if crate::ablation::without(crate::ablation::Control::Consent) {
            covered.consent = Consent::none();
        }
        if let Some(premise) = covered.premise.as_ref().filter(|premise| premise.released) {
            let many = premise.shown.len() as u64 > session.services.manners.two_beyond;
            covered.consent = covered.consent.releasing(many);
        }
        let asks = !covered.consent.is_none() && !covered.action.narrows();
        let findings = match asks || !covered.refuse.is_empty() {
            true => vetting::look(&*covered.action, session, book)?,
            false => Findings::default(),
        };
        vetting::judge(&covered.refuse, &findings)?;
        let approval = match &mut covered.premise {
            Some(premise) if asks => {
                let (action, consent, findings) = (&*covered.action, &covered.consent, &findings);
                Some(Asking { action, consent, charge, premise, rights, session, findings }.ask(book).await?)
            }
            _ => None,
        };
        // Where the glass was broken no owner has agreed, and it takes the initiator's own right.
        if let (Some(Use { glass: true, .. }), Some(premise)) = (&approval, &mut covered.premise) {
            premise.need = covered.action.need();
            rights.judge(&premise.need)?;
        }
        Ok(Agreed { cleared: self, approval })
    }
}

impl<A: Action> Agreed<A> {
    /// Puts a change's intent on record, with the last checks in the same transaction. An observation is recorded with
    /// what it brought, before anything derived from it leaves the host.
    ///
    /// # Errors
    /// `record.unavailable`, or what the last checks say: `freeze.frozen`, `cover.not-yours`, `agree.changed`.
    pub async fn record(
        self,
        session: &Session,
        mut book: OwnedMutexGuard<Book>,
    ) -> Result<Permit<A>, (Refusal, OwnedMutexGuard<Book>)> {
        let Cleared { funded: Funded { mut covered, charge }, source } = self.cleared;
        let subject = session.who.subject(covered.action.function());
        covered.premise.iter_mut().for_each(|premise| premise.subject = Some(subject.clone()));
        let Some(premise) = &covered.premise else {
            let Covered { action, flow, rights, .. } = covered;
            let (charge, span) = (Some(charge), Span::none());
            return Ok(Permit { action, charge, change: None, source, flow, rights, recalled: None, span, book });
        };
        let draft = intent_of(&covered, premise, charge, self.approval.as_ref());
        let intent = book.intends(covered.action.function());
        let quotas = session.charges(covered.action.spec());
        let glass = self.approval.as_ref().is_some_and(|used| used.glass);
        let with = (self.approval.is_some() || !quotas.is_empty())
            .then_some(With::Spend(Spends { approval: self.approval, quotas }));
        let terms = Terms { mark: writes(&*covered.action, &premise.label), premise: covered.premise.clone(), with };
        if let Err(failed) = book.record.commit(&session.services.journal, Some(draft), terms).await {
            book.settled();
            return Err((unintended(failed, covered.action.class()), book));
        }
        let Covered { action, premise, flow, rights, .. } = covered;
        let change = premise.map(|premise| Recorded { intent, glass, premise, session: session.clone() });
        let (charge, span) = (Some(charge), Span::none());
        Ok(Permit { action, charge, change, source: None, flow, rights, recalled: None, span, book })
    }
}

/// What an act writes carries what was read before it.
fn writes(action: &dyn Action, label: &Label) -> Option<Mark> {
    let path = action.writes();
    let carries = path.is_some() || !label.is_empty() && !action.narrows();
    carries.then(|| Mark::Writes(label.brief(), path.cloned()))
}

fn intent_of<A: Action>(covered: &Covered<A>, premise: &Premise, charge: Charge, approval: Option<&Use>) -> Draft {
    let people: Vec<&str> = premise.shown.iter().map(|person| person.as_str()).collect();
    let body = Body::of(5)
        .number("audience", people.len() as u64)
        .number("bytes", charge.bytes())
        .text("consent", covered.consent.to_string())
        .text("function", covered.action.function())
        .number("grant", charge.grant() as u64);
    let body = approval.iter().fold(body, |body, used| {
        let body = body.hex("act", used.act).number("question", used.question);
        if used.glass { body.text("glass", "broken") } else { body }
    });
    // Recovery reads it: what does not say it is of the store's own database.
    let body = match covered.action.class() {
        Class::SameDatabase => body,
        class => body.text("class", class.as_str()),
    };
    let draft = Draft::new(Kind::Intent, body).with("asked", covered.action.canonical());
    let draft = covered.action.found().into_iter().fold(draft, |draft, found| draft.with("found", found));
    // What is sent again is judged again, by what it may hold.
    let draft = match covered.action.class() {
        Class::Keyed if !premise.label.is_empty() => draft.with("label", premise.label.text()),
        _ => draft,
    };
    if premise.audience == Audience::Nobody { draft } else { draft.with("audience", json!(people).to_string()) }
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

    /// How long what it opens may stay open at most, where somebody broke the glass for it.
    #[must_use]
    pub fn within(&self) -> Option<Duration> {
        self.change.as_ref().filter(|change| change.glass).map(|_| GLASS)
    }

    /// A call that was answered before its invocation was set down.
    pub(super) fn recalled(
        action: Arc<A>,
        recalled: Recalled,
        (allowed, rights): (&Allowed, Rights),
        book: OwnedMutexGuard<Book>,
    ) -> Self {
        let flow = judge::reach(allowed, &*action).map(|(_, grant)| grant.flow).unwrap_or_default();
        let source = action.source(rights.directory());
        let span = Span::none();
        Self { action, charge: None, change: None, source, flow, rights, recalled: Some(recalled), span, book }
    }

    /// The same, its effect in the span of its host call.
    pub(super) fn within_span(self, span: Span) -> Self {
        Self { span, ..self }
    }

    /// On whose behalf it was permitted, and in which version of the world.
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights.clone()
    }
}
