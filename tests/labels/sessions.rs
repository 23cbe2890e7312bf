//! What a session was told bounds its next calls, however a flow is split.

use serde_json::{Value, json};
use tollgate::invoke::{Call, Host, Loaded, Report};
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::setup::Workspace;

use super::{apply, call_as, post, posts, read, thread, world};
use crate::world::{PASSPHRASE, World, codes};

fn reads(world: &World) {
    let told = world.call("probe.files-read", &read("pay/ledger.csv"));
    assert_eq!(told["outcome"], "returned", "{told}");
}

#[test]
fn s12_split_in_two() {
    let world = world();
    world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
    assert_eq!(post(&world, "eng-help", "nothing was read")["outcome"], "returned");
    reads(&world);
    for between in 0..3 {
        let told = post(&world, "eng-help", "4711,1200.00");
        assert_eq!(codes(&told), ["clear.too-wide"], "{between} calls later: {told}");
        let change = told["refusals"][0]["change"].as_str().unwrap_or_default();
        assert!(change.contains("a session that has not read pay/ledger.csv"), "{change}");
        assert_eq!(world.call("probe.files-read", &read("runbooks/deploy.md"))["outcome"], "returned");
    }
    assert_eq!(post(&world, "pay-room", "4711,1200.00")["outcome"], "returned", "they are cleared for it");
    assert_eq!(posts(&world), 2);
    let explained = world.tollgate(&["-o", "json", "explain", "probe", "forum.post", "forum=eng-help"]);
    assert!(explained.code == 3 && explained.stdout.contains("clear.too-wide"), "explain begins with it too: {explained:?}");
    let others = json!({ "forum": "eng-help", "thread": thread(&world, "eng-help"), "body": "hello" }).to_string();
    let agent_7 = world.tollgate(&["-o", "json", "call", "probe.forum-post", &others, "--agent", "agent-7"]).json();
    assert_eq!(agent_7["outcome"], "returned", "another agent of his was told nothing: {agent_7}");
    assert_eq!(
        call_as(&world, "gus", "probe.forum-post", &serde_json::from_str(&others).expect("JSON"))["outcome"],
        "returned"
    );
}

#[test]
fn what_is_refused_tells_the_session_nothing_and_a_hidden_read_does() {
    let world = world();
    let refused = world.call("probe.files-read", &read("scratch/note.txt"));
    assert_eq!(codes(&refused), ["cover.not-granted"]);
    assert_eq!(world.count("SELECT count(*) FROM sessions"), 0);
    let listed = world.call("probe.files-list", &json!({ "folder": "pay" }));
    assert_eq!(listed["outcome"], "returned", "{listed}");
    assert_eq!(codes(&post(&world, "eng-help", "the names of pay")), ["clear.too-wide"], "names came from there");
}

/// A world in which ben must agree to a post.
fn asking() -> World {
    let world = world();
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"initiator\"");
    world
}

fn waits(told: &Value) -> (String, String) {
    assert_eq!(told["outcome"], "waiting", "{told}");
    (told["invocation"].as_str().expect("an id").to_owned(), told["question"].to_string())
}

fn agrees(world: &World, question: &str) -> Value {
    world.answered(&["-o", "json", "approvals", "yes", question, "--as", "ben"], &[("ben's passphrase", PASSPHRASE)]).0
}

#[test]
fn s12_what_was_read_after_its_arguments_had_arrived_is_not_in_them() {
    let world = asking();
    let (invocation, question) = waits(&post(&world, "eng-help", "written before"));
    reads(&world);
    assert_eq!(codes(&post(&world, "eng-help", "written after")), ["clear.too-wide"]);
    let answered = agrees(&world, &question);
    assert_eq!(posts(&world), 1, "it waited, and is not refused for what others read meanwhile: {answered}");
    let began = world.done(&["result", &invocation]);
    assert_eq!(began["outcome"], "returned", "{began}");
}

#[test]
fn a_call_that_waits_goes_on_with_what_its_session_held() {
    let world = asking();
    reads(&world);
    let (invocation, question) = waits(&post(&world, "pay-room", "4711,1200.00"));
    let card = world.done(&["approvals", "show", &question])["card"].clone();
    assert_eq!(card["read"], json!(["pay/ledger.csv"]), "whoever agrees sees what the session was told");
    let pay = |owner: &str| {
        let object = format!("[objects.pay]\nowner = \"{owner}\"\nfolders = [\"pay\"]\nentries = []\ncleared = []\n");
        apply(&world, &format!("tollgate = 1\n{object}"));
    };
    pay("gus");
    let turned = world.tollgate(&["approvals", "yes", &question, "--as", "ben"]);
    assert!(turned.code == 3 && format!("{turned:?}").contains("ben is not among"), "nor cleared any more: {turned:?}");
    pay("ben");
    agrees(&world, &question);
    let ended = world.tollgate(&["-o", "json", "result", &invocation]).json();
    assert_eq!(codes(&ended), ["clear.too-wide"], "gus, who reads there, is not: {ended}");
    assert_eq!(posts(&world), 0);
}

