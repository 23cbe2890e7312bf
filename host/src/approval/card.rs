//! The card: everything a person needs to see to say yes or no, and nothing the tool could forge.
//!
//! One model, kept as JSON with the question ([`Card::json`]) and shown as text or as JSON that is safe to look at.

mod differences;
mod json;
mod text;

use std::collections::BTreeSet;

use serde_json::json;

pub use differences::differences;
pub use json::BadCard;

use crate::clock::Instant;
use crate::name::{Actors, Digest, PersonName, ToolName};
use crate::people::Gain;

/// The act a question is about; its digest is what a yes is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The function asked for: `forum.post`.
    pub function: String,
    /// The action in canonical form.
    pub canonical: String,
    /// Whom it reaches.
    pub audience: BTreeSet<PersonName>,
    /// The tool.
    pub tool: ToolName,
    /// Its component.
    pub component: Digest,
    /// The meaning of its manifest.
    pub manifest: Digest,
    /// The meaning of what the configuration says about consent.
    pub rules: Digest,
    /// On whose behalf.
    pub initiator: PersonName,
    /// Through which agents.
    pub actors: Actors,
    /// In which session of that agent, where there are sessions.
    pub session: Option<String>,
    /// What stood where it writes, where it replaces something.
    pub found: Option<String>,
    /// What was read before, where a yes releases it to people who are not cleared for it: the digest of its label.
    pub releases: Option<Digest>,
}

impl Act {
    /// What a yes is bound to.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // serde_json's maps are ordered by key here, so equal acts have equal bytes.
        Digest::of(json::act(self).to_string().as_bytes())
    }

    /// Each part that a yes is bound to, with its name for people and a value that is the same where the part is.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let action = json!([self.function, self.canonical]).to_string();
        let audience: Vec<&str> = self.audience.iter().map(PersonName::as_str).collect();
        vec![
            ("the text and where it goes", Digest::of(action.as_bytes()).to_string()),
            ("the audience", audience.join(" ")),
            ("the tool", self.tool.to_string()),
            ("the component", self.component.to_string()),
            ("the manifest", self.manifest.to_string()),
            ("the configuration", self.rules.to_string()),
            ("the initiator", self.initiator.to_string()),
            ("the agent", self.actors.to_string()),
            ("the session", json!(self.session).to_string()),
            ("what it replaces", json!(self.found).to_string()),
            ("what was read before", self.releases.map(|label| label.hex()).unwrap_or_default()),
        ]
    }
}

/// What is shown before a yes or a no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The act: who asks for whom through which tool, and whom it reaches.
    pub act: Act,
    /// What it would do, a line each, in the host's words; names in it are already visible.
    pub does: Vec<String>,
    /// The text it would send, as the tool wrote it.
    pub payload: Option<String>,
    /// What was found in that text, a line each, in the host's words.
    pub findings: Vec<String>,
    /// What the invocation has read so far.
    pub read: Vec<String>,
    /// Whom it reaches and who is not cleared for that, where a yes releases it to them.
    pub uncleared: BTreeSet<PersonName>,
    /// Who must agree, each of them: `initiator`, `two of group:pay`.
    pub rules: Vec<String>,
    /// Who in the audience was not in that of the last similar act; none where there was no such act.
    pub new: Option<BTreeSet<PersonName>>,
    /// Who would gain access, and through which groups.
    pub gains: Vec<Gain>,
    /// Who would lose it.
    pub loses: Vec<Gain>,
    /// What differs from the last question about a similar act that was refused or void, as [`differences`] says it.
    pub changed: Vec<String>,
    /// When it was asked.
    pub asked: Instant,
    /// Until when it can be answered; [`Card::WITH_ITS_CALL`] where it ends with the call that waits for it.
    pub expires: Instant,
    /// What happens on a yes, in the host's words.
    pub on_yes: Vec<String>,
    /// What happens on a no.
    pub on_no: Vec<String>,
}

/// What is known only when a card is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meanwhile {
    /// The answers so far, a line each: `cam said yes`.
    pub answers: Vec<String>,
    /// Why nothing can be agreed to now: what is frozen, by whom, with which reason.
    pub frozen: Option<String>,
}

impl Card {
    /// A question that lives no longer than the call that asks it.
    pub const WITH_ITS_CALL: Instant = Instant(u64::MAX);

    /// A card about `act` that says nothing else yet.
    #[must_use]
    pub fn about(act: Act, asked: Instant, expires: Instant) -> Self {
        Self {
            act,
            does: Vec::new(),
            payload: None,
            findings: Vec::new(),
            read: Vec::new(),
            uncleared: BTreeSet::new(),
            rules: Vec::new(),
            new: None,
            gains: Vec::new(),
            loses: Vec::new(),
            changed: Vec::new(),
            asked,
            expires,
            on_yes: vec!["exactly this happens, once".to_owned()],
            on_no: vec!["nothing happens, and the tool is told".to_owned()],
        }
    }
}
