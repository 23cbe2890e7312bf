//! Every state is looked at, without a bug and with each.

use std::collections::BTreeSet;

use stateright::{Checker as _, Expectation, HasDiscoveries, Model as _};

use crate::invariant::{
    ACKNOWLEDGED, AGREED, AUDIENCE, FINAL, FROZEN, INTENT_FIRST, INVARIANTS, ONE_EFFECT, OUTCOMES, WITHIN_QUOTA,
};
use crate::protocol::{Bug, Calls, Change, Protocol};
use crate::state::Class;

/// Each bug, the invariant that it breaks, and the least in which it does.
const SEEDED: &[(Bug, &str, Calls, &[Change])] = &[
    (Bug::SpendsWhatIsUsed, ONE_EFFECT, Calls::Equal, &[]),
    (Bug::ActsBeforeTheIntent, INTENT_FIRST, Calls::One, &[]),
    (Bug::RecordsWithoutApprovers, AGREED, Calls::One, &[Change::Membership]),
    (Bug::RecordsForAnotherManifest, AGREED, Calls::One, &[Change::Manifest]),
    (Bug::RecordsWhatExpired, AGREED, Calls::One, &[Change::Clock]),
    (Bug::SpendsOnAnOldPremise, AUDIENCE, Calls::One, &[Change::Audience]),
    (Bug::SpendsInAFreeze, FROZEN, Calls::One, &[Change::Freeze]),
    (Bug::SpendsAfterAThaw, FROZEN, Calls::One, &[Change::Freeze]),
    (Bug::KeepsAYesThroughAFreeze, FROZEN, Calls::One, &[Change::Freeze]),
    (Bug::SettlesTheLiving, OUTCOMES, Calls::One, &[]),
    (Bug::EndsWithoutSettling, OUTCOMES, Calls::One, &[]),
    (Bug::ClaimsWhatIsClaimed, OUTCOMES, Calls::One, &[]),
    (Bug::ForgetsBeforeHanding, ACKNOWLEDGED, Calls::One, &[]),
    (Bug::RecoversNoResult, ACKNOWLEDGED, Calls::One, &[]),
    (Bug::QuotaOnlyJudged, WITHIN_QUOTA, Calls::Different, &[]),
    (Bug::AnswersWhatIsSettled, FINAL, Calls::One, &[]),
];

const CLASSES: [Class; 2] = [Class::SameDatabase, Class::Outside];

/// Looks at every state in both classes; there must be at least `floor`, or little happens in this model.
#[expect(clippy::disallowed_macros, reason = "the count is what this test is run for")]
fn exhaust(calls: Calls, changes: &'static [Change], floor: usize) {
    for class in CLASSES {
        let protocol = Protocol { class, calls, changes, bug: None };
        let properties = protocol.properties();
        let sometimes = properties.iter().filter(|property| property.expectation == Expectation::Sometimes);
        let witnesses: BTreeSet<_> = sometimes.map(|property| property.name).collect();
        let checker = protocol.checker().threads(2).spawn_bfs().join();
        let states = checker.unique_state_count();
        let (steps, depth) = (checker.state_count(), checker.max_depth());
        let mut report = format!("{class:?}, {calls:?}, {changes:?}: {states} states by {steps} steps, depth {depth}\n");
        for property in &properties {
            report.push_str(&format!("  {:?}: {}\n", property.expectation, property.name));
        }
        println!("{report}");
        let found: BTreeSet<_> = checker.discoveries().into_keys().collect();
        assert_eq!(found, witnesses, "every witness is found, and no invariant is broken");
        assert!(states >= floor, "{states} states");
    }
}

#[test]
fn one_call_while_everything_changes() {
    let all = &[Change::Audience, Change::Membership, Change::Manifest, Change::Freeze, Change::Clock];
    exhaust(Calls::One, all, 500_000);
}

#[test]
fn two_equal_calls_and_a_freeze() {
    exhaust(Calls::Equal, &[Change::Freeze], 300_000);
}

#[test]
fn two_equal_calls_and_time() {
    exhaust(Calls::Equal, &[Change::Clock], 300_000);
}

#[test]
fn two_equal_calls_and_another_manifest() {
    exhaust(Calls::Equal, &[Change::Manifest], 100_000);
}

#[test]
fn two_different_calls_and_one_quota() {
    exhaust(Calls::Different, &[], 80_000);
}

#[test]
#[expect(clippy::disallowed_macros, reason = "how each invariant is broken is what a reader wants")]
fn each_rule_that_is_switched_off_breaks_its_invariant() {
    for (bug, broken, calls, changes) in SEEDED {
        for class in CLASSES {
            let protocol = Protocol { class, calls: *calls, changes, bug: Some(*bug) };
            let until = HasDiscoveries::AnyOf(BTreeSet::from([*broken]));
            let checker = protocol.checker().finish_when(until).spawn_bfs().join();
            let path = checker.discovery(broken);
            let path = path.unwrap_or_else(|| panic!("{bug:?} breaks `{broken}` ({class:?}), and nothing was found"));
            let (_, holds) = INVARIANTS.iter().find(|(name, _)| name == broken).expect("it is one of them");
            // The checker goes on a little after the first state that is wrong.
            let path = path.into_vec().into_iter().take_while(|(state, _)| holds(checker.model(), state));
            let actions: Vec<_> = path.filter_map(|(_, action)| action).collect();
            let states = checker.unique_state_count();
            println!("{bug:?} ({class:?}) breaks `{broken}`, found after {states} states:\n  {actions:?}");
        }
    }
}

#[test]
fn every_invariant_has_a_bug() {
    let seeded: BTreeSet<_> = SEEDED.iter().map(|(_, broken, ..)| *broken).collect();
    let invariants: BTreeSet<_> = INVARIANTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(seeded, invariants);
}
