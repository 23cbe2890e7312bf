//! Sets of people in the store, each once. Whoever was ever there has a number, and a set is how many numbers are left out and
//! how many follow each other, in turn: of a hundred thousand people, everybody but a few takes a few bytes.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::label::Readers;
use crate::name::{Digest, PersonName, Principal};
use crate::people::drift::Model;
use crate::store::load::Unreadable;

/// A set as it is kept.
#[derive(Clone)]
pub(super) struct Crowd {
    people: usize,
    runs: Vec<u8>,
}

/// The numbers of people, by their places in the sets of a model.
#[derive(Default)]
pub(super) struct Numbers {
    of: Vec<Option<usize>>,
    most: usize,
}

impl Numbers {
    /// Learns of those whom the model has named since.
    pub(super) fn learn(&mut self, connection: &Connection, model: &Model) -> rusqlite::Result<()> {
        let mut new = model.named(self.of.len()).peekable();
        if new.peek().is_none() {
            return Ok(());
        }
        let known = if self.of.is_empty() { all(connection)? } else { HashMap::new() };
        let mut one = connection.prepare_cached("SELECT id FROM numbers WHERE person = ?1")?;
        for principal in new {
            let number = match principal {
                Principal::Group(_) => None,
                Principal::Person(person) => match known.get(person.as_str()) {
                    Some(number) => Some(*number),
                    None => one.query_row([person.as_str()], |row| row.get::<_, i64>(0)).optional()?.map(unsigned),
                },
            };
            self.most = self.most.max(number.unwrap_or(0));
            self.of.push(number);
        }
        Ok(())
    }

    /// A set as it is kept.
    pub(super) fn crowd(&self, people: &Readers) -> Crowd {
        let mut numbers = Readers::nobody(self.most + 1);
        people.places().filter_map(|place| *self.of.get(place)?).for_each(|number| numbers.add(number));
        let (mut runs, mut next, mut run) = (Vec::new(), 0, 0);
        for number in numbers.places() {
            if run > 0 && number != next {
                put_number(&mut runs, run);
                run = 0;
            }
            if run == 0 {
                put_number(&mut runs, number - next);
            }
            (next, run) = (number + 1, run + 1);
        }
        if run > 0 {
            put_number(&mut runs, run);
        }
        Crowd { people: people.len(), runs }
    }
}

fn unsigned(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn all(connection: &Connection) -> rusqlite::Result<HashMap<String, usize>> {
    let mut all = connection.prepare("SELECT person, id FROM numbers")?;
    all.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?.collect()
}

/// Seven bits a byte, the lowest first; all but the last have the eighth set.
fn put_number(runs: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        runs.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    runs.push(number as u8);
}

fn take_number(runs: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = runs.next()?;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

/// Keeps a set; its number.
pub(super) fn put(connection: &Connection, crowd: &Crowd) -> rusqlite::Result<i64> {
    let digest = Digest::of(&crowd.runs);
    let mut find = connection.prepare_cached("SELECT id FROM crowds WHERE digest = ?1")?;
    if let Some(id) = find.query_row([digest.as_bytes()], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let mut insert = connection.prepare_cached("INSERT INTO crowds (digest, people, runs) VALUES (?1, ?2, ?3)")?;
    insert.insert(params![digest.as_bytes(), crowd.people as i64, crowd.runs])
}

/// Sets that were read already, and who has which number.
#[derive(Default)]
pub(super) struct Known {
    sets: HashMap<i64, Vec<PersonName>>,
    people: HashMap<usize, PersonName>,
}

impl Known {
    /// The people of a set, by name.
    pub(super) fn names(&mut self, connection: &Connection, id: i64) -> Result<&[PersonName], Unreadable> {
        if self.people.is_empty() {
            for (person, number) in all(connection)? {
                self.people.insert(number, PersonName::parse(&person)?);
            }
        }
        if !self.sets.contains_key(&id) {
            let mut runs = connection.prepare_cached("SELECT runs FROM crowds WHERE id = ?1")?;
            let runs: Vec<u8> = runs.query_row([id], |row| row.get(0))?;
            let (mut runs, mut names, mut next) = (runs.into_iter(), Vec::new(), 0);
            while let (Some(gap), Some(run)) = (take_number(&mut runs), take_number(&mut runs)) {
                let first = next + gap;
                names.extend((first..first + run).filter_map(|number| self.people.get(&number).cloned()));
                next = first + run;
            }
            names.sort_unstable();
            self.sets.insert(id, names);
        }
        Ok(&self.sets[&id])
    }
}
