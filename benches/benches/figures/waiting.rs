//! Many invocations that wait for a person: what each takes of memory and of the database, what they do to a start, and
//! how long it takes from a yes to the end of what it allowed, beside the same call to which nobody has to agree.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and makes files")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tollgate::approval::Reply;
use tollgate::gate::Questions as _;
use tollgate::invoke::{Host, Loaded, Outcome};
use tollgate::journal::{Body, Chapter, Draft, Kind};
use tollgate::name::{InvocationId, PersonName, ToolName};
use tollgate::setup::{Went, Workspace};
use tollgate::store::Store;
use tollgate_benches::measure::status;
use tollgate_benches::table::Table;
use tollgate_benches::{Failed, PERSON, add_tool, call, load, workspace};

use super::Effort;
use super::invocation::bytes;

/// Calls at once: they share commits.
const AT_ONCE: usize = 64;

/// Invocations that wait before anything is measured: what the first ones make the host keep is no part of one more.
const FIRST: usize = 256;

/// The tool that needs a yes, and the one that needs none; they are the same component.
const TOOLS: [(&str, &str); 2] = [("asks", "initiator"), ("free", "none")];

/// A workspace in which a post needs its initiator's yes, and one without anybody who waits beside it.
struct Stage {
    workspace: Workspace,
    host: Arc<Host>,
    store: Arc<Store>,
    asks: Arc<Loaded>,
    free: Arc<Loaded>,
    beside: Connection,
}

/// Bytes of the database, by what they are for.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    file: f64,
    entries: f64,
    payloads: f64,
    journal: f64,
    questions: f64,
}

impl Size {
    fn each(self, before: Self, count: usize) -> Self {
        let each = |now: f64, then: f64| (now - then) / count.max(1) as f64;
        Self {
            file: each(self.file, before.file),
            entries: each(self.entries, before.entries),
            payloads: each(self.payloads, before.payloads),
            journal: each(self.journal, before.journal),
            questions: each(self.questions, before.questions),
        }
    }
}

/// The tables.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let folders = (tempfile::tempdir()?, tempfile::tempdir()?);
    let (with, without) = (made(folders.0.path())?, made(folders.1.path())?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let stage = Stage::open(with).await?;
        let mut each = Table::new("An invocation that waits", &["of each", "bytes"]);
        stage.waiting(effort.waiting, &mut each).await?;
        let mut yes = Table::new(
            &format!("From a yes to the end of the call ({} others wait)", effort.waiting),
            &[
                "journaled calls before it",
                "calls",
                "from the yes, p50",
                "p90",
                "the whole call without a yes, p50",
                "ratio",
            ],
        );
        let rounds = if effort.rounds < 5 { 5 } else { 50 };
        stage.yes_to_effect(&mut yes, 1, rounds, 3.0).await?;
        stage.yes_to_effect(&mut yes, 1_000, if rounds < 50 { 5 } else { 20 }, 10.0).await?;
        let with = stage.close().await?;
        let beside = Stage::open(without).await?;
        beside.wait_for(FIRST, "first").await?;
        let without = beside.close().await?;
        let start = start(effort, &with, &without).await?;
        Ok(vec![each, start, yes])
    })
}

