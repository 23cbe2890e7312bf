//! Tries that are put on record: who comes to the approvers' door with an agent's token wants to answer his own question, and
//! who calls what others may call looks for what there is. An investigator sees both; whoever tries sees neither.

use std::sync::Arc;

use crate::journal::{Body, Draft, Kind};
use crate::name::{Actors, PersonName, ToolName};
use crate::refusal::Code;
use crate::store::Store;

/// The code of an agent where people answer.
pub(super) const SELF_APPROVAL: &str = "door.self-approval";

/// Who tried, as far as a signature says it, and at which tool.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) person: Option<PersonName>,
    pub(super) actors: Option<Actors>,
    pub(super) tool: Option<ToolName>,
}

impl Tried {
    /// Whose tries are counted together.
    pub(super) fn whose(&self) -> String {
        format!("turned away {:?} {:?}", self.person, self.actors)
    }

    /// Puts on record that an agent came where people answer.
    pub(super) async fn answering(self, store: &Store) {
        tracing::warn!(code = SELF_APPROVAL, "an agent's token came to the approvers' door");
        self.note(store, SELF_APPROVAL.to_owned(), "people").await;
    }

    /// Puts on record that somebody called what he may not. Nobody waits for it: an answer that came later than that for a
    /// name which nothing has would tell them apart.
    pub(super) fn calling(self, store: Arc<Store>, code: Code) {
        tokio::spawn(async move { self.note(&store, code.to_string(), "agents").await });
    }

    async fn note(self, store: &Store, code: String, door: &'static str) {
        let body = Body::of(6).text("code", code).text("door", door);
        let body = self.person.iter().fold(body, |body, person| body.name("initiator", person.shared()));
        let body = self.actors.iter().fold(body, |body, actors| body.name("agent", actors.first().shared()));
        let body = self.tool.iter().fold(body, |body, tool| body.name("tool", tool.shared()));
        let via = self.actors.as_ref().and_then(Actors::via_text);
        let body = via.into_iter().fold(body, |body, via| body.text("via", via));
        if let Err(failed) = store.note(Draft::new(Kind::TurnedAway, body)).await {
            let broken = crate::diagnostic::Broken::from(failed);
            tracing::error!(doing = broken.doing, cause = broken.cause, "that somebody was turned away is not on record");
        }
    }
}
