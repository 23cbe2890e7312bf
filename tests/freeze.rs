//! The switch: what is frozen does nothing from there on, in every process, until a person thaws it.

mod flight;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate::freeze::{NewFreeze, Scope};
use tollgate::invoke::{Call, Host, Loaded, Outcome, Report};
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::setup::Workspace;
use tollgate::store::Store;

use crate::world::{PASSPHRASE, World, codes, meter, program, report};

/// A world whose probe two agents may call.
fn two_agents() -> World {
    let world = World::new();
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
    world
}

/// A post through an agent on behalf of somebody.
fn post(world: &World, agent: &str, person: &str) -> Value {
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": "x" }).to_string();
    world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments, "--agent", agent, "--as", person]).json()
}

fn freeze(world: &World, what: &[&str]) -> Value {
    world.done(&[&["freeze"], what, &["--reason", "odd\u{202e} posts"]].concat())
}

/// Thaws at a terminal with ben's passphrase.
fn thaw(world: &World, id: &str) {
    let typed = ["-o", "json", "thaw", id, "--reason", "it was a test"];
    let (thawed, screen) = world.answered(&typed, &[("ben's passphrase", PASSPHRASE)]);
    assert_eq!(thawed["thawed"]["id"].to_string(), id, "{thawed} {screen}");
}

#[test]
fn a_frozen_agent_is_turned_away_and_others_go_on() {
    let world = two_agents();
    assert_eq!(post(&world, "agent-7", "ben")["outcome"], "returned");
    let frozen = freeze(&world, &["agent", "agent-7", "--for", "2h"]);
    assert_eq!((&frozen["durable"], &frozen["unsettled"], &frozen["warning"]), (&json!(true), &json!([]), &Value::Null));
    let before = world.outside();
    let refused = post(&world, "agent-7", "ben");
    assert_eq!(codes(&refused), ["freeze.frozen"], "{refused}");
    let until = frozen["freeze"]["ends"].as_str().expect("an end");
    let says = format!("ben has frozen the agent `agent-7` until {until}: odd\\u{{202e}} posts");
    assert_eq!(refused["refusals"][0]["message"], says);
    assert!(refused["refusals"][0]["change"].as_str().is_some_and(|change| change.contains("`tollgate thaw 1`")));
    assert_eq!(world.kinds(&refused), ["began", "refused", "ended"]);
    assert_eq!(world.outside(), before);
    assert_eq!(post(&world, "cli", "ben")["outcome"], "returned", "another agent of the same person");
    thaw(&world, "1");
    assert_eq!(post(&world, "agent-7", "ben")["outcome"], "returned");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
    let kinds = "SELECT count(*) FROM journal WHERE entry ->> '$.kind' IN ('frozen', 'thawed')";
    assert_eq!(world.count(kinds), 2);
}

#[test]
fn each_scope_stops_what_it_names_and_nothing_else() {
    let read = json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 8 });
    for (scope, name, posts, gus_posts, reads) in [
        ("tool", Some("probe"), false, false, false),
        ("tool", Some("answer"), true, true, true),
        ("person", Some("ben"), false, true, false),
        ("capability", Some("forum.post"), false, false, true),
        ("capability", Some("forum"), false, false, true),
        ("capability", Some("foru"), true, true, true),
        ("everything", None, false, false, false),
    ] {
        let world = World::new();
        let frozen = freeze(&world, &[&[scope], name.as_slice()].concat());
        assert_eq!(frozen["warning"].is_null(), name != Some("foru"), "{frozen}");
        let outcome = |done| if done { "returned" } else { "refused" };
        let by_ben = post(&world, "cli", "ben");
        assert_eq!(by_ben["outcome"], outcome(posts), "{scope} {name:?}: {by_ben}");
        assert_eq!(post(&world, "cli", "gus")["outcome"], outcome(gus_posts), "{scope} {name:?}");
        assert_eq!(world.call("probe.files-read", &read)["outcome"], outcome(reads), "{scope} {name:?}");
        assert!(posts || codes(&by_ben) == ["freeze.frozen"], "{by_ben}");
    }
}

