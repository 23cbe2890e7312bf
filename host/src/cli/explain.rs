//! `tollgate explain`: the gate's own rules, said aloud.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::command::Explain;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::pin::tool_name;
use crate::admit::admit;
use crate::capability::{Backends, Values, action};
use crate::freeze::Subject;
use crate::gate::{Step, World as _, explain, opens, read_first};
use crate::grant::Allowed;
use crate::label::{Label, SessionId};
use crate::manifest::{self, Manifest};
use crate::name::FilePath;
use crate::people::{Rights, not_yours};
use crate::refusal::{Code, Refusal};
use crate::setup::Workspace;
use crate::store::Store;
use crate::tool::Surface;

/// Explains one request.
pub fn run(folder: &Path, options: &Explain, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    let manifest = workspace.manifest(&tool_name(&options.tool)?)?;
    let values = values(&options.values)?;
    let surface = Surface::parse(&workspace.component(&manifest)?);
    let surface = surface.map_err(|bad| Failure::broken(format!("{}: {bad}", manifest.tool), bad.help.clone()))?;
    let allowed = Arc::new(Allowed { granted: manifest.grants.clone(), declared: surface.declared });
    let who = workspace.who(options.who.initiator.as_deref(), &options.who.agent)?;
    let (steps, suggestion) = workspace.runtime()?.block_on(async {
        let (host, store) = workspace.host(None)?;
        let rights = store.rights(&who.0).await?;
        let action = action(&options.function, &values, &host.backends())
            .map_err(|why| Failure::usage(why, "for example: tollgate explain answer files.read path=runbooks/deploy.md"))?;
        let mut steps = match admit(&manifest, &rights, &who.1.clone().into()) {
            Ok(()) => {
                vec![Step::yes("admit", format!("{} may have {} called through {}", who.0, manifest.tool, who.1), None)]
            }
            Err(refusal) if refusal.code == Code::Frozen => vec![Step::no("freeze", None, refusal)],
            Err(refusal) => vec![Step::no("admit", None, refusal)],
        };
        if steps.iter().all(|step| step.refusal.is_none()) {
            let (tool, function) = (manifest.tool.clone(), Some(action.function().into()));
            let subject = Subject { tool, actors: who.1.clone().into(), initiator: who.0.clone(), function };
            let held = store.held(&SessionId::of(&who.0, &who.1.clone().into(), None))?;
            match read_before(held, &options.reads, (&host.backends(), &store), &rights)? {
                Ok(label) => steps.extend(explain(&*action, &allowed, &rights, &subject, &label)),
                Err(refusal) => steps.push(Step::no("read", None, refusal)),
            }
            if let (true, Err(refusal)) =
                (steps.iter().all(|step| step.refusal.is_none()), opens(&*store, &*action, &rights)?)
            {
                steps.push(Step::no("clear", None, refusal));
            }
            if let (true, Err(refusal)) = (steps.iter().all(|step| step.refusal.is_none()), action.look().await) {
                steps.push(Step::no("effect", None, refusal));
            }
        }
        let granted = allowed.granted.find(action.spec(), &action.reach()).is_some();
        let suggestion = if granted { None } else { suggestion(&manifest, action.spec(), &values, &steps) };
        store.close().await?;
        Ok::<_, Failure>((steps, suggestion))
    })?;
    let refused = steps.iter().any(|step| step.refusal.is_some());
    let json = json!({
        "tool": manifest.tool.as_str(), "function": options.function, "allowed": !refused,
        "file": manifest.source.name, "steps": steps.iter().map(step_json).collect::<Vec<_>>(),
        "add": suggestion.as_ref().map(|(line, text)| json!({ "file": manifest.source.name, "line": line, "text": text })),
    });
    output.result(&json, || text(&manifest, &steps, suggestion.as_ref()));
    Ok(if refused { Exit::Refused } else { Exit::Done })
}

/// What is held once so much was read beside what the session holds; or why that is not the initiator's to read.
fn read_before(
    mut label: Label,
    reads: &[String],
    (backends, store): (&Backends, &Store),
    rights: &Rights,
) -> Result<Result<Label, Refusal>, Failure> {
    for read in reads {
        let (function, key, value) = match read.strip_prefix("forum:") {
            Some(forum) => ("forum.thread", "forum", forum),
            None => ("files.read", "path", read.as_str()),
        };
        let first = action(function, &Values::from([(key.to_owned(), value.to_owned())]), backends);
        let first =
            first.map_err(|why| Failure::usage(why, "for example --read runbooks/deploy.md --read forum:eng-help"))?;
        if let Err(refusal) = read_first(&*first, rights, &mut label) {
            return Ok(Err(refusal));
        }
        // What a tool wrote there brings what that had read.
        let carried = FilePath::parse(value).ok().filter(|_| key == "path").map(|path| store.carried(&path)).transpose()?;
        let carried = carried.unwrap_or_default();
        if !rights.standing.may_know(&carried) {
            return Ok(Err(not_yours()));
        }
        label.unite(&carried);
    }
    Ok(Ok(label))
}

fn values(arguments: &[String]) -> Result<Values, Failure> {
    let split =
        arguments.iter().map(|argument| argument.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
    split
        .collect::<Option<Values>>()
        .ok_or_else(|| Failure::usage("every value is written key=value", "for example path=runbooks/deploy.md"))
}

/// The line that would grant it, where no grant reaches it.
fn suggestion(manifest: &Manifest, spec: &crate::grant::Spec, values: &Values, steps: &[Step]) -> Option<(usize, String)> {
    let missing = |refusal: &Refusal| refusal.code == Code::NotGranted;
    steps.iter().find(|step| step.stage == "cover" && step.refusal.as_ref().is_some_and(missing))?;
    let pairs: Vec<(&str, &str)> = values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Some((manifest.place_for_grant(spec).line(), manifest::suggest(spec, &pairs)))
}

fn step_json(step: &Step) -> Value {
    let refusal = step.refusal.as_ref();
    json!({
        "stage": step.stage, "says": step.says, "line": step.line, "code": refusal.map(|it| it.code.to_string()),
        "change": refusal.and_then(|it| it.change.clone()),
    })
}

fn text(manifest: &Manifest, steps: &[Step], suggestion: Option<&(usize, String)>) -> String {
    let mut lines = Vec::new();
    for step in steps {
        let verdict = step.refusal.as_ref().map_or_else(|| "yes".to_owned(), |refusal| refusal.code.to_string());
        let line = step.line.map(|line| format!("  ({}:{line})", manifest.source.name)).unwrap_or_default();
        lines.push(format!("{:6} {verdict}: {}{line}", step.stage, step.says));
        lines.extend(
            step.refusal
                .iter()
                .filter_map(|refusal| refusal.change.as_ref())
                .map(|change| format!("       to change it: {change}")),
        );
    }
    if let Some((line, grant)) = suggestion {
        lines.push(format!("       in {} at line {line}, under [grant]: {grant}", manifest.source.name));
    }
    if steps.iter().all(|step| step.refusal.is_none()) {
        lines.push("it would happen once it is on record".to_owned());
    }
    lines.join("\n")
}
