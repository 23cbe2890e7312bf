//! S34: wherever the clock jumps, what has an end does not live again; a jump is on record, and far back nothing is done.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate::approval::Answered;
use tollgate::clock::{Instant, Manual};
use tollgate::gate::Questions as _;
use tollgate::journal::{Body, Draft, Kind};
use tollgate::store::Store;

use super::limits::limited;
use super::{answers, gus, post, posts, result, state, waits, world};
use crate::store::open;
use crate::world::{PASSPHRASE, World, codes, program};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn newest(world: &World) -> Instant {
    Instant(u64::try_from(world.count("SELECT newest FROM state")).expect("a time"))
}

/// Puts something on record.
async fn note(store: &Store) {
    store.note(Draft::new(Kind::Answered, Body::of(1).text("answer", "none"))).await.expect("on record");
}

/// Something is put on record when the clock is so far ahead. Every process after it starts that long before the last entry.
fn ahead(world: &World, span: u64) {
    let then = Instant(newest(world).0 + span);
    tokio::runtime::Runtime::new().expect("an event loop").block_on(async {
        let store = open(world, Arc::new(Manual::at(then)));
        note(&store).await;
        store.close().await.expect("an end");
    });
    assert_eq!(newest(world), then);
}

#[test]
fn s34_an_approval_whose_time_is_over_does_not_live_again_when_the_clock_goes_back() {
    for back in [HOUR, 20 * HOUR] {
        let world = world();
        world.write("tollgate.toml", &format!("{}expires = \"2 h\"\n", world.read("tollgate.toml")));
        let (open_one, open_question) = waits(&post(&world, "open", &[]));
        let (agreed_one, agreed_question) = waits(&post(&world, "agreed", &[]));
        answers(&world, agreed_question, "gus", true);
        // Their time ends, and then the clock is set back.
        ahead(&world, 2 * HOUR + back);
        assert_eq!(world.done(&["approvals", "list"])["questions"], json!([]), "nothing lives");
        let answered = gus(&world, "yes", open_question);
        assert_eq!((&answered["state"], posts(&world)), (&json!("expired"), 0), "{answered}");
        for invocation in [open_one, agreed_one] {
            let (code, report) = result(&world, &invocation);
            assert_eq!((code, codes(&report)), (3, vec!["agree.expired".to_owned()]), "{report}");
        }
        assert!(matches!(answers(&world, agreed_question, "gus", true), Answered::Ended(..) | Answered::Turned(_)));
        assert_eq!((state(&world, open_question).as_str(), posts(&world)), ("expired", 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_a_live_approval_gains_no_time_when_the_clock_goes_back() {
    let world = world();
    let (_, question) = waits(&post(&world, "open", &[]));
    let expires = world.count("SELECT expires FROM approvals");
    let before = newest(&world);
    for back in [HOUR, 365 * DAY, before.0 - 1] {
        let store = open(&world, Arc::new(Manual::at(Instant(before.0 - back))));
        assert_eq!(store.now(), before, "time does not go back");
        let found = store.question(question).await.expect("a look").expect("a question");
        assert_eq!(found.expires.0, expires.cast_unsigned());
        store.close().await.expect("an end");
    }
}

#[test]
fn s34_a_quota_is_not_filled_again_when_the_clock_goes_back() {
    for back in [HOUR, 10 * HOUR] {
        let world = limited("2 per 6 hours per initiator", "none");
        ahead(&world, back);
        for n in 0..2 {
            assert_eq!(post(&world, &format!("post {n}"), &[]).code, 0);
        }
        let spent = world.count("SELECT min(at) FROM spent");
        assert!(spent >= newest(&world).0.cast_signed() - 60_000, "spent at the time of the store, not of the clock");
        assert_eq!(codes(&post(&world, "a third", &[]).json()), ["fund.quota-spent"]);
        // Nor does a jump of the clock ahead and back within the window.
        ahead(&world, HOUR);
        assert_eq!(codes(&post(&world, "a third", &[]).json()), ["fund.quota-spent"]);
        assert_eq!(posts(&world), 2);
        // Its time is over when six hours have passed on the clock that does not go back.
        ahead(&world, 6 * HOUR);
        assert_eq!(post(&world, "a third", &[]).code, 0);
    }
}

/// How far back each jump on record went, in milliseconds.
fn jumps(world: &World) -> Vec<u64> {
    let store = world.store();
    let query = "SELECT entry ->> '$.body.behind-ms' FROM journal WHERE entry ->> '$.kind' = 'clock' ORDER BY number";
    let mut all = store.prepare(query).expect("a query");
    let all = all.query_map([], |row| row.get::<_, i64>(0)).expect("rows");
    all.map(|behind| behind.expect("a number").cast_unsigned()).collect()
}

#[test]
fn s34_a_jump_is_on_record_once_however_many_start_after_it() {
    let world = limited("1000 per day", "none");
    assert_eq!((post(&world, "before", &[]).code, jumps(&world).len()), (0, 0));
    ahead(&world, HOUR);
    // Nothing but a look, and then much else.
    world.done(&["approvals", "list"]);
    let is_about = |behind: u64, hours: u64| (hours * HOUR - 10 * MINUTE..=hours * HOUR).contains(&behind);
    let first = jumps(&world);
    assert!(first.len() == 1 && is_about(first[0], 1), "{first:?}");
    assert_eq!(post(&world, "after", &[]).code, 0);
    assert_eq!(post(&world, "and again", &[]).code, 0);
    assert_eq!(jumps(&world), first);
    ahead(&world, HOUR);
    let posted = || world.tollgate(&["-o", "json", "call", "probe.forum-post", &super::arguments("at once")]).code;
    std::thread::scope(|scope| {
        let many: Vec<_> = (0..8).map(|_| scope.spawn(posted)).collect();
        many.into_iter().for_each(|one| assert_eq!(one.join().expect("an end"), 0));
    });
    let both = jumps(&world);
    assert!(both.len() == 2 && is_about(both[1], 2), "{both:?}");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
    let doctor = world.tollgate(&["-o", "json", "doctor"]);
    assert!(doctor.stdout.contains("behind the newest entry on record: no time passes"), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_a_step_back_under_a_host_that_lives_is_on_record_before_whatever_comes_next() {
    let world = world();
    let began = newest(&world);
    let clock = Arc::new(Manual::at(began));
    let store = open(&world, clock.clone());
    clock.set(Instant(began.0 - 900));
    note(&store).await;
    assert_eq!(jumps(&world).len(), 0, "so small a step ends nothing late");
    // What cannot be written is written with whatever comes next.
    let full = "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    world.store().execute_batch(full).expect("a trigger");
    clock.set(Instant(began.0 - 5 * MINUTE));
    store.note(Draft::new(Kind::Answered, Body::of(0))).await.expect_err("nothing can be written");
    world.store().execute_batch("DROP TRIGGER full").expect("it is gone");
    note(&store).await;
    assert_eq!(jumps(&world), [5 * MINUTE]);
    let last = "SELECT group_concat(entry ->> '$.kind', ' ') FROM (SELECT entry FROM journal ORDER BY number DESC LIMIT 2)";
    let last: String = world.store().query_row(last, [], |row| row.get(0)).expect("kinds");
    assert_eq!(last, "answered clock", "the latest first");
    // It goes on and is still behind: that is no jump. Then it goes back again, and nobody writes anything.
    clock.set(Instant(began.0 - 2 * MINUTE));
    note(&store).await;
    assert_eq!(jumps(&world).len(), 1);
    clock.set(Instant(began.0 - 4 * MINUTE));
    let waiting = std::time::Instant::now();
    while jumps(&world).len() < 2 {
        assert!(waiting.elapsed() < Duration::from_secs(20), "it is on record within a second or two");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(jumps(&world)[1], 4 * MINUTE);
    assert_eq!((newest(&world), store.now()), (began, began), "no time has passed");
    store.close().await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_two_hosts_that_disagree_by_ten_minutes_share_the_later_time() {
    let world = world();
    let began = newest(&world);
    let clock = |behind| Arc::new(Manual::at(Instant(began.0 + 20 * MINUTE - behind)));
    let (ahead, behind) = (clock(0), clock(10 * MINUTE));
    let hosts = [open(&world, ahead.clone()), open(&world, behind.clone())];
    let mut last = began;
    for _ in 0..5 {
        for host in &hosts {
            note(host).await;
            assert!(newest(&world) >= last, "time does not go back");
            last = newest(&world);
        }
        assert_eq!(hosts[0].now(), hosts[1].now());
        let minute = tollgate::unit::Duration(MINUTE);
        ahead.advance(minute);
        behind.advance(minute);
    }
    assert_eq!(jumps(&world), [10 * MINUTE], "the one is behind the other, and that is said once");
    for host in hosts {
        host.close().await.expect("an end");
    }
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

/// The clock is right again. A test cannot set it; so what is on record is of now.
fn is_right_again(world: &World, span: u64) {
    let moved = "UPDATE state SET newest = newest - ?1, clock = newest - ?1";
    assert_eq!(world.store().execute(moved, [span.cast_signed()]).expect("an update"), 1);
    std::fs::remove_file(world.path("run/world")).expect("the page that processes share");
}

#[test]
fn s34_far_behind_the_host_is_not_ready_and_says_why() {
    let (world, far) = (world(), DAY + MINUTE);
    let (waiting, question) = waits(&post(&world, "open", &[]));
    let (agreed, other) = waits(&post(&world, "agreed", &[]));
    answers(&world, other, "gus", true);
    ahead(&world, DAY - MINUTE);
    waits(&post(&world, "within a day it is ready", &[]));
    let widen = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "1200" });
    assert_eq!(world.call("probe.acl-widen", &widen)["outcome"], "returned");
    ahead(&world, 2 * MINUTE);
    let before = (world.outside(), world.count("SELECT count(*) FROM journal"));
    let ran = post(&world, "another", &[]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let error = ran.json()["error"].to_string();
    for part in
        ["the host is not ready: the clock says", "24 h later; beyond 24 h nothing is done", "set this machine's clock"]
    {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(world.tollgate(&["result", &agreed]).code, 5, "nor does anything go on");
    let glass = ["-o", "json", "break-glass", &question.to_string(), "--reason", "it is late tonight", "--as", "gus"];
    for turned in [
        gus(&world, "yes", question),
        world.answered(&glass, &[("gus's passphrase", PASSPHRASE)]).0,
        world
            .answered(&["-o", "json", "lease", "extend", "1", "25 min"], &[("[yes/no]", "yes"), ("passphrase", PASSPHRASE)])
            .0,
    ] {
        assert!(turned.to_string().contains("record.unavailable: this did not happen: the clock says"), "{turned}");
    }
    let doctor = world.tollgate(&["-o", "json", "doctor"]);
    let wrong = doctor.json()["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .any(|it| it["about"] == "clock" && it["weight"] == "WRONG");
    assert!(doctor.code == 5 && wrong, "{doctor:?}");
    assert_eq!((world.outside(), world.count("SELECT count(*) FROM journal")), (before.0, before.1 + 1), "only the jump");
    // What looks, and the switch, work.
    for look in [["journal", "list"], ["journal", "verify"], ["approvals", "list"], ["freeze", "list"]] {
        world.done(&look);
    }
    world.done(&["report"]);
    world.done(&["freeze", "agent", "agent-7", "--reason", "it can be thrown"]);
    is_right_again(&world, far);
    let (code, report) = result(&world, &agreed);
    assert_eq!((code, posts(&world)), (0, 1), "what waited has gone on: {report}");
    assert_eq!(state(&world, question), "open");
    assert_eq!(gus(&world, "yes", question)["state"], "agreed");
    assert_eq!((result(&world, &waiting).0, posts(&world)), (0, 2));
}

#[test]
fn s34_a_year_behind_is_no_other_than_a_day() {
    let world = world();
    ahead(&world, 365 * DAY);
    let ran = post(&world, "another", &[]);
    assert!(ran.code == 5 && ran.json()["error"].to_string().contains("8759 h later"), "{ran:?}");
}

#[test]
fn s34_a_call_under_way_changes_nothing_once_the_clock_is_far_behind() {
    let world = limited("100000 per day", "none");
    world.edit("calls = 5, bytes = \"8 KiB\"", "calls = 100000, bytes = \"8 MiB\"");
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": "x", "times": 100_000 }).to_string();
    let mut command = Command::new(program());
    command.args(["-o", "json", "call", "probe.post-hidden", &arguments]).current_dir(world.path(""));
    let call = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let waiting = std::time::Instant::now();
    while posts(&world) < 5 {
        assert!(waiting.elapsed() < Duration::from_secs(60), "it posts");
        std::thread::sleep(Duration::from_millis(2));
    }
    ahead(&world, 2 * DAY);
    let ended = call.wait_with_output().expect("an end");
    let report: Value = serde_json::from_slice(&ended.stdout).expect("a report");
    let told = codes(&report);
    assert!(!told.is_empty() && told.iter().all(|code| code == "record.unavailable"), "{told:?}");
    assert!(
        report["refusals"][0]["message"].as_str().is_some_and(|it| it.contains("beyond 24 h nothing is done")),
        "{report}"
    );
    let late = "SELECT count(*) FROM posts WHERE invocation IS NOT NULL AND at >= (SELECT newest FROM state)";
    assert!(posts(&world) >= 5 && world.count(late) == 0, "none was made after it");
    assert_eq!(world.count("SELECT count(*) FROM open_invocations"), 0);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}