#[test]
fn a_freeze_with_an_end_is_over_at_its_end() {
    let world = World::new();
    freeze(&world, &["everything", "--for", "1 ms"]);
    assert_eq!(post(&world, "cli", "ben")["outcome"], "returned");
    assert_eq!(world.done(&["freeze", "list"]), json!({ "freezes": [] }));
    freeze(&world, &["everything", "--for", "1 h"]);
    assert_eq!(codes(&post(&world, "cli", "ben")), ["freeze.frozen"]);
    assert_eq!(world.done(&["freeze", "list"])["freezes"][0]["id"], 2);
    assert_eq!(world.tollgate(&["thaw", "1", "--reason", "over"]).code, 2, "what is over cannot be thawed");
}

#[test]
fn a_thaw_takes_a_person_and_a_freeze_does_not() {
    let world = World::new();
    freeze(&world, &["tool", "probe"]);
    let typed = ["thaw", "1", "--reason", "all is well"];
    assert_eq!(world.tollgate(&typed).code, 3, "nobody is there");
    let wrong = |typed: &[&str], passphrase: &str| {
        let mut terminal = world.at_terminal(typed);
        terminal.expect("passphrase").expect("the prompt");
        terminal.type_line(passphrase).expect("typing");
        terminal.end().expect("an end").status.code()
    };
    assert_eq!(wrong(&typed, "guess"), Some(3));
    let gus = world.tollgate(&[&typed[..], &["--as", "gus"]].concat());
    assert!(gus.code == 3 && gus.stderr.contains("gus has no passphrase"), "{gus:?}");
    assert_eq!(codes(&post(&world, "cli", "ben")), ["freeze.frozen"], "it stays frozen");
    thaw(&world, "1");
    assert_eq!(post(&world, "cli", "ben")["outcome"], "returned");
    assert_eq!(world.tollgate(&typed).code, 2, "there is nothing left to thaw");
}

#[test]
fn whom_somebody_else_has_frozen_cannot_let_himself_go() {
    let world = World::new();
    freeze(&world, &["person", "ben", "--as", "gus"]);
    let mut terminal = world.at_terminal(&["thaw", "1", "--reason", "let me go"]);
    terminal.expect("somebody else has frozen ben").expect("no prompt for a passphrase");
    assert_eq!(terminal.end().expect("an end").status.code(), Some(3));
    assert_eq!(codes(&post(&world, "cli", "ben")), ["freeze.frozen"]);
    assert_eq!(world.tollgate(&["freeze", "everything", "--reason", "x", "--as", "nobody"]).code, 2);
}

#[test]
fn explain_says_what_is_frozen() {
    let world = World::new();
    let asked = ["-o", "json", "explain", "probe", "forum.post", "forum=eng-help"];
    let stages = |world: &World| {
        let ran = world.tollgate(&asked);
        let steps = ran.json()["steps"].as_array().expect("steps").clone();
        let last = steps.last().expect("a step").clone();
        (ran.code, last["stage"].as_str().expect("a stage").to_owned(), last["code"].clone())
    };
    assert_eq!(stages(&world).0, 0);
    freeze(&world, &["capability", "forum.post"]);
    assert_eq!(stages(&world), (3, "freeze".to_owned(), json!("freeze.frozen")));
    freeze(&world, &["person", "ben"]);
    assert_eq!(stages(&world), (3, "freeze".to_owned(), json!("freeze.frozen")));
}

