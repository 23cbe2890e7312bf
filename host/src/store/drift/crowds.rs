//! Sets of people in the store, each once.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::name::{Digest, PersonName};
use crate::store::load::Unreadable;

/// Sets that were read already.
#[derive(Default)]
pub(super) struct Known(HashMap<i64, Vec<PersonName>>);

impl Known {
    /// The people of a set.
    pub(super) fn names(&mut self, connection: &Connection, id: i64) -> Result<&[PersonName], Unreadable> {
        if !self.0.contains_key(&id) {
            let mut names = connection.prepare_cached("SELECT names FROM crowds WHERE id = ?1")?;
            let names: String = names.query_row([id], |row| row.get(0))?;
            self.0.insert(id, names.lines().map(PersonName::parse).collect::<Result<_, _>>()?);
        }
        Ok(&self.0[&id])
    }
}

/// Keeps a set; its number.
pub(super) fn put(connection: &Connection, people: &[PersonName]) -> rusqlite::Result<i64> {
    let names = text(people);
    let digest = Digest::of(names.as_bytes());
    let mut find = connection.prepare_cached("SELECT id FROM crowds WHERE digest = ?1")?;
    if let Some(id) = find.query_row([digest.as_bytes()], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let mut insert = connection.prepare_cached("INSERT INTO crowds (digest, people, names) VALUES (?1, ?2, ?3)")?;
    insert.insert(params![digest.as_bytes(), people.len() as i64, names])
}

/// A line for each.
pub(super) fn text(people: &[PersonName]) -> String {
    people.iter().map(PersonName::as_str).collect::<Vec<_>>().join("\n")
}
