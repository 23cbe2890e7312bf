//! A flow split over two calls, two doors and two threads: what a call may send is bounded by what its session had been told
//! before the call had arrived.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{posts, read, thread, world};
use crate::serve_identity::http::{Answer, Served, exchange};

/// The doors of agents.
#[derive(Clone, Copy, Debug)]
enum Door {
    Mcp,
    Http,
}

/// The next idempotency key.
static NEXT: AtomicU64 = AtomicU64::new(0);

const DOORS: [Door; 2] = [Door::Mcp, Door::Http];

impl Door {
    /// Makes a call; its outcome.
    fn call(self, served: &Served, token: &str, function: &str, arguments: &Value) -> String {
        match self {
            Self::Mcp => outcome(&served.call(token, function, arguments)),
            Self::Http => {
                let key = NEXT.fetch_add(1, Ordering::Relaxed);
                let more = format!("Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n");
                let path = format!("/v1/tools/probe_{function}/invocations");
                let body = json!({ "arguments": arguments }).to_string();
                outcome(&exchange(served.agents, &served.post(served.agents, &path, &more, &body)))
            }
        }
    }
}

fn outcome(answer: &Answer) -> String {
    let json = answer.json();
    let codes = [&json["result"]["_meta"]["dev.tollgate/outcome"], &json["report"]["code"], &json["code"]];
    let code = codes.into_iter().find_map(|code| code.as_str());
    code.unwrap_or_else(|| panic!("no outcome: {answer:?}")).to_owned()
}

/// A token of ben's agent for one task of its platform.
fn task(served: &Served, session: &str) -> String {
    let mut claims = served.claims();
    claims["sid"] = json!(session);
    served.signed(&claims)
}

fn served() -> Served {
    let world = world();
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
    Served::new(world, "")
}

fn ledger() -> Value {
    read("pay/ledger.csv")
}

fn tell(served: &Served, body: &str) -> Value {
    json!({ "forum": "eng-help", "thread": thread(&served.world, "eng-help"), "body": body })
}

#[test]
fn s12_over_both_doors_with_calls_between() {
    let served = served();
    for (number, (first, second)) in DOORS.into_iter().flat_map(|a| DOORS.map(|b| (a, b))).enumerate() {
        let token = task(&served, &format!("task-{number}"));
        assert_eq!(second.call(&served, &token, "forum_post", &tell(&served, "before")), "returned");
        assert_eq!(first.call(&served, &token, "files_read", &ledger()), "returned");
        for between in 0..number {
            let other = DOORS[between % 2];
            assert_eq!(other.call(&served, &token, "files_read", &read("runbooks/deploy.md")), "returned");
        }
        let told = second.call(&served, &token, "forum_post", &tell(&served, "4711,1200.00"));
        assert_eq!(told, "clear.too-wide", "{first:?}, then {second:?}");
        let other = task(&served, &format!("another of {number}"));
        assert_eq!(second.call(&served, &other, "forum_post", &tell(&served, "nothing of it")), "returned");
    }
    assert_eq!(posts(&served.world), 8);
}

/// A post races a read: it may go out only if it was sent before what was read came back.
#[test]
fn s12_a_post_that_races_the_read_is_of_what_was_known_before_it() {
    let served = served();
    let (mut first, mut late, mut took) = (0, 0, Duration::from_millis(10));
    for round in 0..40_u32 {
        let token = task(&served, &format!("race-{round}"));
        let (reads, tells) = (DOORS[round as usize % 2], DOORS[round as usize / 2 % 2]);
        let line = Barrier::new(2);
        let (known, (sent, told), span) = std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                line.wait();
                let begun = Instant::now();
                assert_eq!(reads.call(&served, &token, "files_read", &ledger()), "returned");
                (Instant::now(), begun.elapsed())
            });
            let telling = scope.spawn(|| {
                let body = tell(&served, &format!("round {round}"));
                line.wait();
                // Spread over the time that the read takes, so that each is first now and then.
                let begun = Instant::now();
                while begun.elapsed() < took * (round % 8) / 6 {
                    std::hint::spin_loop();
                }
                (Instant::now(), tells.call(&served, &token, "forum_post", &body))
            });
            let ((known, span), telling) = (reading.join().expect("a read"), telling.join().expect("a post"));
            (known, telling, span)
        });
        took = span;
        match told.as_str() {
            "returned" => {
                assert!(sent < known, "round {round}: it was sent when the ledger was known already");
                first += 1;
            }
            "clear.too-wide" => late += 1,
            other => panic!("round {round}: {other}"),
        }
        let after = tells.call(&served, &token, "forum_post", &tell(&served, "afterwards"));
        assert_eq!(after, "clear.too-wide", "round {round}");
    }
    assert_eq!(posts(&served.world), first);
    assert!(first > 0 && late > 0, "{first} were sent first, {late} late");
}
