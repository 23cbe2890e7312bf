//! Ceilings: declared, or what could be read when people last wrote it; and judged once more where an act is recorded.

use std::sync::Arc;

use serde_json::{Value, json};
use tollgate::clock::Instant;
use tollgate::journal::{Body, Chapter, Draft, Journal as _, Kind, Terms, Unrecorded};
use tollgate::label::{Label, Source, Under};
use tollgate::name::{ForumName, ObjectName, PersonName};
use tollgate::people::{Audience, Need, Premise};
use tollgate::refusal::Code;
use tollgate::setup::Workspace;
use tollgate::store::Store;

use super::{apply, hole, people, world};
use crate::world::{World, codes};

fn cleared(world: &World, kind: &str, name: &str) -> Value {
    world.done(&["world", "show"])[kind][name]["cleared"].clone()
}

#[test]
fn a_ceiling_that_nobody_declared_is_what_could_be_read_when_it_was_applied() {
    let world = world();
    assert_eq!(cleared(&world, "objects", "pay"), json!(["ida", "group:pay"]));
    let since = " (as it could read it when this was last applied)";
    assert_eq!(cleared(&world, "forums", "pay-room"), json!([format!("group:pay{since}")]));
    assert_eq!(cleared(&world, "objects", "runbooks"), json!([format!("group:everyone{since}")]));
    hole(&world);
    assert_eq!(cleared(&world, "objects", "pay"), json!(["ida", "group:pay"]), "a hole moves no ceiling");
    apply(&world, "tollgate = 1\n[objects.pay]\nowner = \"gus\"\nfolders = [\"pay\"]\nentries = []\ncleared = []\n");
    assert_eq!(cleared(&world, "objects", "pay"), json!([]), "nobody but its owner");
    let unknown = "tollgate = 1\n[forums.pay-room]\nowner = \"gus\"\naudience = []\ncleared = [\"group:ghosts\"]\n";
    world.write("change.toml", unknown);
    let wrong = world.tollgate(&["world", "apply", "change.toml"]);
    assert!(wrong.stderr.contains("there is no `group:ghosts`"), "{wrong:?}");
}

#[test]
fn doctor_names_objects_whose_ceilings_follow_their_groups() {
    let world = world();
    let note = || {
        let doctor = world.tollgate(&["-o", "json", "doctor"]).json();
        let mut findings = doctor["findings"].as_array().expect("a list").clone();
        findings.retain(|it| it["about"] == "ceilings");
        findings.first().map(|it| it["says"].as_str().unwrap_or_default().to_owned())
    };
    let said = note().expect("runbooks is everybody's, and nobody said so");
    assert!(said.contains("runbooks") && !said.contains("pay"), "{said}");
    world.store().execute("UPDATE object_ceilings SET declared = 1", []).expect("a row");
    assert_eq!(note(), None);
}

#[test]
fn a_store_from_before_ceilings_takes_what_can_be_read_without_leases() {
    let world = World::new();
    let widen = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "60" });
    assert_eq!(world.call("probe.acl-widen", &widen)["outcome"], "returned");
    let db = world.store();
    back_to_3(&db);
    db.execute_batch("DROP TABLE object_ceilings; DROP TABLE forum_ceilings; DROP TABLE sessions; DROP TABLE carried; DROP TABLE carried_files; PRAGMA user_version = 2")
        .expect("number 2");
    drop(db);
    let since = " (as it could read it when this was last applied)";
    assert_eq!(cleared(&world, "objects", "pay"), json!([format!("group:pay{since}")]));
    assert_eq!(cleared(&world, "objects", "scratch"), json!([]), "a lease is no baseline");
    assert!(world.path("tollgate.before-4").exists(), "a copy was made");
    let ends = "UPDATE acl_entries SET ends = 1 WHERE tool IS NOT NULL; UPDATE state SET stamp = stamp + 1";
    world.store().execute_batch(ends).expect("the lease is over");
    assert_eq!(codes(&world.call("probe.acl-widen", &widen)), ["clear.too-wide"], "web is not cleared for it any more");
}

