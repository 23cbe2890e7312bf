//! S04 and S03 (c): one yes is one act, however many ask for it at once; and never one that reaches somebody new.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate::approval::{Reply, State};
use tollgate::gate::Questions as _;
use tollgate::invoke::{Call, Host, Loaded, NotCalled, Outcome, Report, Standing};
use tollgate::journal::{Body, Chapter, Draft, Kind};
use tollgate::name::{AgentName, InvocationId, PersonName, ToolName};
use tollgate::setup::{Went, Workspace};
use tollgate::store::Store;

use super::{answers, arguments, post, posts, result, state, waits, world};
use crate::world::{World, codes};

/// A host in this process. Two of them on one workspace know of each other only what the store says, as two processes do.
pub struct Open {
    pub workspace: Workspace,
    pub host: Host,
    pub store: Arc<Store>,
    probe: Loaded,
}

impl Open {
    pub async fn over(world: &World) -> Arc<Self> {
        let workspace = Workspace::open(&world.path("")).expect("a workspace");
        let (host, store) = workspace.host(None).expect("a host");
        let manifest = workspace.manifest(&ToolName::parse("probe").expect("a name")).expect("a manifest");
        let bytes = workspace.component(&manifest).expect("a component");
        let probe = host.load(manifest, &bytes).await.expect("a tool");
        Arc::new(Self { workspace, host, store, probe })
    }

