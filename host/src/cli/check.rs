//! `tollgate check`: the configuration, every manifest beside the world, every component beside its manifest.

use std::path::Path;

use serde_json::{Value, json};

use super::difference::{Differs, differs};
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
    /// Tools whose bytes are not those that were pinned.
    differs: Vec<(ToolName, Differs)>,
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
    let surface = match Surface::parse(&bytes) {
        Ok(surface) => surface,
        Err(bad) => {
            found.words.push((format!("{tool}: {bad}"), bad.help));
            return Ok(None);
        }
    };
    let digest = Digest::of(&bytes);
    found.differs.extend(differs(workspace, &manifest, digest, &surface).map(|differs| (tool.clone(), differs)));
    if let Err(bad) = surface.loads() {
        found.words.push((format!("{tool}: {bad}"), bad.help));
        return Ok(None);
    }
    found.problems.extend(manifest::unused(&manifest, &surface.imported()));
    found.problems.extend(surface.declared.iter().flat_map(|declared| manifest::useless(&manifest, declared)));
    match manifest.digest {
        Some(pinned) if pinned == digest => Ok(Some((manifest, bytes))),
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

/// The names that manifests may mention.
pub fn known(directory: &Directory) -> Known {
    let people = directory.people.keys().map(ToString::to_string);
    let groups: Vec<String> = directory.groups.keys().map(|group| format!("group:{group}")).collect();
    let principals: Vec<String> = people.chain(groups.iter().cloned()).collect();
    Known::from([
        ("forums", directory.forums.keys().map(ToString::to_string).collect()),
        ("objects", directory.objects.keys().map(ToString::to_string).collect()),
        ("callers", principals.clone()),
        ("consent", groups),
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
    let differences: Vec<Value> = found.differs.iter().map(difference_json).collect();
    let json = json!({
        "tools": tools, "errors": errors, "problems": problems, "reaches": reaches, "differences": differences,
    });
    output.result(&json, || {
        let mut lines: Vec<String> = found.reaches.iter().map(reach_text).collect();
        for (tool, differs) in &found.differs {
            lines.push(tool.to_string());
            lines.extend(differs.lines().into_iter().map(|line| format!("  {line}")));
        }
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

fn difference_json((tool, differs): &(ToolName, Differs)) -> Value {
    let mut json = differs.json();
    json["tool"] = tool.as_str().into();
    json
}