/// Takes back what number 4 brought.
fn back_to_3(db: &rusqlite::Connection) {
    let query = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%changes%'";
    let mut statement = db.prepare(query).expect("a query");
    let drops = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    let drops: Vec<String> = drops.collect::<Result<_, _>>().expect("triggers");
    let tables = ["opened", "alerts", "exposures", "crowds", "numbers", "closing", "watched", "changes"];
    let tables =
        tables.iter().map(|name| format!("DROP TABLE {name}")).chain(["ALTER TABLE approvals DROP COLUMN label".to_owned()]);
    db.execute_batch(&drops.into_iter().chain(tables).collect::<Vec<_>>().join(";")).expect("number 3");
}

/// A post on `forum` after reading `pay`, judged in this version of the world.
fn judged(store: &Store, forum: &str) -> Premise {
    let directory = store.directory().expect("a directory");
    let ben = PersonName::parse("ben").expect("a name");
    let forum = ForumName::parse(forum).expect("a name");
    let under = Under::Object(ObjectName::parse("pay").expect("a name"));
    Premise {
        stamp: directory.stamp,
        until: Instant(u64::MAX),
        subject: None,
        freezes: 0,
        initiator: ben,
        need: Need::Member(forum.clone()),
        shown: directory.audience(&forum),
        audience: Audience::Forum(forum),
        label: Label::from_iter([Source { under, what: "pay/ledger.csv".into() }]),
        released: false,
    }
}

async fn record(store: &Arc<Store>, premise: Premise) -> Result<(), Unrecorded> {
    let drafts = Arc::new(vec![Draft::new(Kind::Counted, Body::of(0))]);
    let terms = Terms { premise: Some(premise), ..Terms::default() };
    store.append(Chapter { invocation: None, first: 0, drafts, terms }).await.map(drop)
}

/// What was true when it was asked and is not when it is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s03_the_room_filled_up() {
    let world = world();
    let workspace = Workspace::open(&world.path("")).unwrap_or_else(|e| panic!("{e:?}"));
    let store = workspace.store().expect("a store");
    let room = |audience: &str| format!("tollgate = 1\n[forums.pay-room]\nowner = \"gus\"\naudience = [{audience}]\n");
    let object = |cleared: &str| {
        let pay = "tollgate = 1\n[objects.pay]\nowner = \"gus\"\nfolders = [\"pay\"]\nentries = []\n";
        format!("{pay}cleared = [{cleared}]\n")
    };
    record(&store, judged(&store, "pay-room")).await.expect("everybody there is cleared");
    for (change, refused) in [
        (room("\"group:pay\", \"hal\""), Some(Code::Changed)),
        (object("\"ida\""), Some(Code::TooWide)),
        ("tollgate = 1\n[groups.pay]\nmembers = [\"ben\", \"gus\", \"group:crowd\"]\n".to_owned(), Some(Code::Changed)),
        ("tollgate = 1\n[people.new]\nname = \"New\"\n".to_owned(), None),
        (room("\"ben\""), None),
    ] {
        store.apply(&people()).await.expect("as it was");
        store.apply(&room("\"group:pay\"")).await.expect("as it was");
        let premise = judged(&store, "pay-room");
        store.apply(&change).await.expect("a change between asking and recording");
        match (record(&store, premise).await, refused) {
            (Ok(()), None) => {}
            (Err(Unrecorded::Refused(refusal)), Some(code)) => assert_eq!(refusal.code, code, "{change}: {refusal}"),
            (ended, expected) => panic!("{change}: {ended:?}, not {expected:?}"),
        }
    }
    // Whom it was said to reach may be right, and still not all of them be cleared: the label alone decides.
    store.apply(&people()).await.expect("as it was");
    let premise = judged(&store, "eng-help");
    store.apply("tollgate = 1\n[people.newer]\nname = \"Newer\"\n").await.expect("the stamp moves");
    assert!(matches!(record(&store, premise).await, Err(Unrecorded::Refused(refusal)) if refusal.code == Code::TooWide));
    store.close().await.expect("an end");
}
