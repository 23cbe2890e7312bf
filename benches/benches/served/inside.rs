//! Tollgate with its journal in memory: the doors, the tools and the store of people are the program's own, and only the record
//! is not written anywhere. No setting of the program does this.

use std::sync::Arc;

use tollgate::diagnostic::Broken;
use tollgate::name::{AgentName, PersonName};
use tollgate::runtime::Settings;
use tollgate::serve::{Caller, Doors, Front, Shelf, Site, count, over_stdio};
use tollgate::setup::Workspace;
use tollgate_benches::memory::InMemory;
use tollgate_benches::{Failed, PERSON, host};

fn failed(broken: &Broken) -> Failed {
    broken.to_string().into()
}

fn front(workspace: Workspace) -> Result<Arc<Front>, Failed> {
    let store = workspace.store().map_err(|e| failed(&e))?;
    let host = host(&workspace, &Settings::of_this_machine(), &store, InMemory::beside(store.clone()))?;
    let started = tokio::task::block_in_place(|| workspace.load_all(&host)).map_err(|e| failed(&e))?;
    let people = Some(workspace.config.serve.people.url.clone());
    let front = Front::new(workspace, (host, store), Shelf::new(started), people).map_err(|e| failed(&e))?;
    Ok(Arc::new(front))
}

fn open(folder: &str) -> Result<Workspace, Failed> {
    Workspace::open(std::path::Path::new(folder)).map_err(|e| format!("{e:?}").into())
}

/// As `tollgate serve`.
pub fn http(folder: &str) -> Result<(), Failed> {
    let workspace = open(folder)?;
    let apart = workspace.runtime().map_err(|e| failed(&e))?;
    workspace.serving().map_err(|e| failed(&e))?.block_on(async {
        let figures = count().map_err(|e| failed(&e))?;
        let site = Site::new(front(workspace)?, figures).map_err(|e| failed(&e))?;
        let doors = Doors::bind(site, apart.handle()).await.map_err(|e| failed(&e))?;
        println!("agents  {}", doors.addresses()[0].1);
        doors.serve(std::future::pending(), std::time::Duration::ZERO).await;
        Ok(())
    })
}

/// As `tollgate run`.
pub fn stdio(folder: &str) -> Result<(), Failed> {
    let workspace = open(folder)?;
    let person = PersonName::parse(PERSON).map_err(|e| e.to_string())?;
    let agent = AgentName::parse("cli").map_err(|e| e.to_string())?;
    workspace.serving().map_err(|e| failed(&e))?.block_on(async {
        let caller = Caller { person, actors: agent.into(), session: None };
        over_stdio(front(workspace)?, caller).await.map_err(|e| failed(&e))
    })
}
