//! What a component says that it wants and offers, parsed and never compiled; and its values as JSON.
//!
//! Whoever reads a [`Surface`] may show it: every name in it has passed the grammar of WIT's names, and in every text what
//! would hide or steer is written out. A text may still say anything, in any number of lines.

use std::collections::BTreeSet;
use std::fmt;

use crate::grant::Grants;

mod described;
mod difference;
mod docs;
mod fit;
mod origin;
mod read;
mod section;
mod shape;
mod shaping;
mod strict;

pub mod decode;
pub mod encode;
pub mod schema;
pub mod sealed;

pub use decode::BadArgument;
pub use difference::{Change, Part, difference};
pub use docs::{Docs, FunctionDocs};
pub use encode::Answer;
pub use origin::Origin;
pub use shape::Shape;

/// What a component imports and exports, and what its author says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surface {
    /// What it wants, in its own order.
    pub imports: Vec<Import>,
    /// What can be called, in its own order.
    pub functions: Vec<Function>,
    /// What it exports beside, and why that cannot be called.
    pub uncallable: Vec<Uncallable>,
    /// What keeps it from loading, beside imports of unknown origin; each a sentence without a full stop.
    pub problems: Vec<String>,
    /// What its author says of it, a stranger's text of any number of lines with nothing hidden in it; empty where
    /// nothing is said.
    pub text: String,
    /// The widest reach and the meters that it needs, as its author declares them; opens nothing. Without a declaration
    /// the grants of the manifest stand alone.
    pub declared: Option<Grants>,
    /// What is wrong with what its author says, which keeps it from loading too.
    pub misdescribed: Vec<String>,
}

/// One thing that a component wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The versioned name, `tollgate:host/files@0.1.0`; a bare name where it is no interface.
    pub interface: String,
    /// The functions that it uses of it.
    pub functions: Vec<String>,
    /// Whose interface that is.
    pub origin: Origin,
}

/// A function that can be called with JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// As exported, in kebab case.
    pub name: String,
    /// The exported instance that holds it, `tollgate:answer/answer@0.1.0`. Always there in what was parsed.
    pub interface: Option<String>,
    /// What it takes.
    pub params: Vec<(String, Shape)>,
    /// What it returns.
    pub result: Option<Shape>,
    /// What its author says of it.
    pub docs: FunctionDocs,
}

/// An exported function that JSON cannot call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncallable {
    /// As exported.
    pub name: String,
    /// The exported instance that holds it.
    pub interface: String,
    /// Why, fit after "it cannot be called: ".
    pub reason: String,
}

/// Why a file is not a component that can be a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadComponent {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl BadComponent {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for BadComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadComponent {}

/// Parses JSON in which no object has a key twice, so that whoever reads it reads the same.
///
/// # Errors
/// What is wrong with it, each with its place.
pub fn strictly(text: &str) -> Result<serde_json::Value, Vec<BadArgument>> {
    strict::parse(text)
}

/// Why no function was found, and which there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoFunction(String);

impl NoFunction {
    /// A function that a compiled form should have.
    pub(crate) fn gone(name: &str) -> Self {
        Self(format!("`{name}` is not where it was when the tool was loaded"))
    }
}

impl fmt::Display for NoFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoFunction {}

impl Surface {
    /// Parses the bytes of a component. Bodies of functions are not looked at: compiling, which has limits, does that.
    ///
    /// Bounded whatever the bytes: at most 16 MiB, 32 components within each other, 64 types within each other, 128
    /// exported functions and 4,096 imported names; what is beyond is refused before it is walked.
    ///
    /// # Errors
    /// When they are no component, not a valid one, or too large or deep to be read with care.
    pub fn parse(component: &[u8]) -> Result<Self, BadComponent> {
        read::surface(component)
    }

