//! Hostile guests: each attack of the list ends by its own name, in its time, and nobody beside it notices.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;
use tollgate::invoke::{Host, Loaded, Outcome, Report};
use tollgate::manifest::Limits;
use tollgate::name::ToolName;
use tollgate::setup::Workspace;
use tollgate::store::Store;
use tollgate::tool::Surface;
use tollgate_hostile::{ATTACKS, Attack, Component, Ends, call, is_limit};

use crate::world::{World, guests};

/// What an attack may take longer than its own time.
const GRACE: Duration = Duration::from_millis(500);

/// A world with a tool for each attack; what pinning said of those that cannot be pinned.
struct Arena {
    world: World,
    probe: Vec<u8>,
    unpinned: BTreeMap<&'static str, String>,
}

impl Arena {
    /// Made once; pins by the program itself, which compiles in its child.
    fn shared() -> &'static Self {
        static ARENA: OnceLock<Arena> = OnceLock::new();
        ARENA.get_or_init(|| {
            let world = World::new();
            tollgate_hostile::lay_traps(&world.path("files")).expect("traps");
            let probe = fs::read(guests().fixtures.join("probe.wasm")).expect("the probe");
            for attack in ATTACKS {
                tollgate_hostile::place(attack, &world.path("tools"), &probe).expect(attack.name);
            }
            let (one, other) = ATTACKS.split_at(ATTACKS.len() / 2);
            let unpinned = std::thread::scope(|scope| {
                let one = scope.spawn(|| pin(&world, one));
                let mut unpinned = pin(&world, other);
                unpinned.extend(one.join().expect("no panic"));
                unpinned
            });
            Self { world, probe, unpinned }
        })
    }
}

/// Pins what is not pinned yet, and returns why what cannot be pinned cannot.
fn pin(world: &World, attacks: &[Attack]) -> BTreeMap<&'static str, String> {
    let unpinned = |attack: &&Attack| !matches!(attack.component, Component::Probe(_));
    let refused = |attack: &Attack| {
        let ran = world.tollgate(&["-o", "json", "pin", attack.name]);
        let why = || ran.json()["error"]["message"].as_str().expect("a sentence").to_owned();
        (ran.code != 0).then(|| (attack.name, why()))
    };
    attacks.iter().filter(unpinned).filter_map(refused).collect()
}

/// A host in this process, and somebody who only wants to be served.
struct Ring {
    host: Arc<Host>,
    store: Arc<Store>,
    workspace: Workspace,
    bystander: Loaded,
}

impl Ring {
    async fn open(world: &World) -> Self {
        let workspace = Workspace::open(&world.path("")).expect("a workspace");
        let (host, store) = workspace.host(None).expect("a host");
        let bystander = load(&host, &workspace, "probe").await;
        Self { host: Arc::new(host), store, workspace, bystander }
    }

    /// One call that does nothing and one that reads; both must come back.
    async fn stand_by(&self) {
        let read = r#"{"path": "runbooks/deploy.md", "offset": "0", "length": 1024}"#;
        for (function, arguments) in [("nothing", "{}"), ("files-read", read)] {
            let asked = call(function, arguments.to_owned());
            let report = self.host.call(&self.bystander, asked, std::future::pending()).await.expect("a call");
            assert!(matches!(report.outcome, Outcome::Returned(_)), "the bystander: {report:?}");
        }
    }

    /// Strikes as often at once as the attack says, beside a bystander that is served meanwhile. Returns how long it took.
    async fn strike(&self, attack: &'static Attack, tool: &Arc<Loaded>) -> (Vec<Report>, Duration) {
        let over = AtomicBool::new(false);
        let striking = async {
            let begun = Instant::now();
            let mut strikes = JoinSet::new();
            for _ in 0..attack.at_once {
                let (host, tool) = (self.host.clone(), tool.clone());
                strikes.spawn(async move { attack.strike(&host, &tool).await.expect("a call") });
            }
            let reports = strikes.join_all().await;
            over.store(true, Ordering::SeqCst);
            (reports, begun.elapsed())
        };
        let standing_by = async {
            self.stand_by().await;
            while !over.load(Ordering::SeqCst) {
                self.stand_by().await;
            }
        };
        tokio::join!(striking, standing_by).0
    }

