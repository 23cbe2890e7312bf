//! Effects outside the store's database: nobody cancels them, rights are looked at once more, and what is not known is said.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::{Mutex, oneshot};
use tollgate::approval::Unattended;
use tollgate::capability::Backends;
use tollgate::capability::files::Write;
use tollgate::clock::Instant;
use tollgate::diagnostic::{Broken, Halt};
use tollgate::freeze::Subject;
use tollgate::gate::{Book, Failed, Patience, Permit, Services, Session, Timing, Who, pass};
use tollgate::grant::Allowed;
use tollgate::journal::{Draft, Kind};
use tollgate::name::{AgentName, Digest, InvocationId, PersonName, ToolName};
use tollgate::people::Rights;
use tollgate::quota::Charge;
use tollgate::refusal::{Code, Refusal};
use tollgate::setup::Workspace;
use tollgate::store::Store;

use crate::world::World;

/// The store, and what happens to the world between the intent and the effect.
struct Meddled {
    store: Arc<Store>,
    looks: AtomicU32,
    change: Option<&'static str>,
}

impl tollgate::gate::World for Meddled {
    fn rights(&self, initiator: &PersonName) -> Pin<Box<dyn Future<Output = Result<Rights, Broken>> + Send + '_>> {
        let initiator = initiator.clone();
        Box::pin(async move {
            // The first look covers; the second is right before the effect.
            if let (1, Some(change)) = (self.looks.fetch_add(1, Ordering::SeqCst), self.change) {
                self.store.apply(change).await?;
            }
            self.store.rights(&initiator).await
        })
    }

    fn quota_left(&self, charges: &[Charge]) -> Result<Result<(), Refusal>, Broken> {
        self.store.quota_left(charges)
    }

    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal> {
        self.store.stopped(subject, found)
    }
}

/// Nobody's time is counted here.
struct Untimed;

impl Timing for Untimed {
    fn host_call(&self, _inside: bool) {}
    fn person(&self, _waiting: bool) {}
    fn clock(&self, _now: Instant) {}
}

/// A permit of ben's to write `scratch/note.txt`, with everything behind it.
struct Stage {
    world: World,
    store: Arc<Store>,
    backends: Backends,
    session: Session,
}

impl Stage {
    fn set(change: Option<&'static str>) -> Self {
        let world = World::new();
        world.grant(
            "[grant]\n\"files.write\" = { paths = [\"scratch/*\"], calls = 9, bytes = \"1 KiB\", consent = \"none\" }\n",
        );
        let workspace = Workspace::open(&world.path(".")).unwrap_or_else(|e| panic!("{e:?}"));
        let (host, store) = workspace.host(None).expect("a host");
        let tool = ToolName::parse("probe").expect("a name");
        let granted = workspace.manifest(&tool).unwrap_or_else(|e| panic!("{e:?}")).grants;
        let allowed = Arc::new(Allowed { granted, declared: None });
        let invocation = InvocationId::new(store.now().0, &[7; 10]);
        let (initiator, agent) = (PersonName::parse("ben").expect("a name"), AgentName::parse("cli").expect("a name"));
        let mut book = Book::new(invocation, &allowed, Patience { host_calls: 9, refusals: 9, arguments: 1 << 20 });
        book.record.note(Draft::new(Kind::Began, json!({ "tool": "probe" })));
        let digest = Digest::of(b"");
        let who = Who {
            invocation,
            tool,
            component: digest,
            manifest: digest,
            initiator,
            actors: agent.into(),
            session: None,
            rules: digest,
            call: digest,
        };
        let services = Services {
            world: Arc::new(Meddled { store: store.clone(), looks: AtomicU32::new(0), change }),
            journal: store.clone(),
            desk: Arc::new(Unattended),
            credentials: store.clone(),
            questions: store.clone(),
            manners: workspace.manners(),
            vetting: Arc::default(),
            effects: tokio::runtime::Handle::current(),
        };
        let book = Arc::new(Mutex::new(book));
        let session = Session {
            who: Arc::new(who),
            span: tracing::Span::none(),
            allowed,
            quotas: [].into(),
            services,
            timing: Arc::new(Untimed),
            book,
        };
        Self { world, store, backends: host.backends(), session }
    }

    async fn permit(&self) -> Permit<Write> {
        let files = self.backends.files.clone();
        let write = Write::parse("scratch/note.txt".to_owned(), b"x".to_vec(), files);
        pass(&self.session, write).await.expect("a permit")
    }

