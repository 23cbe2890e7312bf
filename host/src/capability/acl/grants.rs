//! What grants of `acl` open, and the actions on what is there already.

use std::sync::Arc;

use super::backend::Acls;
use super::widen::Widen;
use crate::capability::{Inquiry, Values, needed, number};
use crate::gate::Action;
use crate::grant::{Class, Dimension, Hints, Kind, Reached, Spec, Values as Allowed};
use crate::journal::Learnt;
use crate::journal::canonical::texts;
use crate::label::{Source, Under};
use crate::meter::Want;
use crate::name::ObjectName;
use crate::people::{Directory, Need, Right};

/// Behind the capability.
pub type Backend = Arc<dyn Acls>;

const OBJECTS: Dimension = Dimension { key: "objects", one: "object", values: Allowed::Names };

/// `[grant] "acl.read"`.
pub const READ: &Spec = &Spec {
    name: "acl.read",
    functions: &["acl.entries"],
    kind: Kind::Observation,
    reach: &[OBJECTS],
    bytes: true,
    lease: false,
    hints: Hints::READS,
    class: None,
};

/// `[grant] "acl.write"`.
pub const WRITE: &Spec = &Spec {
    name: "acl.write",
    functions: &["acl.widen", "acl.end"],
    kind: Kind::Change,
    reach: &[
        OBJECTS,
        Dimension { key: "principals", one: "principal", values: Allowed::Principals },
        Dimension { key: "rights", one: "right", values: Allowed::Words(Right::WORDS) },
    ],
    bytes: false,
    lease: true,
    hints: Hints { repeats: false, ..Hints::REPLACES },
    class: Some(Class::SameDatabase),
};

/// Its functions, as a freeze names them.
pub const FUNCTIONS: &[&str] = &["acl.end", "acl.entries", "acl.widen"];

/// The grants of this capability.
pub const GRANTS: &[&Spec] = &[READ, WRITE];

/// The most that one list of entries brings, in bytes.
const LIST: u64 = 64 << 10;

/// An object's access list.
#[derive(Debug)]
pub struct Entries {
    asked: String,
    /// The object; none where the text is no name, which no grant reaches.
    pub(super) object: Option<ObjectName>,
}

impl Entries {
    /// Parses a request.
    #[must_use]
    pub fn parse(object: String) -> Self {
        Self { object: ObjectName::parse(&object).ok(), asked: object }
    }
}

impl Action for Entries {
    fn spec(&self) -> &'static Spec {
        READ
    }

    fn function(&self) -> &'static str {
        "acl.entries"
    }

    fn weight(&self) -> u64 {
        self.asked.len() as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.object.iter().map(|object| Reached::Exactly(object.as_str())).collect()
    }

    fn need(&self) -> Need {
        self.object.clone().map_or(Need::Nothing, |object| Need::Hold(object, Right::Read))
    }

    fn want(&self) -> Want {
        Want::UpTo(LIST)
    }

    fn source(&self, _directory: &Directory) -> Option<Source> {
        let what = |object: &ObjectName| format!("access list of {object}").into();
        self.object.as_ref().map(|object| Source { under: Under::Object(object.clone()), what: what(object) })
    }

    fn canonical(&self) -> String {
        texts(&[("object", Some(&self.asked))])
    }
}

/// The action that `explain` names; none if the function is not of this capability.
#[must_use]
pub fn action(function: &str, values: &Values, _backend: &Backend) -> Option<Result<Arc<dyn Action>, String>> {
    let object = || needed(values, "object").map(str::to_owned);
    let widen = || {
        let (principal, right) = (needed(values, "principal")?.to_owned(), needed(values, "right")?.to_owned());
        Ok(Arc::new(Widen::parse(object()?, principal, right, number(values, "seconds", 60)?)) as Arc<dyn Action>)
    };
    match function {
        "acl.entries" => Some(object().map(|object| Arc::new(Entries::parse(object)) as Arc<dyn Action>)),
        "acl.widen" => Some(widen()),
        _ => None,
    }
}

/// Access lists and the outcomes of their changes are one transaction: nothing of them is ever in doubt.
pub async fn find_out(_inquiry: Inquiry<'_>, _backend: &Backend) -> Option<Learnt> {
    None
}
