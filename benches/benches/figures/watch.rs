//! The watch over 10,000 objects, 100,000 people and 10,000 groups in a real store: everything looked at, as at a first start,
//! and one change, from the row that another program has written to the alert that is on record; beside looking at everything
//! again for one change. And sets of readers, joined and compared, beside sets of names and of numbers.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::collections::{BTreeSet, HashSet};
use std::hint::black_box;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tollgate::clock;
use tollgate::label::Readers;
use tollgate::people::drift::Model;
use tollgate_benches::table::{Table, micros, millis, ratio};
use tollgate_benches::{Failed, workspace};

use super::Effort;

const PEOPLE: usize = 100_000;
const OBJECTS: usize = 10_000;
/// Groups of people, groups of those, and groups of those; one more has everybody in it: 10,000.
const TEAMS: usize = 9_000;
const UNITS: usize = 900;
const REGIONS: usize = 99;

/// Fills the tables as a program would that knows nothing of the host.
fn fill(store: &Connection) -> Result<(), Failed> {
    store.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
    let two = |statement: &str, one: &str, other: &str| -> Result<(), Failed> {
        store.prepare_cached(statement)?.execute([one, other])?;
        Ok(())
    };
    let (person, group, member) =
        ("INSERT INTO people VALUES (?1, ?2)", "INSERT INTO groups VALUES (?1)", "INSERT INTO members VALUES (?1, ?2)");
    for at in 0..PEOPLE {
        two(person, &format!("p{at}"), "somebody")?;
    }
    let names = |kind: &'static str, count: usize| (0..count).map(move |at| format!("{kind}-{at}"));
    for name in
        names("team", TEAMS).chain(names("unit", UNITS)).chain(names("region", REGIONS)).chain(["all-of-us".to_owned()])
    {
        store.prepare_cached(group)?.execute([&name])?;
    }
    for at in 0..TEAMS {
        for of in 0..20 {
            two(member, &format!("team-{at}"), &format!("p{}", (at * 20 + of * 7) % PEOPLE))?;
        }
        two(member, &format!("unit-{}", at % UNITS), &format!("group:team-{at}"))?;
    }
    for at in 0..UNITS {
        two(member, &format!("region-{}", at % REGIONS), &format!("group:unit-{at}"))?;
    }
    for at in 0..REGIONS {
        two(member, "all-of-us", &format!("group:region-{at}"))?;
    }
    for at in 0..OBJECTS {
        let (name, unit) = (format!("dataset/{at}"), at % UNITS);
        two("INSERT INTO objects VALUES (?1, ?2)", &name, &format!("p{}", at + 1))?;
        // One person stands in the lists of nine things of ten, and is nobody's owner.
        let all = if at % 10 == 0 { "group:all-of-us" } else { "p0" };
        for principal in [&format!("group:team-{}", at % TEAMS), &format!("group:unit-{unit}"), all] {
            let entry = "INSERT INTO acl_entries (object, principal, right_) VALUES (?1, ?2, 'read')";
            two(entry, &name, principal)?;
        }
        for principal in [&format!("group:team-{}", at % TEAMS), &format!("group:region-{}", unit % REGIONS), all] {
            let cleared = "INSERT OR IGNORE INTO object_ceilings VALUES (?1, ?2, 1)";
            two(cleared, &name, principal)?;
        }
    }
    store.execute_batch("COMMIT; PRAGMA synchronous = FULL")?;
    Ok(())
}

