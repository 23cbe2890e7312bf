//! `tollgate inspect`: what a component wants and offers, before anything is granted.

use std::path::Path;

use serde_json::{Value, json};

use super::command::Inspect;
use super::difference::{Differs, differs};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::pin::tool_name;
use super::{said, skeleton};
use crate::manifest::Manifest;
use crate::name::Digest;
use crate::setup::{Workspace, read_file};
use crate::tool::{Function, Import, Origin, Surface, schema};

/// What is inspected.
pub struct Inspected {
    /// The name of the component's file.
    pub file: String,
    /// The manifest that names it, where a tool was named.
    pub manifest: Option<Manifest>,
    bytes: Vec<u8>,
}

/// Parses the component and prints what it says.
pub fn run(folder: &Path, options: &Inspect, output: Output) -> Result<Exit, Failure> {
    let (inspected, workspace) = component(folder, &options.tool)?;
    let surface = Surface::parse(&inspected.bytes).map_err(|bad| Failure::broken(bad.to_string(), bad.help.clone()))?;
    if options.manifest {
        return skeleton::run(folder, &inspected, &surface, output);
    }
    let digest = Digest::of(&inspected.bytes);
    let beside = workspace.zip(inspected.manifest.as_ref());
    let differs = beside.and_then(|(workspace, manifest)| differs(&workspace, manifest, digest, &surface));
    let pinned = inspected.manifest.as_ref().and_then(|manifest| manifest.digest);
    let loads = surface.loads();
    let json = json!({
        "digest": digest.to_string(), "size": inspected.bytes.len(), "pinned": pinned.map(|pinned| pinned.to_string()),
        "text": said::text_json(&surface.text), "needs": said::needs_json(&surface),
        "imports": surface.imports.iter().map(import_json).collect::<Vec<_>>(),
        "functions": surface.functions.iter().map(|it| function_json(it, options.schema)).collect::<Vec<_>>(),
        "loads": loads.is_ok(), "why-not": loads.as_ref().err().map(ToString::to_string),
        "difference": differs.as_ref().map(Differs::json),
    });
    output.result(&json, || {
        let mut lines = vec![format!("{digest}, {} bytes{}", inspected.bytes.len(), standing(digest, pinned))];
        lines.extend(what_it_says(&surface, options.schema));
        lines.extend(loads.as_ref().err().map(|bad| format!("it does not load: {bad}")));
        lines.extend(differs.iter().flat_map(Differs::lines));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

/// A tool's component with its manifest, or any file.
fn component(folder: &Path, named: &str) -> Result<(Inspected, Option<Workspace>), Failure> {
    let path = Path::new(named);
    if path.extension().is_some() || named.contains('/') {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok((Inspected { file, manifest: None, bytes: read_file(path, 16 << 20)? }, None));
    }
    let workspace = Workspace::open(folder)?;
    let manifest = workspace.manifest(&tool_name(named)?)?;
    let bytes = workspace.component(&manifest)?;
    Ok((Inspected { file: manifest.component.clone(), manifest: Some(manifest), bytes }, Some(workspace)))
}

fn standing(digest: Digest, pinned: Option<Digest>) -> &'static str {
    match pinned {
        Some(pinned) if pinned == digest => ", as pinned",
        Some(_) => ", NOT the bytes that were pinned",
        None => ", not pinned",
    }
}

fn what_it_says(surface: &Surface, schemas: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if !surface.text.is_empty() {
        lines.push("what its author says".to_owned());
        lines.extend(said::of_tool(surface));
    }
    lines.push("functions it offers".to_owned());
    for function in &surface.functions {
        lines.push(format!("  {function}"));
        lines.extend(said::of_function(function));
        if schemas {
            lines.push(format!("    takes   {}", schema::input(function)));
            lines.push(format!("    returns {}", schema::output(function)));
        }
    }
    lines.extend(surface.uncallable.iter().map(|it| format!("  {} cannot be called: {}", it.name, it.reason)));
    lines.extend(imports("imports that a manifest may grant", surface, Origin::Tollgate));
    lines.extend(said::needs(surface));
    lines.extend(wasi(surface));
    lines.extend(imports("imports that this host does not know", surface, Origin::Unknown));
    lines
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
    let mut json = json!({
        "name": function.name, "interface": function.interface, "signature": function.to_string(),
        "text": said::text_json(&function.docs.text), "texts": said::texts_json(function),
    });
    if schemas {
        json["takes"] = schema::input(function);
        json["returns"] = schema::output(function);
    }
    json
}
