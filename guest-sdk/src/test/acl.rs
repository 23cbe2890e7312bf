//! `acl` of a world.

use super::state::{Call, State, Want, not_granted, not_yours, spent};
use super::{Lease, here, names};
use crate::Refusal;
use crate::acl::Entry;

const READ: &str = "acl.read";
const WRITE: &str = "acl.write";

/// The most that one list brings, in bytes.
const LIST: u64 = 64 << 10;

fn covered(state: &State, grant: &str, object: &str) -> Result<(), Refusal> {
    match (names::is_object(object), state.objects.contains_key(object)) {
        (false, _) => Err(not_granted(grant)),
        (true, false) => Err(not_yours()),
        (true, true) => Ok(()),
    }
}

pub fn entries(object: &str) -> Result<Vec<Entry>, Refusal> {
    let call = Call { function: "acl.entries", grant: READ, about: object, there: true };
    here(|state| {
        let covered = covered(state, READ, object);
        state.pass(call, Want::UpTo(LIST), covered, |state, room| {
            let all = state.objects.get(object).ok_or_else(not_yours)?;
            let held: Vec<Entry> =
                all.iter().filter(|entry| entry.ends.is_none_or(|ends| state.now < ends)).cloned().collect();
            let bytes = held.iter().map(|entry| (entry.principal.len() + entry.right.len()) as u64).sum();
            if bytes > room { Err(spent(READ)) } else { Ok((held, bytes)) }
        })
    })
}

pub fn widen(object: &str, principal: &str, right: &str, seconds: u64) -> Result<u64, Refusal> {
    let call = Call { function: "acl.widen", grant: WRITE, about: object, there: true };
    here(|state| {
        let named = names::is_principal(principal) && names::is_right(right);
        let in_time = state.longest_lease.is_none_or(|longest| seconds <= longest);
        let covered = if named && in_time { covered(state, WRITE, object) } else { Err(not_granted(WRITE)) };
        state.pass(call, Want::Exactly(0), covered, |state, _| {
            let (lease, ends) = (state.number(), state.now.saturating_add(seconds.saturating_mul(1000)));
            let entries = state.objects.get_mut(object).ok_or_else(not_yours)?;
            let (principal, right) = (principal.to_owned(), right.to_owned());
            entries.push(Entry { principal: principal.clone(), right: right.clone(), ends: Some(ends), lease: Some(lease) });
            state.leases.push(Lease { lease, object: object.to_owned(), principal, right, seconds, ended: false });
            Ok((lease, 0))
        })
    })
}

pub fn end(object: &str, lease: u64) -> Result<(), Refusal> {
    here(|state| {
        let now = state.now;
        let is_open = |entry: &Entry| entry.lease == Some(lease) && entry.ends.is_some_and(|ends| now < ends);
        let there = state.objects.get(object).is_some_and(|entries| entries.iter().any(is_open));
        let call = Call { function: "acl.end", grant: WRITE, about: object, there };
        let covered = if names::is_object(object) { Ok(()) } else { Err(not_granted(WRITE)) };
        state.pass(call, Want::Exactly(0), covered, |state, _| {
            let entries = state.objects.get_mut(object).ok_or_else(not_yours)?;
            entries.iter_mut().filter(|entry| is_open(entry)).for_each(|entry| entry.ends = Some(now));
            state.leases.iter_mut().filter(|it| it.lease == lease).for_each(|it| it.ended = true);
            Ok(((), 0))
        })
    })
}
