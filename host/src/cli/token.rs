//! `tollgate token`: short-lived tokens, signed with the key that `init` made.

use std::path::Path;

use serde_json::json;

use super::approvals::credential;
use super::command::{AgentToken, PersonCode, PersonToken, Token, TokenCommand};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::clock::{Clock as _, Instant};
use crate::name::{Actors, AgentName, PersonName};
use crate::serve::{Caller, Tokens};
use crate::setup::{SystemClock, Workspace};
use crate::unit::Duration;

/// The longest that an agent's token lives, a person's, and a code.
const AGENT: Duration = Duration(24 * 3_600_000);
const PERSON: Duration = Duration(3_600_000);
const CODE: Duration = Duration(5 * 60_000);

/// Signs a token.
pub fn run(folder: &Path, options: &Token, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    match &options.command {
        TokenCommand::Agent(options) => agent(&workspace, options, output),
        TokenCommand::Person(options) => person(&workspace, options, output),
        TokenCommand::Code(options) => code(&workspace, options, output),
    }
}

fn agent(workspace: &Workspace, options: &AgentToken, output: Output) -> Result<Exit, Failure> {
    let (person, agent) = workspace.who(options.initiator.as_deref(), &options.agent)?;
    let via = options.via.iter().map(|via| AgentName::parse(via)).collect::<Result<Vec<_>, _>>();
    let via = via.map_err(|e| Failure::usage(e.to_string(), "name agents with --via"))?;
    let caller = Caller { person, actors: Actors::new(agent, via), session: options.session.clone() };
    let lives = lives(&options.lives, AGENT)?;
    let now = SystemClock.now();
    let token = Tokens::open(workspace)?.for_agent(&caller, (now, lives))?;
    print(output, &token, now.after(lives));
    Ok(Exit::Done)
}

fn person(workspace: &Workspace, options: &PersonToken, output: Output) -> Result<Exit, Failure> {
    let (person, _) = workspace.who(options.person.as_deref(), "cli")?;
    let lives = lives(&options.lives, PERSON)?;
    shown(workspace, &person)?;
    let now = SystemClock.now();
    let token = Tokens::open(workspace)?.for_person(&person, (now, lives))?;
    print(output, &token, now.after(lives));
    Ok(Exit::Done)
}

fn code(workspace: &Workspace, options: &PersonCode, output: Output) -> Result<Exit, Failure> {
    let (person, _) = workspace.who(options.person.as_deref(), "cli")?;
    let code = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        credential(&store, &person).await?;
        let code = store.new_code(&person, CODE).await?;
        store.close().await?;
        Ok::<_, Failure>(code)
    })?;
    let url = format!("{}/sign-in", workspace.config.serve.people.url);
    output.result(&json!({ "code": code, "person": person.as_str(), "url": url }), || {
        format!("{code}\nsign in once as {person} at {url}, within {CODE}")
    });
    Ok(Exit::Done)
}

/// Has the person show the passphrase.
fn shown(workspace: &Workspace, person: &PersonName) -> Result<(), Failure> {
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let shown = credential(&store, person).await.map(drop);
        store.close().await?;
        shown
    })
}

fn lives(text: &str, most: Duration) -> Result<Duration, Failure> {
    let help = format!("write for example --for \"15 min\"; \"{most}\" is the most");
    let parsed = Duration::parse(text).map_err(|e| Failure::usage(e.to_string(), help.clone()))?;
    if parsed > most || parsed.0 == 0 {
        Err(Failure::usage(format!("{parsed} is too long or nothing"), help))
    } else {
        Ok(parsed)
    }
}

fn print(output: Output, token: &str, expires: Instant) {
    output.result(&json!({ "token": token, "expires": expires.to_string() }), || token.to_owned());
}