    /// The clear parts of the entries of one kind.
    fn entries(&self, report: &Report, kind: &str) -> Vec<Value> {
        let entries = self.store.entries(&report.invocation).expect("entries");
        entries.iter().filter(|entry| entry.kind() == kind).map(|entry| entry.body().clone()).collect()
    }

    /// The ending is the one that the list says, in the report and on record.
    fn judge(&self, attack: &Attack, report: &Report) -> Finding {
        match (attack.ends, &report.outcome) {
            (Ends::Fault(kind), Outcome::Fault(fault)) => {
                claim(fault.kind == kind, || format!("another fault: {fault}"))?;
                let ended = self.entries(report, "ended").remove(0);
                claim(ended["fault"] == kind.as_str(), || format!("the journal names another limit: {ended}"))?;
                let on_receipt = report.receipt.iter().any(|line| line.meter == kind.as_str());
                claim(on_receipt == is_limit(kind), || "the receipt does not name the limit".to_owned())?;
            }
            (Ends::Refused(code), Outcome::Refused(Some(_))) => {
                let last = report.refusals.last().map(|seen| seen.refusal.code);
                claim(last == Some(code), || format!("refused with {last:?}"))?;
            }
            (Ends::Nothing(value), Outcome::Returned(returned)) => {
                let expected: Value = serde_json::from_str(value).expect("JSON");
                claim(*returned == expected, || format!("it returned {returned}"))?;
                let covered = report.refusals.iter().all(|seen| seen.refusal.code.stage() == "cover");
                claim(covered, || format!("refused elsewhere: {:?}", report.refusals))?;
            }
            (Ends::Cut(kept), Outcome::Returned(_)) => {
                let output = self.entries(report, "output");
                claim(output.len() == 2, || format!("stdout and stderr, not {output:?}"))?;
                let cut = output.iter().all(|it| it["kept"] == kept && it["bytes"].as_u64() >= Some(10 << 20));
                claim(cut, || format!("another cut: {output:?}"))?;
            }
            (Ends::Fault(_) | Ends::Refused(_) | Ends::Nothing(_) | Ends::Cut(_), other) => {
                Err(format!("it met {other:?}"))?
            }
            (Ends::NotRead(_) | Ends::NotCompiled(_), other) => Err(format!("it must never run, and met {other:?}"))?,
        }
        let (intents, outcomes) = (self.entries(report, "intent"), self.entries(report, "outcome"));
        claim(intents.len() == outcomes.len(), || format!("not every intent is settled: {intents:?} {outcomes:?}"))
    }

    /// One attack from its first strike to the next call of its tool.
    async fn fight(&self, arena: &Arena, attack: &'static Attack) -> Finding {
        let unpinned = arena.unpinned.get(attack.name);
        if let Ends::NotRead(words) | Ends::NotCompiled(words) = attack.ends {
            let why = unpinned.ok_or("it was pinned")?;
            return claim(why.contains(words), || why.clone());
        }
        claim(unpinned.is_none(), || format!("it cannot be pinned: {unpinned:?}"))?;
        let tool = Arc::new(load(&self.host, &self.workspace, attack.name).await);
        let (reports, took) = self.strike(attack, &tool).await;
        reports.iter().try_for_each(|report| self.judge(attack, report))?;
        let time = reports[0].receipt.iter().find(|line| line.meter == "time").expect("a line").allowed;
        let in_time = attack.at_once > 1 || took <= Duration::from_millis(time) + GRACE;
        claim(in_time, || format!("it took {took:?}"))?;
        let Some(function) = harmless(attack, &arena.probe) else {
            // Nothing in it is harmless: the next call is met as the first was.
            return self.judge(attack, &attack.strike(&self.host, &tool).await.expect("a call"));
        };
        let next = self.host.call(&tool, call(function, "{}".to_owned()), std::future::pending()).await.expect("a call");
        claim(matches!(next.outcome, Outcome::Returned(_)), || format!("the next call: {next:?}"))
    }
}

