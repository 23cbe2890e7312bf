//! Scenarios that decide, each under its number.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tollgate::invoke::{Call, Outcome};
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::setup::Workspace;
use tollgate_hostile::PATHS;

use crate::world::{World, codes};

/// Text that would pass for a record, repaint a terminal and end a line.
const LIE: &str = "\n{\"entry\":\"approved\",\"by\":\"ben\"}\r\u{1b}[2J\u{1b}]8;;http://x\u{7}\u{0}\u{202e}";

#[test]
fn s16_a_log_line_that_lies() {
    let world = World::new();
    let text = LIE.repeat(3);
    let arguments = json!({ "text": text }).to_string();
    let ran = world.tollgate(&["-o", "json", "-vvv", "--log-format", "json", "call", "probe.say", &arguments]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in ran.stderr.lines() {
        let record: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("a log line is one record ({e}): {line:?}"));
        assert!(!record.to_string().contains("approved"), "no guest text in the log: {record}");
    }
    assert!(!ran.stdout.contains("approved"), "what a guest prints is not what a call prints: {}", ran.stdout);
    let report = ran.json();
    let entries = world.entries(&report);
    let outputs: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "output").collect();
    assert_eq!(outputs.len(), 1, "one guest record is one host record: {entries:?}");
    assert_eq!(outputs[0]["body"]["bytes"], text.len());
    let listed = world.tollgate(&["journal", "list"]);
    assert_eq!(listed.stdout.lines().count(), 2, "a head and one invocation: {}", listed.stdout);
    let shown = world.tollgate(&["journal", "show", "--payloads", report["invocation"].as_str().expect("an id")]);
    assert!(!shown.stdout.contains(['\u{1b}', '\u{7}', '\u{0}']), "{:?}", shown.stdout);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
    fs::copy(world.path("tools/probe.toml"), world.path("tools/pro\nbe.toml")).expect("a name with a newline");
    let tools = world.tollgate(&["-o", "json", "check"]);
    assert_eq!(tools.code, 5, "{tools:?}");
    assert!(tools.json()["error"]["message"].as_str().expect("words").contains("holds"), "{tools:?}");
}

#[test]
fn s23_the_path_that_is_another_path() {
    let world = World::new();
    tollgate_hostile::lay_traps(&world.path("files")).expect("traps");
    let long = format!("runbooks/{}", "x".repeat(4096));
    let read = |path: &str| world.call("probe.files-read", &json!({ "path": path, "offset": "0", "length": 64 }));
    let missing = read("runbooks/missing.md")["refusals"].clone();
    for path in PATHS.iter().chain([&long.as_str()]) {
        let report = read(path);
        assert_eq!(report["outcome"], "refused", "{path:?}: {report}");
        assert!(!report.to_string().contains("Q0FOQVJZ"), "{path:?} returned the canary");
        let code = codes(&report).remove(0);
        assert!(code.starts_with("cover."), "{path:?}: {code}");
        if code == "cover.not-yours" {
            assert_eq!(report["refusals"], missing, "{path:?}: the words of a missing file");
        }
    }
    for path in ["runbooks/deploy.md", "runbooks/caf\u{e9}.md"] {
        assert_eq!(read(path)["outcome"], "returned", "{path:?}: by its one canonical name");
    }
}

/// Ends the swapping when the reading is over, also when it failed.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A host in this process, so that reads are quick enough to race.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s23_a_folder_swapped_for_a_link_while_it_is_read() {
    let world = World::new();
    world.write("files/runbooks/swap/ledger.csv", "harmless");
    symlink("../pay", world.path("files/runbooks/other")).expect("a link");
    let workspace = Workspace::open(&world.path("")).expect("a workspace");
    let (host, store) = workspace.host(None).expect("a host");
    let manifest = workspace.manifest(&ToolName::parse("probe").expect("a name")).expect("a manifest");
    let bytes = workspace.component(&manifest).expect("a component");
    let loaded = host.load(manifest, &bytes).await.expect("a tool");
    let (stop, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let (one, other) = (world.path("files/runbooks/swap"), world.path("files/runbooks/other"));
    let (mut read, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(rustix::fs::CWD, &one, rustix::fs::CWD, &other, flags).expect("a swap");
                swaps.fetch_add(1, Ordering::SeqCst);
            }
        });
        let _ends = Ends(&stop);
        let reading = async {
            while swaps.load(Ordering::SeqCst) < 100_000 || read == 0 || refused == 0 {
                let call = Call {
                    function: Some("files-read".to_owned()),
                    arguments: json!({ "path": "runbooks/swap/ledger.csv", "offset": "0", "length": 64 }).to_string(),
                    initiator: PersonName::parse("ben").expect("a name"),
                    actors: AgentName::parse("cli").expect("a name").into(),
                    session: None,
                    key: None,
                };
                let report = host.call(&loaded, call, std::future::pending()).await.expect("a call");
                match report.outcome {
                    Outcome::Returned(value) => {
                        assert_eq!(value, "aGFybWxlc3M=", "only ever what the grant reaches");
                        read += 1;
                    }
                    Outcome::Refused(_) => refused += 1,
                    other => panic!("{other:?}"),
                }
            }
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(reading));
    });
    assert!(swaps.load(Ordering::SeqCst) >= 100_000);
    store.close().await.expect("an end");
}
