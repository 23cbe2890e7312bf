//! Leases: they close on time whoever runs, take back only what they added, and go on only when a person agrees.

mod noends;
mod revert;

use std::sync::Arc;
use std::time::{Duration as Span, Instant as Real};

use serde_json::{Value, json};
use tollgate::clock::{Instant, Manual};
use tollgate::gate::World as _;
use tollgate::journal::Signer;
use tollgate::lease::{Found, State};
use tollgate::name::{ObjectName, PersonName};
use tollgate::people::{Need, Right};
use tollgate::store::{Opening, Store};
use tollgate::unit::Duration;

use crate::world::{PASSPHRASE, World, codes};

const REVERTED: &str = "SELECT count(*) FROM journal WHERE json_extract(entry, '$.kind') = 'reverted'";

/// A world in which `group:web`, and so fay, may read scratch for a minute.
fn leased() -> World {
    let world = World::new();
    world.edit("paths = [\"runbooks/**\"]", "paths = [\"runbooks/**\", \"scratch/**\"]");
    widen(&world, "read");
    world
}

fn widen(world: &World, right: &str) {
    let arguments = json!({ "object": "scratch", "principal": "group:web", "right": right, "seconds": "60" });
    let report = world.call("probe.acl-widen", &arguments);
    assert_eq!(report["outcome"], "returned", "{report}");
}

/// Whether fay can read what the lease opened; if not, by which code.
fn fay_reads(world: &World) -> Result<(), String> {
    let read = json!({ "path": "scratch/note.txt", "offset": "0", "length": 64 }).to_string();
    let report = world.tollgate(&["-o", "json", "call", "probe.files-read", &read, "--as", "fay"]).json();
    if report["outcome"] == "returned" { Ok(()) } else { Err(codes(&report).remove(0)) }
}

/// The end of every lease is moved to when it began, as if its time had passed while nobody ran.
fn end_comes(world: &World) {
    let script = "UPDATE leases SET ends = began; UPDATE state SET stamp = stamp + 1; \
                  UPDATE acl_entries SET ends = (SELECT began FROM leases WHERE leases.id = lease) WHERE lease IS NOT NULL AND ends IS NOT NULL;";
    world.store().execute_batch(script).expect("the end comes");
}

fn found(world: &World) -> Value {
    world.done(&["lease", "list", "--all"])["leases"][0]["found"].clone()
}

fn entries(world: &World) -> Value {
    world.done(&["world", "show"])["objects"]["scratch"]["entries"].clone()
}

fn reverts(world: &World) -> Vec<Value> {
    let store = world.store();
    let query = "SELECT entry FROM journal WHERE json_extract(entry, '$.kind') = 'reverted' ORDER BY number";
    let mut statement = store.prepare(query).expect("a query");
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    rows.map(|row| serde_json::from_str(&row.expect("a row")).expect("an entry")).collect()
}

pub fn open(world: &World, clock: Arc<Manual>) -> Store {
    let signer = Signer::from_pem("w", &world.read("keys/journal.pem")).expect("the key");
    let (database, checkpoints, run) = (world.path("tollgate.db"), world.path("checkpoints"), world.path("run"));
    Store::open(Opening { database, checkpoints, run, clock, signer }).unwrap_or_else(|broken| panic!("{broken}"))
}

pub fn newest(world: &World) -> Instant {
    Instant(u64::try_from(world.count("SELECT newest FROM state")).expect("a time"))
}

/// Waits until so many reverts are on record.
fn wait_for_reverts(world: &World, count: i64) {
    let until = Real::now() + Span::from_secs(30);
    while world.count(REVERTED) < count {
        assert!(Real::now() < until, "no revert is on record");
        std::thread::yield_now();
    }
}