/// Nothing, or what is wrong.
type Finding = Result<(), String>;

fn claim(holds: bool, otherwise: impl FnOnce() -> String) -> Finding {
    if holds { Ok(()) } else { Err(otherwise()) }
}

async fn load(host: &Host, workspace: &Workspace, tool: &str) -> Loaded {
    let manifest = workspace.manifest(&ToolName::parse(tool).expect("a name")).expect("a manifest");
    let bytes = workspace.component(&manifest).expect("a component");
    host.load(manifest, &bytes).await.unwrap_or_else(|broken| panic!("{tool}: {broken}"))
}

/// The function of its tool that means no harm, if it has one.
fn harmless(attack: &Attack, probe: &[u8]) -> Option<&'static str> {
    match attack.component {
        Component::Probe(_) => Some("nothing"),
        Component::Wat(_) | Component::Made(..) => {
            let surface = Surface::parse(&attack.bytes(probe).expect("bytes")).expect("a surface");
            surface.find(Some("fine")).is_ok().then_some("fine")
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s30_the_guest_fights_the_host() {
    let arena = Arena::shared();
    let ring = Ring::open(&arena.world).await;
    let mut findings = Vec::new();
    for attack in ATTACKS {
        findings.extend(ring.fight(arena, attack).await.err().map(|why| format!("{}: {why}", attack.name)));
    }
    ring.store.close().await.expect("an end");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let verified = arena.world.tollgate(&["journal", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_post_made_before_the_trap_stands() {
    let arena = Arena::shared();
    let report = arena.world.call("trap-after-post.go", &serde_json::json!({}));
    assert_eq!(report["fault"]["kind"], "trap", "{report}");
    assert_eq!(arena.world.kinds(&report), ["began", "intent", "outcome", "ended"]);
    assert!(arena.world.count("SELECT count(*) FROM posts WHERE body LIKE '%posted before the trap%'") >= 1);
}

#[test]
fn every_limit_has_an_attack_that_runs_into_it() {
    let names: BTreeSet<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
    assert_eq!(names.len(), ATTACKS.len(), "no name twice");
    let met: BTreeSet<String> = ATTACKS.iter().map(|attack| attack.ends.limit()).collect();
    for (key, _) in Limits::default().each() {
        assert!(met.contains(&format!("`[limits] {key}`")), "no attack runs into {key}: {met:?}");
    }
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn every_component_says_what_it_tries_and_is_in_the_list() {
    let mut texts = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests/guests/hostile/wat")).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert!(fs::read_to_string(&path).expect("a text").starts_with(";; "), "{} does not say", path.display());
        texts.insert(path.file_stem().expect("a name").to_string_lossy().into_owned());
    }
    assert!(texts.remove("ordinary"), "what the made ones are made of");
    let named = ATTACKS.iter().filter(|attack| matches!(attack.component, Component::Wat(_)));
    assert_eq!(texts, named.map(|attack| attack.name.to_owned()).collect());
    assert!(ATTACKS.iter().all(|attack| attack.tries().ends_with('.')), "each is a sentence");
}

#[test]
fn the_table_of_the_docs_is_the_list() {
    let path = root().join("docs/hostile.md");
    let text = fs::read_to_string(&path).expect("docs/hostile.md");
    let (before, rest) = text.split_once("| attack |").expect("a table");
    let (_, after) = rest.split_once("\n\n").expect("a paragraph behind the table");
    let expected = format!("{before}{}\n{after}", tollgate_hostile::table());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &expected).expect("writing");
    }
    assert_eq!(fs::read_to_string(&path).expect("docs/hostile.md"), expected, "BLESS=1 cargo test writes the table");
}
