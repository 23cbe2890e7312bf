//! The law of reverts: what is taken back is the lease's own entry, or nothing.

use proptest::prelude::*;
use tollgate::clock::Instant;
use tollgate::lease::{Conflict, Found, Lease, Now, Revert, revert};
use tollgate::name::{InvocationId, ObjectName, PersonName, Principal, ToolName};
use tollgate::people::{Entry, Right};

fn lease() -> Lease {
    Lease {
        id: 7,
        object: ObjectName::parse("scratch").expect("a name"),
        principal: Principal::parse("group:web").expect("a name"),
        right: Right::Read,
        began: Instant(100),
        ends: Instant(200),
        tool: ToolName::parse("probe").expect("a name"),
        initiator: PersonName::parse("ben").expect("a name"),
        key: (InvocationId::new(100, &[0; 10]), 1),
        reverted: None,
    }
}

fn own(lease: &Lease) -> Entry {
    Entry { principal: lease.principal.clone(), right: lease.right, ends: Some(lease.ends), lease: Some(lease.id) }
}

/// Entries of people and of other leases, some of them for the same principal.
fn others() -> impl Strategy<Value = Vec<Entry>> {
    let principal = prop::sample::select(vec!["group:web", "gus", "fay", "group:pay"]);
    let right = prop::sample::select(vec![Right::Read, Right::Administer]);
    let ends = prop::option::of(prop::sample::select(vec![50, 200, 300]));
    let entry = (principal, right, ends, prop::option::of(1_u64..7)).prop_map(|(principal, right, ends, lease)| Entry {
        principal: Principal::parse(principal).expect("a name"),
        right,
        ends: ends.map(Instant),
        lease,
    });
    prop::collection::vec(entry, 0..6)
}

proptest! {
    /// Whatever else is on the list, a revert takes the lease's own entry or nothing, and is done after one time.
    #[test]
    fn s22_a_revert_takes_back_only_what_the_lease_added(others in others(), place in 0_usize..7, removed in any::<bool>()) {
        let (lease, mut list) = (lease(), others.clone());
        if !removed {
            list.insert(place.min(others.len()), own(&lease));
        }
        let decided = revert(&lease, Now::Same(&list), Instant(200));
        prop_assert_eq!(decided.take, !removed);
        let after: Vec<Entry> = list.into_iter().filter(|it| !(decided.take && it.lease == Some(lease.id))).collect();
        prop_assert_eq!(&after, &others, "every entry of others stays, in order");
        let kept = others.iter().any(|it| it.lease.is_none() && it.principal == lease.principal && it.holds(Instant(200)));
        let found = if kept { Found::KeptByPeople } else if removed { Found::GoneBefore } else { Found::Closed };
        prop_assert_eq!(decided.found, found);
        prop_assert!(!revert(&lease, Now::Same(&after), Instant(200)).take);
    }

    /// An entry that says more than the lease, or one that is there twice, is not for a host to decide.
    #[test]
    fn s22_what_is_in_doubt_is_left_alone(others in others(), altered in 0_u8..4) {
        let (lease, mut list) = (lease(), others);
        let mut changed = own(&lease);
        match altered {
            0 => changed.ends = None,
            1 => changed.ends = Some(Instant(201)),
            2 => changed.right = Right::Administer,
            _ => list.push(own(&lease)),
        }
        list.push(changed);
        let found = Found::Conflict(Conflict::Altered);
        prop_assert_eq!(revert(&lease, Now::Same(&list), Instant(200)), Revert { take: false, found });
        for (now, why) in [(Now::Gone, Conflict::Deleted), (Now::Another, Conflict::Replaced)] {
            let decided = revert(&lease, now, Instant(200));
            prop_assert_eq!((decided.take, decided.found), (false, Found::Conflict(why)));
        }
    }
}

#[test]
fn an_entry_that_people_shortened_is_taken_away_too() {
    let lease = lease();
    let short = Entry { ends: Some(Instant(150)), ..own(&lease) };
    assert_eq!(revert(&lease, Now::Same(&[short]), Instant(200)).found, Found::Closed);
}
