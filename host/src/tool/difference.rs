//! What is different between two versions of a tool, as far as it can be seen from outside.

use std::collections::BTreeMap;

use super::{Function, FunctionDocs, Surface, schema};
use crate::manifest::declared;

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing.
    pub part: Part,
    /// Which one: an interface, a function, the place of a text, a grant.
    pub name: String,
    /// As it was; none if it is new.
    pub before: Option<String>,
    /// As it is; none if it is gone.
    pub after: Option<String>,
}

/// What can be different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What it wants: an interface, with the functions of it that it uses.
    Import,
    /// What it offers: a function, by its signature.
    Function,
    /// The JSON Schema of what a function takes or returns, texts left out.
    Schema,
    /// What its author says.
    Text,
    /// What its author declares that it needs at most.
    Declaration,
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Import, Self::Function, Self::Schema, Self::Text, Self::Declaration];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Function => "function",
            Self::Schema => "schema",
            Self::Text => "text",
            Self::Declaration => "declaration",
        }
    }
}

type Parts = BTreeMap<(Part, String), String>;

/// Everything that is different, in order of its part and its name. Empty where only the code is another.
#[must_use]
pub fn difference(before: &Surface, after: &Surface) -> Vec<Change> {
    let (mut was, mut is) = (parts(before), parts(after));
    // What is new or gone shows its signature; its schemas would say the same at length.
    let kept = |surface: &Surface, name: &str| surface.functions.iter().any(|function| function.name == name);
    let both = |function: &&Function| kept(before, &function.name) && kept(after, &function.name);
    before.functions.iter().filter(both).for_each(|function| schemas(function, &mut was));
    after.functions.iter().filter(both).for_each(|function| schemas(function, &mut is));
    let keys: std::collections::BTreeSet<_> = was.keys().chain(is.keys()).cloned().collect();
    let changes = keys.into_iter().map(|key| {
        let (before, after) = (was.remove(&key), is.remove(&key));
        Change { part: key.0, name: key.1, before, after }
    });
    changes.filter(|change| change.before != change.after).collect()
}

fn parts(surface: &Surface) -> Parts {
    let mut parts = Parts::new();
    for import in &surface.imports {
        let mut functions = import.functions.clone();
        functions.sort();
        parts.insert((Part::Import, import.interface.clone()), functions.join(", "));
    }
    if !surface.text.is_empty() {
        parts.insert((Part::Text, String::new()), surface.text.clone());
    }
    for function in &surface.functions {
        parts.insert((Part::Function, function.name.clone()), function.to_string());
        let texts = function.texts().into_iter();
        parts.extend(texts.map(|(place, text)| ((Part::Text, format!("{}{place}", function.name)), text.to_owned())));
    }
    if let Some(needs) = &surface.declared {
        // That there is a declaration closes what it does not name.
        parts.insert((Part::Declaration, String::new()), "nothing beyond this".to_owned());
        let named = |grant: &crate::grant::Grant| match grant.index {
            0 => grant.spec.name.to_owned(),
            index => format!("{} ({})", grant.spec.name, index + 1),
        };
        parts.extend(needs.0.iter().map(|grant| ((Part::Declaration, named(grant)), declared(grant))));
    }
    parts
}

fn schemas(function: &Function, parts: &mut Parts) {
    let bare = Function { docs: FunctionDocs::default(), ..function.clone() };
    for (what, schema) in [("takes", schema::input(&bare)), ("returns", schema::output(&bare))] {
        parts.insert((Part::Schema, format!("{} {what}", function.name)), schema.to_string());
    }
}
