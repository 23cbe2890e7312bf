//! The switch thrown over a thousand calls that post as fast as they can, from the same process and from another one:
//! how long it takes to return and what is posted after that, beside the same with nothing in flight.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tollgate::freeze::{NewFreeze, Scope};
use tollgate::invoke::{Host, Loaded, Outcome};
use tollgate::name::PersonName;
use tollgate::setup::Workspace;
use tollgate::store::Store;
use tollgate_benches::table::Table;
use tollgate_benches::{Failed, PERSON, add_tool, call, load, workspace};

use super::Effort;
use super::invocation::bytes;

/// Calls at once.
const CALLS: usize = 1_000;

/// Throws in a full run, of each kind.
const ROUNDS: usize = 20;

const MANIFEST: &str = "[grant]\n\"forum.post\" = { forums = [\"eng-help\"], calls = 100000, bytes = \"1 MiB\", consent = \"none\" }\n\
    [limits]\nhost-calls = 100000\nfuel = \"100G\"\n";

const POSTING: &str = r#"{"forum": "eng-help", "thread": "1", "body": "x", "times": 100000}"#;

/// Who throws the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    SameProcess,
    OtherProcess,
}

/// What a throw came to.
struct Thrown {
    took: Duration,
    /// Posts that were there when it returned, and those that came after.
    posts: (u64, u64),
    /// Intents that it named, since their end was not on record.
    named: usize,
}

struct Stage {
    workspace: Workspace,
    host: Arc<Host>,
    store: Arc<Store>,
    tool: Arc<Loaded>,
    beside: Connection,
}

impl Stage {
    fn posts(&self) -> Result<u64, Failed> {
        Ok(self.beside.query_row("SELECT count(*) FROM posts", [], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// Freezes everything. Returns how many intents it named.
    async fn throw(&self, from: From) -> Result<usize, Failed> {
        if from == From::SameProcess {
            let by = PersonName::parse(PERSON).map_err(|e| e.to_string())?;
            let new = NewFreeze { scope: Scope::Everything, reason: "a benchmark".to_owned(), by, lasts: None };
            return Ok(self.store.freeze(&new).await.map_err(|e| e.to_string())?.unsettled.len());
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["freeze", "everything", "--reason", "a benchmark", "-o", "json", "-W"]).arg(&self.workspace.folder);
        let ran = tokio::task::spawn_blocking(move || command.output()).await??;
        let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
        if ran.status.success() { Ok(printed.matches("\"invocation\"").count()) } else { Err(printed.into()) }
    }

    async fn round(&self, from: From, calls: usize) -> Result<Thrown, Failed> {
        let before = self.posts()?;
        let mut under_way = Vec::new();
        for _ in 0..calls {
            let (host, tool, call) = (self.host.clone(), self.tool.clone(), call("post-hidden", POSTING)?);
            under_way.push(tokio::spawn(async move { host.call(&tool, call, std::future::pending()).await }));
        }
        while calls > 0 && self.posts()? < before + 200 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let begun = Instant::now();
        let named = self.throw(from).await?;
        let (took, there) = (begun.elapsed(), self.posts()?);
        for call in under_way {
            let report = call.await?.map_err(|e| format!("{e:?}"))?;
            match report.outcome {
                Outcome::Fault(fault) if fault.kind.as_str() == "frozen" => {}
                Outcome::Refused(None) => {} // admitted too late
                other => return Err(format!("a call went on: {other:?}").into()),
            }
        }
        let after = self.posts()? - there;
        let by = PersonName::parse(PERSON).map_err(|e| e.to_string())?;
        for freeze in self.store.freezes().map_err(|e| e.to_string())? {
            self.store.thaw(freeze.id, &by, "the next round").await.map_err(|e| format!("{e:?}"))?;
        }
        Ok(Thrown { took, posts: (there - before, after), named })
    }
}

/// The table.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let folder = tempfile::tempdir()?;
    let workspace = workspace(folder.path())?;
    add_tool(&workspace, "probe", &bytes(&tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?, MANIFEST)?;
    let rounds = if effort.rounds < 5 { 3 } else { ROUNDS };
    let head = ["from", "in flight", "throws", "returns, p50", "at most", "posts before", "posts after", "named"];
    let mut table = Table::new("The switch", &head);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let (host, store) = workspace.host(None).map_err(|e| e.to_string())?;
        let tool = Arc::new(load(&host, &workspace, "probe").await?);
        let beside = Connection::open(workspace.path("tollgate.db"))?;
        let stage = Stage { workspace, host: Arc::new(host), store, tool, beside };
        for (from, words) in [(From::SameProcess, "the same process"), (From::OtherProcess, "another process")] {
            for calls in [0, CALLS] {
                let mut thrown = Vec::new();
                for _ in 0..rounds {
                    thrown.push(stage.round(from, calls).await?);
                }
                add(&mut table, words, calls, &mut thrown);
            }
        }
        stage.store.close().await.map_err(|e| e.to_string())?;
        Ok(vec![table])
    })
}

fn add(table: &mut Table, from: &str, calls: usize, thrown: &mut [Thrown]) {
    thrown.sort_by_key(|it| it.took);
    let millis = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1e3);
    let took = |at: usize| thrown.get(at).map(|it| it.took).unwrap_or_default();
    let (median, most) = (took(thrown.len() / 2), took(thrown.len().saturating_sub(1)));
    let (before, after) = thrown.iter().fold((0, 0), |sum, it| (sum.0 + it.posts.0, sum.1 + it.posts.1));
    let named: usize = thrown.iter().map(|it| it.named).sum();
    let [calls_, throws, before, after_, named] =
        [calls.to_string(), thrown.len().to_string(), before.to_string(), after.to_string(), named.to_string()];
    table.row(&[from, &calls_, &throws, &millis(median), &millis(most), &before, &after_, &named]);
    if calls > 0 {
        table.target(&format!("from {from}: seconds until it returns, at most"), most.as_secs_f64(), 1.0);
        table.target(&format!("from {from}: posts after it returned"), after as f64, 0.0);
    }
}
