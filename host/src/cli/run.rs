//! `tollgate run`: one agent over MCP, on standard input and output.

use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::command::Run;
use super::exit::{Exit, Failure};
use super::output::note;
use super::serve::{followed, opened};
use crate::serve::{Caller, over_stdio};
use crate::setup::Workspace;

/// Serves until the input ends.
pub fn run(folder: &Path, options: &Run) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let (person, agent) = workspace.who(options.who.initiator.as_deref(), &options.who.agent)?;
    let caller = Caller { person, actors: agent.into(), session: options.session.clone() };
    note(&format!(
        "tollgate: agent {} for {}; it runs under the account that owns store and keys, so keep it from other commands \
         (SECURITY.md says how)",
        caller.actors, caller.person
    ));
    let runtime = workspace.serving()?;
    let served = runtime.block_on(async {
        let (front, store) = opened(workspace, None)?;
        let (_again, asked) = mpsc::channel(1);
        let beside = [tokio::spawn(front.clone().take_up()), tokio::spawn(followed(front.clone(), asked))];
        let served = over_stdio(front.clone(), caller).await;
        front.stop();
        beside.iter().for_each(JoinHandle::abort);
        store.close().await?;
        served.map_err(Failure::from)
    });
    runtime.shutdown_background();
    served.map(|()| Exit::Done)
}
