//! The operator's words, patterns and markers.

use tollgate::vet::{Detectors, Findings, Kind, Marker, Passages, Pattern, Word};

use super::names;

fn look(words: &[&str], patterns: &[&str], markers: &[&str], text: &str) -> Findings {
    let words: Vec<Word> = words.iter().map(|word| Word::parse(word).expect("a word")).collect();
    let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect();
    let markers: Vec<Marker> = markers.iter().map(|text| Marker::parse(text).expect("a marker")).collect();
    let detectors = Detectors::new(&words, &patterns, &markers).expect("they can be looked for");
    detectors.look(text.as_bytes(), &Passages::none())
}

#[test]
fn a_word_is_found_in_any_case_and_across_lines_but_not_within_another() {
    let words = ["Project Falcon", "Ärger", "c++11"];
    for text in ["project falcon", "PROJECT\n\t FALCON!", "(ärger)", "ÄRGER", "in C++11 it is"] {
        let findings = look(&words, &[], &[], text);
        assert_eq!(findings.count(Kind::Word), 1, "{text}");
    }
    for text in ["projectfalcon", "project falconry", "verärgert", "subproject falcon"] {
        assert!(look(&words, &[], &[], text).is_empty(), "{text}");
    }
    assert!(look(&["ab.cd"], &[], &[], "ab-cd").count(Kind::Word) == 0, "a word is no pattern");
}

#[test]
fn a_pattern_is_named_by_its_number() {
    let findings = look(&[], &["CASE-[0-9]{5}", "(?i)salary"], &[], "CASE-12345: his Salary");
    assert_eq!(names(&findings), ["the operator's pattern 1", "the operator's pattern 2"]);
    let at: Vec<_> = findings.iter().map(|finding| finding.at.clone()).collect();
    assert_eq!(at, [0..10, 16..22]);
    assert!(look(&[], &["CASE-[0-9]{5}"], &[], "CASE-1234").is_empty());
}

#[test]
fn what_is_no_word_pattern_or_marker_says_why() {
    for (text, why) in [("", "fewer than three"), ("a-b", "fewer than three"), (&*"long".repeat(40), "longer than 128")] {
        let said = Word::parse(text).expect_err(text);
        assert!(said.contains(why), "{said}");
    }
    for (text, why) in [
        ("a(", "unclosed group"),
        ("a*", "found in an empty text"),
        (&*"x".repeat(2000), "longer than 1024"),
        ("(?:\\w{200}){200}", "takes more than"),
    ] {
        let said = Pattern::parse(text).expect_err(text);
        assert!(said.contains(why), "{text}: {said}");
    }
    for text in ["", " SECRET", "TWO\nLINES"] {
        Marker::parse(text).expect_err(text);
    }
}

#[test]
fn markers_of_the_operator_stand_in_place_of_the_usual_ones() {
    assert_eq!(names(&look(&[], &[], &["GEHEIM"], "GEHEIM\nCONFIDENTIAL")), ["marker GEHEIM"]);
    assert!(look(&[], &[], &[], "CONFIDENTIAL").is_empty());
}
