//! A keeper of access lists whose entries cannot carry an end, as other systems have them: what it keeps outlives the host,
//! and only a reaper, by the library's own rule for reverts, takes it back.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tollgate::approval::Unattended;
use tollgate::capability::Backends;
use tollgate::capability::acl::{Acls, Ending, Lease as Widening};
use tollgate::capability::files::Beneath;
use tollgate::clock::{Instant, Manual};
use tollgate::diagnostic::Broken;
use tollgate::invoke::{Call, Host, Outcome, Parts};
use tollgate::journal::{Body, Chapter, Draft, Journal as _, Kind, Pending, Unrecorded};
use tollgate::lease::{Found, Lease, Now, revert};
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::people::{Entry, Right};
use tollgate::runtime::{Cache, Sandbox, Settings};
use tollgate::setup::Workspace;
use tollgate::store::Store;
use tollgate::unit::Duration;

use super::{newest, open, reverts};
use crate::world::{World, program};

/// What the other system holds, and the leases that hosts wrote down beside it.
#[derive(Default)]
struct Elsewhere {
    entries: Vec<Entry>,
    leases: Vec<Lease>,
}

/// The other system, as one host reaches it.
struct NoEnds {
    store: Arc<Store>,
    elsewhere: Arc<Mutex<Elsewhere>>,
}

impl Acls for NoEnds {
    fn widen(&self, widening: Widening, mut settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>> {
        Box::pin(async move {
            let Widening { object, principal, right, ends, tool, initiator, key } = widening;
            let began = self.store.now();
            let id = {
                let mut elsewhere = self.elsewhere.lock().expect("nobody failed at it");
                let id = elsewhere.leases.len() as u64 + 1;
                elsewhere.entries.push(Entry { principal: principal.clone(), right, ends: None, lease: Some(id) });
                elsewhere.leases.push(Lease {
                    id,
                    object,
                    principal,
                    right,
                    began,
                    ends,
                    tool,
                    initiator,
                    key,
                    latest: None,
                    reverted: None,
                });
                id
            };
            settle.tell(|outcome| outcome.number("lease", id));
            self.store.append(settle).await.map(|_| id)
        })
    }

    fn is_open(&self, _ending: Ending) -> Pending<'_, Result<bool, Broken>> {
        Box::pin(async { Ok(false) })
    }

    fn end(&self, _ending: Ending, settle: Chapter) -> Pending<'_, Result<(), Unrecorded>> {
        Box::pin(async move { self.store.append(settle).await.map(drop) })
    }
}

impl NoEnds {
    /// What a host does at its start and on time: takes back what is overdue, each once, with how long it was.
    async fn reap(&self) {
        let now = self.store.now();
        let mut over = Vec::new();
        {
            let mut elsewhere = self.elsewhere.lock().expect("nobody failed at it");
            let Elsewhere { entries, leases } = &mut *elsewhere;
            for lease in leases.iter_mut().filter(|lease| lease.reverted.is_none() && lease.ends <= now) {
                // The other system cannot say when an entry ends; whoever wrote it down can.
                let with_end = |entry: &Entry| match entry.lease == Some(lease.id) {
                    true => Entry { ends: Some(lease.ends), ..entry.clone() },
                    false => entry.clone(),
                };
                let seen: Vec<Entry> = entries.iter().map(with_end).collect();
                let decided = revert(lease, Now::Same(&seen), now);
                entries.retain(|entry| !(decided.take && entry.lease == Some(lease.id)));
                lease.reverted = Some((now, decided.found));
                over.push((lease.clone(), decided.found));
            }
        }
        for (lease, found) in over {
            let exposed = self.store.directory().expect("people").members([&lease.principal]);
            let names: Vec<&str> = exposed.iter().map(PersonName::as_str).collect();
            let minutes = lease.overdue(now).0 / 60_000;
            let body =
                Body::of(4).number("lease", lease.id).text("found", found.as_str()).number("overdue-minutes", minutes);
            let draft = Draft::new(Kind::Reverted, body).with("exposed", json!(names).to_string());
            self.store.append(Chapter::alone(draft)).await.unwrap_or_else(|failed| panic!("{failed:?}"));
        }
    }
}

