//! What a grant of `files` opens, and the actions that need one.

use std::sync::Arc;

use super::beneath::Beneath;
use super::write::Write;
use crate::capability::{Values, needed, number};
use crate::gate::Action;
use crate::grant::{Class, Dimension, Hints, Kind, Reached, Spec, Values as Allowed};
use crate::journal::canonical::texts;
use crate::label::Source;
use crate::meter::Want;
use crate::name::FilePath;
use crate::people::{Directory, Need, label_of};

/// Behind the capability: the files root.
pub type Backend = Arc<Beneath>;

const PATHS: &[Dimension] = &[Dimension { key: "paths", one: "path", values: Allowed::Paths }];

/// `[grant] "files.read"`.
pub const READ: &Spec = &Spec {
    name: "files.read",
    functions: &["files.list", "files.read"],
    kind: Kind::Observation,
    reach: PATHS,
    bytes: true,
    lease: false,
    hints: Hints::READS,
    class: None,
};

/// `[grant] "files.write"`.
pub const WRITE: &Spec = &Spec {
    name: "files.write",
    functions: &["files.write"],
    kind: Kind::Change,
    reach: PATHS,
    bytes: true,
    lease: false,
    hints: Hints::REPLACES,
    class: Some(Class::Queryable),
};

/// Its functions, as a freeze names them.
pub const FUNCTIONS: &[&str] = &["files.list", "files.read", "files.write"];

/// The grants of this capability.
pub const GRANTS: &[&Spec] = &[READ, WRITE];

/// The most that one read brings and one write holds, in bytes.
pub(super) const MOST: u32 = 1 << 20;

/// The most that one listing brings, in bytes of names.
const LISTING: u64 = 64 << 10;

/// A range of a file.
#[derive(Debug)]
pub struct Read {
    asked: String,
    /// The file; none where the text is no canonical path, which no grant reaches.
    pub(super) path: Option<FilePath>,
    pub(super) offset: u64,
    pub(super) length: u32,
}

impl Read {
    /// Parses a request.
    #[must_use]
    pub fn parse(path: String, offset: u64, length: u32) -> Self {
        Self { path: FilePath::parse(&path).ok(), asked: path, offset, length: length.min(MOST) }
    }
}

impl Action for Read {
    fn spec(&self) -> &'static Spec {
        READ
    }

    fn function(&self) -> &'static str {
        "files.read"
    }

    fn weight(&self) -> u64 {
        self.asked.len() as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.path.iter().map(|path| Reached::Exactly(path.as_str())).collect()
    }

    fn need(&self) -> Need {
        self.path.clone().map_or(Need::Nothing, Need::ReadFile)
    }

    fn want(&self) -> Want {
        Want::Exactly(self.length.into())
    }

    fn source(&self, directory: &Directory) -> Option<Source> {
        self.path.as_ref().map(|path| label_of(path, directory))
    }

    fn canonical(&self) -> String {
        let (length, offset) = (self.length.to_string(), self.offset.to_string());
        texts(&[("length", Some(&length)), ("offset", Some(&offset)), ("path", Some(&self.asked))])
    }
}

/// A folder's listing.
#[derive(Debug)]
pub struct List {
    asked: String,
    /// The folder; none where the text is no canonical path, which no grant reaches.
    pub(super) folder: Option<FilePath>,
    pub(super) after: Option<String>,
}

impl List {
    /// Parses a request.
    #[must_use]
    pub fn parse(folder: String, after: Option<String>) -> Self {
        Self { folder: FilePath::parse(&folder).ok(), asked: folder, after }
    }
}

impl Action for List {
    fn spec(&self) -> &'static Spec {
        READ
    }

    fn function(&self) -> &'static str {
        "files.list"
    }

    fn weight(&self) -> u64 {
        (self.asked.len() + self.after.as_ref().map_or(0, String::len)) as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.folder.iter().map(|folder| Reached::Beneath(folder.as_str())).collect()
    }

    /// Each name is judged by itself.
    fn need(&self) -> Need {
        Need::Nothing
    }

    fn want(&self) -> Want {
        Want::UpTo(LISTING)
    }

    fn canonical(&self) -> String {
        texts(&[("after", self.after.as_deref()), ("folder", Some(&self.asked))])
    }
}

/// The action that `explain` names; none if the function is not of this capability.
#[must_use]
pub fn action(function: &str, values: &Values, backend: &Backend) -> Option<Result<Arc<dyn Action>, String>> {
    let read = || {
        let path = needed(values, "path")?.to_owned();
        let length = u32::try_from(number(values, "length", 1)?).unwrap_or(MOST);
        Ok(Arc::new(Read::parse(path, number(values, "offset", 0)?, length)) as Arc<dyn Action>)
    };
    let list = || Ok(Arc::new(List::parse(needed(values, "path")?.to_owned(), None)) as Arc<dyn Action>);
    let write = || {
        let contents = values.get("contents").cloned().unwrap_or_else(|| "…".to_owned());
        let path = needed(values, "path")?.to_owned();
        Ok(Arc::new(Write::parse(path, contents.into_bytes(), backend.clone())) as Arc<dyn Action>)
    };
    match function {
        "files.write" => Some(write()),
        "files.read" => Some(read()),
        "files.list" => Some(list()),
        _ => None,
    }
}
