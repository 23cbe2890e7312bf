//! Serves a workspace over MCP as `tollgate serve` does, with the fixtures of the conformance suite beside its tools. The
//! suite cannot send a token: every request is taken for one of ben's, through the agent `cli`. Usage:
//! `tollgate-conformance WORKSPACE`; it prints the address and serves until it is told to stop.

mod asks;
mod fixtures;
mod library;
mod session;
mod tasks;
mod tools;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use tollgate::name::{Actors, AgentName, PersonName};
use tollgate::serve::{Caller, Front, Identity, Knows, Mcp, Shelf, Site, count, mount};
use tollgate::setup::Workspace;

use fixtures::{Fixtures, Kept};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: tollgate-conformance WORKSPACE")?;
    let workspace = Workspace::open(Path::new(&folder)).map_err(|e| e.short())?;
    let runtime = workspace.serving().map_err(|e| e.cause)?;
    let served = runtime.block_on(serve(workspace));
    runtime.shutdown_background();
    served
}

async fn serve(mut workspace: Workspace) -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    // The address is known only now, and host names are checked against it.
    let address = listener.local_addr()?;
    workspace.config.serve.agents.address = address;
    workspace.config.serve.agents.url = format!("http://{address}");
    let figures = count().map_err(|e| e.cause)?;
    let (host, store) = workspace.host(None).map_err(|e| e.cause)?;
    let shelf = Shelf::new(tokio::task::block_in_place(|| workspace.load_all(&host)).map_err(|e| e.cause)?);
    let front = Front::new(workspace, (host, store.clone()), shelf, None).map_err(|e| e.cause)?;
    let (front, kept) = (Arc::new(front), Arc::new(Kept::default()));
    let site = Site::new(front.clone(), figures).map_err(|e| e.cause)?;
    let server =
        move || Fixtures { mcp: Mcp::new(front.clone(), Identity::OfRequest), front: front.clone(), kept: kept.clone() };
    let router = mount(&site, server, Bens);
    say(&format!("http://{address}/mcp"));
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        _ = terminate.recv() => {}
    }
    store.close().await.map_err(|e| e.cause.into())
}

/// Takes every request for one of ben's.
struct Bens;

impl Knows for Bens {
    async fn caller(&self, _: &HeaderMap) -> Result<Caller, Response> {
        let person = PersonName::parse("ben").expect("a name");
        let agent = AgentName::parse("cli").expect("a name");
        Ok(Caller { person, actors: Actors::from(agent), session: None })
    }
}

#[expect(clippy::disallowed_macros, reason = "who started it reads the address there")]
fn say(line: &str) {
    println!("{line}");
}