/// A host whose access lists are kept elsewhere.
fn host(workspace: &Workspace, store: &Arc<Store>, acl: Arc<NoEnds>) -> Host {
    let files = Arc::new(Beneath::new(workspace.files().expect("files")));
    Host::new(Parts {
        sandbox: Sandbox::new(&Settings::of_this_machine()).expect("a sandbox"),
        cache: Cache::new(workspace.cache().expect("a cache")),
        store: store.clone(),
        backends: Backends { files, forum: tollgate::capability::forum::Backend::Embedded(store.clone()), acl },
        desk: Arc::new(Unattended),
        manners: workspace.manners(),
        rules: workspace.config.meaning(),
        vetting: Arc::default(),
        program: program().to_owned(),
    })
}

async fn widen(host: &Host, workspace: &Workspace) {
    let manifest = workspace.manifest(&ToolName::parse("probe").expect("a name")).expect("a manifest");
    let bytes = workspace.component(&manifest).expect("a component");
    let loaded = host.load(manifest, &bytes).await.expect("a tool");
    let arguments = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "1800" });
    let call = Call {
        function: Some("acl-widen".to_owned()),
        arguments: arguments.to_string(),
        initiator: PersonName::parse("ben").expect("a name"),
        actors: AgentName::parse("cli").expect("a name").into(),
        session: None,
        key: None,
    };
    let report = host.call(&loaded, call, std::future::pending()).await.expect("a call");
    assert!(matches!(report.outcome, Outcome::Returned(_)), "{:?}", report.outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_where_entries_have_no_end_the_next_host_takes_them_back_and_says_how_late() {
    let world = World::new();
    let workspace = Workspace::open(&world.path("")).expect("a workspace");
    let began = newest(&world);
    let gus = Entry {
        principal: tollgate::name::Principal::parse("gus").expect("a name"),
        right: Right::Read,
        ends: None,
        lease: None,
    };
    let before = vec![gus];
    let elsewhere = Arc::new(Mutex::new(Elsewhere { entries: before.clone(), leases: Vec::new() }));
    let list = || elsewhere.lock().expect("nobody failed at it").entries.clone();
    let host_at = |minutes: u64| {
        let clock = Arc::new(Manual::at(began.after(Duration(minutes * 60_000))));
        let store = Arc::new(open(&world, clock));
        Arc::new(NoEnds { store, elsewhere: elsewhere.clone() })
    };
    let first = host_at(0);
    widen(&host(&workspace, &first.store, first.clone()), &workspace).await;
    first.reap().await;
    assert_eq!(list().len(), 2, "it is open, and not over");
    first.store.close().await.expect("an end");
    drop(first);
    // The host sleeps from minute 5 on; the next one starts at minute 90.
    let second = host_at(90);
    second.reap().await;
    second.reap().await;
    assert_eq!(list(), before, "as it was before the lease");
    let reverts = reverts(&world);
    assert_eq!(reverts.len(), 1, "{reverts:?}");
    let body = &reverts[0]["body"];
    assert_eq!(body["found"], Found::Closed.as_str());
    let overdue = body["overdue-minutes"].as_u64().expect("minutes");
    assert!((59..=61).contains(&overdue), "60 minutes, give or take one: {overdue}");
    let number = reverts[0]["number"].as_u64().expect("a number");
    let payloads = second.store.payloads(number).expect("payloads");
    assert_eq!(payloads, [("exposed".to_owned(), b"[\"fay\"]".to_vec())], "with names");
    assert!(second.store.now() >= Instant(began.0 + 90 * 60_000));
    second.store.close().await.expect("an end");
}
