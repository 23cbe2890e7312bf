//! What the tool `lend` promises, in the test kit's world.

use lend::lend::{Outcome, Problem, lend, return_early, who};
use tollgate_sdk::test::World;

/// Ben administers the data set, and the group `web` can read it.
fn world() -> World {
    let world = World::new();
    world.object("dataset/sales", &[("group:web", "read")]);
    world
}

fn ask(group: &str, minutes: u32) -> Result<Outcome, Problem> {
    lend("dataset/sales", group, minutes)
}

#[test]
fn a_loan_is_one_lease_that_closes_by_itself() {
    let world = world();
    let _installed = world.install();
    let Ok(Outcome::Opened(loan)) = ask("guests", 30) else { panic!("not opened") };
    let leases = world.leases();
    assert_eq!(leases.len(), 1);
    assert_eq!((leases[0].lease, leases[0].seconds, leases[0].right.as_str()), (loan.lease, 1800, "read"));
    assert_eq!((loan.group.as_str(), loan.before.len()), ("group:guests", 1));
    let ends = loan.ends.expect("an end");
    assert!(who("dataset/sales").expect("a list").iter().any(|access| access.ends == Some(ends)));
    world.advance(1801);
    assert!(who("dataset/sales").expect("a list").iter().all(|access| access.lease.is_none()));
}

#[test]
fn who_can_already_is_told_and_nobody_is_asked() {
    let world = world();
    let _installed = world.install();
    for group in ["web", "group:web"] {
        let outcome = ask(group, 30);
        assert!(matches!(&outcome, Ok(Outcome::AlreadyCan(access)) if access.ends.is_none()), "{outcome:?}");
    }
    assert!(matches!(ask("guests", 30), Ok(Outcome::Opened(_))), "another group is asked for");
    assert!(matches!(ask("guests", 60), Ok(Outcome::AlreadyCan(access)) if access.ends.is_some()), "and is not twice");
    assert_eq!(world.leases().len(), 1);
}

#[test]
fn a_loan_ends_early_once() {
    let world = world();
    let _installed = world.install();
    let Ok(Outcome::Opened(loan)) = ask("guests", 30) else { panic!("not opened") };
    assert!(matches!(return_early("dataset/sales", loan.lease + 7), Err(Problem::NoSuchLease(_))));
    assert!(return_early("dataset/sales", loan.lease).is_ok());
    assert!(world.leases()[0].ended);
    assert!(matches!(return_early("dataset/sales", loan.lease), Err(Problem::NoSuchLease(_))));
}

#[test]
fn arguments_that_are_no_loan_reach_no_host() {
    let world = world();
    let _installed = world.install();
    for (group, minutes) in [("guests", 0), ("guests", 481), ("", 30), ("group:", 30), ("a b", 30)] {
        assert!(matches!(ask(group, minutes), Err(Problem::BadRequest(_))), "{group:?} {minutes}");
    }
    assert_eq!(world.used("acl.read").calls, 0);
    assert!(matches!(ask("guests", 480), Ok(Outcome::Opened(_))));
}

#[test]
fn every_refusal_has_its_own_problem() {
    for (function, code) in [
        ("acl.widen", "agree.declined"),
        ("acl.widen", "agree.nobody-here"),
        ("acl.widen", "cover.not-granted"),
        ("acl.entries", "cover.not-yours"),
        ("acl.widen", "effect.in-doubt"),
        ("acl.entries", "fund.meter-spent"),
    ] {
        let world = world();
        let _installed = world.install();
        world.refuse(function, code);
        let problem = ask("guests", 30).expect_err(code);
        let fits = match &problem {
            Problem::Declined(_) => code == "agree.declined",
            Problem::NobodyToAsk(_) => code == "agree.nobody-here",
            Problem::NotAllowed(_) => code.starts_with("cover."),
            Problem::InDoubt(_) => code == "effect.in-doubt",
            Problem::Refused(_) => code == "fund.meter-spent",
            Problem::BadRequest(_) | Problem::NoSuchLease(_) => false,
        };
        assert!(fits, "{code}: {problem:?}");
        assert!(world.leases().is_empty());
    }
}

#[test]
fn an_open_loan_is_never_told_as_a_failure() {
    let world = world();
    let _installed = world.install();
    world.meter("acl.read", 1, 1 << 16);
    let Ok(Outcome::Opened(loan)) = ask("guests", 30) else { panic!("not opened") };
    assert_eq!((loan.ends, world.leases().len()), (None, 1));
}
