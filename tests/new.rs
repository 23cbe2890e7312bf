//! `tollgate new`: from an empty folder outside the repository to a call, without a network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tollgate_example_tools::nested;

use crate::world::{PASSPHRASE, World, guests, program, report};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host lies in the repository")
}

fn new(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(program());
    command.args(["-o", "json", "new", name]).current_dir(folder).stdin(Stdio::null());
    command
}

/// A new tool, and what the command said of it.
fn made(folder: &Path, name: &str) -> (PathBuf, Value) {
    let output = new(folder, name).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    (folder.join(name), serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let target = guests().dir.join("new");
    let output = nested("cargo", folder).args(arguments).env("CARGO_TARGET_DIR", target).output().expect("cargo runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    said
}

/// Files below a folder, as paths in it.
fn files(folder: &Path) -> BTreeSet<String> {
    fn walk(folder: &Path, under: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{under}{}", entry.file_name().display());
            if entry.path().is_dir() { walk(&entry.path(), &format!("{name}/"), found) } else { found.extend([name]) }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, "", &mut found);
    found
}

/// Two tests that build share a target folder and clean it.
static BUILDING: Mutex<()> = Mutex::new(());

#[test]
fn a_new_tool_is_tested_built_and_called_outside_the_repository_without_a_network() {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let parent = tempfile::tempdir().expect("a folder");
    let (tool, said) = made(parent.path(), "page-map");
    assert_eq!((&said["tool"], &said["lacking"], &said["target"]), (&json!("page-map"), &json!([]), &json!(true)), "{said}");

    // In the profile that the component is built with, so that macros are built once.
    let tested = cargo(&tool, &["test", "--locked", "--offline", "--release"]);
    assert!(tested.contains("2 passed"), "{tested}");
    cargo(&tool, &["build", "--locked", "--offline", "--release", "--target", "wasm32-wasip2"]);

    let world = World::new();
    let component = guests().dir.join("new/wasm32-wasip2/release/page_map.wasm");
    std::fs::copy(component, world.path("tools/page-map.wasm")).expect("the component");
    std::fs::copy(tool.join("tools/page-map.toml"), world.path("tools/page-map.toml")).expect("its manifest");
    world.done(&["pin", "page-map"]);
    assert_eq!(world.tollgate(&["check"]).code, 0, "{:?}", world.tollgate(&["check"]));
    let report = world.call("page-map.outline", &json!({ "path": "runbooks/deploy.md" }));
    assert_eq!(report["value"], json!([{ "level": 1, "line": 1, "text": "Deploying" }]), "{report}");

    // What bears the name of a folder that is gone would stay for ever.
    cargo(&tool, &["clean", "--offline", "-p", "page-map", "-p", "tollgate-sdk", "-p", "tollgate-sdk-macros"]);
}

#[test]
fn the_tool_of_the_authors_page_is_what_the_page_says() {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(repository().join("docs/authors.md")).expect("the page");
    let block = |kind: &str| page.split(&format!("```{kind}\n")).nth(1).and_then(|rest| rest.split("```").next());
    let parent = tempfile::tempdir().expect("a folder");
    let (tool, _) = made(parent.path(), "hello");
    std::fs::write(tool.join("src/lib.rs"), block("rust").expect("the source")).expect("writing it");
    assert!(cargo(&tool, &["test", "--locked", "--offline"]).contains("1 passed"));
    cargo(&tool, &["build", "--locked", "--offline", "--release", "--target", "wasm32-wasip2"]);

    let world = World::new();
    let component = guests().dir.join("new/wasm32-wasip2/release/hello.wasm");
    std::fs::copy(component, world.path("tools/hello.wasm")).expect("the component");
    let inspected = world.tollgate(&["inspect", "tools/hello.wasm", "--manifest"]);
    let narrowed = block("toml").expect("the grants");
    let (callers, grants) = narrowed.split_once('\n').expect("two parts");
    let head: String =
        inspected.stdout.lines().take_while(|line| !line.starts_with("callers")).map(|line| format!("{line}\n")).collect();
    world.write("tools/hello.toml", &format!("{head}{callers}\nagents = [\"cli\"]\n{grants}"));
    world.done(&["pin", "hello"]);
    let arguments = json!({ "forum": "eng-help", "thread": 1 }).to_string();
    let mut terminal = world.at_terminal(&["-o", "json", "call", "hello.welcome", &arguments]);
    for (prompt, answer) in [("[yes/no]", "yes"), ("passphrase", PASSPHRASE)] {
        terminal.expect(prompt).expect("the prompt");
        terminal.type_line(answer).expect("typing");
    }
    let report = report(&terminal.end().expect("an end"));
    assert_eq!(report["value"]["text"], "Welcome, ben! Somebody will look at this soon.", "{report}");
    cargo(&tool, &["clean", "--offline", "-p", "hello", "-p", "tollgate-sdk", "-p", "tollgate-sdk-macros"]);
}

#[test]
fn its_lock_is_what_cargo_cuts_from_the_repositorys() {
    let parent = tempfile::tempdir().expect("a folder");
    let (tool, _) = made(parent.path(), "new-tool");
    let path = tool.join("Cargo.lock");
    let written = std::fs::read_to_string(&path).expect("the lock");
    std::fs::copy(repository().join("Cargo.lock"), &path).expect("the repository's lock");
    cargo(&tool, &["metadata", "--offline", "--format-version", "1"]);
    let cut = std::fs::read_to_string(&path).expect("the lock");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(repository().join("host/template/tool.Cargo.lock"), &cut).expect("writing the lock");
    }
    assert_eq!(written, cut, "BLESS=1 writes it anew");
    // Under any name, wherever that stands in the order.
    for name in ["aaa", "serde-x", "zzz"] {
        let (tool, _) = made(parent.path(), name);
        cargo(&tool, &["metadata", "--locked", "--offline", "--format-version", "1"]);
    }
}

#[test]
fn it_holds_the_whole_sdk_and_the_whole_contract() {
    let parent = tempfile::tempdir().expect("a folder");
    let (tool, _) = made(parent.path(), "page-map");
    let expected: BTreeSet<String> =
        files(&repository().join("guest-sdk")).into_iter().chain(["LICENSE".to_owned()]).collect();
    assert_eq!(files(&tool.join("sdk")), expected, "host/src/cli/new/sources.rs names them");
    assert_eq!(files(&tool.join("wit")), files(&repository().join("wit")), "host/src/cli/new/sources.rs names them");
    assert_eq!(files(&tool.join("tools")), BTreeSet::from(["page-map.toml".to_owned()]));
    for file in files(&tool) {
        let text = std::fs::read_to_string(tool.join(&file)).expect("a text");
        assert!(!text.contains("new-tool") && !text.contains("new_tool"), "{file} still has the template's name");
        assert!(!text.contains("workspace = true"), "{file} inherits from a workspace that is not there");
    }
}

#[test]
fn what_cargo_lacks_is_said_with_what_to_do() {
    let (parent, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let output = new(parent.path(), "page-map").env("CARGO_HOME", home.path()).output().expect("the program runs");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let lacking = said["lacking"].as_array().expect("crates");
    assert_eq!((output.status.code(), json!(lacking.len())), (Some(0), said["crates"].clone()));
    assert!(lacking.iter().any(|name| name.as_str().expect("a name").starts_with("wit-bindgen-0.")), "{said}");
    // Some of them are there, as an archive or unpacked.
    let names: Vec<&str> = lacking.iter().map(|name| name.as_str().expect("a name")).collect();
    let registry = home.path().join("registry");
    std::fs::create_dir_all(registry.join("src/mirror").join(names[0])).expect("a crate unpacked");
    std::fs::create_dir_all(registry.join("cache/mirror")).expect("a folder");
    std::fs::write(registry.join(format!("cache/mirror/{}.crate", names[1])), "").expect("a crate's archive");
    let output =
        Command::new(program()).args(["new", "other"]).current_dir(parent.path()).env("CARGO_HOME", home.path()).output();
    let said = String::from_utf8(output.expect("the program runs").stdout).expect("text");
    assert!(said.contains(&format!("lacks {} of the {}", names.len() - 2, names.len())), "{said}");
    assert!(said.contains("cargo fetch --locked") && !said.contains(names[0]), "{said}");
}

#[test]
fn a_toolchain_that_cannot_build_it_is_named() {
    let parent = tempfile::tempdir().expect("a folder");
    let said = |name: &str| {
        let output = new(parent.path(), name).env("PATH", parent.path()).output().expect("the program runs");
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        json["target"].clone()
    };
    assert_eq!(said("without-any"), Value::Null);
    let rustc = parent.path().join("rustc");
    std::fs::write(&rustc, "#!/bin/sh\necho /nowhere/lib/rustlib/wasm32-wasip2/lib\n")
        .expect("a toolchain without the target");
    std::fs::set_permissions(&rustc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    assert_eq!(said("without-the-target"), json!(false));
}

#[test]
fn a_folder_that_is_there_and_a_name_that_is_none_are_refused() {
    let parent = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(parent.path().join("there")).expect("a folder");
    for (name, why) in [
        ("there", "is there already"),
        ("Word", "is no name for a tool"),
        ("word_count", "is no name for a tool"),
        ("word-2", "is no name for a tool"),
        ("type", "Rust or a crate it needs has it"),
        ("serde", "Rust or a crate it needs has it"),
        ("..", "is no name for a tool"),
    ] {
        let output = new(parent.path(), name).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(why), "{name}: {said}");
    }
    assert_eq!(files(parent.path()), BTreeSet::new(), "nothing was written");
}
