//! `context` of a world.

use super::here;
use crate::context::Meter;

pub fn initiator() -> String {
    here(|state| {
        state.count();
        state.initiator.clone()
    })
}

pub fn agent() -> String {
    here(|state| {
        state.count();
        state.agent.clone()
    })
}

pub fn meters() -> Vec<Meter> {
    here(|state| {
        state.count();
        let meters = state.meters.iter().map(|meter| {
            let used = state.used.get(meter.grant).copied().unwrap_or_default();
            let (calls, bytes) = (meter.calls.saturating_sub(used.calls), meter.bytes.saturating_sub(used.bytes));
            Meter { grant: meter.grant.to_owned(), index: 0, calls, bytes }
        });
        meters.collect()
    })
}
