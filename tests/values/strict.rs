//! JSON that means one thing: a key twice in one object is found wherever it stands and however it is written.

use std::collections::HashSet;

use proptest::prelude::*;
use tollgate::tool::strictly;

/// JSON as it is written: keys may stand there twice.
#[derive(Debug, Clone)]
enum Written {
    Text(&'static str),
    Items(Vec<Written>),
    Fields(Vec<((&'static str, &'static str), Written)>),
}

/// Keys as they are meant, and as they are written.
const KEYS: [(&str, &str); 7] =
    [("a", "a"), ("a", "\\u0061"), ("b", "b"), ("a,b", "a,b"), ("{\"a", "{\\\"a"), ("\\", "\\\\"), ("$x", "$x")];

fn written() -> impl Strategy<Value = Written> {
    let leaf = prop_oneof![Just("a"), Just("\\\"a\\\":"), Just("{"), Just("\\\\")].prop_map(Written::Text);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let field = (prop::sample::select(KEYS.to_vec()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Written::Items),
            prop::collection::vec(field, 0..4).prop_map(Written::Fields),
        ]
    })
}

impl Written {
    fn print(&self) -> String {
        let join = |all: Vec<String>| all.join(", ");
        match self {
            Self::Text(text) => format!("\"{text}\""),
            Self::Items(items) => format!("[{}]", join(items.iter().map(Self::print).collect())),
            Self::Fields(fields) => {
                format!("{{{}}}", join(fields.iter().map(|((_, key), it)| format!("\"{key}\" : {}", it.print())).collect()))
            }
        }
    }

    fn means_one_thing(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Items(items) => items.iter().all(Self::means_one_thing),
            Self::Fields(fields) => {
                let mut seen = HashSet::new();
                fields.iter().all(|((key, _), it)| seen.insert(*key) && it.means_one_thing())
            }
        }
    }
}

proptest! {
    #[test]
    fn a_key_twice_is_found(written in written()) {
        let text = written.print();
        prop_assert_eq!(strictly(&text).is_ok(), written.means_one_thing(), "{}", text);
    }
}

#[test]
fn a_key_twice_is_found_among_many() {
    let keys: Vec<String> = (0..300).map(|key| format!("\"k{key}\": 0")).collect();
    assert!(strictly(&format!("{{{}}}", keys.join(","))).is_ok());
    for again in [0, 63, 64, 299] {
        assert!(strictly(&format!("{{{}, \"k{again}\": 1}}", keys.join(","))).is_err(), "k{again}");
    }
}
