//! The protocol as the checker sees it, the rules that can be switched off, and the tests.

use std::collections::BTreeSet;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use crate::answer::Around;
use crate::host::{STEPS, Step};
use crate::invariant::{self, ACKNOWLEDGED, AGREED, AUDIENCE, FINAL, FROZEN, INTENT_FIRST, ONE_EFFECT, OUTCOMES, WITHIN_QUOTA};
use crate::state::{Class, INVOCATIONS, PROCESSES, State};

/// A rule that is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bug {
    /// A yes is not looked at for having been used.
    SpendsWhatIsUsed,
    /// The effect does not wait for the recording transaction.
    ActsBeforeTheIntent,
    /// The recording transaction does not ask whether those who said yes may still answer.
    RecordsWithoutApprovers,
    /// The manifest is not compared with the one that the yes is bound to.
    RecordsForAnotherManifest,
    /// The recording transaction does not look at the time.
    RecordsWhatExpired,
    /// The premise is judged with the intent, and not again with the effect.
    SpendsOnAnOldPremise,
    /// Freezes are read with the intent only.
    SpendsInAFreeze,
    /// The effect asks whether a freeze is on, not whether there was one since the intent.
    SpendsAfterAThaw,
    /// A freeze makes no yes void.
    KeepsAYesThroughAFreeze,
    /// Recovery does not look whether the lock is free.
    SettlesTheLiving,
    /// A claim does not look whether there is one.
    ClaimsWhatIsClaimed,
    /// The row of a result goes before the caller has it.
    ForgetsBeforeHanding,
    /// The quota is judged with the call, and not in the recording transaction.
    QuotaOnlyJudged,
    /// An answer does not look at the state of its row.
    AnswersWhatIsSettled,
}

/// What is checked: where effects take place, and whether the two invocations are equal, so that they join one question.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    pub(crate) class: Class,
    pub(crate) identical: bool,
    pub(crate) bug: Option<Bug>,
}

/// One step of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// By this process, with this invocation.
    Host(usize, usize, Step),
    Around(Around),
    Kill(usize),
    Start(usize),
}

impl Protocol {
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.is_over() {
            return;
        }
        for process in 0..PROCESSES {
            actions.push(if state.up[process] { Action::Kill(process) } else { Action::Start(process) });
            for number in 0..INVOCATIONS {
                actions.extend(STEPS.iter().map(|step| Action::Host(process, number, *step)));
            }
        }
        actions.extend(self.around(state).into_iter().map(Action::Around));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        match action {
            Action::Host(process, number, step) => self.steps(*state, (process, number), step),
            Action::Around(step) => self.happens(*state, step),
            Action::Kill(process) => Some(Self::kill(*state, process)),
            Action::Start(process) => {
                let mut next = *state;
                next.up[process] = true;
                Some(next)
            }
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        invariant::properties(self)
    }
}

/// Each bug, the invariant that it breaks, and whether the two invocations are equal when it does.
const SEEDED: &[(Bug, &str, bool)] = &[
    (Bug::SpendsWhatIsUsed, ONE_EFFECT, true),
    (Bug::ActsBeforeTheIntent, INTENT_FIRST, true),
    (Bug::RecordsWithoutApprovers, AGREED, true),
    (Bug::RecordsForAnotherManifest, AGREED, true),
    (Bug::RecordsWhatExpired, AGREED, true),
    (Bug::SpendsOnAnOldPremise, AUDIENCE, true),
    (Bug::SpendsInAFreeze, FROZEN, true),
    (Bug::SpendsAfterAThaw, FROZEN, true),
    (Bug::KeepsAYesThroughAFreeze, FROZEN, true),
    (Bug::SettlesTheLiving, OUTCOMES, true),
    (Bug::ClaimsWhatIsClaimed, OUTCOMES, true),
    (Bug::ForgetsBeforeHanding, ACKNOWLEDGED, true),
    (Bug::QuotaOnlyJudged, WITHIN_QUOTA, false),
    (Bug::AnswersWhatIsSettled, FINAL, true),
];

const CLASSES: [Class; 2] = [Class::SameDatabase, Class::Outside];

/// Looks at every state.
#[expect(clippy::disallowed_macros, reason = "the count is what this test is run for")]
fn exhaust(class: Class, identical: bool) {
    let protocol = Protocol { class, identical, bug: None };
    let expected: BTreeSet<_> = protocol.properties().iter().map(|property| property.name).collect();
    let expected: BTreeSet<_> = expected.into_iter().filter(|name| invariant::INVARIANTS.iter().all(|(other, _)| other != name)).collect();
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    let found: BTreeSet<_> = checker.discoveries().into_keys().collect();
    println!(
        "{class:?}, {}: {} states, {} steps, depth {}",
        if identical { "equal calls" } else { "different calls" },
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
    );
    assert!(checker.is_done(), "every state was looked at");
    assert_eq!(found, expected, "every witness is found, and no invariant is broken");
    for (name, _) in invariant::INVARIANTS {
        println!("  always: {name}");
    }
    for name in found {
        println!("  found: {name}");
    }
}

#[test]
fn equal_calls_in_the_same_database() {
    exhaust(Class::SameDatabase, true);
}

#[test]
fn equal_calls_outside() {
    exhaust(Class::Outside, true);
}

#[test]
fn different_calls_in_the_same_database() {
    exhaust(Class::SameDatabase, false);
}

#[test]
fn different_calls_outside() {
    exhaust(Class::Outside, false);
}

#[test]
#[expect(clippy::disallowed_macros, reason = "the shortest way to each broken invariant is what a reader wants")]
fn each_rule_that_is_switched_off_breaks_its_invariant() {
    for (bug, broken, identical) in SEEDED {
        for class in CLASSES {
            let protocol = Protocol { class, identical: *identical, bug: Some(*bug) };
            let until = HasDiscoveries::AnyOf(BTreeSet::from([*broken]));
            let checker = protocol.checker().threads(2).finish_when(until).spawn_bfs().join();
            let path = checker.discovery(broken);
            let path = path.unwrap_or_else(|| panic!("{bug:?} breaks `{broken}` ({class:?}), and nothing was found"));
            println!("{bug:?} ({class:?}) breaks `{broken}` after {} states:", checker.unique_state_count());
            println!("  {:?}", path.into_actions());
        }
    }
}

#[test]
fn every_invariant_has_a_bug() {
    let seeded: BTreeSet<_> = SEEDED.iter().map(|(_, broken, _)| *broken).collect();
    let invariants: BTreeSet<_> = invariant::INVARIANTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(seeded, invariants);
}
