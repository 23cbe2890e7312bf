//! The promises, checked against what is there: posts, access lists and the journal, read by this file itself and after the
//! next start, and what the command said before it ended.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::Failed;
use crate::elsewhere::{Class, beside, posts};
use crate::run::Ran;
use crate::stage::{FILE, Room};
use crate::workload::Workload;
use crate::yes;

/// What must hold after every fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// No act happens twice.
    Once,
    /// No act happens without its intent on record.
    Recorded,
    /// After the next start an intent has exactly one outcome, or is listed as in doubt; no invocation is left open.
    Settled,
    /// An outcome says what happened.
    Told,
    /// What a command acknowledged is on record, with the same value; what it said did not happen did not.
    Kept,
    /// The journal verifies.
    Sound,
    /// The next start works, and so do the commands after it; a command that was not killed ends by itself.
    Starts,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Once, Self::Recorded, Self::Settled, Self::Told, Self::Kept, Self::Sound, Self::Starts];
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Found {
    /// Promises that were broken, and how.
    pub broken: Vec<(Promise, String)>,
    /// Acts in doubt, by the class of their capability.
    pub doubts: BTreeMap<&'static str, usize>,
    /// Whether the command printed its result.
    pub acknowledged: bool,
    /// Questions that were asked.
    pub asked: usize,
    /// Those whose act was not done in the end, although somebody said yes; a word says why.
    pub undone: usize,
}

impl Found {
    pub(crate) fn say(&mut self, promise: Promise, why: impl Into<String>) {
        self.broken.push((promise, why.into()));
    }

    pub(crate) fn must(&mut self, holds: bool, promise: Promise, why: impl FnOnce() -> String) {
        if !holds {
            self.say(promise, why());
        }
    }
}

/// The place of an intent: invocation and number.
pub(crate) type Place = (String, i64);

/// Everything there is to compare.
pub(crate) struct Facts {
    /// Kind and body of every entry of an invocation, in order.
    entries: Vec<(Place, String, Value)>,
    /// Posts, here and elsewhere, and entries of access lists that a tool made: how many for each key.
    rows: BTreeMap<Place, usize>,
    /// What is listed as in doubt.
    doubts: Vec<Place>,
    /// What was found out later of what had been in doubt: the word of its outcome.
    settled: Vec<(Place, String)>,
    /// Invocations that nobody runs and nobody waits with.
    open: i64,
    /// Invocations that were set down until a person answers.
    pub(crate) waiting: Vec<String>,
}

/// Checks all promises.
///
/// # Errors
/// When the store cannot be read.
pub fn check(room: &Room, workload: &Workload, ran: &Ran, afterwards: &[Ran], verified: &Ran) -> Result<Found, Failed> {
    let mut found = Found::default();
    // What somebody asks for may have been interrupted, and the exit code says so.
    let interrupted = |it: &Ran| it.report().is_some_and(|report| report["outcome"] == "interrupted");
    let starts = afterwards.iter().all(|it| matches!(it.code, Some(0..=4 | 6)) || it.code == Some(5) && interrupted(it));
    found.must(starts, Promise::Starts, || format!("the next start: {afterwards:?}"));
    found.must(verified.code == Some(0), Promise::Sound, || format!("{verified:?}"));
    let store = room.store()?;
    let mut facts = Facts::read(&store, &beside(&room.folder))?;
    facts.look_at(&room.file()?, &mut found);
    effects(&facts, workload, &mut found);
    settled(&facts, &mut found);
    for report in reports(ran) {
        answer(&facts, (&store, workload), &report, &mut found)?;
    }
    if workload.asks {
        yes::check((&facts, &store), (ran, afterwards), &mut found)?;
    }
    Ok(found)
}

