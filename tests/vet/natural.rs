//! Text that nobody made for the detectors: this repository, and the manifests, readmes and change logs of every crate that the
//! host is built from.
//!
//! What is there is said by the texts' own form, not by what looks: a crate's author is written `Name <address>`. Whatever else
//! is found counts as wrong, unless [`KNOWN`] says that it is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tollgate::vet::{Finding, Kind};

use super::{detectors, found};
use tollgate::vet::Passages;

/// Files of one repository are looked at up to this size.
const LONGEST: u64 = 512 << 10;

/// What is found in this repository: a line that begins `Passphrases: Argon2id`, which is taken for a password.
const HERE: &[(&str, &str)] = &[("host/src/approval/passphrase.rs", "password")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host lies in the workspace").to_owned()
}

/// Every text below a folder, without what cargo made and the labelled set itself.
fn texts(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("a listed entry can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let left_out =
            name.starts_with('.') || name == "target" || path.ends_with("tests/vet") || path.ends_with("tests/vet.rs");
        if left_out || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            texts(&path, all);
        } else if fs::metadata(&path).is_ok_and(|about| about.len() <= LONGEST) {
            all.push(path);
        }
    }
}

#[test]
fn in_this_repository_next_to_nothing_is_found() {
    let mut all = Vec::new();
    texts(&root(), &mut all);
    let (mut seen, mut bytes) = (Vec::new(), 0);
    for path in &all {
        let text = fs::read(path).expect("a file can be read");
        bytes += text.len();
        let name = path.strip_prefix(root()).expect("it lies below").display().to_string();
        seen.extend(found(&text).iter().map(|finding| (name.clone(), finding.what.to_string())));
    }
    seen.sort();
    let known: Vec<_> = HERE.iter().map(|(file, what)| ((*file).to_owned(), (*what).to_owned())).collect();
    assert_eq!(seen, known);
    assert!(all.len() >= 500 && bytes >= 2 << 20, "{} files, {bytes} bytes", all.len());
}

/// The folders of the crates that the host is built from.
fn crates() -> Vec<PathBuf> {
    let cargo = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .output();
    let out = cargo.expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let about: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let packages = about["packages"].as_array().expect("packages");
    let foreign = packages.iter().filter(|package| !package["source"].is_null());
    let manifests = foreign.filter_map(|package| package["manifest_path"].as_str());
    manifests.filter_map(|path| Some(Path::new(path).parent()?.to_owned())).collect()
}

/// Whether this is an author's address: in angle brackets, or what a readme links to as `mailto:`.
fn is_there(text: &str, finding: &Finding) -> bool {
    let (before, after) = (&text[..finding.at.start], &text[finding.at.end..]);
    let bracketed = before.ends_with('<') && (after.starts_with('>') || after.starts_with("\\u003e"));
    finding.kind == Kind::Personal && &*finding.what == "e-mail address" && (bracketed || before.ends_with("mailto:"))
}

#[test]
#[expect(clippy::disallowed_macros, reason = "a table that a reader of the run wants")]
fn in_text_that_nobody_made_for_it_nine_of_ten_findings_are_right() {
    let detectors = detectors();
    let (mut right, mut wrong, mut bytes, mut files) = (0, Vec::new(), 0, 0);
    let (mut there, mut kinds) = (0, BTreeMap::<String, (usize, usize)>::new());
    for folder in crates() {
        for name in ["Cargo.toml.orig", "README.md", "CHANGELOG.md"] {
            let Ok(text) = fs::read_to_string(folder.join(name)) else { continue };
            bytes += text.len();
            files += 1;
            there += text.lines().filter(|line| line.starts_with("authors") && line.matches('<').count() == 1).count();
            for finding in detectors.look(text.as_bytes(), &Passages::none()).iter() {
                let row = kinds.entry(format!("{}: {}", finding.kind.name(), finding.what)).or_default();
                row.0 += 1;
                if is_there(&text, finding) {
                    right += 1;
                    row.1 += 1;
                } else {
                    wrong.push(format!("{}/{name}: {finding}", folder.file_name().unwrap_or_default().display()));
                }
            }
        }
    }
    println!("{files} files, {bytes} bytes\n| found | of them right |\n|---|---|");
    kinds.iter().for_each(|(what, (found, right))| println!("| {what}: {found} | {right} |"));
    let precision = right as f64 / (right + wrong.len()).max(1) as f64;
    println!("precision {precision:.3}; wrong: {wrong:#?}");
    assert!(precision >= 0.9, "{precision:.3}");
    assert!(right >= 100 && right * 10 >= there * 9, "{right} found of {there} authors on a line of their own");
    assert!(files >= 500, "{files} files");
}
