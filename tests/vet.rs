//! What detectors find in a text, and what they do not: precision and recall on a labelled set, encodings, passages, bounds.

mod door;
mod encoded;
mod hard;
mod made;
mod measured;
mod natural;
mod own;
mod passages;
mod read;
mod settings;

use std::sync::LazyLock;

use tollgate::vet::{Detectors, Finding, Findings, Kind, Marker, Passages};

/// What is built in, made once.
fn detectors() -> &'static Detectors {
    static BUILT_IN: LazyLock<Detectors> =
        LazyLock::new(|| Detectors::new(&[], &[], &Marker::usual()).expect("what is built in can be made"));
    &BUILT_IN
}

/// What is found in a text of which nothing was read.
fn found(text: impl AsRef<[u8]>) -> Findings {
    detectors().look(text.as_ref(), &Passages::none())
}

/// What each finding is called, in order.
fn names(findings: &Findings) -> Vec<&str> {
    findings.iter().map(|finding| &*finding.what).collect()
}

/// A token with its checksum; of its kind's published example, in two parts so that nobody's scanner takes it for one.
fn token() -> String {
    ["ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"].concat()
}

/// The one finding there is.
fn only(findings: &Findings) -> Finding {
    let all: Vec<_> = findings.iter().collect();
    assert_eq!(all.len(), 1, "{all:#?}");
    all[0].clone()
}

#[test]
fn a_finding_says_where_it_stands_and_never_what_it_says() {
    let text = format!("Grüße: take {} and go", token());
    let finding = only(&found(&text));
    assert_eq!((finding.kind, &text[finding.at.clone()]), (Kind::Secret, &*token()));
    assert_eq!(finding.to_string(), "GitHub token at bytes 14–54");
    assert!(!format!("{finding:?}").contains("zQWBu"));
}

#[test]
fn kinds_are_called_what_manifests_call_them() {
    let names = Kind::ALL.map(Kind::name);
    assert_eq!(names, ["secrets", "personal", "words", "patterns", "markers", "passages", "unseen"]);
    assert_eq!(names.map(Kind::parse), Kind::ALL.map(Some));
    assert_eq!(Kind::parse("secret"), None);
}

#[test]
fn what_is_beyond_the_sixteenth_of_a_kind_is_counted() {
    let mails: String = (0..100).map(|at| format!("someone{at}@tollgate.dev\n")).collect();
    let findings = found(format!("{mails}{}", token()));
    assert_eq!((findings.count(Kind::Personal), findings.count(Kind::Secret)), (100, 1));
    assert_eq!((findings.iter().len(), findings.more()), (17, 84));
    assert!(names(&findings).contains(&"GitHub token"), "a hundred addresses do not crowd out a token");
}
