//! Traces for real: a guest in the sandbox does the steps, the host's own store keeps what came of them, and what is there is read
//! from its tables and its folder. Whoever is asked to release something says yes, and the call that waited is taken up. One
//! workspace serves many traces: between them its rows are taken out by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use errand::steps::Step;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tollgate::approval::{Question, State};
use tollgate::gate::Questions as _;
use tollgate::invoke::{Call, Host, Loaded, Outcome, Report, Waits as _};
use tollgate::label::Label;
use tollgate::name::{FilePath, ForumName, InvocationId, PersonName, ToolName};
use tollgate::people::{About, Audience};
use tollgate::setup::{Given, Went, Workspace};
use tollgate::store::Store;

use crate::rules::in_memory;
use crate::scene::Scene;
use crate::stage::{Failed, File, Post, Stage, Things, lines};
use crate::trace::{Session, Tool};

/// Runs a command of the program in a folder; it must succeed.
pub type Command<'a> = &'a dyn Fn(&Path, &[&str]) -> Result<(), Failed>;

/// A workspace with the guest in it, opened by this process.
pub struct Real {
    runtime: Runtime,
    workspace: Workspace,
    host: Host,
    store: Arc<Store>,
    loaded: [Loaded; 2],
    released: Vec<(BTreeSet<PersonName>, Audience)>,
    database: Connection,
    files: PathBuf,
    /// It goes last.
    _folder: TempDir,
}

const TOOLS: [Tool; 2] = [Tool::Plain, Tool::Releases];

/// Nobody waits for real, and nobody is counted.
const CONSENT: &str = "\n[consent]\nhold = \"0 s\"\nasks = \"1000000 per day\"\ntwo-beyond = 1000\n";

/// What stands in the tables of one trace.
const ROWS: &str = "DELETE FROM posts; DELETE FROM threads; DELETE FROM sessions; DELETE FROM carried; DELETE FROM carried_files; \
                    DELETE FROM acl_entries; DELETE FROM lease_entries; DELETE FROM leases;";

impl Real {
    /// Makes a workspace by the program itself, and opens it.
    ///
    /// # Errors
    /// When something of it cannot be made.
    #[expect(clippy::disallowed_methods, reason = "the search lays out its own workspace")]
    pub fn new(component: &Path, command: Command<'_>) -> Result<Self, Failed> {
        let folder = in_memory().map_err(|e| text(&e))?;
        let (at, none) = (folder.path().join("w"), folder.path().join("none"));
        std::fs::create_dir(&none).map_err(|e| text(&e))?;
        let words = |path: &Path| path.display().to_string();
        command(folder.path(), &["init", &words(&at), "--person", "ben", "--tools", &words(&none)])?;
        let callers: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
        let head =
            format!("tollgate = 1\n[tool]\ncomponent = \"errand.wasm\"\ncallers = {callers:?}\nagents = [\"a0\", \"a1\"]\n");
        std::fs::copy(component, at.join("tools/errand.wasm")).map_err(|e| text(&e))?;
        let config = at.join("tollgate.toml");
        let written = std::fs::read_to_string(&config).and_then(|it| std::fs::write(&config, it + CONSENT));
        written.map_err(|e| text(&e))?;
        for tool in TOOLS {
            let manifest = at.join(format!("tools/{}.toml", tool.name()));
            std::fs::write(manifest, head.clone() + &tool.grants()).map_err(|e| text(&e))?;
            command(&at, &["pin", tool.name()])?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|e| text(&e))?;
        let workspace = Workspace::open(&at).map_err(|e| format!("{e:?}"))?;
        let (host, store, loaded) = runtime.block_on(async {
            let (host, store) = workspace.host(None).map_err(|e| text(&e))?;
            let mut loaded = Vec::new();
            for tool in TOOLS {
                let manifest = workspace.manifest(&ToolName::parse(tool.name()).map_err(|e| text(&e))?);
                let manifest = manifest.map_err(|e| format!("{e:?}"))?;
                let bytes = workspace.component(&manifest).map_err(|e| text(&e))?;
                loaded.push(host.load(manifest, &bytes).await.map_err(|e| text(&e))?);
            }
            let loaded = loaded.try_into().map_err(|_| "there are two tools")?;
            Ok::<_, Failed>((host, store, loaded))
        })?;
        let database = Connection::open(at.join("tollgate.db")).map_err(|e| text(&e))?;
        database.busy_timeout(std::time::Duration::from_secs(10)).map_err(|e| text(&e))?;
        let files = at.join("files");
        let released = Vec::new();
        Ok(Self { runtime, workspace, host, store, loaded, released, database, files, _folder: folder })
    }

