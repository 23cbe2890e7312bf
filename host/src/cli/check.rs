//! `tollgate check`: the configuration, every manifest beside the world, every component beside its manifest.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::exit::{Exit, Failure, Says};
use super::output::{Output, note, problem_json};
use super::report;
use crate::capability::specs;
use crate::diagnostic::{Problem, Severity};
use crate::manifest::{self, Known, Manifest, Reach};
use crate::name::{Digest, ToolName};
use crate::people::Directory;
use crate::setup::Workspace;
use crate::tool::Surface;

/// Everything that `check` found.
#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
    /// What has no place in a file: a component that is missing or not one.
    words: Vec<(String, String)>,
    reaches: Vec<Reach>,
}

/// Checks everything and says everything at once.
pub fn run(folder: &Path, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let tools = workspace.tools()?;
    let found = workspace.runtime()?.block_on(async {
        let (host, store) = workspace.host(None)?;
        let directory = store.directory()?;
        let known = known(&directory);
        let mut found = Found::default();
        for tool in &tools {
            output.progress(&format!("checking {tool} …"));
            let Some((manifest, bytes)) = statics(&workspace, tool, &known, &mut found)? else { continue };
            if let Err(broken) = host.load(manifest, &bytes).await {
                found.words.push((format!("{tool}: {broken}"), broken.help.unwrap_or_default()));
            }
        }
        store.close().await?;
        Ok::<_, Failure>(found)
    })?;
    Ok(say(&found, tools.len(), output))
}

/// What can be said without compiling; the manifest and its component's bytes if they belong together.
fn statics(
    workspace: &Workspace,
    tool: &ToolName,
    known: &Known,
    found: &mut Found,
) -> Result<Option<(Manifest, Vec<u8>)>, Failure> {
    let checked = manifest::check(tool.clone(), workspace.manifest_source(tool)?, &specs());
    found.problems.extend(checked.problems);
    let Some(manifest) = checked.value else { return Ok(None) };
    found.problems.extend(manifest::against(&manifest, known));
    found.reaches.extend(manifest::reached(&manifest, known));
    let bytes = match workspace.component(&manifest) {
        Ok(bytes) => bytes,
        Err(broken) => {
            found.words.push((broken.to_string(), format!("put the component beside {}", manifest.source.name)));
            return Ok(None);
        }
    };
    let surface = match Surface::parse(&bytes).and_then(|surface| surface.loads().map(|()| surface)) {
        Ok(surface) => surface,
        Err(bad) => {
            found.words.push((format!("{tool}: {bad}"), bad.help));
            return Ok(None);
        }
    };
    found.problems.extend(manifest::unused(&manifest, &imported(&surface)));
    match manifest.digest {
        Some(pinned) if pinned == Digest::of(&bytes) => Ok(Some((manifest, bytes))),
        Some(_) => {
            let help = format!("review it with `tollgate inspect {tool}`, then `tollgate pin {tool}`");
            found.words.push((format!("{tool}: the component is not the one that was pinned"), help));
            Ok(None)
        }
        None => {
            found.words.push((format!("{tool}: {}", Manifest::UNPINNED), format!("`tollgate pin {tool}`")));
            Ok(None)
        }
    }
}

/// What a component imports of ours, as `files.read`.
fn imported(surface: &Surface) -> BTreeSet<String> {
    let ours = surface.imports.iter().flat_map(|import| {
        let interface = import.interface.split('/').next_back().unwrap_or_default();
        let interface = interface.split('@').next().unwrap_or_default().to_owned();
        import.functions.iter().map(move |function| format!("{interface}.{function}"))
    });
    ours.collect()
}

/// The names that manifests may mention.
pub fn known(directory: &Directory) -> Known {
    let people = directory.people.keys().map(ToString::to_string);
    let principals: Vec<String> = people.chain(directory.groups.keys().map(|group| format!("group:{group}"))).collect();
    Known::from([
        ("forums", directory.forums.keys().map(ToString::to_string).collect()),
        ("objects", directory.objects.keys().map(ToString::to_string).collect()),
        ("callers", principals.clone()),
        ("principals", principals),
    ])
}

fn say(found: &Found, tools: usize, output: Output) -> Exit {
    let errors = found.words.len() + found.problems.iter().filter(|it| it.severity == Severity::Error).count();
    let reaches: Vec<Value> = found.reaches.iter().map(reach_json).collect();
    let words: Vec<Value> = found.words.iter().map(|(why, help)| json!({ "message": why, "help": help })).collect();
    let problems: Vec<Value> = found.problems.iter().map(problem_json).chain(words).collect();
    if output.format == super::output::Format::Text {
        if !found.problems.is_empty() {
            note(&report::render(&found.problems));
        }
        for (why, help) in &found.words {
            output.failure(&Failure { exit: Exit::Broken, says: Says::Words(why.clone(), Some(help.clone())) });
        }
    }
    output.result(&json!({ "tools": tools, "errors": errors, "problems": problems, "reaches": reaches }), || {
        let mut lines: Vec<String> = found.reaches.iter().map(reach_text).collect();
        lines.push(match errors {
            0 if tools == 1 => "1 tool checked; everything is in order".to_owned(),
            0 => format!("{tools} tools checked; everything is in order"),
            1 => "1 error".to_owned(),
            many => format!("{many} errors"),
        });
        lines.join("\n")
    });
    if errors == 0 { Exit::Done } else { Exit::Broken }
}

fn reach_json(reach: &Reach) -> Value {
    json!({ "grant": reach.grant, "pattern": reach.pattern, "line": reach.line, "count": reach.count, "examples": reach.examples })
}

fn reach_text(reach: &Reach) -> String {
    format!("{} {} reaches {} today: {}", reach.grant, reach.pattern, reach.count, reach.examples.join(", "))
}