#[test]
fn s21_a_lease_that_ends_while_no_host_runs_is_no_right_and_its_end_is_recorded_at_the_next_start() {
    let world = leased();
    assert_eq!(fay_reads(&world), Ok(()), "the lease is open");
    // First a store that cannot record it: nobody reads all the same, and it is not forgotten.
    let jam = "CREATE TRIGGER jam BEFORE UPDATE OF reverted ON leases BEGIN SELECT RAISE(ABORT, 'jammed'); END";
    world.store().execute_batch(jam).expect("a jam");
    end_comes(&world);
    assert_eq!(fay_reads(&world), Err("cover.not-yours".to_owned()), "an ended entry is no right");
    assert_eq!(world.count(REVERTED), 0);
    let listed = world.tollgate(&["lease", "list"]);
    assert!(listed.stdout.contains("ended") && listed.stderr.contains("a lease's end is not recorded"), "{listed:?}");
    world.store().execute_batch("DROP TRIGGER jam").expect("no jam");
    let before = world.count("SELECT max(number) FROM journal");
    assert_eq!(fay_reads(&world), Err("cover.not-yours".to_owned()));
    let reverts = reverts(&world);
    assert_eq!(reverts.len(), 1, "{reverts:?}");
    let body = &reverts[0]["body"];
    assert_eq!((&body["found"], &body["ended"], &body["overdue-minutes"]), (&json!("closed"), &json!("in-time"), &json!(0)));
    assert_eq!((&body["object"], &body["principal"]), (&json!("scratch"), &json!("group:web")), "{body}");
    assert_eq!(reverts[0]["number"], before + 1, "before anything was served");
    assert_eq!(entries(&world), json!([]), "the list is as it was before");
    assert_eq!(world.done(&["lease", "list"])["leases"], json!([]));
    assert_eq!(found(&world), "closed");
    assert_eq!(world.count(REVERTED), 1, "once, however often a host starts");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn s21_hosts_that_start_at_once_record_an_end_once() {
    let world = leased();
    widen(&world, "read");
    end_comes(&world);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| world.done(&["lease", "list"]));
        }
    });
    assert_eq!(world.count(REVERTED), 2, "two leases, two ends");
    assert_eq!(world.count("SELECT count(DISTINCT json_extract(entry, '$.body.lease')) FROM journal WHERE json_extract(entry, '$.kind') = 'reverted'"), 2);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_host_that_lives_records_an_end_by_itself() {
    let world = leased();
    let clock = Arc::new(Manual::at(newest(&world)));
    let store = open(&world, clock.clone());
    assert_eq!(store.reap().await.expect("a look"), 0, "it is open");
    clock.advance(Duration::parse("61 s").expect("a duration"));
    wait_for_reverts(&world, 1);
    let (lease, numbers) = store.lease(1).expect("a look").expect("a lease");
    assert_eq!((lease.state(store.now()), lease.reverted.map(|it| it.1)), (State::Reverted, Some(Found::Closed)));
    assert_eq!(numbers.len(), 3, "intent, outcome and revert: {numbers:?}");
    store.close().await.expect("an end");
}

/// What cam does while the lease is open, with what the list is afterwards and what the revert says.
fn human(world: &World, case: char) -> (Value, &'static str) {
    let list = |entries: &str| {
        let file =
            format!("tollgate = 1\n[objects.scratch]\nowner = \"ben\"\nfolders = [\"scratch\"]\nentries = [{entries}]\n");
        world.write("change.toml", &file);
        world.done(&["world", "apply", "change.toml"]);
    };
    let sql = |script: &str| {
        let script = format!("PRAGMA foreign_keys = ON; BEGIN; {script}; UPDATE state SET stamp = stamp + 1; COMMIT;");
        world.store().execute_batch(&script).expect("a change");
    };
    match case {
        'a' => {
            list("{ principal = \"group:web\", right = \"read\" }");
            (json!(["group:web may read"]), "kept-by-people")
        }
        'b' => {
            sql("DELETE FROM acl_entries WHERE object = 'scratch'");
            (json!([]), "gone-before")
        }
        'c' => {
            list("{ principal = \"gus\", right = \"read\" }");
            (json!(["gus may read"]), "closed")
        }
        'd' => {
            list("{ principal = \"group:pay\", right = \"read\" }, { principal = \"gus\", right = \"administer\" }");
            (json!(["group:pay may read", "gus may administer"]), "closed")
        }
        'e' => {
            sql("DELETE FROM folders WHERE object = 'scratch'; DELETE FROM acl_entries WHERE object = 'scratch'; \
                 DELETE FROM objects WHERE name = 'scratch'; INSERT INTO objects VALUES ('scratch', 'ben'); \
                 INSERT INTO acl_entries (object, principal, right_) VALUES ('scratch', 'group:web', 'read')");
            (json!(["group:web may read"]), "conflict-object-replaced")
        }
        _ => {
            sql("UPDATE acl_entries SET ends = NULL WHERE lease = 1");
            (json!(["group:web may read"]), "conflict-entry-altered")
        }
    }
}

/// When, and by how many, a lease that is over is found.
#[derive(Debug, Clone, Copy)]
enum When {
    OnTime,
    Late,
    TwoAtOnce,
}

