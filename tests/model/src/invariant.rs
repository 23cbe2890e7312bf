//! What holds in every state, and what must be found in some, so that the model is not one in which nothing happens.

use stateright::Property;

use crate::checked::Protocol;
use crate::state::{Class, Held, Instance, Outcome, QUOTA, Stand, State, Told, Wait};

pub(crate) const ONE_EFFECT: &str = "at most one effect for each yes";
pub(crate) const INTENT_FIRST: &str = "no effect without an intent on record before it";
pub(crate) const AGREED: &str = "no effect whose question was not agreed, at its intent, by people who might answer then";
pub(crate) const AUDIENCE: &str = "no effect for an audience larger than the card's";
pub(crate) const FROZEN: &str = "no effect in a freeze, or on a yes older than a freeze";
pub(crate) const OUTCOMES: &str = "an intent has at most one outcome, and exactly one, which is true, when nobody holds it";
pub(crate) const ACKNOWLEDGED: &str = "what a caller was told is never lost";
pub(crate) const WITHIN_QUOTA: &str = "the quota is never exceeded";
pub(crate) const FINAL: &str = "a settled question is never agreed to again";

/// What must never be otherwise.
pub(crate) const INVARIANTS: &[(&str, fn(&Protocol, &State) -> bool)] = &[
    (ONE_EFFECT, one_effect),
    (INTENT_FIRST, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || !of.effect.unrecorded)),
    (AGREED, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || of.intent.is_none_or(|of| of.sound))),
    (AUDIENCE, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || !of.effect.too_wide)),
    (FROZEN, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || !of.effect.frozen)),
    (OUTCOMES, outcomes),
    (ACKNOWLEDGED, acknowledged),
    (WITHIN_QUOTA, |_, state| state.spent <= QUOTA),
    (FINAL, |_, state| state.questions.iter().flatten().all(|question| !question.was_settled || settled(question.stand))),
];

/// What must be found, in both classes.
pub(crate) const WITNESSES: &[(&str, fn(&Protocol, &State) -> bool)] = &[
    ("something is done", |_, state| state.invocations.iter().any(|of| of.effect.times > 0)),
    ("it is agreed to after its asker was killed, and done by another process", |_, state| {
        state.invocations.iter().any(|of| of.effect.times > 0 && of.effect.elsewhere)
    }),
    ("what a freeze made void is asked again and done", |_, state| {
        state.freezes > 0 && state.invocations.iter().any(|of| of.effect.times > 0 && of.effect.question > 0)
    }),
    ("an intent is dropped because the world changed", |_, state| {
        state.invocations.iter().any(|of| of.outcome == Some(Outcome::NotDone))
    }),
    ("a result is kept, and its caller has it", |_, state| {
        state.invocations.iter().any(|of| of.wait == Wait::Forgotten && of.outcome == Some(Outcome::Done))
    }),
    ("a question expires after it was agreed to", |_, state| {
        let met = |yes: &[Option<u8>]| yes.iter().all(Option::is_some);
        state.questions.iter().flatten().any(|question| question.stand == Stand::Expired && met(&question.yes))
    }),
];

/// What must be found where the effect is outside, and never in the same database.
pub(crate) const DOUBT: &str = "something is in doubt";

/// All of them, as the checker takes them.
pub(crate) fn properties(protocol: &Protocol) -> Vec<Property<Protocol>> {
    let always = INVARIANTS.iter().map(|(name, holds)| Property::always(name, *holds));
    let sometimes = WITNESSES.iter().map(|(name, holds)| Property::sometimes(name, *holds));
    let mut all: Vec<_> = always.chain(sometimes).collect();
    if protocol.class == Class::Outside {
        all.push(Property::sometimes(DOUBT, |_, state: &State| {
            state.invocations.iter().any(|of| of.outcome == Some(Outcome::InDoubt) && of.effect.times > 0)
        }));
    }
    all
}

fn settled(stand: Stand) -> bool {
    !matches!(stand, Stand::Open | Stand::Agreed)
}

fn one_effect(_: &Protocol, state: &State) -> bool {
    (0..state.questions.len()).all(|number| {
        let of = |of: &&crate::state::Invocation| of.effect.question == number;
        state.invocations.iter().filter(of).map(|of| of.effect.times).sum::<u8>() <= 1
    })
}

fn outcomes(protocol: &Protocol, state: &State) -> bool {
    state.invocations.iter().all(|of| {
        let is_true = match of.outcome {
            None => true,
            Some(Outcome::Done) => of.effect.times > 0,
            Some(Outcome::NotDone) => of.effect.times == 0,
            Some(Outcome::InDoubt) => protocol.class == Class::Outside,
        };
        // Nobody holds what no instance, alive or gone, is written beside: nobody would come and settle it.
        let settled = of.instance != Instance::Nobody || of.intent.is_none() || of.outcomes == 1;
        of.outcomes <= 1 && is_true && settled
    })
}

fn acknowledged(_: &Protocol, state: &State) -> bool {
    state.invocations.iter().enumerate().all(|(number, of)| {
        let on_its_way = state.held.iter().any(|held| held[number] == Held::Handing);
        match of.told {
            Told::Nothing => true,
            Told::Waiting => of.wait != Wait::Never && (of.wait != Wait::Forgotten || on_its_way),
            Told::Result => of.ended && (of.outcome != Some(Outcome::Done) || of.effect.times > 0),
        }
    })
}