    /// Everybody who is asked says yes; the call that waited goes on.
    async fn releases(&mut self, number: u64, waits: InvocationId) -> Result<Report, Failed> {
        let mut question = self.question(number).await?;
        while question.state == State::Open {
            let directory = self.store.directory().map_err(|e| text(&e))?;
            let asked = question.rules.asked(&question.agreed, &directory, self.store.now());
            let person = asked.into_iter().next().ok_or("nobody is asked, and it is open")?;
            let given = Given { question: &question, person: &person, yes: true, wrong: 0, door: "http" };
            let answered = self.workspace.answer(&self.store, given, |tool| self.workspace.in_force(tool)).await;
            answered.map_err(|e| format!("{e:?}"))?;
            question = self.question(number).await?;
        }
        let went = self.workspace.go_on((&self.host, &self.store), waits, std::future::pending()).await;
        let Went::On(report) = went.map_err(|e| format!("{e:?}"))? else { return Err("it did not go on".to_owned()) };
        // Or the next call that says the same would be told this one's result.
        self.store.delivered(waits).await.map_err(|e| text(&e))?;
        let question = self.question(number).await?;
        if let (State::Used, Some(About::Forum(forum)), Some(card)) = (question.state, question.rules.about, question.card) {
            self.released.push((card.act.audience, Audience::Forum(forum)));
        }
        Ok(report)
    }

    async fn question(&self, number: u64) -> Result<Question, Failed> {
        self.store.question(number).await.map_err(|e| text(&e))?.ok_or_else(|| "the question is gone".to_owned())
    }

    /// Two columns of a query.
    fn pairs<K: rusqlite::types::FromSql>(&self, query: &str) -> Result<Vec<(K, String)>, Failed> {
        let mut statement = self.database.prepare_cached(query).map_err(|e| text(&e))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|e| text(&e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| text(&e))
    }
}

fn text(e: &dyn std::fmt::Display) -> Failed {
    e.to_string()
}

