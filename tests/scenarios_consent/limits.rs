//! S29 and S34: what is limited over time stays limited, however many ask at once and wherever the clock jumps.

use std::sync::Arc;

use serde_json::json;
use tollgate::approval::Answered;
use tollgate::clock::{Instant, Manual};
use tollgate::gate::Questions as _;
use tollgate::invoke::Outcome;
use tollgate::journal::{Body, Draft, Kind, Signer};
use tollgate::setup::Went;
use tollgate::store::{Opening, Store};

use super::once::Open;
use super::{answers, gus, post, posts, result, state, waits, world};
use crate::world::{World, codes, meter};

const HOUR: u64 = 3_600_000;
const YEAR: u64 = 365 * 24 * HOUR;

/// A world whose posts have a quota, and need this consent.
fn limited(quota: &str, consent: &str) -> World {
    let world = world();
    world.edit("consent = \"group:pay\"", &format!("consent = \"{consent}\""));
    let manifest = world.read("tools/probe.toml");
    world.write("tools/probe.toml", &format!("{manifest}[quota]\n\"forum.post\" = \"{quota}\"\n"));
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}asks = \"1000 per hour\"\n"));
    world
}

/// What 64 calls on two hosts were told, and what they were charged.
#[derive(Default)]
struct Told {
    done: u64,
    charged: u64,
    spent: u64,
}

impl Told {
    fn hear(&mut self, report: &tollgate::invoke::Report) {
        let json = report.json();
        self.charged += meter(&json, "forum.post calls").0;
        match report.outcome {
            Outcome::Returned(_) => self.done += 1,
            _ => {
                assert_eq!(codes(&json), ["fund.quota-spent"], "{json}");
                self.spent += 1;
            }
        }
    }
}

/// Twenty in the world, twenty acts in the journal, twenty in the receipts; whoever was refused was charged for asking.
async fn twenty(world: &World, told: &Told, hosts: [Arc<Open>; 2]) {
    for open in hosts {
        open.store.close().await.expect("an end");
    }

    assert_eq!((told.done, told.spent, told.charged), (20, 44, 64));
    assert_eq!(posts(world), 20);
    assert_eq!(world.count("SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'intent'"), 20);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s29_sixty_four_at_once_on_two_hosts_never_pass_a_quota_of_twenty() {
    let world = limited("20 per day per initiator", "none");
    let hosts = [Open::over(&world).await, Open::over(&world).await];
    let asking: Vec<_> = (0..64_usize)
        .map(|n| {
            let open = hosts[n % 2].clone();
            tokio::spawn(async move { open.post(&format!("post {n}")).await })
        })
        .collect();
    let mut told = Told::default();
    for asked in asking {
        told.hear(&asked.await.expect("an end"));
    }
    twenty(&world, &told, hosts).await;
    assert_eq!(codes(&post(&world, "one more", &[]).json()), ["fund.quota-spent"], "nor does a new process");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s29_sixty_four_yeses_used_at_once_on_two_hosts_never_pass_a_quota_of_twenty() {
    let world = limited("20 per day per initiator", "group:pay");
    let hosts = [Open::over(&world).await, Open::over(&world).await];
    let mut waiting = Vec::new();
    for n in 0..64 {
        let (invocation, question) = hosts[0].waits(&format!("post {n}")).await;
        hosts[1].agreed(question).await;
        waiting.push(invocation);
    }
    assert_eq!(posts(&world), 0);
    let going: Vec<_> = waiting
        .into_iter()
        .enumerate()
        .map(|(n, invocation)| {
            let open = hosts[n % 2].clone();
            tokio::spawn(async move { open.goes_on(invocation).await })
        })
        .collect();
    let mut told = Told::default();
    for went in going {
        match went.await.expect("an end") {
            Went::On(report) => told.hear(&report),
            Went::Stays(standing) => panic!("{standing:?}"),
        }
    }
    twenty(&world, &told, hosts).await;
    assert_eq!(world.count("SELECT count(*) FROM approvals WHERE state = 'used'"), 20, "no yes is lost to a quota");
}

#[test]
fn s29_bytes_are_charged_on_asking_and_once() {
    let world = world();
    let large = "x".repeat(8 * 1024);
    assert_eq!(codes(&post(&world, &format!("{large}x"), &[]).json()), ["fund.meter-spent"], "a byte too many");
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 0, "nobody is asked for what cannot be paid");
    let (invocation, question) = waits(&post(&world, &large, &[]));
    answers(&world, question, "gus", true);
    let (_, report) = result(&world, &invocation);
    assert_eq!((meter(&report, "forum.post bytes"), meter(&report, "forum.post calls")), ((8192, 8192), (1, 5)), "{report}");
    assert_eq!(posts(&world), 1);
}

/// The store, with a clock that stands where a test wants it.
fn open(world: &World, at: Instant) -> Store {
    let signer = Signer::from_pem("w", &world.read("keys/journal.pem")).expect("the key");
    let (database, checkpoints, run) = (world.path("tollgate.db"), world.path("checkpoints"), world.path("run"));
    let clock = Arc::new(Manual::at(at));
    Store::open(Opening { database, checkpoints, run, clock, signer }).unwrap_or_else(|broken| panic!("{broken}"))
}

fn newest(world: &World) -> Instant {
    Instant(u64::try_from(world.count("SELECT newest FROM state")).expect("a time"))
}

/// Something is put on record when the clock is so far ahead. Every process after it starts that long before the last entry.
fn ahead(world: &World, span: u64) {
    let then = Instant(newest(world).0 + span);
    tokio::runtime::Runtime::new().expect("an event loop").block_on(async {
        let store = open(world, then);
        store.note(Draft::new(Kind::Answered, Body::of(1).text("answer", "none"))).await.expect("on record");
        store.close().await.expect("an end");
    });
    assert_eq!(newest(world), then);
}

#[test]
fn s34_an_approval_whose_time_is_over_does_not_live_again_when_the_clock_goes_back() {
    for back in [HOUR, YEAR] {
        let world = world();
        let (open_one, open_question) = waits(&post(&world, "open", &[]));
        let (agreed_one, agreed_question) = waits(&post(&world, "agreed", &[]));
        answers(&world, agreed_question, "gus", true);
        // Its week ends, and then the clock is set back.
        let week = 7 * 24 * HOUR;
        ahead(&world, week + back);
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
    for back in [HOUR, YEAR, before.0 - 1] {
        let store = open(&world, Instant(before.0 - back));
        assert_eq!(store.now(), before, "time does not go back");
        let found = store.question(question).await.expect("a look").expect("a question");
        assert_eq!(found.expires.0, expires.cast_unsigned());
        store.close().await.expect("an end");
    }
}

#[test]
fn s34_a_quota_is_not_filled_again_when_the_clock_goes_back() {
    for back in [HOUR, YEAR] {
        let world = limited("2 per day per initiator", "none");
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
        // Its day is over when a day has passed on the clock that does not go back.
        ahead(&world, 24 * HOUR);
        assert_eq!(post(&world, "a third", &[]).code, 0);
    }
}