fn middle(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

/// One change after another, and what each is; all but the first are undone by the one after them.
fn changes(round: usize) -> [(&'static str, String); 7] {
    let (thing, unit, shared) = (10 * round + 1, round + 50, 10 * round);
    let entry = format!("'dataset/{thing}', 'group:unit-{unit}', 'read'");
    let cleared = format!("'dataset/{shared}', 'group:all-of-us'");
    [
        (
            "one entry of a list, to the alert on record",
            format!("INSERT INTO acl_entries (object, principal, right_) VALUES ({entry})"),
        ),
        // Of that unit: whoever is put into it reads what the unit was let into.
        (
            "everybody put into a group, to the alert on record",
            format!("INSERT INTO members VALUES ('team-{unit}', 'group:all-of-us')"),
        ),
        (
            "everybody taken out of it, to the end on record",
            format!("DELETE FROM members WHERE group_name = 'team-{unit}' AND principal = 'group:all-of-us'"),
        ),
        (
            "everybody no longer cleared for a thing, to the alert on record",
            format!("DELETE FROM object_ceilings WHERE (object, principal) = ({cleared})"),
        ),
        (
            "everybody cleared for it again, to the end on record",
            format!("INSERT INTO object_ceilings VALUES ({cleared}, 1)"),
        ),
        ("a person gone, whom 9,000 lists name", "DELETE FROM people WHERE name = 'p0'".to_owned()),
        ("the same person come back", "INSERT INTO people VALUES ('p0', 'somebody')".to_owned()),
    ]
}

/// The tables.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    Ok(vec![watch(effort)?, sets(effort)])
}

fn watch(effort: Effort) -> Result<Table, Failed> {
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        workspace.store().map_err(|e| e.to_string())?.close().await.map_err(|e| e.to_string())?;
        let beside = Connection::open(workspace.path("tollgate.db"))?;
        fill(&beside)?;
        // As at a first start: nobody knows what was before.
        beside.execute_batch("DELETE FROM changes; DELETE FROM watched")?;
        let begun = Instant::now();
        let store = workspace.store().map_err(|e| e.to_string())?;
        let first = begun.elapsed();
        let directory = store.directory().map_err(|e| e.to_string())?;
        let begun = Instant::now();
        let mut model = Model::of(&directory);
        let built = begun.elapsed();
        let now = clock::Instant(0);
        let begun = Instant::now();
        black_box(model.look_whole(now));
        let whole = begun.elapsed();
        let look = || store.look_for_drift().map_err(|e| e.to_string());
        let mut spans: [Vec<Duration>; 7] = Default::default();
        for round in 0..effort.rounds * 4 {
            for ((_, statement), spans) in changes(round).iter().zip(&mut spans) {
                if beside.execute(statement, [])? != 1 {
                    return Err(format!("one row is to be changed: {statement}").into());
                }
                let begun = Instant::now();
                look()?;
                spans.push(begun.elapsed());
            }
        }
        let (things, alerts) = store.open_too_far().map_err(|e| e.to_string())?;
        let raised: i64 = beside.query_row("SELECT count(*) FROM alerts", [], |row| row.get(0))?;
        store.close().await.map_err(|e| e.to_string())?;
        let (spans, rounds) = (spans.map(middle), effort.rounds as u64 * 4);
        if alerts != rounds || raised.cast_unsigned() < 3 * rounds {
            return Err(format!(
                "{alerts} alerts are open and {raised} were raised over {things} things in {rounds} rounds"
            )
            .into());
        }
        let title = "The watch: 10,000 objects, 100,000 people, 10,000 groups";
        let mut table = Table::new(title, &["what", "time", "everything again ÷ this"]);
        let again = built + whole;
        table.row(&["everything, as the store is first opened", &millis(first), "–"]);
        table.row(&["everything, of what was read already (the baseline)", &millis(again), "1.0"]);
        for ((what, _), span) in changes(0).iter().zip(spans) {
            table.row(&[what, &millis(span), &format!("{:.0}", ratio(again, span))]);
        }
        table.target("everything, in seconds", first.as_secs_f64(), 5.0);
        table.target("one change, in milliseconds", spans.into_iter().max().unwrap_or_default().as_secs_f64() * 1e3, 50.0);
        Ok(table)
    })
}

/// Runs something until its span is over; the time of one.
fn each<T>(effort: Effort, mut run: impl FnMut() -> T) -> Duration {
    let (begun, mut count) = (Instant::now(), 0_u32);
    while count < 3 || begun.elapsed() < effort.span / 2 {
        black_box(run());
        count += 1;
    }
    begun.elapsed() / count
}

fn sets(effort: Effort) -> Table {
    let head = ["readers of each", "join", "of a tree", "of a hash", "compare", "of a tree", "of a hash"];
    let mut table = Table::new("Sets of readers, of 100,000 people", &head);
    for size in [10, 1_000, PEOPLE] {
        let step = PEOPLE / size;
        let one: Vec<usize> = (0..size).map(|at| at * step).collect();
        let bits = |places: &[usize]| {
            let mut readers = Readers::nobody(PEOPLE);
            places.iter().for_each(|place| readers.add(*place));
            readers
        };
        let (left, right) = (bits(&one), bits(&one));
        let tree: BTreeSet<usize> = one.iter().copied().collect();
        let hash: HashSet<usize> = one.iter().copied().collect();
        let (other_tree, other_hash) = (tree.clone(), hash.clone());
        let join = each(effort, || {
            let mut joined = black_box(&left).clone();
            joined.keep(black_box(&right));
            joined
        });
        let tree_join = each(effort, || black_box(&tree) & black_box(&other_tree));
        let hash_join = each(effort, || black_box(&hash) & black_box(&other_hash));
        let within = each(effort, || black_box(&left).within(black_box(&right)));
        let tree_within = each(effort, || black_box(&tree).is_subset(black_box(&other_tree)));
        let hash_within = each(effort, || black_box(&hash).is_subset(black_box(&other_hash)));
        let cells = [join, tree_join, hash_join, within, tree_within, hash_within].map(micros);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        table.row(&[&[&*size.to_string()], &cells[..]].concat());
    }
    table
}
