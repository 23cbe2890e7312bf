//! What was pinned beside what is there now.

use serde_json::{Value, json};

use super::said::behind;
use crate::manifest::Manifest;
use crate::name::Digest;
use crate::setup::Workspace;
use crate::tool::{Change, Part, Surface, difference};

/// A tool whose bytes are not those that were pinned.
pub struct Differs {
    pinned: Digest,
    found: Digest,
    /// What is different, or why that cannot be said.
    changes: Result<Vec<Change>, String>,
}

/// Compares `found` with what was pinned; none where nothing was, or these very bytes were.
pub fn differs(workspace: &Workspace, manifest: &Manifest, found: Digest, surface: &Surface) -> Option<Differs> {
    let pinned = manifest.digest.filter(|pinned| *pinned != found)?;
    Some(Differs::between(pinned, &pinned_surface(workspace, &pinned), found, surface))
}

/// What the bytes say that were pinned.
///
/// # Errors
/// When they are not there any more, or cannot be read; a sentence without a full stop.
pub fn pinned_surface(workspace: &Workspace, pinned: &Digest) -> Result<Surface, String> {
    match workspace.kept(pinned) {
        Ok(Some(bytes)) => Surface::parse(&bytes).map_err(|bad| format!("what was pinned cannot be read any more: {bad}")),
        Ok(None) => Err(format!("the bytes that were pinned were not kept; nothing is known of them but {pinned}")),
        Err(broken) => Err(broken.to_string()),
    }
}

impl Differs {
    /// Compares with what is known of what was pinned, or why nothing is.
    pub fn between(pinned: Digest, before: &Result<Surface, String>, found: Digest, surface: &Surface) -> Self {
        let changes = before.as_ref().map(|before| difference(before, surface)).map_err(Clone::clone);
        Self { pinned, found, changes }
    }

    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("pinned is {}", self.pinned), format!("found is  {}", self.found)];
        match &self.changes {
            Err(why) => lines.push(format!("  what is different cannot be said: {why}")),
            Ok(changes) if changes.is_empty() => {
                lines.push(format!("  {SAME}"));
            }
            Ok(changes) => {
                for part in Part::ALL {
                    let of: Vec<&Change> = changes.iter().filter(|change| change.part == part).collect();
                    lines.extend(of.first().map(|_| format!("  {}", heading(part))));
                    of.iter().for_each(|change| lines.extend(shown(change)));
                }
            }
        }
        lines
    }

    /// How much is different, in a line without a word of the new bytes.
    pub fn summary(&self) -> String {
        match &self.changes {
            Err(why) => format!("what is different cannot be said: {why}"),
            Ok(changes) if changes.is_empty() => SAME.to_owned(),
            Ok(changes) => {
                let counts = counts(changes).into_iter().filter(|(_, count)| *count > 0);
                let counts: Vec<String> = counts.map(|(part, count)| format!("{} {count}", part.as_str())).collect();
                format!("different, by number: {}", counts.join(", "))
            }
        }
    }

    /// The same for programs.
    pub fn counts_json(&self) -> Value {
        let counted = |changes: &Vec<Change>| {
            let counts = counts(changes).into_iter().map(|(part, count)| (part.as_str().to_owned(), json!(count)));
            Value::Object(counts.collect())
        };
        json!({
            "pinned": self.pinned.to_string(), "found": self.found.to_string(),
            "counts": self.changes.as_ref().ok().map(counted), "why-unknown": self.changes.as_ref().err(),
        })
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let changes = self.changes.as_ref().ok().map(|changes| changes.iter().map(change_json).collect::<Vec<_>>());
        json!({
            "pinned": self.pinned.to_string(), "found": self.found.to_string(), "changes": changes,
            "why-unknown": self.changes.as_ref().err(),
        })
    }
}

const SAME: &str = "seen from outside they are the same; the code is another";

fn counts(changes: &[Change]) -> [(Part, usize); 5] {
    Part::ALL.map(|part| (part, changes.iter().filter(|change| change.part == part).count()))
}

const fn heading(part: Part) -> &'static str {
    match part {
        Part::Import => "imports",
        Part::Function => "functions",
        Part::Schema => "schemas",
        Part::Text => "texts of its author",
        Part::Declaration => "what its author says that it needs at most",
    }
}

/// One change: what is gone behind `-`, what is new behind `+`.
fn shown(change: &Change) -> Vec<String> {
    let sides = [("-", &change.before), ("+", &change.after)];
    let sides = sides.into_iter().filter_map(|(sign, side)| Some((sign, side.as_ref()?)));
    let name = &change.name;
    match change.part {
        Part::Import => {
            sides.map(|(sign, functions)| format!("    {sign} {name} {functions}").trim_end().to_owned()).collect()
        }
        Part::Function | Part::Declaration => sides.map(|(sign, line)| format!("    {sign} {line}")).collect(),
        // Two schemas of a screen each tell a person nothing; the signatures above do.
        Part::Schema => {
            let (function, what) = name.split_once(' ').unwrap_or_default();
            vec![format!("    another for what `{function}` {what}; `-o json` has both")]
        }
        Part::Text => {
            let of = if name.is_empty() { "the tool" } else { name };
            let lines = sides.flat_map(|(sign, text)| behind(&format!("    {sign} │ "), text));
            [format!("    {of}")].into_iter().chain(lines).collect()
        }
    }
}

fn change_json(change: &Change) -> Value {
    let side = |side: &Option<String>| match (side, change.part) {
        (None, _) => Value::Null,
        (Some(text), Part::Schema) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        (Some(text), Part::Import | Part::Function | Part::Text | Part::Declaration) => text.as_str().into(),
    };
    json!({
        "part": change.part.as_str(), "name": change.name, "before": side(&change.before), "after": side(&change.after),
    })
}