#[test]
fn a_session_is_told_that_its_call_waits_and_holds_what_that_has_read() {
    let world = asking();
    let told = json!({ "path": "pay/ledger.csv", "forum": "pay-room", "thread": thread(&world, "pay-room") });
    let (invocation, question) = waits(&world.call("probe.read-then-post", &told));
    assert_eq!(codes(&post(&world, "eng-help", "it waits, so I know")), ["clear.too-wide"]);
    agrees(&world, &question);
    assert_eq!(world.done(&["result", &invocation])["outcome"], "returned");
    assert_eq!(codes(&post(&world, "eng-help", "and now it is there")), ["clear.too-wide"]);
    assert_eq!(posts(&world), 1);
}

async fn call(host: &Host, loaded: &Loaded, function: &str, arguments: &Value, session: &str) -> Report {
    let call = Call {
        function: Some(function.to_owned()),
        arguments: arguments.to_string(),
        initiator: PersonName::parse("ben").expect("a name"),
        actors: AgentName::parse("cli").expect("a name").into(),
        session: Some(session.to_owned()),
        key: None,
    };
    host.call(loaded, call, std::future::pending()).await.unwrap_or_else(|e| panic!("{e:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_its_platforms_claim() {
    let world = world();
    let workspace = Workspace::open(&world.path("")).unwrap_or_else(|e| panic!("{e:?}"));
    let (host, store) = workspace.host(None).expect("a host");
    let manifest = workspace.manifest(&ToolName::parse("probe").expect("a name")).unwrap_or_else(|e| panic!("{e:?}"));
    let bytes = workspace.component(&manifest).expect("a component");
    let loaded = host.load(manifest, &bytes).await.expect("a tool");
    let tell = json!({ "forum": "eng-help", "thread": thread(&world, "eng-help"), "body": "4711" });
    assert_eq!(call(&host, &loaded, "files-read", &read("pay/ledger.csv"), "s1").await.outcome.as_str(), "returned");
    let refused = call(&host, &loaded, "forum-post", &tell, "s1").await;
    assert_eq!(refused.refusals[0].refusal.code.to_string(), "clear.too-wide");
    assert_eq!(call(&host, &loaded, "forum-post", &tell, "s2").await.outcome.as_str(), "returned", "another task");
    let doctor = world.tollgate(&["-o", "json", "doctor"]).json();
    let nameless = |json: &Value| json["findings"].to_string().contains("1 of 2 sessions that hold what they read");
    assert!(!nameless(&doctor), "each has its claim: {doctor}");
    world.call("probe.files-read", &read("pay/ledger.csv"));
    assert!(nameless(&world.tollgate(&["-o", "json", "doctor"]).json()), "this one is ben and his command line");
    let rows = world.count("SELECT count(*) FROM sessions WHERE claim = 's1' AND label = 'object pay pay/ledger.csv'");
    assert_eq!(rows, 1);
    // Told the same again, a session is not written to again.
    let written = store.commits();
    assert_eq!(call(&host, &loaded, "files-read", &read("pay/ledger.csv"), "s1").await.outcome.as_str(), "returned");
    assert_eq!(store.commits(), written + 1);
    store.close().await.expect("an end");
}

#[test]
fn only_a_person_sheds_what_his_session_holds_and_it_is_on_record() {
    let world = world();
    reads(&world);
    let listed = world.done(&["session", "list"]);
    let held =
        json!([{ "person": "ben", "session": null, "agent": "cli", "read": ["object pay pay/ledger.csv"], "readers": 3 }]);
    assert_eq!(listed["sessions"], held);
    let shed = ["-o", "json", "session", "shed", "--reason", "the task is over, its context is gone"];
    let gus = world.tollgate(&[&shed[..], &["--as", "gus"]].concat());
    assert!(gus.code == 2 && gus.stdout.contains("no such session of gus"), "{gus:?}");
    let agents = world.tollgate(&shed);
    assert!(agents.code == 3, "without a terminal nobody has shown who he is: {agents:?}");
    assert_eq!(codes(&post(&world, "eng-help", "as before")), ["clear.too-wide"]);
    let (said, _) = world.answered(&shed, &[("ben's passphrase", PASSPHRASE)]);
    assert_eq!(said["shed"], true, "{said}");
    assert_eq!(post(&world, "eng-help", "another task")["outcome"], "returned");
    assert_eq!(world.done(&["session", "list"])["sessions"], json!([]));
    let entry = "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'shed' AND entry ->> '$.body.by' = 'ben'
        AND entry ->> '$.body.agent' = 'cli' AND entry ->> '$.commits.label' IS NOT NULL AND entry ->> '$.commits.reason' IS NOT NULL";
    assert_eq!(world.count(entry), 1);
    reads(&world);
    assert_eq!(codes(&post(&world, "eng-help", "told again")), ["clear.too-wide"]);
}

#[test]
fn what_came_of_a_call_is_not_fetched_by_who_has_lost_his_clearance() {
    let world = world();
    let told = world.call("probe.files-read", &read("pay/ledger.csv"));
    let invocation = told["invocation"].as_str().expect("an id");
    let fetched = |what: &str| {
        let told = world.tollgate(&["-o", "json", "result", invocation]);
        assert_eq!(told.stdout.contains("Q0FOQVJZ"), what == "returned", "{told:?}");
        assert_eq!(told.json()["outcome"], what, "{told:?}");
    };
    fetched("returned");
    apply(&world, "tollgate = 1\n[groups.pay]\nmembers = [\"gus\"]\n");
    fetched("refused");
}