impl Facts {
    fn read(store: &Connection, forum: &Path) -> Result<Self, Failed> {
        let mut query =
            store.prepare("SELECT invocation, seq, entry FROM journal WHERE invocation IS NOT NULL ORDER BY number")?;
        let rows = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, String>(2)?)))?;
        let mut entries = Vec::new();
        for row in rows {
            let (place, text) = row?;
            let mut entry: Value = serde_json::from_str(&text)?;
            let kind = entry["kind"].as_str().ok_or("an entry without a kind")?.to_owned();
            entries.push((place, kind, entry["body"].take()));
        }
        let places = |query: &str| -> Result<Vec<Place>, rusqlite::Error> {
            store.prepare(query)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let mut rows = BTreeMap::new();
        for table in ["posts", "acl_entries"] {
            for place in places(&format!("SELECT invocation, seq FROM {table} WHERE invocation IS NOT NULL"))? {
                *rows.entry(place).or_default() += 1;
            }
        }
        for post in posts(forum)? {
            let key =
                (post["key"][0].as_str().ok_or("a post without a key")?.to_owned(), post["key"][1].as_i64().unwrap_or(-1));
            *rows.entry(key).or_default() += 1;
        }
        let doubts = places("SELECT invocation, seq FROM doubts WHERE settled IS NULL")?;
        let set_down = "SELECT invocation FROM waits WHERE ended IS NULL";
        let open = format!("SELECT count(*) FROM open_invocations WHERE invocation NOT IN ({set_down})");
        let open = store.query_row(&open, [], |row| row.get(0))?;
        let waiting = store.prepare(set_down)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let settled = settled_later(store)?;
        Ok(Self { entries, rows, doubts, settled, open, waiting })
    }

    /// Counts the file that a tool replaces: it has one text or the other.
    fn look_at(&mut self, text: &str, found: &mut Found) {
        found.must([FILE.old, FILE.new].contains(&text), Promise::Once, || format!("the file has {text:?}"));
        let writes = self.of_kind("intent").filter(|(_, body)| body["function"] == "files.write");
        let writes: Vec<Place> = writes.map(|(place, _)| place.clone()).collect();
        if text == FILE.new {
            found.must(!writes.is_empty(), Promise::Recorded, || "no intent is on record for the new file".to_owned());
            self.rows.extend(writes.into_iter().map(|place| (place, 1)));
        }
    }

    pub(crate) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = (&Place, &Value)> {
        self.entries.iter().filter(move |(_, it, _)| it == kind).map(|(place, _, body)| (place, body))
    }

    /// The outcomes of an intent.
    fn outcomes(&self, intent: &Place) -> Vec<&str> {
        let of = |(place, body): &(&Place, &Value)| place.0 == intent.0 && body["intent"] == intent.1;
        let outcomes: Vec<&str> =
            self.of_kind("outcome").filter(of).filter_map(|(_, body)| body["outcome"].as_str()).collect();
        let mut later = self.settled.iter().filter(|(place, _)| place == intent).map(|(_, word)| word.as_str());
        match (outcomes[..] == ["in-doubt"], later.next()) {
            // Settled twice, it has one outcome too many.
            (true, Some(found)) => [found].into_iter().chain(later).collect(),
            (_, None) => outcomes,
            (false, Some(found)) => outcomes.into_iter().chain([found]).collect(),
        }
    }

    /// How many effects an invocation has had.
    pub(crate) fn effects(&self, invocation: &str) -> usize {
        self.rows.iter().filter(|((of, _), _)| of == invocation).map(|(_, count)| count).sum()
    }
}

