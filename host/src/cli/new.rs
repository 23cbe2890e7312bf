//! `tollgate new`: a tool in a folder of its own, with the SDK, the contract and the versions that this program is built with.

use std::path::Path;

use serde_json::json;

use super::command::New;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::setup::{self, TARGET};

mod lock;
mod manifests;
mod sources;

/// The tool's name in the template, as a package, and as a module.
const PLACEHOLDERS: [&str; 2] = ["new-tool", "new_tool"];

/// Writes the tool and says what is missing to build it.
pub fn run(options: &New, output: Output) -> Result<Exit, Failure> {
    let folder = &options.folder;
    let name = name(folder)?;
    if folder.exists() {
        return Err(Failure::usage(format!("{} is there already", folder.display()), "name a new folder"));
    }
    let lock = lock::of(&name);
    setup::new_folder(folder, &files(&name, &lock.text)?)?;
    let lacking = setup::lacking(&lock.crates);
    let target = setup::has_target(folder);
    output.result(
        &json!({ "folder": folder, "tool": name, "crates": lock.crates.len(), "lacking": lacking, "target": target }),
        || report(folder, &lock.crates, &lacking, target),
    );
    Ok(Exit::Done)
}

/// The tool's name, from the folder's.
fn name(folder: &Path) -> Result<String, Failure> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let help = "name the folder as the tool shall be called: `word-count`";
    let word = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > 64 || !name.chars().all(plain) || !name.split('-').all(word) {
        let why = "words of a-z and 0-9 that begin with a letter, joined by `-`, 64 in all";
        return Err(Failure::usage(format!("`{}` is no name for a tool: it has {why}", name.escape_debug()), help));
    }
    if TAKEN.contains(&name) || lock::is_needed(name) {
        return Err(Failure::usage(format!("`{name}` is no name for a tool: Rust or a crate it needs has it"), help));
    }
    Ok(name.to_owned())
}

/// Words that a crate or a module cannot have.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "tests",
    "tollgate-tool",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Every file of the tool, with its path.
fn files(name: &str, lock: &str) -> Result<Vec<(String, String)>, Failure> {
    let module = name.replace('-', "_");
    let named = |text: &str| text.replace(PLACEHOLDERS[0], name).replace(PLACEHOLDERS[1], &module);
    let mut files: Vec<(String, String)> = sources::TEMPLATE.iter().map(|(path, text)| (named(path), named(text))).collect();
    files.push(("Cargo.lock".to_owned(), lock.to_owned()));
    for (path, text) in sources::COPIED {
        let text = if path.ends_with("Cargo.toml") { manifests::concrete(text)? } else { unbound(text) };
        files.push(((*path).to_owned(), text));
    }
    Ok(files)
}

/// Without what a source says of this repository's own lints.
fn unbound(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("#[expect(clippy::disallowed_")).collect()
}

fn report(folder: &Path, crates: &[String], lacking: &[String], target: Option<bool>) -> String {
    let (folder, needed) = (folder.display(), crates.len());
    let mut lines = vec![format!("made {folder}: its README has the ten commands from here to a call")];
    if lacking.is_empty() {
        lines.push(format!("cargo has the {needed} crates that it needs: it builds without a network"));
    } else {
        lines.push(format!("cargo lacks {} of the {needed} crates that it needs: {}", lacking.len(), lacking.join(", ")));
        lines.push(format!("  help: `cd {folder} && cargo fetch --locked` gets them while there is a network"));
    }
    match target {
        Some(true) => {}
        Some(false) => {
            lines.push(format!("its toolchain lacks the target {TARGET}"));
            lines.push(format!("  help: `cd {folder} && rustup target add {TARGET}`"));
        }
        None => {
            lines.push("the toolchain that its rust-toolchain.toml names is not installed".to_owned());
            lines.push(format!("  help: with rustup, `cd {folder} && rustup toolchain install`"));
        }
    }
    let offline = if lacking.is_empty() { " --offline" } else { "" };
    lines.push(format!("next: cd {folder} && cargo test --locked{offline}"));
    lines.join("\n")
}
