//! The rules of the gate's first words, as the sentence and `explain` both run them.

use crate::freeze::{self, Subject};
use crate::grant::{Allowed, Consent, Flow, Grant, Kind, Place, Rule};
use crate::label::{Label, Source};
use crate::people::{Need, Rights, not_cleared};
use crate::refusal::{Code, Refusal};
use crate::unit::Duration;

use super::action::Action;

/// Whether nobody has stopped it.
pub(super) fn thawed(rights: &Rights, subject: &Subject) -> Result<(), Refusal> {
    freeze::judge(&rights.directory().freezes, subject, rights.now)
}

/// Whether a grant reaches the action, and the declaration too.
pub(super) fn reach<'g>(allowed: &'g Allowed, action: &dyn Action) -> Result<(Place, &'g Grant), Refusal> {
    let (place, grant) = allowed.find(action.spec(), &action.reach())?;
    if let (Some(asked), Some(longest)) = (action.lease(), longest_of(allowed, place, grant))
        && asked > longest
    {
        let why = format!("access may be opened for at most {longest}, and {asked} was asked for");
        return Err(Refusal::new(Code::NotGranted, why).unless(format!("ask for {longest} or less")));
    }
    Ok((place, grant))
}

/// The longest lease that may be opened for what an action asks, by grant and declaration as they are now.
///
/// # Errors
/// `cover.not-granted` where they reach it no more, or open no leases.
pub fn longest_lease(allowed: &Allowed, action: &dyn Action) -> Result<Duration, Refusal> {
    let (place, grant) = allowed.find(action.spec(), &action.reach())?;
    longest_of(allowed, place, grant)
        .ok_or_else(|| Refusal::new(Code::NotGranted, format!("{} opens no leases", action.function())))
}

fn longest_of(allowed: &Allowed, place: Place, grant: &Grant) -> Option<Duration> {
    [grant.lease, allowed.declaration(place).and_then(|declared| declared.lease)].into_iter().flatten().min()
}

/// The right that the initiator needs: his own, or what he needs to ask an owner who must agree.
pub(super) fn need(action: &dyn Action, consent: &Consent) -> Need {
    let beside = action.need_beside_owner().filter(|_| consent.rules().contains(&Rule::Owner));
    beside.unwrap_or_else(|| action.need())
}

/// What may flow.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flows {
    /// What an observation brings, to its initiator; where that comes from.
    In(Option<Source>),
    /// What was read, to whom a change reaches.
    Out,
    /// The same, if somebody releases it.
    Released,
}

/// Whether the initiator may be given what an observation brings, and what was read may go where a change sends it.
pub(super) fn clear(rights: &Rights, action: &dyn Action, label: &Label, flow: Flow) -> Result<Flows, Refusal> {
    match action.spec().kind {
        Kind::Observation => {
            let source = action.source(rights.directory());
            if source.as_ref().is_some_and(|source| !rights.standing.is_cleared(&source.under)) {
                return Err(not_cleared());
            }
            Ok(Flows::In(source))
        }
        // Access that closes brings nobody anything.
        Kind::Change if action.narrows() => Ok(Flows::Out),
        Kind::Change => match action.audience().clear(label, &rights.standing, rights.now) {
            Ok(()) => Ok(Flows::Out),
            // What nobody's yes could change stays refused.
            Err(_) if flow == Flow::Ask => action.audience().reach(&rights.standing, rights.now).map(|_| Flows::Released),
            Err(refusal) => Err(refusal),
        },
    }
}
