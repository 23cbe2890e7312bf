//! `tollgate serve`: a workspace as a service.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::command::{Arguments, Serve};
use super::exit::{Exit, Failure};
use super::log;
use super::output::{Output, note};
use crate::diagnostic::Broken;
use crate::serve::{Doors, Front, Shelf, Site, count};
use crate::setup::{Traces, Workspace};
use crate::store::Store;
use crate::unit::Duration;

/// Serves until it is told to stop.
pub fn run(arguments: &Arguments, options: &Serve, output: Output) -> Result<Exit, Failure> {
    let grace = Duration::parse(&options.grace);
    let grace = grace.map_err(|e| Failure::usage(e.to_string(), "write for example --grace \"10 s\""))?;
    let workspace = Workspace::open(&arguments.workspace)?;
    let (runtime, apart) = (workspace.serving()?, workspace.runtime()?);
    let traces = workspace.traces(runtime.handle())?;
    log::begin(arguments, traces.as_ref().map(Traces::takes));
    let served = runtime.block_on(async {
        let figures = count()?;
        let people = workspace.config.serve.people.url.clone();
        let (front, store) = opened(workspace, Some(people))?;
        let taking_up = tokio::spawn(front.clone().take_up());
        let site = Site::new(front.clone(), figures.clone())?;
        let keeping = apart.spawn(async move {
            // Histograms keep what was recorded since the last look.
            loop {
                tokio::time::sleep(std::time::Duration::from_secs(5)).await;
                figures.run_upkeep();
            }
        });
        let following = tokio::spawn(follow(front.clone(), site.clone()));
        let keys = tokio::spawn(site.clone().follow_keys());
        let served = serve(site, grace, (apart.handle(), output)).await;
        taking_up.abort();
        following.abort();
        keys.abort();
        keeping.abort();
        store.close().await?;
        if let Some(traces) = traces {
            tokio::task::block_in_place(|| traces.close());
        }
        served
    });
    runtime.shutdown_background();
    apart.shutdown_background();
    served.map(|()| Exit::Done)
}

/// Loads every tool and says which are not offered; `people` is the address of the approvers' door.
pub fn opened(workspace: Workspace, people: Option<String>) -> Result<(Arc<Front>, Arc<Store>), Failure> {
    let (host, store) = workspace.host(None)?;
    let started = tokio::task::block_in_place(|| workspace.load_all(&host))?;
    let shelf = Shelf::new(started);
    for (tool, why) in &shelf.missing {
        note(&format!("tollgate: `{tool}` is not offered: {}", why.short()));
    }
    let front = Front::new(workspace, (host, store.clone()), shelf, people)?;
    Ok((Arc::new(front), store))
}

async fn serve(site: Arc<Site>, grace: Duration, (apart, output): (&Handle, Output)) -> Result<(), Failure> {
    let stop = stopped()?;
    let doors = Doors::bind(site, apart).await?;
    let addresses = doors.addresses();
    let json: Map<String, Value> =
        addresses.iter().map(|(door, _, at)| ((*door).to_owned(), json!(at.to_string()))).collect();
    output.result(&Value::Object(json), || {
        let lines: Vec<String> = addresses.iter().map(|(door, scheme, at)| format!("{door:<8}{scheme}://{at}")).collect();
        lines.join("\n")
    });
    doors.serve(stop, grace.to_std()).await;
    Ok(())
}

/// Looks at the tools again when their files change, and when somebody sends SIGHUP.
async fn follow(front: Arc<Front>, site: Arc<Site>) {
    let (again, asked) = mpsc::channel(1);
    let told = async move {
        let Ok(mut hang_up) = signal(SignalKind::hangup()) else { return std::future::pending().await };
        while hang_up.recv().await.is_some() {
            // Full means that it is about to look anyway.
            let _ = again.try_send(());
            if let Err(broken) = site.reload_keys() {
                tracing::error!(doing = broken.doing, cause = broken.cause, "the issuer's keys stay as they were");
            }
        }
    };
    tokio::select! {
        () = followed(front, asked) => {}
        () = told => {}
    }
}

/// Looks at the tools again when their files change.
pub async fn followed(front: Arc<Front>, asked: mpsc::Receiver<()>) {
    if let Err(broken) = front.follow(asked).await {
        tracing::error!(doing = broken.doing, cause = broken.cause, "changes of tools need a restart");
    }
}

/// Resolves when the process is told to stop: by its supervisor, or from the keyboard.
fn stopped() -> Result<impl Future<Output = ()>, Broken> {
    let of = |kind| signal(kind).map_err(|e| Broken::while_doing("waiting for signals", e));
    let (mut terminate, mut interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