async fn over(world: &World, when: When) {
    match when {
        When::OnTime => {
            let clock = Arc::new(Manual::at(newest(world)));
            let store = open(world, clock.clone());
            clock.advance(Duration::parse("61 s").expect("a duration"));
            wait_for_reverts(world, 1);
            store.close().await.expect("an end");
        }
        When::Late => {
            end_comes(world);
            world.done(&["lease", "list"]);
        }
        When::TwoAtOnce => {
            end_comes(world);
            std::thread::scope(|scope| {
                scope.spawn(|| world.done(&["lease", "list"]));
                scope.spawn(|| world.done(&["lease", "list"]));
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_what_people_changed_during_a_lease_stays() {
    let template = leased();
    for case in ['a', 'b', 'c', 'd', 'e', 'f'] {
        for when in [When::OnTime, When::Late, When::TwoAtOnce] {
            let world = World::copy_of(&template);
            let (list, says) = human(&world, case);
            assert_eq!(world.count(REVERTED), 0, "({case}) the lease is open");
            over(&world, when).await;
            let reverts = reverts(&world);
            assert_eq!(reverts.len(), 1, "({case}) {when:?}: one entry: {reverts:?}");
            assert_eq!(reverts[0]["body"]["found"], says, "({case}) {when:?}");
            assert_eq!(found(&world), says, "({case}) {when:?}");
            assert_eq!(entries(&world), list, "({case}) {when:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_a_clock_that_goes_back_opens_no_lease_again_and_lengthens_none() {
    let world = leased();
    let (began, planned) = (newest(&world), world.count("SELECT ends FROM leases"));
    let fay = PersonName::parse("fay").expect("a name");
    let need = Need::Hold(ObjectName::parse("scratch").expect("a name"), Right::Read);
    let may = async |store: &Store| store.rights(&fay).await.expect("rights").judge(&need).is_ok();
    let year = Arc::new(Manual::at(Instant(began.0 - 365 * 86_400_000)));
    let store = open(&world, year.clone());
    assert!(store.now() >= began, "time does not go back");
    assert!(may(&store).await, "the lease is open");
    store.close().await.expect("an end");
    drop(store);
    let clock = Arc::new(Manual::at(began));
    let store = open(&world, clock.clone());
    clock.advance(Duration::parse("61 s").expect("a duration"));
    wait_for_reverts(&world, 1);
    store.close().await.expect("an end");
    drop(store);
    for back in [began.0 - 3_600_000, began.0 - 365 * 86_400_000, 1] {
        let store = open(&world, Arc::new(Manual::at(Instant(back))));
        assert!(!may(&store).await, "it does not live again");
        assert_eq!(store.reap().await.expect("a look"), 0);
        store.close().await.expect("an end");
    }
    assert_eq!(world.count("SELECT ends FROM leases"), planned, "no lease grows");
    assert_eq!(world.count(REVERTED), 1);
}

#[test]
fn a_person_ends_a_lease_and_a_stranger_does_not() {
    let world = leased();
    let ran = world.tollgate(&["lease", "end", "1", "--as", "gus"]);
    assert_eq!((ran.code, ran.stderr.contains("cover.not-yours")), (3, true), "{ran:?}");
    let ran = world.tollgate(&["lease", "end", "1", "--as", "nobody"]);
    assert_eq!((ran.code, ran.stderr.contains("cover.not-yours")), (3, true), "{ran:?}");
    assert_eq!(world.tollgate(&["lease", "end", "7"]).code, 2, "there is no such lease");
    assert_eq!(fay_reads(&world), Ok(()));
    assert_eq!(world.done(&["lease", "show", "1"])["people"], json!([{ "person": "fay", "name": "Fay" }]));
    assert_eq!(world.done(&["lease", "end", "1"])["found"], "closed");
    assert_eq!(fay_reads(&world), Err("cover.not-yours".to_owned()));
    let reverts = reverts(&world);
    assert_eq!(reverts.len(), 1);
    assert_eq!((&reverts[0]["body"]["by"], &reverts[0]["body"]["ended"]), (&json!("ben"), &json!("by-person")));
    let shown = world.done(&["lease", "show", "1"]);
    assert_eq!(shown["people"], json!([]), "nobody holds anything through it any more");
    assert_eq!(shown["entries"].as_array().and_then(|numbers| numbers.last()), Some(&reverts[0]["number"]));
    let ran = world.tollgate(&["lease", "end", "1"]);
    assert_eq!((ran.code, ran.stderr.contains("agree.expired")), (3, true), "{ran:?}");
    assert_eq!(world.count(REVERTED), 1);
    let text = world.tollgate(&["lease", "list", "--all"]).stdout;
    assert!(text.contains("reverted: closed") && text.contains("group:web"), "{text}");
}

#[test]
fn a_tool_that_ends_its_lease_takes_back_what_it_added_and_that_is_on_record_once() {
    let world = leased();
    let report = world.call("probe.acl-end", &json!({ "object": "scratch", "lease": "1" }));
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(entries(&world), json!([]));
    let reverts = reverts(&world);
    assert_eq!(reverts.len(), 1, "{reverts:?}");
    assert_eq!((&reverts[0]["body"]["ended"], &reverts[0]["body"]["found"]), (&json!("by-tool"), &json!("closed")));
    end_comes(&world);
    world.done(&["lease", "list"]);
    assert_eq!(world.count(REVERTED), 1);
}

#[test]
fn a_store_from_before_there_was_a_table_of_leases_keeps_those_it_had() {
    let world = World::new();
    for name in ["tollgate.db", "tollgate.db-wal", "tollgate.db-shm", "checkpoints"] {
        // Not every one of them is there.
        let _ = std::fs::remove_file(world.path(name));
    }
    let first = format!("{} PRAGMA user_version = 1;", include_str!("../host/src/store/schema.sql"));
    world.store().execute_batch(&first).expect("a store of the first number");
    let there = "INSERT INTO people VALUES ('ben', 'Ben'); INSERT INTO objects VALUES ('scratch', 'ben'); \
                 INSERT INTO acl_entries (id, object, principal, right_) VALUES (4, 'scratch', 'ben', 'read'); \
                 INSERT INTO acl_entries VALUES (5, 'scratch', 'group:web', 'read', 4102444800000, 'probe', 'ben', '019a0000-0000-7000-8000-000000000000', 1); \
                 INSERT INTO acl_entries VALUES (6, 'scratch', 'group:web', 'read', 1000, 'probe', 'ben', '019a0000-0000-7000-8000-000000000001', 1);";
    world.store().execute_batch(there).expect("what it had");
    let listed = world.done(&["lease", "list", "--all"])["leases"].clone();
    let states: Vec<_> =
        listed.as_array().expect("leases").iter().map(|it| (it["lease"].clone(), it["state"].clone())).collect();
    assert_eq!(states, [(json!(6), json!("reverted")), (json!(5), json!("open"))]);
    assert_eq!(world.done(&["lease", "end", "5"])["found"], "closed");
    assert_eq!(entries(&world), json!(["ben may read"]));
}

const EXTEND: &[&str] = &["-o", "json", "lease", "extend", "1", "20 min"];

#[test]
fn a_person_extends_a_lease_after_seeing_who_keeps_what() {
    let world = leased();
    world.write("more.toml", "tollgate = 1\n[people.fay]\nname = \"Fay\\u202E\"\n");
    world.done(&["world", "apply", "more.toml"]);
    let planned = world.count("SELECT ends FROM leases");
    let (printed, screen) = world.answered(EXTEND, &[("[yes/no]", "yes"), ("passphrase", PASSPHRASE)]);
    assert_eq!(printed["lease"], 1, "{printed}\n{screen}");
    for part in ["read of scratch, for group:web", "kept by   1 person: fay (Fay\\u{202e})", "they keep it until"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let ends = world.count("SELECT ends FROM leases");
    assert!(ends > planned + 18 * 60_000, "{planned} {ends}");
    assert_eq!(world.count("SELECT ends FROM acl_entries WHERE lease = 1"), ends);
    let entry = world.store().query_row("SELECT entry FROM journal ORDER BY number DESC", [], |row| row.get::<_, String>(0));
    let entry: Value = serde_json::from_str(&entry.expect("an entry")).expect("JSON");
    let (kind, by, was) = (&entry["kind"], &entry["body"]["by"], &entry["body"]["was"]);
    assert_eq!((kind, by, was), (&json!("extended"), &json!("ben"), &json!(planned)));
    assert_eq!(fay_reads(&world), Ok(()));
    assert_eq!(world.done(&["lease", "show", "1"])["entries"].as_array().map(Vec::len), Some(3));
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn an_extension_that_nobody_agreed_to_changes_nothing() {
    let world = leased();
    let before = world.outside();
    let message = |printed: &Value| printed["error"]["message"].as_str().unwrap_or_default().to_owned();
    let (printed, _) = world.answered(EXTEND, &[("[yes/no]", "no")]);
    assert!(message(&printed).starts_with("agree.declined"), "{printed}");
    let guesses = [("[yes/no]", "yes"), ("passphrase", "guess"), ("passphrase", "and again"), ("passphrase", "guess")];
    let (printed, _) = world.answered(EXTEND, &guesses);
    assert!(message(&printed).starts_with("agree.nobody-here"), "{printed}");
    let ran = world.tollgate(EXTEND);
    assert_eq!((ran.code, message(&ran.json()).starts_with("agree.nobody-here")), (3, true), "{ran:?}");
    // Somebody joins those who would keep it, between the card and the yes.
    let mut terminal = world.at_terminal(EXTEND);
    terminal.expect("[yes/no]").expect("the card");
    world.write("more.toml", "tollgate = 1\n[groups.web]\nmembers = [\"fay\", \"gus\"]\n");
    world.done(&["world", "apply", "more.toml"]);
    terminal.type_line("yes").expect("typing");
    terminal.expect("passphrase").expect("the prompt");
    terminal.type_line(PASSPHRASE).expect("typing");
    let printed: Value = serde_json::from_str(&terminal.end().expect("an end").stdout).expect("JSON");
    assert!(message(&printed).starts_with("agree.changed"), "{printed}");
    assert_eq!(world.outside(), before);
    assert_eq!(world.count("SELECT count(*) FROM journal WHERE json_extract(entry, '$.kind') = 'extended'"), 0);
}

#[test]
fn an_extension_beyond_grant_right_or_end_is_refused_before_anybody_is_asked() {
    let world = leased();
    let refused = |arguments: &[&str], code: &str| {
        let ran = world.tollgate(arguments);
        assert_eq!((ran.code, ran.stderr.contains(code)), (3, true), "{arguments:?}: {ran:?}");
    };
    refused(&["lease", "extend", "1", "31 min"], "cover.not-granted");
    refused(&["lease", "extend", "1", "2 s"], "cover.not-granted");
    refused(&["lease", "extend", "1", "20 min", "--as", "fay"], "cover.not-yours");
    refused(&["lease", "extend", "1", "20 min"], "agree.nobody-here");
    // Who administers only through a lease cannot make that lease last.
    world.edit("rights = [\"read\"]", "rights = [\"read\", \"administer\"]");
    widen(&world, "administer");
    refused(&["lease", "extend", "2", "20 min", "--as", "fay"], "cover.not-yours");
    assert_eq!(world.done(&["lease", "end", "2", "--as", "fay"])["found"], "closed", "but she may end it");
    let manifest = world.read("tools/probe.toml");
    world.edit("\"acl.write\"", "# \"acl.write\"");
    refused(&["lease", "extend", "1", "20 min"], "cover.not-granted");
    world.write("tools/probe.toml", &manifest);
    world.done(&["freeze", "tool", "probe", "--reason", "odd"]);
    refused(&["lease", "extend", "1", "20 min"], "freeze.frozen");
    end_comes(&world);
    refused(&["lease", "extend", "1", "20 min"], "agree.expired");
    assert_eq!(world.count(REVERTED), 2, "reverts go on while everything else is stopped");
}

#[test]
fn explain_shows_who_would_gain_what_and_for_how_long() {
    let world = World::new();
    let asked = ["explain", "probe", "acl.widen", "object=scratch", "principal=group:web", "right=read", "seconds=60"];
    let said = world.tollgate(&asked).stdout;
    assert!(said.contains("through group:web, read of scratch would be gained for 1 min, until 2"), "{said}");
    assert!(said.contains("by 1 person: fay (Fay)"), "{said}");
    let names: Vec<String> = (10..24).map(|number| format!("p{number}")).collect();
    let people: String = names.iter().map(|name| format!("[people.{name}]\nname = \"X\"\n")).collect();
    let within = format!("[groups.inner]\nmembers = {names:?}\n[groups.web]\nmembers = [\"fay\", \"group:inner\"]\n");
    world.write("more.toml", &format!("tollgate = 1\n{people}{within}"));
    world.done(&["world", "apply", "more.toml"]);
    let said = world.tollgate(&asked).stdout;
    assert!(said.contains("by 15 people: fay (Fay), p10 (X)") && said.contains("p20 (X) and 3 more"), "{said}");
}