/// A workspace in which nobody is asked at once, with a passphrase that nobody types.
fn made(folder: &Path) -> Result<Workspace, Failed> {
    let workspace = workspace(folder)?;
    let asked = "\n[consent]\nhold = \"0 s\"\nexpires = \"30 days\"\nasks = \"1000000 per day\"\n";
    std::fs::File::options().append(true).open(workspace.path("tollgate.toml"))?.write_all(asked.as_bytes())?;
    std::fs::write(workspace.path("files/runbooks/one.md"), "x".repeat(1024))?;
    let workspace = Workspace::open(&workspace.folder).map_err(|e| format!("{e:?}"))?;
    let component = bytes(&tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
    for (name, consent) in TOOLS {
        let rest = format!(
            "[grant]\n\"files.read\" = {{ paths = [\"runbooks/**\"], calls = 2000, bytes = \"16 MiB\" }}\n\
             \"forum.post\" = {{ forums = [\"eng-help\"], calls = 5, bytes = \"8 KiB\", consent = \"{consent}\" }}\n\
             [limits]\nhost-calls = 4000\nfuel = \"2G\"\n"
        );
        add_tool(&workspace, name, &component, &rest)?;
    }
    let store = Connection::open(workspace.path("tollgate.db"))?;
    store.execute("INSERT OR IGNORE INTO credentials VALUES (?1, '$argon2id$nobody types it')", [PERSON])?;
    Ok(workspace)
}

/// The arguments of a call that reads so many times, then posts.
fn arguments(times: u32, body: &str) -> String {
    format!("{{\"path\":\"runbooks/one.md\",\"times\":{times},\"forum\":\"eng-help\",\"thread\":\"1\",\"body\":\"{body}\"}}")
}

impl Stage {
    async fn open(workspace: Workspace) -> Result<Self, Failed> {
        let (host, store) = workspace.host(None).map_err(|e| e.to_string())?;
        let [(asks, _), (free, _)] = TOOLS;
        let (asks, free) = (load(&host, &workspace, asks).await?, load(&host, &workspace, free).await?);
        let beside = Connection::open(workspace.path("tollgate.db"))?;
        let (host, asks, free) = (Arc::new(host), Arc::new(asks), Arc::new(free));
        Ok(Self { workspace, host, store, asks, free, beside })
    }

    async fn close(self) -> Result<Workspace, Failed> {
        self.store.close().await.map_err(|e| e.to_string())?;
        Ok(self.workspace)
    }

    /// One call that is set down: which, and with which question.
    async fn set_down(host: &Host, asks: &Loaded, times: u32, body: &str) -> Result<(InvocationId, u64), Failed> {
        let call = call("read-many-then-post", &arguments(times, body))?;
        let report = host.call(asks, call, std::future::pending()).await.map_err(|e| format!("{e:?}"))?;
        match report.outcome {
            Outcome::Waiting(question) => Ok((report.invocation, question)),
            other => Err(format!("it does not wait: {other:?}, {:?}", report.refusals).into()),
        }
    }

    /// Sets so many calls down, each with a text of its own.
    async fn wait_for(&self, count: usize, words: &str) -> Result<(), Failed> {
        let next = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (host, asks, next, words) = (self.host.clone(), self.asks.clone(), next.clone(), words.to_owned());
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return Ok::<_, Failed>(());
                        }
                        Self::set_down(&host, &asks, 0, &format!("{words} {number}")).await?;
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await??;
        }
        Ok(())
    }

    fn size(&self) -> Result<Size, Failed> {
        let busy: i64 = self.beside.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Err("the database is busy".into());
        }
        let of = |query: &str| self.beside.query_row(query, [], |row| row.get::<_, f64>(0));
        let pages = |which: &str| of(&format!("SELECT total(pgsize) FROM dbstat WHERE aggregate = TRUE AND {which}"));
        let ours = "(name LIKE 'journal%' OR name LIKE '%payloads%')";
        Ok(Size {
            file: std::fs::metadata(self.workspace.path("tollgate.db"))?.len() as f64,
            entries: of("SELECT total(length(entry)) FROM journal")?,
            payloads: of("SELECT total(length(bytes)) FROM payloads")?,
            journal: pages(ours)?,
            questions: pages(&format!("NOT {ours}"))?,
        })
    }

    /// Memory and database of each one that waits, beside a call that posts at once.
    async fn waiting(&self, count: usize, table: &mut Table) -> Result<(), Failed> {
        self.wait_for(FIRST, "first").await?;
        let (size, memory, begun) = (self.size()?, settled().await?, Instant::now());
        self.wait_for(count, "a question about").await?;
        let took = begun.elapsed().as_secs_f64();
        let memory = settled().await?.saturating_sub(memory) as f64 / count as f64;
        let each = self.size()?.each(size, count);
        let before = self.size()?;
        let few = count.clamp(1, 1_000);
        for number in 0..few {
            self.post(0, &format!("at once {number}")).await?;
        }
        let free = self.size()?.each(before, few);
        table.title += &format!(" ({count} of them, {AT_ONCE} at a time, {:.0} a second)", count as f64 / took);
        for (what, bytes) in [
            ("memory of the host", memory),
            ("database", each.file),
            ("of it the journal: entries, payloads, their indices", each.journal),
            ("the text of the entries alone", each.entries),
            ("the payloads alone", each.payloads),
            ("of it questions, waits and quotas with their indices", each.questions),
            ("database of the same call without a yes", free.file),
        ] {
            table.row(&[what, &format!("{bytes:.0}")]);
        }
        table.target("bytes of memory", memory, 1024.0);
        table.target("bytes of database", each.file, 2048.0);
        Ok(())
    }

    /// The same call where nobody has to agree.
    async fn post(&self, times: u32, body: &str) -> Result<(), Failed> {
        let call = call("read-many-then-post", &arguments(times, body))?;
        tollgate_benches::returned(&self.host, &self.free, call).await
    }

    /// Says yes and goes on; how long that took from the moment when the yes was on record.
    async fn yes(&self, times: u32, body: &str) -> Result<Duration, Failed> {
        let (invocation, question) = Self::set_down(&self.host, &self.asks, times, body).await?;
        let person = PersonName::parse(PERSON).map_err(|e| e.to_string())?;
        let tool = ToolName::parse(TOOLS[0].0).map_err(|e| e.to_string())?;
        let reply = Reply { question, person, yes: true, now: self.workspace.current(&tool).expect("a sound manifest") };
        let draft = Draft::new(Kind::Answered, Body::of(2).text("answer", "yes").number("question", question));
        self.store.answer(reply, Chapter::alone(draft)).await.map_err(|e| format!("{e:?}"))?;
        let begun = Instant::now();
        let went = self.workspace.go_on((&self.host, &self.store), invocation, std::future::pending()).await;
        let took = begun.elapsed();
        match went.map_err(|e| format!("{e:?}"))? {
            Went::On(report) if matches!(report.outcome, Outcome::Returned(_)) => {}
            other => return Err(format!("it did not go on: {other:?}").into()),
        }
        let query = "SELECT count(*) FROM posts WHERE invocation = ?1";
        match self.beside.query_row(query, [invocation.to_string()], |row| row.get::<_, i64>(0))? {
            1 => Ok(took),
            posts => Err(format!("{posts} posts").into()),
        }
    }

    async fn yes_to_effect(&self, table: &mut Table, times: u32, rounds: usize, most: f64) -> Result<(), Failed> {
        let (mut yes, mut free) = (Vec::new(), Vec::new());
        for round in 0..rounds + 2 {
            let took = self.yes(times, &format!("yes to {round} after {times}")).await?;
            let begun = Instant::now();
            self.post(times, &format!("no yes to {round} after {times}")).await?;
            // The first two warm up.
            if round >= 2 {
                yes.push(took);
                free.push(begun.elapsed());
            }
        }
        let ([half, late], [base, _]) = (shares(yes), shares(free));
        let cells = [times.to_string(), rounds.to_string(), millis(half), millis(late), millis(base)];
        let mut cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let ratio = format!("{:.2}", half.as_secs_f64() / base.as_secs_f64());
        cells.push(&ratio);
        table.row(&cells);
        table.target(&format!("ms from a yes with {times} journaled calls, p50"), half.as_secs_f64() * 1e3, most);
        Ok(())
    }
}