#[test]
fn what_was_agreed_before_a_freeze_is_asked_again() {
    let world = World::new();
    let question = |id: i64, agent: &str, state: &str| {
        let row = "INSERT INTO approvals (id, number, act, state, function, tool, initiator, agent, consent, audience, asker, asked, expires)
            VALUES (?1, 0, x'00', ?3, 'forum.post', 'probe', 'ben', ?2, 'initiator', 'nobody', '-', 0, 9007199254740991)";
        world.store().execute(row, rusqlite::params![id, agent, state]).expect("a question");
        let row = "INSERT INTO answers (approval, person, answer, at, number) VALUES (?1, 'ben', 'yes', 0, 0)";
        world.store().execute(row, [id]).expect("an answer");
    };
    for (id, agent, state) in
        [(1, "agent-7", "agreed"), (2, "agent-7", "open"), (3, "cli", "agreed"), (4, "agent-7", "used")]
    {
        question(id, agent, state);
    }
    assert_eq!(freeze(&world, &["agent", "agent-7"])["asked-again"], 2);
    let left = "SELECT group_concat(id || state || (SELECT count(*) FROM answers WHERE approval = id), ' ' ORDER BY id) FROM approvals";
    let left: String = world.store().query_row(left, [], |row| row.get(0)).expect("questions");
    assert_eq!(left, "1open0 2open0 3agreed1 4used1");
}

/// Starts the program without waiting for it.
fn start(world: &World, arguments: &[&str]) -> Child {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(world.path("")).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

#[test]
fn a_store_that_is_busy_is_waited_for_and_it_is_said() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let world = World::new();
    let store = world.store();
    store.execute_batch("BEGIN IMMEDIATE").expect("the store is busy");
    let mut freezing = start(&world, &["-o", "json", "freeze", "everything", "--reason", "x"]);
    let mut said = String::new();
    BufReader::new(freezing.stderr.take().expect("stderr")).read_line(&mut said).expect("a line");
    assert!(said.contains("everything is NOT frozen durably yet") && said.contains("does not answer"), "{said}");
    store.execute_batch("ROLLBACK").expect("the store is free");
    let mut printed = String::new();
    freezing.stdout.take().expect("stdout").read_to_string(&mut printed).expect("its result");
    assert!(freezing.wait().expect("an end").success());
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(printed["durable"], true, "{printed}");
    assert_eq!(codes(&post(&world, "cli", "ben")), ["freeze.frozen"]);
}

/// A host in this process, with the probe.
struct Open {
    world: World,
    workspace: Workspace,
    host: Arc<Host>,
    store: Arc<Store>,
    probe: Arc<Loaded>,
    /// Calls that were begun. Admission is part of a call's first step.
    begun: Arc<AtomicUsize>,
}

impl Open {
    async fn over(world: World) -> Self {
        let workspace = Workspace::open(&world.path("")).expect("a workspace");
        let (host, store) = workspace.host(None).expect("a host");
        let manifest = workspace.manifest(&ToolName::parse("probe").expect("a name")).expect("a manifest");
        let bytes = workspace.component(&manifest).expect("a component");
        let probe = Arc::new(host.load(manifest, &bytes).await.expect("a tool"));
        Self { world, workspace, host: Arc::new(host), store, probe, begun: Arc::default() }
    }

    /// Begins a call.
    fn call(&self, function: &str, arguments: &Value) -> tokio::task::JoinHandle<Report> {
        self.call_through("cli", function, arguments)
    }

    /// Begins a call of this agent.
    fn call_through(&self, agent: &str, function: &str, arguments: &Value) -> tokio::task::JoinHandle<Report> {
        let call = Call {
            function: Some(function.to_owned()),
            arguments: arguments.to_string(),
            initiator: PersonName::parse("ben").expect("a name"),
            actors: AgentName::parse(agent).expect("a name").into(),
            session: None,
            key: None,
        };
        let (host, probe, begun) = (self.host.clone(), self.probe.clone(), self.begun.clone());
        tokio::spawn(async move {
            begun.fetch_add(1, Ordering::SeqCst);
            host.call(&probe, call, std::future::pending()).await.expect("a call")
        })
    }

