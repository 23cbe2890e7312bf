//! Passages: what stands in what was read is found whatever its white space, case and marks, and named with its source.

use proptest::prelude::*;
use tollgate::label::{Source, Under};
use tollgate::name::ObjectName;
use tollgate::vet::{Findings, GUARANTEED, Kind, Passages};

use super::detectors;
use super::made::Lot;

const LEDGER: &str = "The refund for the Northwind account was booked twice in October, and the second booking of 14 300 euros has \
    not been corrected since; whoever closes the quarter has to ask for the paper first. Zürich pays the rest.";

fn source(what: &str) -> Source {
    Source { under: Under::Object(ObjectName::parse("dataset/pay").expect("a name")), what: what.into() }
}

fn read(texts: &[(&str, &str)]) -> Passages {
    let mut passages = Passages::none();
    texts.iter().for_each(|(what, text)| passages.add(&source(what), text.as_bytes()));
    passages.finish();
    passages
}

fn look(text: &str, passages: &Passages) -> Findings {
    detectors().look(text.as_bytes(), passages)
}

#[test]
fn a_sentence_that_was_read_is_found_with_its_place_and_its_source() {
    let passages = read(&[
        ("runbooks/deploy.md", "Nothing of this is in the post, however long it goes on and on."),
        ("pay/ledger.csv", LEDGER),
    ]);
    let sentence = "the second booking of 14 300 euros has not been corrected since";
    let text = format!("Hello all. As I hear, {sentence}, which is a pity.");
    let findings = look(&text, &passages);
    let finding = findings.iter().find(|finding| finding.kind == Kind::Passage).expect("it is found");
    assert_eq!(finding.source, Some(source("pay/ledger.csv")));
    let marked = &text[finding.at.clone()];
    assert!(sentence.contains(marked.trim()) && marked.len() >= sentence.len() - 40, "{marked:?}");
    assert_eq!(findings.count(Kind::Passage), 1);
    assert!(look("Hello all. I hear that somebody booked a thing twice and has not corrected it.", &passages).is_empty());
}

#[test]
fn white_space_case_and_marks_do_not_hide_it() {
    let passages = read(&[("pay/ledger.csv", LEDGER)]);
    for text in [
        "THE SECOND BOOKING OF 14 300 EUROS HAS NOT BEEN CORRECTED SINCE",
        "> the *second* booking\r\n> of `14,300` euros -- has not\n\n> been corrected: since",
        "t\u{200b}he second bo\u{ad}oking of 14300 euros has not been cor-\nrected since",
        "dGhlIHNlY29uZCBib29raW5nIG9mIDE0IDMwMCBldXJvcyBoYXMgbm90IGJlZW4gY29ycmVjdGVkIHNpbmNl",
        "PAPER FIRST. ZÜRICH PAYS THE REST, whoever closes the quarter has to ask for the paper first. ZÜRICH pays",
    ] {
        assert!(look(text, &passages).count(Kind::Passage) > 0, "{text}");
    }
}

#[test]
fn case_does_not_hide_it_in_other_letters_either() {
    for text in [
        "Возврат по счёту проведён дважды в октябре, и никто его не исправил до сих пор",
        "Zürich überwies die Rückvergütung fälschlich zweimal, Jürgen müsste es längst für Köln geklärt haben",
    ] {
        assert_eq!(look(&text.to_uppercase(), &read(&[("pay/ledger.csv", text)])).count(Kind::Passage), 1, "{text}");
    }
}

#[test]
fn a_text_that_is_shorter_than_a_window_is_found_as_a_whole() {
    let passages = read(&[("pay/door.txt", "the key of the room is under the mat")]);
    let found = look("As I was told: the key of the room is under the mat.", &passages);
    assert_eq!(found.count(Kind::Passage), 1);
    // As many letters as are compared at once: then it stands from the first to the last of them.
    let (rule, text) = ("the key of the room is under it", "As I was told: the key of the room is under it, always.");
    let findings = look(text, &read(&[("pay/door.txt", rule)]));
    assert_eq!(&text[findings.iter().next().expect("it is found").at.clone()], rule);
    assert_eq!(look("the key of the room is not under any mat", &passages).count(Kind::Passage), 0);
}

#[test]
fn two_passages_with_something_else_between_are_two() {
    let passages = read(&[("pay/ledger.csv", LEDGER)]);
    let (first, last) = (
        "The refund for the Northwind account was booked twice in October",
        "whoever closes the quarter has to ask for the paper first",
    );
    let between = "this is said by somebody else, who has never seen what stands there. ".repeat(3);
    let text = format!("{first}. {between}{last}.");
    let findings = look(&text, &passages);
    let at: Vec<&str> = findings.iter().map(|finding| &text[finding.at.clone()]).collect();
    assert!(at.len() == 2 && first.contains(at[0]) && last.contains(at[1]), "{at:?}");
}

#[test]
fn what_was_not_added_is_said() {
    let mut passages = read(&[("pay/ledger.csv", LEDGER)]);
    passages.leave_out("more was read than is compared");
    let findings = look("nothing", &passages);
    assert_eq!(super::names(&findings), ["more was read than is compared"]);
    assert_eq!(findings.count(Kind::Unseen), 1);
}

/// Words of a made-up language, so that two texts share nothing by chance.
fn words(seed: u64, count: usize) -> String {
    let mut lot = Lot(seed);
    (0..count)
        .map(|_| {
            let length = 2 + lot.below(8);
            lot.text("abcdefghijklmnopqrstuvwxyz0123456789", length)
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The stretch of so many letters and digits that begins with the letter or digit of this number.
fn stretch(text: &str, first: usize, count: usize) -> &str {
    let starts: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_alphanumeric()).map(|(at, _)| at).collect();
    &text[starts[first]..=starts[first + count - 1]]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn as_many_letters_as_are_guaranteed_are_always_found(seed in any::<u64>(), first in 0..2000_usize) {
        let text = words(seed, 500);
        let first = first % (text.chars().filter(|c| c.is_alphanumeric()).count() - GUARANTEED);
        let passages = read(&[("pay/ledger.csv", &text)]);
        let shared = stretch(&text, first, GUARANTEED);
        let mine = format!("{} {shared} {}", words(!seed, 40), words(!seed ^ 1, 40));
        prop_assert!(look(&mine, &passages).count(Kind::Passage) > 0, "{shared}");
    }

    #[test]
    fn fewer_than_are_compared_are_never_found(seed in any::<u64>(), first in 0..2000_usize) {
        let text = words(seed, 500);
        let first = first % (text.chars().filter(|c| c.is_alphanumeric()).count() - GUARANTEED);
        let passages = read(&[("pay/ledger.csv", &text)]);
        let shared = stretch(&text, first, 20);
        let mine = format!("{} {shared} {}", words(!seed, 40), words(!seed ^ 1, 40));
        prop_assert_eq!(look(&mine, &passages).count(Kind::Passage), 0);
    }
}
