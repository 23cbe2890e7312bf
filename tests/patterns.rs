//! The laws of patterns, meters and paths.

use std::sync::Arc;

use proptest::prelude::*;
use tollgate::grant::{
    Allowed, Consent, Dimension, Flow, Grant, Grants, Kind, Pattern, Patterns, Place, Reached, Spec, Values,
};
use tollgate::meter::{Meters, Want};
use tollgate::name::FilePath;
use tollgate::refusal::Code;
use tollgate::unit::Bytes;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|bad| panic!("{bad}"))
}

/// Patterns over a small alphabet, so that they meet.
fn patterns() -> impl Strategy<Value = Pattern> {
    let segment = prop::collection::vec(prop::sample::select(vec!["a", "b", "*"]), 1..4)
        .prop_map(|parts| parts.concat().replace("**", "*").replace("**", "*"));
    (prop::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(mut segments, deep)| {
        if deep || segments.is_empty() {
            segments.push("**".to_owned());
        }
        pattern(&segments.join("/"))
    })
}

fn values() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]{1,3}", 1..5).prop_map(|segments| segments.join("/"))
}

/// A value that the pattern matches: its stars replaced.
fn matched_by(pattern: &Pattern, star: &str, tail: &str) -> String {
    let text = pattern.to_string();
    let (head, deep) = match text.strip_suffix("**") {
        Some(head) => (head.to_owned(), true),
        None => (text, false),
    };
    let fill = |segment: &str| if segment == "*" && star.is_empty() { "a".to_owned() } else { segment.replace('*', star) };
    let head = head.split('/').map(fill).collect::<Vec<_>>().join("/");
    if deep { format!("{head}{tail}") } else { head }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pattern_parsed_after_printing_is_the_same(one in patterns()) {
        prop_assert_eq!(pattern(&one.to_string()), one);
    }

    #[test]
    fn overlapping_is_mutual_and_every_pattern_overlaps_itself(one in patterns(), other in patterns()) {
        prop_assert_eq!(one.overlaps(&other), other.overlaps(&one), "{} {}", one, other);
        prop_assert!(one.overlaps(&one), "{}", one);
    }

    #[test]
    fn what_two_patterns_both_match_makes_them_overlap(
        one in patterns(), other in patterns(), star in "[ab]{0,3}", tail in values(), value in values(),
    ) {
        for value in [matched_by(&one, &star, &tail), matched_by(&other, &star, &tail), value] {
            if one.matches(&value) && other.matches(&value) {
                prop_assert!(one.overlaps(&other), "{} and {} both match {}", one, other, value);
            }
        }
    }

    #[test]
    fn patterns_that_overlap_have_something_in_common(one in patterns(), other in patterns()) {
        if one.overlaps(&other) {
            prop_assert!(common(&one, &other), "{} and {} match nothing in common", one, other);
        }
    }

    #[test]
    fn a_pattern_matches_its_stars_filled(one in patterns(), star in "[ab]{0,3}", tail in values()) {
        let value = matched_by(&one, &star, &tail);
        prop_assert!(one.matches(&value), "{} {}", one, value);
    }

    #[test]
    fn a_star_never_crosses_a_segment(one in patterns(), value in values()) {
        let text = one.to_string();
        if one.matches(&value) && !text.ends_with("**") {
            prop_assert_eq!(value.split('/').count(), text.split('/').count());
        }
        if one.matches(&value) {
            prop_assert!(value.split('/').count() >= text.split('/').count(), "** is at least one segment");
        }
    }

    #[test]
    fn what_is_matched_is_reached_from_every_folder_above_it(one in patterns(), star in "[ab]{0,3}", tail in values()) {
        let value = matched_by(&one, &star, &tail);
        prop_assert!(one.reaches_beneath(""), "{}", one);
        for (at, _) in value.match_indices('/') {
            prop_assert!(one.reaches_beneath(&value[..at]), "{} from {}", one, &value[..at]);
        }
    }

    #[test]
    fn a_folder_that_reaches_nothing_holds_nothing_matched(one in patterns(), folder in values(), below in values()) {
        if !one.reaches_beneath(&folder) {
            let value = format!("{folder}/{below}");
            prop_assert!(!one.matches(&value), "{} {}", one, value);
        }
    }

    #[test]
    fn only_what_is_made_of_bare_stars_is_everything(one in patterns()) {
        let bare = one.to_string().split('/').all(|segment| segment == "*" || segment == "**");
        prop_assert_eq!(one.is_everything(), bare, "{}", one);
        prop_assert_eq!(one.is_literal(), !one.to_string().contains('*'));
    }

    #[test]
    fn a_parsed_pattern_has_only_the_stars_it_may_have(text in "[a*/.]{0,8}") {
        if let Ok(parsed) = Pattern::parse(&text) {
            prop_assert_eq!(parsed.to_string(), text.clone());
            prop_assert!(!text.trim_end_matches("**").contains("**") && !text.split('/').any(|part| part.is_empty() || part == ".."));
        }
    }

    #[test]
    fn a_canonical_path_is_one_text_and_stays_below_its_root(text in "([a-cé./\u{301}\u{0}-]|\\.\\.){0,12}") {
        if let Ok(path) = FilePath::parse(&text) {
            prop_assert_eq!(path.as_str(), text.as_str());
            prop_assert!(path.segments().all(|part| part != "." && part != ".." && !part.contains(char::is_control)));
            prop_assert_eq!(path.segments().collect::<Vec<_>>().join("/"), text, "no other text is the same path");
            prop_assert!(path.within(&FilePath::root()) && path.within(&path));
        }
    }

    #[test]
    fn joining_goes_down_one_segment(folder in values(), name in ".{0,6}") {
        let folder = FilePath::parse(&folder).expect("a canonical path");
        if let Ok(joined) = folder.join(&name) {
            prop_assert!(joined.within(&folder) && !folder.within(&joined));
            prop_assert_eq!(joined.segments().count(), folder.segments().count() + 1);
            prop_assert_eq!(FilePath::parse(joined.as_str()), Ok(joined));
        }
    }
}