    fn posts(&self) -> i64 {
        self.world.count("SELECT count(*) FROM posts")
    }
}

/// A world whose probe may post until it is stopped.
fn posting_world() -> World {
    let world = World::new();
    world.edit("calls = 5, bytes = \"8 KiB\"", "calls = 1000, bytes = \"8 KiB\"");
    world
}

/// The arguments of a call that posts as long as it can.
fn posting() -> Value {
    json!({ "forum": "eng-help", "thread": "1", "body": "x", "times": 1_000 })
}

fn everything() -> NewFreeze {
    let by = PersonName::parse("ben").expect("a name");
    NewFreeze { scope: Scope::Everything, reason: "odd".to_owned(), by, lasts: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_guest_stops_when_another_process_freezes_it() {
    for (function, arguments) in [("spin", json!({})), ("sleep", json!({ "ms": "9000" }))] {
        let world = World::new();
        world.write("tools/probe.toml", &format!("{}[limits]\nfuel = \"1000G\"\n", world.read("tools/probe.toml")));
        let open = Open::over(world).await;
        let call = open.call(function, &arguments);
        let freezing = Instant::now();
        let ran = tokio::task::block_in_place(|| open.world.tollgate(&["freeze", "tool", "probe", "--reason", "it hangs"]));
        assert_eq!(ran.code, 0, "{ran:?}");
        let (took, acknowledged) = (freezing.elapsed(), Instant::now());
        let report = call.await.expect("a report");
        let after = acknowledged.elapsed();
        assert!(after < Duration::from_millis(100), "{function}: the command took {took:?}, and the guest {after:?} more");
        let Outcome::Fault(fault) = &report.outcome else { panic!("{function}: {:?}", report.outcome) };
        assert_eq!(fault.kind.as_str(), "frozen");
        assert_eq!(fault.message, "ben has frozen the tool `probe`: it hangs");
        assert!(meter(&report.json(), "time").0 > 0, "it ran");
        open.store.close().await.expect("an end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_is_busy_a_freeze_holds_in_its_own_process_at_once() {
    let open = Open::over(posting_world()).await;
    let before = open.posts();
    let calls: Vec<_> = (0..50).map(|_| open.call("post-hidden", &posting())).collect();
    while open.posts() < before + 20 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let busy = open.world.store();
    tokio::task::block_in_place(|| busy.execute_batch("BEGIN IMMEDIATE")).expect("the store is busy");
    let posts = open.posts();
    let store = open.store.clone();
    let freezing = tokio::spawn(async move { store.freeze(&everything()).await });
    while open.store.freezes().expect("freezes").is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(open.store.freezes().expect("freezes")[0].id, 0, "it holds and is not durable");
    assert!(!freezing.is_finished());
    busy.execute_batch("ROLLBACK").expect("the store is free");
    let frozen = freezing.await.expect("an end").expect("a freeze");
    assert_eq!(frozen.freeze.id, 1);
    for call in calls {
        let report = call.await.expect("a report");
        assert!(matches!(&report.outcome, Outcome::Fault(fault) if fault.kind.as_str() == "frozen"), "{:?}", report.outcome);
    }
    assert_eq!(open.posts(), posts, "nothing that waited for the store was done");
    open.store.close().await.expect("an end");
}

#[test]
fn a_question_at_a_terminal_ends_with_a_freeze() {
    let world = World::new();
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"initiator\"");
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": "x" }).to_string();
    let before = world.outside();
    let mut terminal = world.at_terminal(&["-o", "json", "call", "probe.forum-post", &arguments]);
    terminal.expect("[yes/no]").expect("a card");
    freeze(&world, &["person", "ben"]);
    let report = report(&terminal.end().expect("an end"));
    assert_eq!(report["fault"]["kind"], "frozen", "{report}");
    assert_eq!(world.outside(), before);
}
