//! `tollgate serve`: a workspace as a service.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::command::Serve;
use super::exit::{Exit, Failure};
use super::output::{Output, note};
use crate::diagnostic::Broken;
use crate::serve::{Doors, Front, Shelf, Site};
use crate::setup::Workspace;
use crate::unit::Duration;

/// Serves until it is told to stop.
pub fn run(folder: &Path, options: &Serve, output: Output) -> Result<Exit, Failure> {
    let grace = Duration::parse(&options.grace);
    let grace = grace.map_err(|e| Failure::usage(e.to_string(), "write for example --grace \"10 s\""))?;
    let workspace = Workspace::open(folder)?;
    let runtime = workspace.serving()?;
    let served = runtime.block_on(async {
        let (host, store) = workspace.host(None)?;
        let started = tokio::task::block_in_place(|| workspace.load_all(&host))?;
        let shelf = Shelf::new(started);
        for (tool, why) in &shelf.missing {
            note(&format!("tollgate: `{tool}` is not offered: {}", why.short()));
        }
        let people = workspace.config.serve.people.url.clone();
        let front = Arc::new(Front::new(workspace, (host, store.clone()), shelf, Some(people))?);
        let taking_up = tokio::spawn(front.clone().take_up());
        let served = serve(&front, grace, output).await;
        taking_up.abort();
        store.close().await?;
        served
    });
    runtime.shutdown_background();
    served.map(|()| Exit::Done)
}

async fn serve(front: &Arc<Front>, grace: Duration, output: Output) -> Result<(), Failure> {
    let stop = stopped()?;
    let doors = Doors::bind(Site::new(front.clone())?).await?;
    let addresses = doors.addresses();
    let json: Map<String, Value> = addresses.iter().map(|(door, at)| ((*door).to_owned(), json!(at.to_string()))).collect();
    output.result(&Value::Object(json), || {
        let lines: Vec<String> = addresses.iter().map(|(door, at)| format!("{door:<8}http://{at}")).collect();
        lines.join("\n")
    });
    doors.serve(stop, grace.to_std()).await;
    Ok(())
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