    /// Posts, as `tollgate call` does: a call that joins another one goes on with that.
    pub async fn post(&self, body: &str) -> Report {
        let call = Call {
            function: Some("forum-post".to_owned()),
            arguments: arguments(body),
            initiator: PersonName::parse("ben").expect("a name"),
            actors: AgentName::parse("cli").expect("a name").into(),
            session: None,
            key: None,
        };
        match self.host.call(&self.probe, call, std::future::pending()).await {
            Ok(report) => report,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Posts, and insists that it waits.
    pub async fn waits(&self, body: &str) -> (InvocationId, u64) {
        let report = self.post(body).await;
        let Outcome::Waiting(question) = report.outcome else { panic!("{:?}", report.outcome) };
        (report.invocation, question)
    }

    /// Gus says yes; nobody goes on yet.
    pub async fn agreed(&self, question: u64) {
        let (person, tool) = (PersonName::parse("gus").expect("a name"), ToolName::parse("probe").expect("a name"));
        let reply = Reply { question, person, yes: true, now: self.workspace.current(&tool).expect("a sound manifest") };
        let said = Chapter::alone(Draft::new(Kind::Answered, Body::of(1).number("question", question)));
        self.store.answer(reply, said).await.expect("on record");
        let asked = self.store.question(question).await.expect("a look").expect("a question");
        assert_eq!(asked.state, State::Agreed);
    }

    /// Goes on with what waits, here.
    pub async fn goes_on(&self, invocation: InvocationId) -> Went {
        self.workspace.go_on((&self.host, &self.store), invocation, std::future::pending()).await.expect("it can go on")
    }
}

/// How many asked ended in which way.
type Ends = BTreeMap<String, u32>;

fn count(ends: &mut Ends, went: &Went) {
    let end = match went {
        Went::On(report) if matches!(report.outcome, Outcome::Refused(_)) => codes(&report.json()).join(" "),
        Went::On(report) => report.outcome.as_str().to_owned(),
        Went::Stays(Standing::Over(reported)) => format!("{} elsewhere", reported.outcome),
        Went::Stays(standing) => format!("{standing:?}"),
    };
    *ends.entry(end).or_default() += 1;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s04_fifty_equal_calls_on_two_hosts_share_one_question_and_one_post() {
    let world = world();
    let hosts = [Open::over(&world).await, Open::over(&world).await];
    let asking: Vec<_> = (0..50_usize)
        .map(|n| {
            let open = hosts[n % 2].clone();
            tokio::spawn(async move {
                match open.host.call(&open.probe, call("once"), std::future::pending()).await {
                    Ok(report) => report.invocation,
                    Err(NotCalled::Joined(other)) => other,
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut invocations = Vec::new();
    for asked in asking {
        invocations.push(asked.await.expect("an end"));
    }
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 1, "one question");
    hosts[0].agreed(1).await;
    let going: Vec<_> = invocations
        .into_iter()
        .enumerate()
        .map(|(n, invocation)| {
            let open = hosts[n % 2].clone();
            tokio::spawn(async move { open.goes_on(invocation).await })
        })
        .collect();
    let mut ends = Ends::new();
    for went in going {
        count(&mut ends, &went.await.expect("an end"));
    }
    assert_eq!(ends.get("returned"), Some(&1), "{ends:?}");
    let known = ["returned", "agree.used", "returned elsewhere", "refused elsewhere", "Running"];
    assert!(ends.keys().all(|end| known.contains(&end.as_str())), "{ends:?}");
    assert_eq!(ends.values().sum::<u32>(), 50, "{ends:?}");
    assert_eq!(posts(&world), 1, "{ends:?}");
    one_use(&world, 1);
    for open in hosts {
        open.store.close().await.expect("an end");
    }
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

fn call(body: &str) -> Call {
    Call {
        function: Some("forum-post".to_owned()),
        arguments: arguments(body),
        initiator: PersonName::parse("ben").expect("a name"),
        actors: AgentName::parse("cli").expect("a name").into(),
        session: None,
        key: None,
    }
}

/// One intent in the journal names the question, and one question is used.
fn one_use(world: &World, question: u64) {
    one_intent(world, question);
    assert_eq!(world.count("SELECT count(*) FROM approvals WHERE state = 'used'"), 1);
}

fn one_intent(world: &World, question: u64) {
    let named = format!(
        "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'intent' AND entry ->> '$.body.question' = {question}"
    );
    assert_eq!(world.count(&named), 1);
}

#[test]
fn s04_processes_that_all_take_the_same_yes_post_once() {
    let world = world();
    let (invocation, question) = waits(&post(&world, "once", &[]));
    answers(&world, question, "gus", true);
    let ran: Vec<(i32, Value)> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| result(&world, &invocation))).collect();
        all.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert!(ran.iter().any(|(code, _)| *code == 0), "{ran:?}");
    assert!(ran.iter().all(|(code, report)| [0, 6].contains(code) && report["invocation"] == json!(invocation)), "{ran:?}");
    assert_eq!(posts(&world), 1);
    one_use(&world, question);
}

#[test]
fn s04_a_used_yes_that_is_set_back_is_refused_by_the_journal() {
    let world = world();
    let (one, question) = waits(&post(&world, "once", &["--key", "one"]));
    let (other, same) = waits(&post(&world, "once", &["--key", "other"]));
    assert_eq!(same, question, "two calls, one question");
    assert_ne!(other, one);
    answers(&world, question, "gus", true);
    assert_eq!(result(&world, &one).0, 0);
    let back = "UPDATE approvals SET state = 'agreed', settled = NULL, invocation = NULL, seq = NULL";
    assert_eq!(world.store().execute(back, []).expect("a row"), 1);
    let (code, report) = result(&world, &other);
    assert_eq!((code, codes(&report)), (3, vec!["agree.used".to_owned()]), "{report}");
    assert_eq!((posts(&world), state(&world, question).as_str()), (1, "agreed"));
    // A later call is not given it either: there is a new card.
    let (_, new) = waits(&post(&world, "once", &[]));
    assert_ne!(new, question, "what was used is joined by nobody");
    assert_eq!(posts(&world), 1);
    one_intent(&world, question);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s03_two_hundred_who_join_against_two_hundred_posts() {
    let world = world();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}asks = \"1000 per hour\"\n"));
    let (open, other) = (Open::over(&world).await, Open::over(&world).await);
    let (mut posted, mut late) = (0_u32, 0_u32);
    let mut took = Duration::from_millis(20);
    let mut crew = "\"ida\"".to_owned();
    for round in 0..200_u32 {
        let (invocation, question) = open.waits(&format!("round {round}")).await;
        open.agreed(question).await;
        crew.push_str(&format!(", \"new-{round}\""));
        // Somebody new, three groups down, while the yes is used.
        let file = format!("tollgate = 1\n[people.new-{round}]\nname = \"New\"\n[groups.crew]\nmembers = [{crew}]\n");
        let joining = {
            let other = other.clone();
            tokio::spawn(async move {
                // Spread over the time that going on takes, so that each is first now and then.
                tokio::time::sleep(took * (round % 11) / 8).await;
                other.store.apply(&file).await.expect("a change");
            })
        };
        let begun = Instant::now();
        let went = open.goes_on(invocation).await;
        took = begun.elapsed();
        joining.await.expect("an end");
        let Went::On(report) = went else { panic!("{went:?}") };
        let joined = number(&world, "entry ->> '$.kind' = 'applied'");
        let post = number(
            &world,
            &format!(
                "invocation = '{invocation}' AND entry ->> '$.kind' = 'outcome' AND entry ->> '$.body.outcome' = 'done'"
            ),
        );
        let there = world.count(&format!("SELECT count(*) FROM posts WHERE invocation = '{invocation}'"));
        match &report.outcome {
            Outcome::Returned(_) => {
                assert!(there == 1 && post < joined, "round {round}: posted to somebody who was not on the card");
                posted += 1;
            }
            Outcome::Refused(_) => {
                assert_eq!((codes(&report.json()), there), (vec!["agree.changed".to_owned()], 0), "round {round}");
                late += 1;
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
    assert!(posted > 0 && late > 0, "a race: {posted} posts, {late} came too late");
    for host in [open, other] {
        host.store.close().await.expect("an end");
    }
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

/// The number of the last entry of which this holds; 0 if there is none.
fn number(world: &World, holds: &str) -> i64 {
    world.count(&format!("SELECT coalesce(max(number), 0) FROM journal WHERE {holds}"))
}
