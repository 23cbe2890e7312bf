//! The rules of the sources that a machine can check: layers, sizes, and the same word in four places.

mod scan;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::visit::Visit;

/// From low to high; a module may name those before it.
const LAYERS: &[&str] = &[
    "ablation",
    "name",
    "unit",
    "clock",
    "refusal",
    "diagnostic",
    "bindings",
    "label",
    "vet",
    "grant",
    "meter",
    "quota",
    "manifest",
    "config",
    "freeze",
    "people",
    "approval",
    "journal",
    "lease",
    "gate",
    "capability",
    "admit",
    "runtime",
    "tool",
    "invoke",
    "store",
    "setup",
    "serve",
    "cli",
];

/// Files of `wit/` that are no capabilities.
const NO_CAPABILITIES: &[&str] = &["types", "context", "world"];

/// Modules of the SDK that are no capabilities: its root, and the test kit.
const NOT_CALLED: &[&str] = &["lib", "test"];

/// The one file in which `Permit {` may stand.
const PERMIT: &str = "gate/permit.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host lies in the workspace").to_owned()
}

#[expect(clippy::disallowed_methods, reason = "this test reads the sources")]
fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("reading {}: {error}", path.display()))
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("listing {}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a listed entry can be read").path()).collect();
    paths.sort();
    paths
}

/// Every `.rs` below `folder`, but not what cargo made.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in children(folder) {
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn all_sources() -> Vec<PathBuf> {
    ["host", "guest-sdk", "example-tools", "tests", "benches"].iter().flat_map(|part| sources(&root().join(part))).collect()
}

fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).expect("a path below the folder it was found in").display().to_string()
}

#[test]
fn no_module_looks_up() {
    let src = root().join("host/src");
    let (mut findings, mut edges, mut files) = (Vec::new(), BTreeSet::new(), 0);
    let mut builders = Vec::new();
    for file in sources(&src) {
        let path = relative(&file, &src);
        let reading = scan::read(&path, &text(&file), LAYERS);
        let layer = path.split(['/', '.']).next().expect("a path has a first segment").to_owned();
        edges.extend(reading.edges.into_iter().map(|lower| (layer.clone(), lower)));
        findings.extend(reading.findings);
        if reading.builds_permit {
            builders.push(path);
        }
        files += 1;
    }
    assert_eq!(findings, Vec::<String>::new());
    // A witness that must be there, and floors: a scanner that sees nothing is always green. Raise them as the host grows.
    assert!(edges.contains(&("meter".to_owned(), "grant".to_owned())), "{edges:?}");
    assert!(files >= 90 && edges.len() >= 90, "{files} files, {} edges", edges.len());
    let expected: Vec<String> = if src.join(PERMIT).exists() { vec![PERMIT.to_owned()] } else { Vec::new() };
    assert_eq!(builders, expected, "`Permit {{` stands in one file");
}

#[test]
fn every_module_is_a_layer() {
    let src = root().join("host/src");
    let file = syn::parse_file(&text(&src.join("lib.rs"))).expect("lib.rs is Rust");
    let declared: Vec<String> = file
        .items
        .iter()
        .filter_map(|item| if let syn::Item::Mod(module) = item { Some(module.ident.to_string()) } else { None })
        .collect();
    assert_eq!(declared, LAYERS, "lib.rs declares the layers, from low to high");
    let stems: BTreeSet<String> = modules(&src).into_iter().filter(|stem| stem != "lib" && stem != "main").collect();
    assert_eq!(stems, LAYERS.iter().map(|layer| (*layer).to_owned()).collect());
}