/// The median and what nine of ten are within.
fn shares(mut took: Vec<Duration>) -> [Duration; 2] {
    took.sort_unstable();
    [took.len() / 2, took.len() * 9 / 10].map(|at| took.get(at).copied().unwrap_or_default())
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// The memory of this process once it stands still.
async fn settled() -> Result<u64, Failed> {
    let (mut last, mut still) = (0, 0);
    while still < 10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = status("VmRSS")?;
        still = if now.abs_diff(last) < 64 << 10 { still + 1 } else { 0 };
        last = now;
    }
    Ok(last)
}

/// How long a host takes to start with those that wait and without.
async fn start(effort: Effort, with: &Workspace, without: &Workspace) -> Result<Table, Failed> {
    let head = ["subject", "starts", "opening the store, p50", "the host with it, p50"];
    let mut table = Table::new(&format!("A start with {} that wait", effort.waiting), &head);
    let mut took = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for _ in 0..effort.rounds * 2 {
        for (workspace, (opened, ready)) in [without, with].into_iter().zip(&mut took) {
            let begun = Instant::now();
            let store = workspace.store().map_err(|e| e.to_string())?;
            opened.push(begun.elapsed());
            store.close().await.map_err(|e| e.to_string())?;
            drop(store);
            let begun = Instant::now();
            let (host, store) = workspace.host(None).map_err(|e| e.to_string())?;
            ready.push(begun.elapsed());
            store.close().await.map_err(|e| e.to_string())?;
            drop(host);
        }
    }
    let [without, with] = took.map(|(opened, ready)| (shares(opened)[0], shares(ready)[0]));
    let starts = (effort.rounds * 2).to_string();
    for (name, (opened, ready)) in [("without", without), ("with those that wait", with)] {
        table.row(&[name, &starts, &millis(opened), &millis(ready)]);
    }
    table.target("seconds that a start takes longer", with.1.saturating_sub(without.1).as_secs_f64(), 1.0);
    Ok(table)
}
