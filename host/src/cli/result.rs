//! `tollgate result` and `tollgate cancel`: what became of an invocation; one whose question was answered goes on here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::command::{Cancel, ResultOf};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::receipt::invocation;
use super::terminal::Terminal;
use crate::diagnostic::Broken;
use crate::invoke::{Host, Outcome, Report, Standing, Waits as _};
use crate::name::InvocationId;
use crate::setup::{Went, Workspace};
use crate::store::Store;

/// Prints what became of an invocation.
pub fn run(folder: &Path, options: &ResultOf, output: Output) -> Result<Exit, Failure> {
    let id = invocation(&options.invocation)?;
    let workspace = Workspace::open(folder)?;
    let runtime = workspace.runtime()?;
    let exit = runtime.block_on(async {
        let (host, store) = workspace.host(Some(Arc::new(Terminal)))?;
        let here = Here { workspace: &workspace, host: &host, store: &store };
        let shown = here.look(id, options.wait).await;
        here.print(shown, output).await
    });
    runtime.shutdown_background();
    exit
}

/// How long it is waited for the process that runs an invocation to end it: what it has begun to change is finished first.
const ENDING: Duration = Duration::from_secs(5);

/// Ends an invocation that waits, or has one that runs ended.
pub fn cancel(folder: &Path, options: &Cancel, output: Output) -> Result<Exit, Failure> {
    let id = invocation(&options.invocation)?;
    let workspace = Workspace::open(folder)?;
    let runtime = workspace.runtime()?;
    let cancelled = runtime.block_on(async {
        let (host, store) = workspace.host(None)?;
        let waited = host.cancel(id).await?;
        let mut standing = host.standing(id).await?;
        let ran = standing == Standing::Running;
        let ending = async {
            while standing == Standing::Running {
                Workspace::something_new(&store).await;
                standing = host.standing(id).await?;
            }
            Ok::<_, Broken>(())
        };
        tokio::time::timeout(ENDING, ending).await.unwrap_or(Ok(()))?;
        store.close().await?;
        let ended = ran && matches!(&standing, Standing::Over(reported) if reported.outcome == "cancelled");
        if waited || ended { Ok(()) } else { Err(not_cancelled(id, &standing)) }
    });
    cancelled?;
    output.result(&json!({ "invocation": id.to_string(), "outcome": "cancelled" }), || format!("{id} is cancelled"));
    Ok(Exit::Done)
}

fn not_cancelled(id: InvocationId, standing: &Standing) -> Failure {
    match standing {
        Standing::Unknown => unknown(id),
        Standing::Over(reported) => Failure::usage(
            format!("{id} is over ({})", reported.outcome),
            format!("`tollgate result {id}` prints its result"),
        ),
        Standing::Running | Standing::Waiting(_) | Standing::Ready => {
            Failure::usage(format!("a process works on {id} and has not ended it yet"), "look again, or freeze its tool")
        }
    }
}

fn unknown(id: InvocationId) -> Failure {
    Failure::usage(format!("there is no invocation {id}"), "`tollgate journal list` lists invocations")
}

/// Ends when somebody interrupts from the keyboard.
pub async fn interrupted() {
    // Without a signal handler nothing can be cancelled, and the process just ends.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A host of this command.
pub struct Here<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The host.
    pub host: &'a Host,
    /// Its store.
    pub store: &'a Store,
}

/// How an invocation ended, or that it waits.
pub struct Shown {
    exit: Exit,
    json: Value,
    /// The invocation, where this is its result.
    over: Option<InvocationId>,
}

impl Shown {
    fn of(report: &Report) -> Self {
        let exit = exit(report.outcome.as_str());
        Self { exit, json: report.json(), over: (exit != Exit::Waiting).then_some(report.invocation) }
    }
}

