//! The card: everything a person needs to see to say yes or no, and nothing the tool could forge.

use std::collections::BTreeSet;

use serde_json::json;

use super::visible::{show, show_name};
use crate::name::{AgentName, Digest, PersonName, ToolName};

/// The act a question is about; its digest is what a yes is worth.
#[derive(Debug, Clone)]
pub struct Act {
    /// The function asked for: `forum.post`.
    pub function: &'static str,
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
    /// On whose behalf.
    pub initiator: PersonName,
    /// Through which agent.
    pub agent: AgentName,
}

impl Act {
    /// What a yes is bound to.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let audience: Vec<&str> = self.audience.iter().map(PersonName::as_str).collect();
        let bound = json!({
            "function": self.function, "action": self.canonical, "audience": audience, "tool": self.tool.as_str(),
            "component": self.component.hex(), "manifest": self.manifest.hex(), "initiator": self.initiator.as_str(),
            "agent": self.agent.as_str(),
        });
        // serde_json's maps are ordered by key here, so equal acts have equal bytes.
        Digest::of(bound.to_string().as_bytes())
    }
}

/// What is shown before a yes or a no.
#[derive(Debug, Clone)]
pub struct Card {
    /// The act.
    pub act: Act,
    /// What it would do, a line each, in the host's words; names in it are already visible.
    pub does: Vec<String>,
    /// The text it would send, as the tool wrote it.
    pub payload: Option<String>,
    /// What the invocation has read so far.
    pub read: Vec<String>,
}

/// Names shown one by one before the rest is counted.
const NAMES: usize = 12;

impl Card {
    /// The card as text for a terminal: host lines begin at the margin, lines of the payload behind `  │ `.
    #[must_use]
    pub fn text(&self) -> String {
        let act = &self.act;
        let mut lines = vec![
            format!("{} asks to act for {}", act.agent, act.initiator),
            format!("  tool      {} ({})", act.tool, short(act.component)),
        ];
        lines.extend(self.does.iter().map(|line| format!("  {line}")));
        lines.push(format!("  seen by   {}", self.audience()));
        lines.push(format!("  it read   {}", list(self.read.iter().map(|source| show_name(source)), "nothing")));
        if let Some(payload) = &self.payload {
            let shown = show(payload);
            lines.push(match shown.hidden {
                0 => format!("  text      {} bytes", payload.len()),
                hidden => format!("  text      {} bytes, {hidden} hidden characters written out as \\u{{…}}", payload.len()),
            });
            lines.extend(shown.text.split('\n').map(|line| format!("  │ {line}")));
        }
        lines.push("  on yes    exactly this happens, once".to_owned());
        lines.push("  on no     nothing happens, and the tool is told".to_owned());
        lines.join("\n")
    }

    fn audience(&self) -> String {
        let people = &self.act.audience;
        let count = match people.len() {
            1 => "1 person".to_owned(),
            many => format!("{many} people"),
        };
        if people.is_empty() {
            "nobody new".to_owned()
        } else {
            format!("{count}: {}", list(people.iter().map(|p| p.to_string()), ""))
        }
    }
}

/// The first names, and how many there are more.
fn list(items: impl ExactSizeIterator<Item = String>, none: &str) -> String {
    let total = items.len();
    if total == 0 {
        return none.to_owned();
    }
    let shown: Vec<String> = items.take(NAMES).collect();
    match total - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Enough of a digest to compare by eye.
fn short(digest: Digest) -> String {
    let hex = digest.hex();
    format!("sha256:{}…", &hex[..12])
}
