//! The store: several processes at once, a clock that goes back, access that ends while nothing runs, a newer store.

use std::sync::Arc;

use serde_json::json;
use tollgate::clock::{Instant, Manual};
use tollgate::gate::World as _;
use tollgate::journal::Signer;
use tollgate::name::{ObjectName, PersonName};
use tollgate::people::{Need, Right};
use tollgate::store::{Opening, Store};
use tollgate::unit::Duration;

use crate::world::World;

/// The store of a world, at the time of a clock.
pub fn open(world: &World, clock: Arc<Manual>) -> Store {
    let signer = Signer::from_pem("w", &world.read("keys/journal.pem")).expect("the key");
    let (database, checkpoints, run) = (world.path("tollgate.db"), world.path("checkpoints"), world.path("run"));
    Store::open(Opening { database, checkpoints, run, clock, signer }).unwrap_or_else(|broken| panic!("{broken}"))
}

#[test]
fn processes_share_one_store_and_one_chain() {
    let world = World::new();
    std::thread::scope(|scope| {
        for number in 0..12 {
            let world = &world;
            scope.spawn(move || {
                let post = json!({ "forum": "eng-help", "thread": "1", "body": format!("post {number}") });
                assert_eq!(world.call("probe.forum-post", &post)["outcome"], "returned");
            });
        }
    });
    assert_eq!(world.count("SELECT count(DISTINCT body) FROM posts WHERE body LIKE 'post %'"), 12);
    assert_eq!(world.count("SELECT count(*) FROM open_invocations"), 0);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_closes_on_time_and_a_clock_that_goes_back_opens_nothing() {
    let world = World::new();
    let widen = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "60" });
    assert_eq!(world.call("probe.acl-widen", &widen)["outcome"], "returned");
    let newest = Instant(u64::try_from(world.count("SELECT newest FROM state")).expect("a time"));
    let fay = PersonName::parse("fay").expect("a name");
    let need = Need::Hold(ObjectName::parse("scratch").expect("a name"), Right::Read);
    let clock = Arc::new(Manual::at(newest));
    let store = open(&world, clock.clone());
    let may = async |store: &Store| store.rights(&fay).await.expect("rights").judge(&need).is_ok();
    assert!(may(&store).await, "the lease is open");
    clock.advance(Duration::parse("59 s").expect("a duration"));
    assert!(may(&store).await, "and still is");
    clock.advance(Duration::parse("2 s").expect("a duration"));
    assert!(!may(&store).await, "it closed by itself, and nothing ran");
    // Something is put on record at this time; then the clock goes back to before the lease.
    store.apply("tollgate = 1\n").await.expect("an entry");
    store.close().await.expect("an end");
    drop(store);
    let back = open(&world, Arc::new(Manual::at(Instant(1))));
    assert!(back.now() >= newest.after(Duration::parse("61 s").expect("a duration")), "time does not go back");
    assert!(!may(&back).await, "and the lease does not live again");
    back.close().await.expect("an end");
}

#[test]
fn a_newer_store_is_refused_and_left_as_it_is() {
    let world = World::new();
    world.store().pragma_update(None, "user_version", 99).expect("a number");
    let ran = world.tollgate(&["check"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("number 99"), "{}", ran.stderr);
    let number: u32 = world.store().pragma_query_value(None, "user_version", |row| row.get(0)).expect("a number");
    assert_eq!(number, 99);
}

#[test]
fn a_world_file_is_applied_whole_or_not_at_all() {
    let world = World::new();
    let before = world.done(&["world", "show"]);
    let bad = "tollgate = 1\n[people.hal]\nname = \"Hal\"\n[groups.web]\nmembers = [\"hal\", \"nobody\"]\n[forums.x]\nowner = \"noone\"\naudience = []\n";
    world.write("bad.toml", bad);
    let ran = world.tollgate(&["world", "apply", "bad.toml"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    for part in ["there is no `nobody`", "nobody is called `noone`"] {
        assert!(ran.stderr.contains(part), "everything at once: {}", ran.stderr);
    }
    assert_eq!(world.done(&["world", "show"]), before);
    world.write("good.toml", "tollgate = 1\n[people.hal]\nname = \"Hal\"\n[groups.web]\nmembers = [\"hal\"]\n");
    world.done(&["world", "apply", "good.toml"]);
    assert_eq!(world.done(&["world", "show"])["groups"]["web"], json!(["hal"]));
}