    /// Whether this host would load it: it wants nothing unknown, and offers something that can be called.
    ///
    /// # Errors
    /// When it would not; the error says everything that stands in the way.
    pub fn loads(&self) -> Result<(), BadComponent> {
        let unknown: Vec<String> =
            self.imports.iter().filter(|it| it.origin == Origin::Unknown).map(Import::ticked).collect();
        let mut problems = self.problems.clone();
        if !unknown.is_empty() {
            problems.insert(0, format!("it imports {}, which this host does not have", listed(&unknown)));
        }
        if self.functions.is_empty() && self.problems.is_empty() {
            problems.push(match self.uncallable.first() {
                Some(first) => format!("nothing that it exports can be called: `{}` {}", first.name, first.reason),
                None => "it exports no function".to_owned(),
            });
        }
        let described = problems.is_empty();
        problems.extend(self.misdescribed.iter().cloned());
        if problems.is_empty() {
            return Ok(());
        }
        let help = if described {
            "build it with a `tollgate-sdk` that this host knows, or without the section"
        } else if unknown.is_empty() {
            "export plain functions, each with a name of its own, through an interface of the tool's world"
        } else {
            "build it without these imports; tools may use `tollgate:host` 0.1 and wasi cli, io, clocks, random, filesystem, sockets 0.2"
        };
        Err(BadComponent::new(problems.join("; "), help))
    }

    /// The function of that name; without a name, the only one.
    ///
    /// # Errors
    /// When there is none, or no name is given though there are several; the error says which there are.
    pub fn find(&self, name: Option<&str>) -> Result<&Function, NoFunction> {
        // Every call comes through here: the list is made for the error alone.
        let names = || self.functions.iter().map(|function| format!("`{}`", function.name)).collect::<Vec<_>>();
        let Some(name) = name else {
            return match self.functions.as_slice() {
                [only] => Ok(only),
                [] => Err(NoFunction("it has no function that can be called".to_owned())),
                _ => Err(NoFunction(format!("it has several functions; say which: {}", listed(&names())))),
            };
        };
        let found = self.functions.iter().find(|function| function.name == name);
        found.ok_or_else(|| NoFunction(self.absent(name, &names())))
    }

    /// What it imports of ours, as grants name it: `files.read`.
    #[must_use]
    pub fn imported(&self) -> BTreeSet<String> {
        let ours = self.imports.iter().filter(|import| import.origin == Origin::Tollgate).flat_map(|import| {
            let interface = import.interface.split('/').next_back().unwrap_or_default();
            let interface = interface.split('@').next().unwrap_or_default().to_owned();
            import.functions.iter().map(move |function| format!("{interface}.{function}"))
        });
        ours.collect()
    }

    fn absent(&self, name: &str, names: &[String]) -> String {
        if let Some(it) = self.uncallable.iter().find(|it| it.name == name) {
            return format!("`{name}` cannot be called: {}", it.reason);
        }
        let shown = shape::shown(name);
        match nearest(name, self.functions.iter().map(|function| function.name.as_str())) {
            Some(near) => format!("it has no function {shown}; did you mean `{near}`? It has {}", listed(names)),
            None if names.is_empty() => format!("it has no function {shown}, and none that can be called"),
            None => format!("it has no function {shown}; it has {}", listed(names)),
        }
    }
}

impl Import {
    fn ticked(&self) -> String {
        format!("`{}`", self.interface)
    }
}

impl fmt::Display for Function {
    /// The signature, nearly as in WIT: named types are written out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: func(", self.name)?;
        for (place, (name, shape)) in self.params.iter().enumerate() {
            write!(f, "{}{name}: {shape}", if place == 0 { "" } else { ", " })?;
        }
        f.write_str(")")?;
        self.result.iter().try_for_each(|shape| write!(f, " -> {shape}"))
    }
}

/// "a, b and c"; at most a dozen, then how many more.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

/// The known name that `text` was probably meant to be.
fn nearest<'n>(text: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // What is much longer than any name is no slip of the hand, and comparing it would cost its square.
    if text.len() > 80 {
        return None;
    }
    let slip = |name: &str| strsim::damerau_levenshtein(&text.to_lowercase().replace('_', "-"), name);
    let near = known.into_iter().map(|name| (slip(name), name)).min()?;
    (near.0 <= 1 + text.len() / 5).then_some(near.1)
}
