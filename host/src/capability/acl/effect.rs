//! What `acl` does, given a permit.

use serde_json::json;

use super::backend::{Ending, Lease};
use super::end::End;
use super::grants::{Backend, Entries};
use super::widen::Widen;
use crate::diagnostic::Halt;
use crate::gate::{Permit, Session, Told};
use crate::journal::Unrecorded;
use crate::people::{Entry, Rights, not_yours};
use crate::refusal::{Code, Refusal};

/// Reads the entries that hold now, as many as there is room for.
pub(super) async fn entries(rights: &Rights, permit: Permit<Entries>) -> Result<Vec<Entry>, Halt> {
    permit
        .observe(async |action, room| {
            let name = action.object.as_ref().ok_or_else(not_yours)?;
            let object = rights.directory().objects.get(name).ok_or_else(not_yours)?;
            let mut bytes = 0;
            let mut held = Vec::new();
            for entry in object.entries.iter().filter(|entry| entry.holds(rights.now)) {
                bytes += (entry.principal.to_string().len() + entry.right.as_str().len()) as u64;
                held.push(entry.clone());
            }
            if bytes > room {
                return Err(Refusal::new(Code::MeterSpent, "the access list is longer than what is left of `bytes`").into());
            }
            let told: Vec<_> = held.iter().map(|it| json!([it.principal.to_string(), it.right.as_str()])).collect();
            Ok((
                held,
                Told {
                    bytes,
                    payload: json!(told).to_string().into_bytes(),
                    source: Some(format!("access list of {name}").into()),
                },
            ))
        })
        .await
}

/// Opens access for a while.
pub(super) async fn widen(acls: Backend, session: &Session, permit: Permit<Widen>) -> Result<u64, Halt> {
    let who = session.who.clone();
    let world = session.services.world.clone();
    permit
        .spend(move |action, key, settle| async move {
            let Some((object, principal, right)) = action.wanted.clone() else {
                return Err(Unrecorded::Refused(not_yours()));
            };
            let now = world.rights(&who.initiator).await.map_err(Unrecorded::Broken)?.now;
            let (tool, initiator) = (who.tool.clone(), who.initiator.clone());
            let lease = Lease { object, principal, right, ends: now.after(action.span), tool, initiator, key };
            acls.widen(lease, settle).await
        })
        .await
}

/// Closes a lease before its time.
pub(super) async fn end(acls: Backend, ending: Ending, permit: Permit<End>) -> Result<(), Halt> {
    permit.spend(move |_action, _key, settle| async move { acls.end(ending, settle).await }).await
}
