//! Sending an act again under its own key, where that is how it is found out whether it happened: judged once more by what
//! holds now, as if it were asked now. Its quota was spent and its yes used up with its intent; neither is touched again.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::action::Action;
use super::consent::act;
use super::judge;
use super::session::Who;
use crate::approval::Question;
use crate::clock::Instant;
use crate::grant::{Allowed, Consent, Grant, Rule};
use crate::label::Label;
use crate::name::{InvocationId, PersonName};
use crate::people::{Premise, Rights};
use crate::refusal::{Code, Refusal};

/// What is on record of an act in doubt, and what holds now.
pub struct Grounds {
    /// Who asked, with what its tool, its manifest and the rules of consent are now.
    pub who: Who,
    /// What its tool may ask for now.
    pub allowed: Allowed,
    /// What its initiator may do now.
    pub rights: Rights,
    /// The number of its intent.
    pub seq: u32,
    /// When its intent was put on record.
    pub intended: Instant,
    /// The clear part of its intent.
    pub intent: Value,
    /// Whom it was said to reach.
    pub shown: BTreeSet<PersonName>,
    /// What its invocation held then.
    pub label: Label,
    /// The question whose yes its intent used, if it did.
    pub question: Option<Question>,
}

/// Proof that an act in doubt may be sent again: whoever sends it takes it by value. Built in this file alone.
#[must_use]
pub struct Again<A> {
    action: Arc<A>,
    who: Who,
    seq: u32,
}

impl<A: Action> Again<A> {
    /// Judges it again: freezes since its intent, the grant, the initiator's right, the audience, what was agreed to, and
    /// whether the thing is still there.
    ///
    /// # Errors
    /// Why it may not be sent again; whether it happened is then not known.
    pub async fn judge(action: A, grounds: Grounds) -> Result<Self, Refusal> {
        let (_, grant) = judge::reach(&grounds.allowed, &action)?;
        let premise = grounds.premise(&action, &grant.consent);
        premise.judge(grounds.rights.directory().clone(), grounds.rights.now)?;
        grounds.agreed(&action, grant, &premise)?;
        action.look().await?;
        Ok(Self { action: Arc::new(action), who: grounds.who, seq: grounds.seq })
    }

    /// What is sent, for whom it is, and its key.
    #[must_use]
    pub fn spend(self) -> (Arc<A>, Who, (InvocationId, u32)) {
        let key = (self.who.invocation, self.seq);
        (self.action, self.who, key)
    }
}

impl Grounds {
    /// What must still be true. Which freeze was the newest then is not on record: one of the intent's own millisecond counts as
    /// later.
    fn premise(&self, action: &dyn Action, consent: &Consent) -> Premise {
        let directory = self.rights.directory();
        let before = directory.freezes.iter().filter(|freeze| freeze.at < self.intended);
        Premise {
            stamp: directory.stamp,
            until: self.rights.now,
            subject: Some(self.who.subject(action.function())),
            freezes: before.map(|freeze| freeze.id).max().unwrap_or_default(),
            initiator: self.who.initiator.clone(),
            need: match self.question.as_ref().is_some_and(|question| question.review.is_some()) {
                true => action.need(),
                false => judge::need(action, consent),
            },
            audience: action.audience(),
            shown: self.shown.clone(),
            // Cleared when its intent was put on record; what it held is kept with that.
            label: self.label.clone(),
            released: self.question.as_ref().is_some_and(|question| question.rules.consent.releases()),
        }
    }

    /// Whether what was agreed to is what would be sent now, and whoever agreed may still agree to it.
    fn agreed(&self, action: &dyn Action, grant: &Grant, premise: &Premise) -> Result<(), Refusal> {
        let changed = |why: &str| Err(Refusal::new(Code::Changed, why).unless("look whether it happened"));
        let asked = self.question.as_ref().map(|question| &question.rules.consent);
        let now = match asked.filter(|asked| asked.releases()) {
            Some(asked) => grant.consent.releasing(asked.rules().contains(&Rule::Another)),
            None => grant.consent.clone(),
        };
        if self.intent["consent"] != now.to_string() {
            return changed("its grant asks others for consent than it did");
        }
        if now.is_none() || action.narrows() {
            return Ok(());
        }
        let Some(question) = &self.question else { return changed("the question that was agreed to is gone") };
        let digest = act(action, premise, &self.who).digest();
        if digest != question.act || self.intent["act"] != digest.hex() {
            return changed("what was agreed to is not what would be sent now");
        }
        if question.expires <= self.rights.now {
            return Err(Refusal::new(Code::Expired, "what was agreed to has expired").unless("look whether it happened"));
        }
        if !question.holds(self.rights.directory(), self.rights.now) {
            return changed("who agreed may not agree to this any more");
        }
        Ok(())
    }
}
