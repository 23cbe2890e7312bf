//! The SDK's `Cargo.toml`s as they stand outside the repository: what they inherit from its workspace is written out.

use toml::{Table, Value};

use crate::diagnostic::Broken;

/// The workspace that they inherit from.
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// Where the SDK lies in the repository; outside it stands beside the tool as `sdk`.
const SDK: &str = "guest-sdk/";

/// `manifest` with a value in the place of every `workspace = true`.
///
/// # Errors
/// When it inherits what the workspace does not have.
pub fn concrete(manifest: &str) -> Result<String, Broken> {
    let broken = |why: String| Broken::while_doing("writing the SDK's Cargo.toml", why);
    let root: Table = WORKSPACE.parse().map_err(|e| broken(format!("{e}")))?;
    let mut section = "";
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        }
        if section == "lints" {
            continue;
        }
        match line.split_once(".workspace = true") {
            Some((key, _)) => {
                let value = inherited(&root, section, key)
                    .ok_or_else(|| broken(format!("there is no {section}.{key} to inherit")))?;
                lines.push(format!("{key} = {value}"));
            }
            None => lines.push(line.to_owned()),
        }
    }
    Ok(lines.join("\n").trim_end().to_owned() + "\n")
}

fn inherited(root: &Table, section: &str, key: &str) -> Option<Value> {
    let from = if section == "package" { "package" } else { "dependencies" };
    let mut value = root.get("workspace")?.get(from)?.get(key)?.clone();
    if let Some(Value::String(path)) = value.get_mut("path") {
        *path = path.strip_prefix(SDK)?.to_owned();
    }
    Some(value)
}