/// Whether two patterns match something in common, by trying: every text that each star could need, drawn from the other's letters.
fn common(one: &Pattern, other: &Pattern) -> bool {
    let (left, right) = (one.to_string(), other.to_string());
    let (left, right): (Vec<_>, Vec<_>) = (left.split('/').collect(), right.split('/').collect());
    let length = left.len().max(right.len());
    let at = |segments: &[&str], index: usize| match segments.get(index) {
        Some(&"**") | None => "*".to_owned(),
        Some(segment) => (*segment).to_owned(),
    };
    let value: Option<Vec<String>> = (0..length).map(|index| shared(&at(&left, index), &at(&right, index))).collect();
    value.is_some_and(|value| one.matches(&value.join("/")) && other.matches(&value.join("/")))
}

/// The shortest text of `a` and `b` that both segments match, by trying all of up to six letters.
fn shared(left: &str, right: &str) -> Option<String> {
    let (left, right) = (pattern(left), pattern(right));
    let texts = (1..=6_u32).flat_map(|length| {
        (0..1_u32 << length)
            .map(move |bits| (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect::<String>())
    });
    texts.into_iter().find(|text| left.matches(text) && right.matches(text))
}

#[test]
fn patterns_match_as_the_manual_says() {
    let table = [
        ("runbooks/**", "runbooks/a", true),
        ("runbooks/**", "runbooks/a/b/c", true),
        ("runbooks/**", "runbooks", false),
        ("runbooks/**", "runbooks-old/a", false),
        ("run*", "run-secrets", true),
        ("run*", "run-secrets/key", false),
        ("*/deploy.md", "web/deploy.md", true),
        ("*/deploy.md", "deploy.md", false),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("A*", "abc", false),
        ("*", "", false),
        ("**", "a/b", true),
        ("a", "a/", false),
        ("a/**", "a/", false),
    ];
    for (text, value, matches) in table {
        assert_eq!(pattern(text).matches(value), matches, "{text} {value}");
    }
}

static SPEC: Spec = Spec {
    name: "thing.read",
    functions: &[],
    kind: Kind::Observation,
    reach: &[Dimension { key: "things", one: "thing", values: Values::Names }],
    bytes: true,
    lease: false,
    hints: tollgate::grant::Hints::READS,
    class: None,
};

fn grant(patterns: Vec<Pattern>, calls: u64, bytes: Option<u64>) -> Grant {
    let (reach, bytes) = (vec![Patterns::new(patterns)], bytes.map(Bytes));
    Grant {
        spec: &SPEC,
        index: 0,
        reach,
        calls,
        bytes,
        consent: Consent::none(),
        flow: Flow::Refuse,
        refuse: Vec::new(),
        lease: None,
        line: 1,
    }
}

fn meters(calls: u64, bytes: Option<u64>) -> Meters {
    let grant = grant(vec![pattern("*")], calls, bytes);
    Meters::new(&Arc::new(Allowed { granted: Grants(vec![grant.clone(), grant]), declared: None }))
}

const FIRST: Place = Place { granted: 0, declared: None };

/// One ask: exactly so many bytes or up to them, and how many of a thousand came.
fn asks() -> impl Strategy<Value = Vec<(bool, u64, u64)>> {
    let amount = prop_oneof![0_u64..50, Just(u64::MAX)];
    prop::collection::vec((any::<bool>(), amount, prop_oneof![0_u64..60, Just(u64::MAX)]), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_patterns_match_what_any_of_them_matches(list in prop::collection::vec(patterns(), 0..12), value in values()) {
        let many = Patterns::new(list.clone());
        prop_assert_eq!(many.matches(&value), list.iter().any(|one| one.matches(&value)));
        for folder in ["", value.as_str()] {
            prop_assert_eq!(many.reaches_beneath(folder), list.iter().any(|one| one.reaches_beneath(folder)), "{}", folder);
        }
        for one in &list {
            let matched = matched_by(one, "ab", "b/a");
            prop_assert!(!one.matches(&matched) || many.matches(&matched), "{} reaches {}", one, matched);
        }
    }

    #[test]
    fn declaration_and_grant_each_judge_and_neither_widens(
        granted in prop::collection::vec(patterns(), 1..4), declared in prop::collection::vec(patterns(), 1..4),
        value in values(), calls in (1_u64..9, 1_u64..9), bytes in (1_u64..99, 1_u64..99),
    ) {
        let both = |declared| Allowed { granted: Grants(vec![grant(granted.clone(), calls.0, Some(bytes.0))]), declared };
        let asked = [Reached::Exactly(value.as_str())];
        let declared_grant = grant(declared.clone(), calls.1, Some(bytes.1));
        let allowed = Arc::new(both(Some(Grants(vec![declared_grant]))));
        let reached = |list: &[Pattern]| list.iter().any(|one| one.matches(&value));
        let found = allowed.find(&SPEC, &asked);
        prop_assert_eq!(found.is_ok(), reached(&granted) && reached(&declared));
        prop_assert_eq!(allowed.shows(&SPEC, &asked), found.is_ok());
        prop_assert!(both(Some(Grants::default())).find(&SPEC, &asked).is_err(), "declared nothing, nothing allowed");
        if let Ok((place, _)) = found {
            let mut meters = Meters::new(&allowed);
            let got: Vec<u64> = std::iter::from_fn(|| meters.charge(place, Want::UpTo(7)).ok()).map(|it| it.bytes()).collect();
            prop_assert!(got.len() as u64 <= calls.0.min(calls.1) && got.iter().sum::<u64>() <= bytes.0.min(bytes.1));
            prop_assert_eq!(got[0], 7.min(bytes.0).min(bytes.1));
        }
    }

    #[test]
    fn no_sequence_of_asks_gets_more_than_is_allowed(calls in 1_u64..20, bytes in 1_u64..200, asks in asks()) {
        let mut meters = meters(calls, Some(bytes));
        let (mut granted, mut kept) = (0, 0);
        for (exactly, amount, came) in asks {
            let before = meters.each().next().expect("a meter").1;
            let want = if exactly { Want::Exactly(amount) } else { Want::UpTo(amount) };
            match meters.charge(FIRST, want) {
                Ok(charge) => {
                    granted += 1;
                    prop_assert!(charge.bytes() <= amount && (!exactly || charge.bytes() == amount));
                    let set_aside = meters.each().next().expect("a meter").1;
                    prop_assert_eq!(set_aside.bytes, before.bytes + charge.bytes());
                    prop_assert!(set_aside.bytes <= bytes);
                    let came = came.min(charge.bytes());
                    meters.keep(charge, came);
                    kept += came;
                }
                Err(refusal) => {
                    prop_assert_eq!(refusal.code, Code::MeterSpent);
                    prop_assert_eq!(meters.each().next().expect("a meter").1.bytes, before.bytes, "a refused ask leaves the bytes");
                }
            }
            let after = meters.each().next().expect("a meter").1;
            prop_assert_eq!(after.calls, before.calls + 1, "asking is charged, not succeeding");
            prop_assert_eq!(after.bytes, kept, "what did not come is given back, and no more");
            prop_assert!(after.bytes <= bytes && granted <= calls);
        }
        prop_assert_eq!(meters.each().nth(1).expect("the other meter").1.calls, 0, "a meter pays for its own grant alone");
    }

    #[test]
    fn more_than_was_set_aside_is_never_given_back(bytes in 1_u64..200, amount in 0_u64..300, came in any::<u64>()) {
        let mut meters = meters(5, Some(bytes));
        if let Ok(charge) = meters.charge(FIRST, Want::UpTo(amount)) {
            meters.keep(charge, came);
            prop_assert_eq!(meters.each().next().expect("a meter").1.bytes, came.min(charge.bytes()));
        }
    }
}

#[test]
fn a_grant_without_bytes_is_metered_in_calls() {
    let mut meters = meters(2, None);
    assert!(meters.charge(FIRST, Want::Exactly(u64::MAX)).is_ok() && meters.charge(FIRST, Want::UpTo(0)).is_ok());
    assert_eq!(meters.charge(FIRST, Want::Exactly(0)).expect_err("the third call").code, Code::MeterSpent);
    assert_eq!(
        meters.charge(Place { granted: 7, declared: None }, Want::Exactly(0)).expect_err("no such meter").code,
        Code::MeterSpent
    );
}
