//! S29: what is limited over time stays limited, however many ask at once.

use std::sync::Arc;

use tollgate::invoke::Outcome;
use tollgate::setup::Went;

use super::once::Open;
use super::{answers, post, posts, result, waits, world};
use crate::world::{World, codes, meter};

/// A world whose posts have a quota, and need this consent.
pub fn limited(quota: &str, consent: &str) -> World {
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