#[test]
fn the_scanner_sees_what_offends() {
    for (case, source, findings) in [
        ("inside a macro", "//! x\nfn f() { trace!(crate::gate::N) }", 1),
        ("in a group", "//! x\nuse crate::{clock, gate, capability};", 2),
        ("in a nested group", "//! x\nuse crate::{clock::{Instant, Clock}, gate::{Permit, self}};", 1),
        ("through the root", "//! x\nuse crate::Permit;", 1),
        ("alias of the root", "//! x\nuse crate as host;", 1),
        ("alias in a group", "//! x\nuse crate::{self as host};", 1),
        ("everything", "//! x\nuse crate::*;", 1),
        ("by climbing", "//! x\nuse super::gate::Permit;", 1),
        ("by climbing from within", "//! x\nmod a { use super::super::gate; use super::gate; }", 1),
        ("by climbing in a group", "//! x\nmod a { use super::{super::gate, b}; }", 1),
        ("raw", "//! x\nuse crate::r#gate::Permit;", 1),
        ("in an expression", "//! x\nfn f() -> u8 { [1, crate::gate::N][0] }", 1),
        ("only a comment", "//! x\nuse crate::clock; // crate::gate", 0),
        ("only a string", "//! x\nconst A: &str = \"crate::gate\";", 0),
        ("a visibility", "//! x\npub(crate) fn f() {}\npub(super) fn g() {}", 0),
        ("no heading", "use crate::clock;", 1),
        ("another file", "//! x\n#[path = \"gate.rs\"]\nmod hidden;", 1),
        ("another file, now and then", "//! x\n#[cfg_attr(unix, path = \"gate.rs\")]\nmod hidden;", 1),
        ("included", "//! x\ninclude!(\"gate.rs\");", 1),
    ] {
        let found = scan::read("meter.rs", source, LAYERS).findings;
        assert_eq!(found.len(), findings, "{case}: {found:?}");
    }
    assert!(scan::read("meter.rs", "//! x\nfn f() { Permit { a: 1 } }", LAYERS).builds_permit);
    assert_eq!(scan::read("gate/permit.rs", "//! x\nuse super::super::meter;", LAYERS).edges, ["meter"]);
}

#[test]
fn every_file_says_what_it_is_for() {
    let files = all_sources();
    let silent: Vec<_> = files.iter().filter(|file| !text(file).starts_with("//!")).collect();
    assert!(silent.is_empty(), "the first line is no `//!`: {silent:?}");
    assert!(files.len() >= 45, "{} files", files.len());
}

#[test]
fn no_file_is_too_long() {
    let mut sizes: Vec<(usize, PathBuf)> =
        all_sources().into_iter().map(|file| (text(&file).lines().count(), file)).collect();
    sizes.sort();
    let (longest, file) = sizes.last().expect("there are sources");
    assert!(*longest <= 500, "{} has {longest} lines", file.display());
    let (median, ninth) = (sizes[sizes.len() / 2].0, sizes[sizes.len() * 9 / 10].0);
    assert!(median <= 200 && ninth <= 400, "median {median}, nine of ten within {ninth}");
}

#[test]
fn nine_of_ten_functions_fit_in_thirty_lines() {
    #[derive(Default)]
    struct Functions(Vec<usize>);
    impl Functions {
        fn note(&mut self, function: impl Spanned) {
            let span = function.span();
            self.0.push(span.end().line - span.start().line + 1);
        }
    }
    impl<'ast> Visit<'ast> for Functions {
        fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
            self.note(&function.block);
            syn::visit::visit_item_fn(self, function);
        }
        fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
            self.note(&function.block);
            syn::visit::visit_impl_item_fn(self, function);
        }
    }
    let mut functions = Functions::default();
    for file in all_sources() {
        let tokens: TokenStream = text(&file).parse().expect("a source is tokens");
        functions.visit_file(&syn::parse2(tokens).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    }
    let mut lines = functions.0;
    lines.sort_unstable();
    assert!(lines.len() >= 120, "{} functions", lines.len());
    assert!(lines[lines.len() * 9 / 10] <= 30, "nine of ten functions have up to {} lines", lines[lines.len() * 9 / 10]);
}

/// The modules that a folder holds, whether as files or as folders.
fn modules(folder: &Path) -> BTreeSet<String> {
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    children(folder).into_iter().filter_map(stem).collect()
}

#[test]
fn a_capability_is_the_same_word_everywhere() {
    let wit: BTreeSet<String> =
        modules(&root().join("wit")).into_iter().filter(|word| !NO_CAPABILITIES.contains(&word.as_str())).collect();
    let called = |word: &String| !NOT_CALLED.contains(&word.as_str()) && !NO_CAPABILITIES.contains(&word.as_str());
    let sdk: BTreeSet<String> = modules(&root().join("guest-sdk/src")).into_iter().filter(called).collect();
    let kit = modules(&root().join("guest-sdk/src/test"));
    assert!(wit.contains("files"), "{wit:?}");
    let host = modules(&root().join("host/src/capability"));
    let host: BTreeSet<String> = host.into_iter().filter(|word| !NO_CAPABILITIES.contains(&word.as_str())).collect();
    assert_eq!(wit, host, "wit/ and host/src/capability");
    assert_eq!(wit, sdk, "wit/ and guest-sdk/src");
    assert!(wit.is_subset(&kit), "the test kit has every capability: {kit:?}");
    let tested = modules(&root().join("tests"));
    let missing: Vec<_> = wit.difference(&tested).collect();
    assert!(missing.is_empty(), "capabilities without tests/<word>.rs: {missing:?}");
}
