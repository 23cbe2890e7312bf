//! What an act is about, and whom it reaches, in a form that can be kept while a question waits.

use std::collections::BTreeSet;
use std::fmt;

use super::directory::{Directory, Right};
use super::need::Audience;
use crate::clock::Instant;
use crate::name::{BadName, FilePath, ForumName, ObjectName, PersonName, Principal};

/// What has an owner and readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A forum.
    Forum(ForumName),
    /// An object.
    Object(ObjectName),
    /// A file: the object that covers it.
    File(FilePath),
}

impl About {
    /// Parses what [`fmt::Display`] prints.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        match text.split_once(' ') {
            Some(("forum", name)) => ForumName::parse(name).map(Self::Forum),
            Some(("object", name)) => ObjectName::parse(name).map(Self::Object),
            Some(("file", path)) => FilePath::parse(path).map(Self::File),
            _ => Err(unknown(text)),
        }
    }

    /// Who owns it; nobody if it is gone.
    #[must_use]
    pub fn owner(&self, directory: &Directory) -> Option<PersonName> {
        let object = |name: &ObjectName| directory.objects.get(name).map(|object| object.owner.clone());
        match self {
            Self::Forum(name) => directory.forums.get(name).map(|forum| forum.owner.clone()),
            Self::Object(name) => object(name),
            Self::File(path) => directory.object_of(path).and_then(object),
        }
    }

    /// Who may read it now and is cleared for it, and so may be shown what is to be done with it.
    #[must_use]
    pub fn readers(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        let object = |name: &ObjectName| {
            let cleared = directory.objects.get(name).map(|object| (&object.ceiling, &object.owner));
            (directory.holders(name, Right::Read, now), cleared)
        };
        let (mut readers, cleared) = match self {
            Self::Forum(name) => {
                let cleared = directory.forums.get(name).map(|forum| (&forum.ceiling, &forum.owner));
                (directory.audience(name), cleared)
            }
            Self::Object(name) => object(name),
            Self::File(path) => directory.object_of(path).map(object).unwrap_or_default(),
        };
        let cleared = cleared.map(|(ceiling, owner)| {
            let owner = Principal::Person(owner.clone());
            directory.members(ceiling.cleared.iter().chain([&owner]))
        });
        let cleared = cleared.unwrap_or_default();
        readers.retain(|person| cleared.contains(person));
        readers
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forum(name) => write!(f, "forum {name}"),
            Self::Object(name) => write!(f, "object {name}"),
            Self::File(path) => write!(f, "file {path}"),
        }
    }
}

impl Audience {
    /// Parses what [`fmt::Display`] prints.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "nobody" => Ok(Self::Nobody),
            "forum" => ForumName::parse(rest).map(Self::Forum),
            "readers" => FilePath::parse(rest).map(Self::Readers),
            "gains" => {
                let mut parts = rest.splitn(3, ' ');
                let mut next = || parts.next().ok_or_else(|| unknown(text));
                let (right, object, principal) = (next()?, next()?, next()?);
                let right = Right::parse(right).ok_or_else(|| unknown(text))?;
                Ok(Self::Gains(ObjectName::parse(object)?, Principal::parse(principal)?, right))
            }
            _ => Err(unknown(text)),
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Forum(name) => write!(f, "forum {name}"),
            Self::Readers(path) => write!(f, "readers {path}"),
            Self::Gains(object, principal, right) => write!(f, "gains {} {object} {principal}", right.as_str()),
        }
    }
}

fn unknown(text: &str) -> BadName {
    BadName(format!("`{}` is nothing that an act is about", text.escape_debug()))
}
