//! What holds in every state, and what must be found in some, so that the model is not one in which nothing happens.

use stateright::Property;

use crate::protocol::{Calls, Change, Protocol};
use crate::state::{Class, Held, INVOCATIONS, Instance, Invocation, Outcome, Question, Stand, State, Told, Wait};

pub(crate) const ONE_EFFECT: &str = "at most one effect for each yes";
pub(crate) const INTENT_FIRST: &str = "no effect without an intent on record before it";
pub(crate) const AGREED: &str = "no effect whose question was not agreed, at its intent, by people who might answer then";
pub(crate) const AUDIENCE: &str = "no effect for an audience larger than the card's";
pub(crate) const FROZEN: &str = "no effect in a freeze, or on a yes older than a freeze";
pub(crate) const OUTCOMES: &str = "an intent has at most one outcome, and exactly one, which is true, when nobody holds it";
pub(crate) const ACKNOWLEDGED: &str = "what a caller was told is never lost";
pub(crate) const WITHIN_QUOTA: &str = "the quota is never exceeded";
pub(crate) const FINAL: &str = "a settled question is never agreed to again";

/// What is said of a state.
type Said = fn(&Protocol, &State) -> bool;

/// Something that must be found in some state.
pub(crate) struct Witness {
    name: &'static str,
    /// Where it must be.
    among: fn(&Protocol) -> bool,
    seen: Said,
}

/// What must never be otherwise.
pub(crate) const INVARIANTS: &[(&str, Said)] = &[
    (ONE_EFFECT, one_effect),
    (INTENT_FIRST, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || !of.effect.unrecorded)),
    (AGREED, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || of.intent.is_none_or(|of| of.sound))),
    (AUDIENCE, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || !of.effect.too_wide)),
    (FROZEN, |_, state| state.invocations.iter().all(|of| of.effect.times == 0 || !of.effect.frozen)),
    (OUTCOMES, outcomes),
    (ACKNOWLEDGED, acknowledged),
    (WITHIN_QUOTA, |protocol, state| state.spent <= protocol.quota()),
    (FINAL, |_, state| state.questions.iter().flatten().all(|question| !question.was_settled || settled(question.stand))),
];

/// What must be found, and where.
pub(crate) const WITNESSES: &[Witness] = &[
    Witness {
        name: "something is done",
        among: |_| true,
        seen: |_, state| state.invocations.iter().any(|of| of.effect.times > 0),
    },
    Witness {
        name: "it is agreed to after its asker was killed, and done by another process",
        among: |_| true,
        seen: |_, state| state.invocations.iter().any(|of| of.effect.times > 0 && of.effect.elsewhere),
    },
    Witness {
        name: "a result is kept, and its caller has it",
        among: |_| true,
        seen: |_, state| state.invocations.iter().any(|of| of.wait == Wait::Forgotten && of.outcome == Some(Outcome::Done)),
    },
    Witness {
        name: "something is in doubt, and was done",
        among: |protocol| protocol.class == Class::Outside,
        seen: |_, state| state.invocations.iter().any(|of| of.outcome == Some(Outcome::InDoubt) && of.effect.times > 0),
    },
    Witness {
        name: "what a freeze made void is asked again and done",
        among: |protocol| protocol.changes.contains(&Change::Freeze),
        seen: |_, state| {
            let void = state.questions[0].is_some_and(|question| question.stand == Stand::Void);
            state.freezes > 0 && void && state.invocations.iter().any(|of| of.effect.times > 0)
        },
    },
    Witness {
        name: "an intent is dropped by a living process",
        among: |protocol| protocol.changes.iter().any(|change| matches!(change, Change::Freeze | Change::Audience)),
        seen: |_, state| {
            let drops = |held: &[Held; INVOCATIONS]| {
                let mut of = held.iter().zip(&state.invocations);
                of.any(|(held, of)| *held == Held::Settled && of.outcome == Some(Outcome::NotDone))
            };
            state.held.iter().any(drops)
        },
    },
    Witness {
        name: "a question expires after it was agreed to",
        among: |protocol| protocol.changes.contains(&Change::Clock),
        seen: |_, state| {
            let met = |question: &Question| question.yes.iter().all(Option::is_some);
            state.questions.iter().flatten().any(|question| question.stand == Stand::Expired && met(question))
        },
    },
    Witness {
        name: "a question is void since what it is bound to changed",
        among: |protocol| protocol.changes.contains(&Change::Manifest),
        seen: |_, state| state.freezes == 0 && state.questions.iter().flatten().any(|of| of.stand == Stand::Void),
    },
    Witness {
        name: "two equal calls are both done, with a yes for each",
        among: |protocol| protocol.calls == Calls::Equal,
        seen: |_, state| state.invocations.iter().all(|of| of.effect.times > 0),
    },
    Witness {
        name: "of two equal calls one uses the yes, and the other is told so",
        among: |protocol| protocol.calls == Calls::Equal,
        seen: |_, state| refused_beside(state, Stand::Used),
    },
    Witness {
        name: "of two different calls one spends the quota, and the other has a yes and is refused",
        among: |protocol| protocol.calls == Calls::Different,
        seen: |protocol, state| state.spent == protocol.quota() && refused_beside(state, Stand::Agreed),
    },
];

/// A caller who waited at the call was told that it is refused, and his question stands so.
fn refused_beside(state: &State, stand: Stand) -> bool {
    state.invocations.iter().enumerate().any(|(number, of)| {
        let refused = of.ended && of.told == Told::Result && of.wait == Wait::Never && of.intent.is_none();
        refused && state.question_of(number).is_some_and(|question| question.stand == stand)
    })
}

/// All of them, as the checker takes them.
pub(crate) fn properties(protocol: &Protocol) -> Vec<Property<Protocol>> {
    let always = INVARIANTS.iter().map(|(name, holds)| Property::always(name, *holds));
    let among = WITNESSES.iter().filter(|witness| (witness.among)(protocol));
    always.chain(among.map(|witness| Property::sometimes(witness.name, witness.seen))).collect()
}

fn settled(stand: Stand) -> bool {
    !matches!(stand, Stand::Open | Stand::Agreed)
}

fn one_effect(_: &Protocol, state: &State) -> bool {
    (0..state.questions.len()).all(|number| {
        let of = |of: &&Invocation| of.effect.question == number;
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
            Told::Waiting => match of.wait {
                Wait::Never => false,
                Wait::Waiting => !of.ended,
                Wait::Kept => of.ended,
                Wait::Forgotten => on_its_way,
            },
            Told::Result => of.ended && (of.outcome != Some(Outcome::Done) || of.effect.times > 0),
        }
    })
}
