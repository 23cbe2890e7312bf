//! What sessions were told, from the journal: what goes out is compared with it.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::Store;
use super::read::payload;
use super::waits::{began, first_entry};
use crate::diagnostic::Broken;
use crate::gate::{Answer, Told};
use crate::label::{Label, SessionId};
use crate::name::InvocationId;

/// So many of the newest entries are looked through for what a session was told before.
const ENTRIES: i64 = 10_000;

const OWN: &str =
    "SELECT number FROM journal WHERE invocation = ?1 AND instr(entry, '\"kind\":\"observed\"') > 0 ORDER BY seq DESC";

const OTHERS: &str = "SELECT number, invocation FROM journal \
                      WHERE number > (SELECT coalesce(max(number), 0) FROM journal) - ?1 AND invocation <> ?2 \
                      AND instr(entry, '\"kind\":\"observed\"') > 0 ORDER BY number DESC";

impl Store {
    /// What a session was told: by `own`, and where `earlier` says so by others; the newest first, up to `most` bytes.
    pub(super) fn told_before(
        &self,
        session: &SessionId,
        own: InvocationId,
        earlier: bool,
        most: usize,
    ) -> Result<Told, Broken> {
        self.read("reading what a session was told", |connection| {
            let (mut told, mut left, own) = (Told::default(), most, own.to_string());
            let mut numbers = numbers_of(connection, &own)?;
            if earlier {
                numbers.extend(earlier_of(connection, session, &own)?);
            }
            for number in numbers {
                if left == 0 {
                    told.more = true;
                    break;
                }
                if let Some(answer) = answer(connection, number)? {
                    left = left.saturating_sub(answer.told.len());
                    told.answers.push(answer);
                }
            }
            Ok(told)
        })
    }
}

fn numbers_of(connection: &Connection, own: &str) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached(OWN)?.query_map([own], |row| row.get(0))?.collect()
}

/// Entries of other invocations of this session, among the newest of all.
fn earlier_of(connection: &Connection, session: &SessionId, own: &str) -> rusqlite::Result<Vec<i64>> {
    let mut others = connection.prepare_cached(OTHERS)?;
    let rows = others.query_map(params![ENTRIES, own], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let (mut known, mut numbers) = (HashMap::new(), Vec::new());
    for row in rows {
        let (number, invocation) = row?;
        let ours = match known.get(&invocation) {
            Some(ours) => *ours,
            None => {
                let ours = is_of(connection, session, &invocation)?;
                known.insert(invocation, ours);
                ours
            }
        };
        numbers.extend(ours.then_some(number));
    }
    Ok(numbers)
}

/// Whether an invocation is of this session. One whose beginning is not understood is not.
fn is_of(connection: &Connection, session: &SessionId, invocation: &str) -> rusqlite::Result<bool> {
    let began = first_entry(connection, invocation)?.and_then(|entry| began(&entry).ok());
    Ok(began.is_some_and(|it| it.holds() == *session))
}

/// What was asked, what was answered, and what that came from beside it; none where it was erased.
fn answer(connection: &Connection, number: i64) -> rusqlite::Result<Option<Answer>> {
    let part = |name: &str| payload(connection, number, name);
    let (Some(asked), Some(told)) = (part("asked")?, part("answered")?) else { return Ok(None) };
    let from = part("from")?.map(|text| Label::parse(&String::from_utf8_lossy(&text))).unwrap_or_default();
    Ok(Some(Answer { asked, told, from }))
}
