//! What labels cost: an invocation that reads 1 KiB, one read of a thousand in one invocation, and an invocation that posts, each
//! beside the same with labels left out, in turns. The store is real and lies in memory; a thousand people read the forum. Only in
//! a build with `--cfg tollgate_ablation`: in any other nothing leaves labels out.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tollgate::ablation::{Control, leave_out};
use tollgate::invoke::Call;
use tollgate::runtime::Settings;
use tollgate::setup::Workspace;
use tollgate::store::Store;
use tollgate_benches::measure::{Again, Took, calls};
use tollgate_benches::table::{Table, micros};
use tollgate_benches::{Failed, add_tool, call, command, host, load, returned, threads, workspace};

use super::Effort;
use super::invocation::{Whole, bytes};

const READS: u32 = 1_000;
const PEOPLE: usize = 1_000;
const GRANTS: &str = "[limits]\nfuel = \"2G\"\n[grant.\"files.read\"]\npaths = [\"runbooks/**\"]\ncalls = 1000000\nbytes = \"1 GiB\"\n\
    [grant.\"forum.post\"]\nforums = [\"eng-help\"]\ncalls = 1\nbytes = \"8 KiB\"\nconsent = \"none\"\n";

/// What a session does again and again.
struct Doing(Arc<Whole>, Call);

impl Again for Doing {
    async fn once(&self) -> Result<(), Failed> {
        returned(&self.0.host, &self.0.loaded, self.1.clone()).await
    }
}

/// A workspace of its own, with or without labels.
struct Side {
    whole: Arc<Whole>,
    store: Arc<Store>,
    control: Option<Control>,
    _folder: tempfile::TempDir,
}

impl Side {
    /// Made outside of every event loop: commands of the program have their own.
    fn prepare() -> Result<(tempfile::TempDir, Workspace), Failed> {
        let folder = tempfile::tempdir_in("/dev/shm")?;
        let workspace = workspace(folder.path())?;
        fill(&workspace)?;
        let component = bytes(&tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
        add_tool(&workspace, "probe", &component, GRANTS)?;
        Ok((folder, workspace))
    }

    async fn new(control: Option<Control>, (folder, workspace): (tempfile::TempDir, Workspace)) -> Result<Self, Failed> {
        leave_out(control);
        let store = workspace.store().map_err(|e| e.to_string())?;
        let host = host(&workspace, &Settings::of_this_machine(), &store, store.clone())?;
        let loaded = load(&host, &workspace, "probe").await?;
        let whole = Arc::new(Whole { host, loaded, call: call("files-read", "{}")? });
        Ok(Self { whole, store, control, _folder: folder })
    }

    async fn takes(&self, function: &str, arguments: &str, effort: Effort) -> Result<Took, Failed> {
        leave_out(self.control);
        let doing = Arc::new(Doing(self.whole.clone(), call(function, arguments)?));
        calls(&threads()?, &doing, 1, effort.span).await
    }
}

/// A thousand people in groups of groups, all of whom read the forum and are cleared for the runbooks.
fn fill(workspace: &Workspace) -> Result<(), Failed> {
    let mut text = "tollgate = 1\n".to_owned();
    for at in 0..PEOPLE {
        writeln!(text, "[people.p{at}]\nname = \"p{at}\"")?;
    }
    for team in 0..20 {
        let members: Vec<String> = (team..PEOPLE).step_by(20).map(|at| format!("p{at}")).collect();
        writeln!(text, "[groups.team-{team}]\nmembers = {members:?}")?;
    }
    let teams: Vec<String> = (0..20).map(|team| format!("group:team-{team}")).collect();
    writeln!(
        text,
        "[groups.everyone]\nmembers = [\"ben\", {}]",
        teams.iter().map(|team| format!("\"{team}\"")).collect::<Vec<_>>().join(", ")
    )?;
    let everyone = "group:everyone";
    writeln!(
        text,
        "[objects.runbooks]\nowner = \"ben\"\nfolders = [\"runbooks\"]\nentries = [{{ principal = \"{everyone}\", right = \"read\" }}]\ncleared = [\"{everyone}\"]"
    )?;
    write(&workspace.path("world-of-labels.toml"), &text)?;
    write(&workspace.path("files/runbooks/one.md"), &"x".repeat(1024))?;
    command(&workspace.folder, &["world", "apply", &workspace.path("world-of-labels.toml").display().to_string()])
}

#[expect(clippy::disallowed_methods, reason = "a benchmark makes its files")]
fn write(path: &Path, text: &str) -> Result<(), Failed> {
    Ok(std::fs::write(path, text)?)
}

/// The table.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let (first, second) = (Side::prepare()?, Side::prepare()?);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let (off, on) = (Side::new(Some(Control::Labels), first).await?, Side::new(None, second).await?);
        let read = r#"{"path":"runbooks/one.md","offset":"0","length":1024}"#;
        let many = |times: u32| format!("{{\"path\":\"runbooks/one.md\",\"times\":{times}}}");
        let post = r#"{"forum":"eng-help","thread":"1","body":"as the runbook says"}"#;
        // Its session holds something from here on.
        on.takes("files-read", read, effort).await?;
        let mut table = Table::new("What labels cost, store in memory", &["what", "labels left out", "labels", "ratio"]);
        for (name, function, arguments, empty, per) in [
            ("an invocation that reads 1 KiB", "files-read", read.to_owned(), None, 1),
            ("one read of 1,000 in one invocation", "read-many", many(READS), Some(many(0)), READS),
            ("an invocation that posts to 1,001 people", "forum-post", post.to_owned(), None, 1),
        ] {
            let (mut without, mut with) = (Vec::new(), Vec::new());
            for _ in 0..effort.rounds * 2 {
                without.push(off.takes(function, &arguments, effort).await?);
                with.push(on.takes(function, &arguments, effort).await?);
            }
            let half = |rounds| Took::together(rounds).within(0.5);
            let (mut without, mut with): (Duration, Duration) = (half(without), half(with));
            if let Some(empty) = empty {
                without = without.saturating_sub(off.takes(function, &empty, effort).await?.within(0.5)) / per;
                with = with.saturating_sub(on.takes(function, &empty, effort).await?.within(0.5)) / per;
            }
            let ratio = with.as_secs_f64() / without.as_secs_f64();
            table.row(&[name, &micros(without), &micros(with), &format!("{ratio:.2}")]);
            table.target(&format!("{name}, times without labels"), ratio, 1.3);
        }
        for side in [off, on] {
            side.store.close().await.map_err(|e| e.to_string())?;
        }
        Ok(vec![table])
    })
}