impl Here<'_> {
    /// Prints a result, and then forgets that it waits for its caller; lets go of the store.
    pub async fn print(&self, shown: Result<Shown, Failure>, output: Output) -> Result<Exit, Failure> {
        let exit = match shown {
            Ok(shown) => {
                output.result(&shown.json, || text(shown.json.clone()));
                if let Some(id) = shown.over {
                    self.store.delivered(id).await?;
                }
                Ok(shown.exit)
            }
            Err(failure) => Err(failure),
        };
        self.close().await;
        exit
    }

    /// Lets go of the store.
    pub async fn close(&self) {
        if let Err(broken) = self.store.close().await {
            // What is reported is on record; its signature comes with the next head.
            tracing::error!(doing = broken.doing, cause = broken.cause, "closing the store");
        }
    }

    /// The report of an invocation that ran here; one that was set down is waited for.
    pub async fn follow(&self, report: Report, wait: bool) -> Result<Shown, Failure> {
        if let (Outcome::Waiting(_), true) = (&report.outcome, wait) {
            return self.look(report.invocation, true).await;
        }
        Ok(Shown::of(&report))
    }

    /// Goes on with an invocation, or waits for whoever does, and shows how it ended.
    pub async fn look(&self, id: InvocationId, wait: bool) -> Result<Shown, Failure> {
        loop {
            let standing = match self.workspace.go_on((self.host, self.store), id, interrupted()).await? {
                Went::On(report) if wait && matches!(report.outcome, Outcome::Waiting(_)) => continue,
                Went::On(report) => return Ok(Shown::of(&report)),
                Went::Stays(standing) => standing,
            };
            match standing {
                Standing::Unknown => return Err(unknown(id)),
                Standing::Over(reported) => {
                    return Ok(Shown { exit: exit(&reported.outcome), json: reported.json, over: Some(id) });
                }
                Standing::Waiting(question) if !wait => return Ok(waiting(id, Some(question))),
                Standing::Running if !wait => return Ok(waiting(id, None)),
                Standing::Waiting(_) | Standing::Running | Standing::Ready => {}
            }
            tokio::select! {
                () = Workspace::something_new(self.store) => {}
                () = interrupted() => return Ok(waiting(id, None)),
            }
        }
    }

    /// Goes on with every invocation that waited for a question which somebody has just answered; their callers ask for the
    /// results themselves.
    pub async fn all_go_on(&self, question: u64) -> Result<Vec<Value>, Failure> {
        let mut went = Vec::new();
        for invocation in self.store.waiting_for(question).await? {
            went.push(self.went(invocation).await?);
        }
        Ok(went)
    }

    async fn went(&self, id: InvocationId) -> Result<Value, Failure> {
        Ok(match self.workspace.go_on((self.host, self.store), id, interrupted()).await? {
            Went::On(report) => report.json(),
            Went::Stays(Standing::Over(reported)) => reported.json,
            Went::Stays(_) => waiting(id, None).json,
        })
    }
}

/// A line for each of the `invocations` that went on.
pub fn went_lines(json: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let went = json["invocations"].as_array().into_iter().flatten();
    went.map(|it| format!("invocation {}: {}", text(&it["invocation"]), text(&it["outcome"]))).collect()
}

fn waiting(id: InvocationId, question: Option<u64>) -> Shown {
    let json = json!({ "invocation": id.to_string(), "outcome": "waiting", "question": question });
    Shown { exit: Exit::Waiting, json, over: None }
}

/// The exit code of an outcome.
fn exit(outcome: &str) -> Exit {
    match outcome {
        "returned" => Exit::Done,
        "tool-error" => Exit::ToolError,
        "refused" => Exit::Refused,
        "waiting" => Exit::Waiting,
        "cancelled" => Exit::Cancelled,
        "interrupted" | "erased" => Exit::Broken,
        _ => Exit::Fault,
    }
}

/// JSON is what a call prints for people too: its value is JSON, and so is the rest.
fn text(mut report: Value) -> String {
    if let Some(Value::Array(lines)) = report.get_mut("receipt") {
        // One line for a meter reads better than four.
        for line in lines {
            let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let [meter, used, allowed, unit] = ["meter", "used", "allowed", "unit"].map(|key| plain(&line[key]));
            *line = json!(format!("{meter}: {used} of {allowed} {unit}"));
        }
    }
    let next = match (&report["outcome"], &report["question"], &report["invocation"]) {
        (Value::String(outcome), Value::Number(question), Value::String(id)) if outcome == "waiting" => format!(
            "\nit waits for a person: `tollgate approvals show {question}` shows what for; `tollgate result {id}` asks for its result"
        ),
        _ => String::new(),
    };
    format!("{report:#}{next}")
}