/// What was found out later of acts in doubt: entries that are of no invocation and name one.
fn settled_later(store: &Connection) -> Result<Vec<(Place, String)>, Failed> {
    let query = "SELECT json_extract(entry, '$.body.invocation'), json_extract(entry, '$.body.intent'), \
                 json_extract(entry, '$.body.outcome') FROM journal WHERE json_extract(entry, '$.kind') = 'settled'";
    let mut query = store.prepare(query)?;
    let rows = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn effects(facts: &Facts, workload: &Workload, found: &mut Found) {
    for (key, count) in &facts.rows {
        found.must(*count == 1, Promise::Once, || format!("{count} effects under the key {key:?}"));
        let intended = facts.of_kind("intent").any(|(place, _)| place == key);
        found.must(intended, Promise::Recorded, || format!("no intent is on record for {key:?}"));
    }
    let all: usize = facts.rows.values().sum();
    found.must(all <= workload.most, Promise::Once, || format!("{all} effects of {} at most", workload.most));
}

fn settled(facts: &Facts, found: &mut Found) {
    found.must(facts.open == 0, Promise::Settled, || format!("{} invocations are open", facts.open));
    for (intent, body) in facts.of_kind("intent") {
        let (outcomes, rows) = (facts.outcomes(intent), facts.rows.get(intent).copied().unwrap_or_default());
        let class = class(body["class"].as_str().unwrap_or_default());
        match outcomes[..] {
            [] | ["in-doubt"] if facts.doubts.contains(intent) => *found.doubts.entry(class).or_default() += 1,
            ["done"] => found.must(rows == 1, Promise::Told, || format!("{intent:?} is done, with {rows} effects")),
            ["not-done"] => found.must(rows == 0, Promise::Told, || format!("{intent:?} is not done, with {rows} effects")),
            _ => found.say(Promise::Settled, format!("{intent:?} has the outcomes {outcomes:?}")),
        }
    }
    for (began, _) in facts.of_kind("began") {
        let ends = facts.of_kind("ended").filter(|(place, _)| place.0 == began.0).count();
        let expected = usize::from(!facts.waiting.contains(&began.0));
        found.must(ends == expected, Promise::Settled, || format!("{} has {ends} ends", began.0));
    }
}

/// How it is found out what became of an intent that names this class.
fn class(named: &str) -> &'static str {
    let outside = Class::ALL.into_iter().map(Class::as_str).find(|class| *class == named);
    outside.unwrap_or("same database")
}

/// The reports of invocations in what a command said: its own, or those that an answer let go on.
fn reports(ran: &Ran) -> Vec<Value> {
    let Some(mut report) = ran.report() else { return Vec::new() };
    match report["invocations"].take() {
        Value::Array(all) => all,
        _ => vec![report],
    }
}

/// What the command said of an invocation, against what is there.
fn answer(
    facts: &Facts,
    (store, workload): (&Connection, &Workload),
    report: &Value,
    found: &mut Found,
) -> Result<(), Failed> {
    let Some(invocation) = report["invocation"].as_str() else { return Ok(()) };
    let effects = facts.effects(invocation);
    found.acknowledged = report["outcome"] == "returned";
    if found.acknowledged {
        let value = value(store, invocation)?;
        let same = value.as_ref() == Some(&report["value"]);
        found.must(same, Promise::Kept, || format!("{invocation} answered {}; on record is {value:?}", report["value"]));
        let said = (workload.says)(&report["value"]);
        found.must(effects == said, Promise::Kept, || format!("{invocation} says {said} effects, there are {effects}"));
    }
    let refusals = report["refusals"].as_array().map_or(&[][..], Vec::as_slice);
    // The end of the call may be refused too: that its result stays in the host denies no effect.
    let denies = |refusal: &&Value| refusal["message"].as_str().is_some_and(|it| it.contains("did not happen"));
    let denied = refusals.iter().filter(denies).count();
    found.must(effects + denied <= workload.most.max(denied), Promise::Kept, || {
        format!("{invocation} says that {denied} did not happen, and {effects} of {} did", workload.most)
    });
    Ok(())
}

/// The value that an invocation ended with, as it is on record.
fn value(store: &Connection, invocation: &str) -> Result<Option<Value>, Failed> {
    let query = "SELECT entry, bytes FROM journal LEFT JOIN payloads ON payloads.number = journal.number AND part = 'value' \
                 WHERE invocation = ?1 ORDER BY seq DESC LIMIT 1";
    let row = store.query_row(query, [invocation], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)));
    let (entry, bytes) = match row {
        Ok(row) => row,
        Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let entry: Value = serde_json::from_str(&entry)?;
    if entry["kind"] != "ended" || entry["body"]["outcome"] != "returned" {
        return Ok(None);
    }
    Ok(Some(bytes.map_or(Ok(Value::Null), |bytes| serde_json::from_slice(&bytes))?))
}
