//! What a forum is like, as both its ends read it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::running::Mishap;
use crate::Failed;

/// How it is found out what became of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It posts once for each key.
    Keyed,
    /// It tells the post of a key.
    Queryable,
    /// It forgets keys at once, and is asked nothing.
    Blind,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Keyed, Self::Queryable, Self::Blind];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyed => "keyed",
            Self::Queryable => "queryable",
            Self::Blind => "blind",
        }
    }
}

/// What a forum is like. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Its effect class.
    pub class: Class,
    /// How long it remembers keys.
    pub window: u64,
    /// How long it takes at most until it tells of what it was sent.
    pub settles: u64,
    /// How long a host waits for it.
    pub patience: u64,
    /// How long it takes over a post.
    pub delay: u64,
}

impl Terms {
    /// A forum that takes a moment over each post, so that a host can die while it does.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self { class, window: 3_600_000, settles: 1_000, patience: 5_000, delay: 20 }
    }

    /// The same, where hosts do not wait for what goes wrong with it.
    #[must_use]
    pub(crate) const fn met_by(self, mishap: Option<Mishap>) -> Self {
        match mishap {
            Some(Mishap::Slow) => Self { patience: 300, ..self },
            Some(Mishap::DiesBefore | Mishap::DiesAfter) | None => self,
        }
    }

    pub(super) fn read(folder: &Path) -> Result<Self, Failed> {
        let terms: Value = serde_json::from_slice(&fs::read(folder.join("terms"))?)?;
        let number = |key: &str| terms[key].as_u64().ok_or_else(|| format!("no {key}"));
        let class = Class::ALL.into_iter().find(|class| terms["class"] == class.as_str()).ok_or("no class")?;
        let (window, settles) = (number("window")?, number("settles")?);
        Ok(Self { class, window, settles, patience: number("patience")?, delay: number("delay")? })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Failed> {
        let Self { class, window, settles, patience, delay } = self;
        let class = class.as_str();
        let terms = json!({ "class": class, "window": window, "settles": settles, "patience": patience, "delay": delay });
        fs::create_dir_all(folder)?;
        Ok(fs::write(folder.join("terms"), terms.to_string())?)
    }
}
