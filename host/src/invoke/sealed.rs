//! What a call was handed sealed: opened for the tool alone, in the session that was handed it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Call, Host, NotCalled, Past};
use crate::gate::Seen;
use crate::journal::Kind;
use crate::label::Label;
use crate::name::InvocationId;
use crate::people::Rights;
use crate::refusal::Refusal;
use crate::tool::sealed;

/// The part of an invocation's last entry that the agent was not told, and what that came from.
pub(super) const PART: &str = "sealed";
pub(super) const FROM: &str = "label";

/// What a call hands its tool, where it was handed something sealed.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// The arguments with it.
    pub(super) arguments: String,
    /// Where it came from.
    pub(super) label: Label,
}

impl Host {
    /// Opens what is sealed in the arguments of a call; none where nothing is.
    ///
    /// # Errors
    /// When there is no such value in this session, in one wording whether it is another's, unknown, or the initiator may not
    /// know it any more; or it was erased.
    pub(super) async fn unseal(&self, call: &Call, rights: &Rights) -> Result<Option<Opened>, NotCalled> {
        let handed = sealed::handed(&call.arguments);
        if handed.is_empty() {
            return Ok(None);
        }
        let (mut values, mut label) = (BTreeMap::new(), Label::default());
        for id in handed {
            let unknown = || NotCalled::Usage(vec![format!("`sealed:{id}` names nothing that this session was handed")]);
            let began = self.store.began(id).await?.ok_or_else(unknown)?;
            if began.holds() != call.holds() {
                return Err(unknown());
            }
            let past = self.store.history(id).await?;
            let ended = past.last().filter(|entry| entry.kind == Kind::Ended.as_str()).ok_or_else(unknown)?;
            let from = ended.label(FROM);
            if !ended.parts.contains_key(PART) || !rights.standing.may_know(&from) {
                return Err(unknown());
            }
            values.insert(id, value(ended, id)?);
            label.unite(&from);
        }
        Ok(Some(Opened { arguments: sealed::opened(&call.arguments, &values), label }))
    }
}

/// A refusal as the agent is told of it: what the tool was handed sealed may stand in the words.
pub(super) fn unsaid(refusal: &Refusal) -> Refusal {
    Refusal {
        until: refusal.until,
        ..Refusal::new(refusal.code, "it was refused; why is kept from the agent, as the result is")
    }
}

/// What the agent is told that the tool was refused.
pub(super) fn masked(seen: &Seen) -> Seen {
    Seen { function: seen.function, refusal: unsaid(&seen.refusal) }
}

fn value(ended: &Past, id: InvocationId) -> Result<Value, NotCalled> {
    let bytes = ended.parts.get(PART).filter(|_| !ended.forged);
    bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).ok_or_else(|| {
        NotCalled::Usage(vec![format!("what `sealed:{id}` names is not what was put on record: seal it again")])
    })
}
