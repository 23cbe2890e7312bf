//! `tollgate inspect`: what a component wants and offers, before anything is granted.

use std::path::Path;

use serde_json::{Value, json};

use super::command::Inspect;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::pin::tool_name;
use crate::name::Digest;
use crate::setup::{Workspace, read_file};
use crate::tool::{Function, Import, Origin, Surface, schema};

/// Parses the component and prints what it says.
pub fn run(folder: &Path, options: &Inspect, output: Output) -> Result<Exit, Failure> {
    let (bytes, pinned) = component(folder, &options.tool)?;
    let surface = Surface::parse(&bytes).map_err(|bad| Failure::broken(bad.to_string(), bad.help.clone()))?;
    let digest = Digest::of(&bytes);
    let loads = surface.loads();
    let json = json!({
        "digest": digest.to_string(), "size": bytes.len(), "pinned": pinned.map(|pinned| pinned.to_string()),
        "imports": surface.imports.iter().map(import_json).collect::<Vec<_>>(),
        "functions": surface.functions.iter().map(|it| function_json(it, options.schema)).collect::<Vec<_>>(),
        "loads": loads.is_ok(), "why-not": loads.as_ref().err().map(ToString::to_string),
    });
    output.result(&json, || {
        let mut lines = vec![format!("{digest}, {} bytes{}", bytes.len(), standing(digest, pinned))];
        lines.push("functions it offers".to_owned());
        for function in &surface.functions {
            lines.push(format!("  {function}"));
            if options.schema {
                lines.push(format!("    takes   {}", schema::input(function)));
                lines.push(format!("    returns {}", schema::output(function)));
            }
        }
        lines.extend(surface.uncallable.iter().map(|it| format!("  {} cannot be called: {}", it.name, it.reason)));
        lines.extend(imports("imports that a manifest may grant", &surface, Origin::Tollgate));
        lines.extend(wasi(&surface));
        lines.extend(imports("imports that this host does not know", &surface, Origin::Unknown));
        lines.extend(loads.as_ref().err().map(|bad| format!("it does not load: {bad}")));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

/// A tool's component and what was pinned, or any file's.
fn component(folder: &Path, named: &str) -> Result<(Vec<u8>, Option<Digest>), Failure> {
    let file = Path::new(named);
    if file.extension().is_some() || named.contains('/') {
        return Ok((read_file(file, 16 << 20)?, None));
    }
    let workspace = Workspace::open(folder)?;
    let manifest = workspace.manifest(&tool_name(named)?)?;
    Ok((workspace.component(&manifest)?, manifest.digest))
}

fn standing(digest: Digest, pinned: Option<Digest>) -> &'static str {
    match pinned {
        Some(pinned) if pinned == digest => ", as pinned",
        Some(_) => ", NOT the bytes that were pinned",
        None => ", not pinned",
    }
}

fn imports(title: &str, surface: &Surface, origin: Origin) -> Vec<String> {
    let of: Vec<&Import> = surface.imports.iter().filter(|import| import.origin == origin).collect();
    if of.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![title.to_owned()];
    lines.extend(of.iter().map(|import| format!("  {} {}", import.interface, import.functions.join(", "))));
    lines
}

/// WASI by its interfaces alone: every guest of a standard library has them, and they are all empty here.
fn wasi(surface: &Surface) -> Option<String> {
    let short =
        |import: &Import| import.interface.trim_start_matches("wasi:").split('@').next().unwrap_or_default().to_owned();
    let names: Vec<String> = surface.imports.iter().filter(|it| it.origin == Origin::Wasi).map(short).collect();
    if names.is_empty() { None } else { Some(format!("imports of WASI, which give it nothing: {}", names.join(", "))) }
}

fn import_json(import: &Import) -> Value {
    let origin = match import.origin {
        Origin::Tollgate => "tollgate",
        Origin::Wasi => "wasi",
        Origin::Unknown => "unknown",
    };
    json!({ "interface": import.interface, "functions": import.functions, "origin": origin })
}

fn function_json(function: &Function, schemas: bool) -> Value {
    let mut json = json!({ "name": function.name, "interface": function.interface, "signature": function.to_string() });
    if schemas {
        json["takes"] = schema::input(function);
        json["returns"] = schema::output(function);
    }
    json
}
