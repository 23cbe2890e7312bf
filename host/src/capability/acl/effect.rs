//! What `acl` does, given a permit.

use serde_json::{Value, json};

use super::backend::{Acls, Ending, Lease};
use super::end::{End, unavailable};
use super::grants::{Backend, Entries};
use super::widen::Widen;
use crate::clock::Instant;
use crate::diagnostic::Halt;
use crate::gate::{Brought, Permit, Retold, Session};
use crate::journal::Unrecorded;
use crate::label::Label;
use crate::name::Principal;
use crate::people::{Entry, Right, Rights, not_yours};
use crate::refusal::{Code, Refusal};

/// Long enough to outlast a replay.
#[cfg(tollgate_ablation)]
const FOR_EVER: crate::unit::Duration = crate::unit::Duration(1 << 40);

/// The entries of an access list.
pub(super) struct Held(pub(super) Vec<Entry>);

impl Retold for Held {
    fn tell(&self) -> Vec<u8> {
        let ends = |entry: &Entry| entry.ends.map(|ends| ends.0);
        let each = self.0.iter().map(|it| json!([it.principal.to_string(), it.right.as_str(), ends(it), it.lease]));
        json!(each.collect::<Vec<_>>()).to_string().into_bytes()
    }

    fn recall(told: &[u8]) -> Option<Self> {
        let told: Value = serde_json::from_slice(told).ok()?;
        let held = told.as_array()?.iter().map(|it| {
            let principal = Principal::parse(it[0].as_str()?).ok()?;
            let right = Right::parse(it[1].as_str()?)?;
            Some(Entry { principal, right, ends: it[2].as_u64().map(Instant), lease: it[3].as_u64() })
        });
        held.collect::<Option<_>>().map(Self)
    }
}

/// Reads the entries that hold now, as many as there is room for. Those that carry what the initiator may not know are left out.
pub(super) async fn entries(acls: &dyn Acls, rights: &Rights, permit: Permit<Entries>) -> Result<Held, Halt> {
    permit
        .observe(async |action, room| {
            let name = action.object.as_ref().ok_or_else(not_yours)?;
            let object = rights.directory().objects.get(name).ok_or_else(not_yours)?;
            let (mut bytes, mut held, mut from) = (0, Vec::new(), Label::default());
            for entry in object.entries.iter().filter(|entry| entry.holds(rights.now)) {
                let carried = acls.carried(entry.lease.into_iter().collect()).await;
                let carries = carried.map_err(|broken| unavailable(&broken))?.pop().unwrap_or_default();
                if !rights.standing.may_know(&carries) {
                    continue;
                }
                from.unite(&carries);
                bytes += (entry.principal.to_string().len() + entry.right.as_str().len()) as u64;
                held.push(entry.clone());
            }
            if bytes > room {
                return Err(Refusal::new(Code::MeterSpent, "the access list is longer than what is left of `bytes`").into());
            }
            Ok(Brought { value: Held(held), bytes, from })
        })
        .await
}

/// Opens access for a while.
pub(super) async fn widen(acls: Backend, session: &Session, permit: Permit<Widen>) -> Result<u64, Halt> {
    let who = session.who.clone();
    let world = session.services.world.clone();
    let within = permit.within();
    permit
        .spend(
            move |action, key, settle| async move {
                let Some((object, principal, right)) = action.wanted.clone() else {
                    return Err(Unrecorded::Refused(not_yours()));
                };
                let now = world.rights(&who.initiator).await.map_err(Unrecorded::Broken)?.now;
                let span = within.map_or(action.span, |within| action.span.min(within));
                #[cfg(tollgate_ablation)]
                let span = if crate::ablation::without(crate::ablation::Control::Leases) { FOR_EVER } else { span };
                let (tool, initiator) = (who.tool.clone(), who.initiator.clone());
                let lease = Lease { object, principal, right, ends: now.after(span), tool, initiator, key };
                acls.widen(lease, settle).await
            },
            |outcome| outcome["lease"].as_u64(),
        )
        .await
}

/// Closes a lease before its time.
pub(super) async fn end(acls: Backend, ending: Ending, permit: Permit<End>) -> Result<(), Halt> {
    permit.spend(move |_action, _key, settle| async move { acls.end(ending, settle).await }, |_| Some(())).await
}
