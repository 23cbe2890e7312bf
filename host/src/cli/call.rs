//! `tollgate call`: one invocation, from the command line.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::command::Call as Options;
use super::exit::{Exit, Failure};
use super::output::{Output, note};
use super::pin::tool_name;
use super::result::{Here, interrupted};
use super::terminal::Terminal;
use crate::invoke::{Call, NotCalled};
use crate::setup::{Workspace, read_text};

/// More than any tool is called with: `[limits] arguments` is 64 MiB at most.
const ARGUMENTS: u64 = 65 << 20;

/// Calls a tool and prints how it ended.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let (tool, function) = match options.tool.split_once('.') {
        Some((tool, function)) => (tool_name(tool)?, Some(function.to_owned())),
        None => (tool_name(&options.tool)?, None),
    };
    let manifest = workspace.manifest(&tool)?;
    let bytes = workspace.component(&manifest)?;
    let (initiator, agent) = workspace.who(options.who.initiator.as_deref(), &options.who.agent)?;
    let arguments = arguments(&options.arguments)?;
    let runtime = workspace.runtime()?;
    let (session, key) = (options.session.clone(), options.key.clone());
    let exit = runtime.block_on(async {
        let (host, store) = workspace.host(Some(Arc::new(Terminal)))?;
        let here = Here { workspace: &workspace, host: &host, store: &store };
        let loaded = host.load(manifest, &bytes).await?;
        let actors = agent.into();
        let call = Call { function, arguments, initiator, actors, session, key };
        let shown = match host.call(&loaded, call, interrupted()).await {
            Ok(report) => here.follow(report, options.wait).await,
            Err(NotCalled::Joined(invocation)) => here.look(invocation, options.wait).await,
            Err(why) => Err(not_called(why)),
        };
        here.print(shown, output).await
    });
    // A person who is still being asked is asked no longer.
    runtime.shutdown_background();
    exit
}

/// The arguments as they were typed, or where they were said to be: one of a command line's may hold 128 KiB at most.
fn arguments(typed: &str) -> Result<String, Failure> {
    Ok(match typed.strip_prefix('@') {
        Some(file) => read_text(Path::new(file))?,
        None if typed == "-" => {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(ARGUMENTS).read_to_string(&mut text);
            read.map_err(|e| {
                Failure::usage(format!("reading the arguments from stdin: {e}"), "they are a JSON object in UTF-8")
            })?;
            text
        }
        None => typed.to_owned(),
    })
}

fn not_called(why: NotCalled) -> Failure {
    match why {
        NotCalled::Usage(lines) => {
            let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
            rest.iter().for_each(|line| note(&format!("tollgate: {line}")));
            Failure::usage(first, "`tollgate inspect TOOL --schema` shows what each function takes")
        }
        NotCalled::Broken(broken) => broken.into(),
        NotCalled::Joined(other) => Failure::usage(
            format!("an equal call is under way as {other}"),
            format!("`tollgate result {other}` asks for its result"),
        ),
    }
}