impl Stage for Real {
    #[expect(clippy::disallowed_methods, reason = "the search lays out its own workspace")]
    fn set(&mut self, scene: &Scene, files: &[(String, String)], posts: &[(usize, String)]) -> Result<(), Failed> {
        self.database.execute_batch(&format!("BEGIN; {ROWS} COMMIT;")).map_err(|e| text(&e))?;
        self.released.clear();
        self.edit(scene)?;
        self.database.execute_batch("BEGIN").map_err(|e| text(&e))?;
        for (number, body) in posts {
            let thread = *number as i64 + 1;
            let titled = "INSERT INTO threads (id, forum, title) VALUES (?1, ?2, 'thread')";
            self.database.execute(titled, (thread, format!("f{number}"))).map_err(|e| text(&e))?;
            let post = "INSERT INTO posts (thread, author, at, body) VALUES (?1, 'p0', 1, ?2)";
            self.database.execute(post, (thread, body)).map_err(|e| text(&e))?;
        }
        self.database.execute_batch("COMMIT").map_err(|e| text(&e))?;
        // The root itself stays: the host holds it open.
        for (path, _) in tree(&self.files, "")? {
            std::fs::remove_file(self.files.join(path)).map_err(|e| text(&e))?;
        }
        for (path, contents) in files {
            let at = self.files.join(path);
            let parent = at.parent().unwrap_or(&at);
            std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&at, contents)).map_err(|e| text(&e))?;
        }
        Ok(())
    }

    fn edit(&mut self, scene: &Scene) -> Result<(), Failed> {
        self.runtime.block_on(self.store.apply(&scene.world_file())).map(drop).map_err(|e| text(&e))?;
        // Only who has a passphrase can be asked.
        let able = "INSERT OR IGNORE INTO credentials SELECT name, '$argon2id$nobody types it' FROM people";
        self.database.execute(able, []).map(drop).map_err(|e| text(&e))
    }

    fn call(&mut self, session: &Session, tool: Tool, steps: &[Step], memory: Vec<String>) -> Result<Vec<String>, Failed> {
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let call = Call {
            function: Some("run".to_owned()),
            arguments: json!({ "steps": steps, "memory": &memory }).to_string(),
            initiator: session.person.clone(),
            actors: session.agent.clone().into(),
            session: session.claim.clone(),
            key: None,
        };
        let runtime = self.runtime.handle().clone();
        let report = runtime.block_on(async {
            let report = self.host.call(&self.loaded[tool as usize], call, std::future::pending()).await;
            let mut report = report.map_err(|e| format!("{e:?}"))?;
            while let Outcome::Waiting(question) = report.outcome {
                report = self.releases(question, report.invocation).await?;
            }
            Ok::<_, Failed>(report)
        });
        match report?.outcome {
            Outcome::Returned(Value::Array(told)) => told
                .iter()
                .map(|it| it.as_str().map(str::to_owned).ok_or_else(|| "no text is remembered".to_owned()))
                .collect(),
            // Its person may know no more what the session holds: then its agent is told nothing.
            Outcome::Refused(None) => Ok(memory),
            other => Err(format!("a call ended otherwise: {other:?}")),
        }
    }

    fn things(&mut self) -> Result<Things, Failed> {
        let directory = self.store.directory().map_err(|e| text(&e))?;
        let query = "SELECT forum, body, coalesce(label, '') FROM posts JOIN threads ON threads.id = thread \
                     LEFT JOIN carried USING (invocation, seq) ORDER BY posts.id";
        let mut statement = self.database.prepare_cached(query).map_err(|e| text(&e))?;
        let post = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?));
        let rows = statement.query_map([], post).and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>);
        let post = |(forum, body, label): (String, String, String)| {
            let forum = ForumName::parse(&forum).map_err(|e| text(&e))?;
            Ok(Post { forum, body, label: Label::parse(&label) })
        };
        let posts = rows.map_err(|e| text(&e))?.into_iter().map(post).collect::<Result<_, Failed>>()?;
        drop(statement);
        let carried: BTreeMap<String, String> = self.pairs("SELECT path, label FROM carried_files")?.into_iter().collect();
        let mut files = Vec::new();
        for (path, contents) in tree(&self.files, "")? {
            let label = carried.get(&path).map(|label| Label::parse(label)).unwrap_or_default();
            files.push(File { path: FilePath::parse(&path).map_err(|e| text(&e))?, contents, label });
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let leases: BTreeMap<i64, String> =
            self.pairs("SELECT id, label FROM leases JOIN carried USING (invocation, seq)")?.into_iter().collect();
        let carries = |lease: u64| leases.get(&lease.cast_signed()).map(|label| Label::parse(label)).unwrap_or_default();
        let lines = lines(&directory, carries);
        Ok(Things { directory, now: self.store.now(), posts, files, lines, released: self.released.clone() })
    }
}

/// The files beneath a folder, by their paths from it.
#[expect(clippy::disallowed_methods, reason = "the search looks at its own workspace")]
fn tree(folder: &Path, at: &str) -> Result<Vec<(String, String)>, Failed> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| text(&e))? {
        let entry = entry.map_err(|e| text(&e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if at.is_empty() { name } else { format!("{at}/{name}") };
        match entry.file_type().map_err(|e| text(&e))?.is_dir() {
            true => all.extend(tree(&entry.path(), &path)?),
            false => all.push((path, std::fs::read_to_string(entry.path()).map_err(|e| text(&e))?)),
        }
    }
    Ok(all)
}