    /// The outcome on record, and how many acts are in doubt.
    fn outcome(&self) -> (Value, i64) {
        let query =
            "SELECT json_extract(entry, '$.body.outcome') FROM journal WHERE json_extract(entry, '$.kind') = 'outcome'";
        let word: String = self.world.store().query_row(query, [], |row| row.get(0)).expect("one outcome");
        (json!(word), self.world.count("SELECT count(*) FROM doubts WHERE settled IS NULL"))
    }
}

/// The code of a refusal.
fn code<T>(ended: Result<T, Halt>) -> Code {
    match ended {
        Err(Halt::Refused(refusal)) => refusal.code,
        Err(halt) => panic!("{halt:?}"),
        Ok(_) => panic!("it was done"),
    }
}

/// Takes `scratch` away from ben.
const TAKEN: &str = "tollgate = 1\n[objects.scratch]\nowner = \"gus\"\nfolders = [\"scratch\"]\nentries = []\n";

/// Lets somebody else read it.
const SHARED: &str = "tollgate = 1\n[objects.scratch]\nowner = \"ben\"\nfolders = [\"scratch\"]\nentries = [{ principal = \"gus\", right = \"read\" }]\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_after_the_intent_was_recorded_is_seen_before_the_effect() {
    for (change, expected) in [(Some(TAKEN), Some(Code::NotYours)), (Some(SHARED), Some(Code::Changed)), (None, None)] {
        let stage = Stage::set(change);
        let acted = Arc::new(AtomicBool::new(false));
        let acts = acted.clone();
        let permit = stage.permit().await;
        let effect = async move {
            acts.store(true, Ordering::SeqCst);
            Ok::<_, Failed>(())
        };
        let ended = permit.spend_outside(move |_, _| effect, |(), body| body, |_| Some(())).await;
        let word = match expected {
            Some(expected) => {
                assert_eq!(code(ended), expected);
                "not-done"
            }
            None => {
                ended.expect("it is done");
                "done"
            }
        };
        assert_eq!(acted.load(Ordering::SeqCst), expected.is_none(), "{change:?}");
        assert_eq!(stage.outcome(), (json!(word), 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_in_doubt_and_never_a_success() {
    let unknown = Stage::set(None);
    let permit = unknown.permit().await;
    let ended = permit
        .spend_outside(|_, _| async { Err::<(), _>(Failed::InDoubt("no answer".to_owned())) }, |(), body| body, |_| Some(()))
        .await;
    assert_eq!((code(ended), unknown.outcome()), (Code::InDoubt, (json!("in-doubt"), 1)));
    let panics = Stage::set(None);
    let permit = panics.permit().await;
    let ended = permit
        .spend_outside::<(), _>(|_, _| async { panic!("an effect that panics, on purpose") }, |(), body| body, |_| Some(()))
        .await;
    assert_eq!((code(ended), panics.outcome()), (Code::InDoubt, (json!("in-doubt"), 1)));
    // Outcomes cannot be recorded any more: what was done is not told as done.
    let closed = Stage::set(None);
    let (permit, store) = (closed.permit().await, closed.store.clone());
    let ended = permit
        .spend_outside(
            move |_, _| async move {
                store.close().await.map_err(|e| Failed::InDoubt(e.to_string()))?;
                Ok(())
            },
            |(), body| body,
            |_| Some(()),
        )
        .await;
    assert_eq!(code(ended), Code::InDoubt);
    assert_eq!(closed.world.count("SELECT count(*) FROM journal WHERE json_extract(entry, '$.kind') = 'outcome'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_cancels_nothing() {
    let stage = Stage::set(None);
    let permit = stage.permit().await;
    let (begun, begins) = oneshot::channel();
    let (end, ends) = oneshot::channel();
    let acted = Arc::new(AtomicBool::new(false));
    let acts = acted.clone();
    let caller = tokio::spawn(permit.spend_outside(
        move |_, _| async move {
            begun.send(()).expect("somebody waits for it");
            ends.await.expect("it is told to go on");
            acts.store(true, Ordering::SeqCst);
            Ok::<_, Failed>(())
        },
        |(), body| body,
        |_| Some(()),
    ));
    begins.await.expect("it begins");
    caller.abort();
    assert!(caller.await.expect_err("it is gone").is_cancelled());
    end.send(()).expect("the effect is still there");
    // The book is free again when the outcome is on record.
    let mut book = stage.session.book.lock().await;
    book.close().await;
    assert!(acted.load(Ordering::SeqCst));
    assert_eq!(stage.outcome(), (json!("done"), 0));
}
