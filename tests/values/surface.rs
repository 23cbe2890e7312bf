//! Surfaces: what a component wants and offers is read without compiling it, and hostile bytes do no harm.

use std::fs;

use proptest::prelude::*;
use tollgate::tool::{Origin, Shape, Surface};

use super::component::{Component, PREAMBLE, func, leb, section};

const STRING: u8 = 0x73;
const BOOL: u8 = 0x7f;

/// Imports files of ours, and offers `ask` and `tell`.
fn good() -> Component {
    let ask = func(&[("question", STRING), ("marks", 0)], Some(2));
    let types = [vec![0x70, STRING], vec![0x70, 0x7d], vec![0x6a, 1, 1, 1, STRING], ask, func(&[], None)];
    Component::default()
        .import("tollgate:host/files@0.1.7", &types, &[("ask", 3), ("tell", 4)])
        .export("tollgate:answer/answer@0.1.0")
}

fn parsed(component: Component) -> Surface {
    let bytes = component.bytes();
    Surface::parse(&bytes).unwrap_or_else(|bad| panic!("{bad}"))
}

fn why_not(component: Component) -> String {
    parsed(component).loads().expect_err("it must not load").message
}

#[test]
fn a_component_says_what_it_wants_and_offers() {
    let surface = parsed(good());
    assert_eq!(surface.imports.len(), 1);
    assert_eq!(surface.imports[0].interface, "tollgate:host/files@0.1.7");
    assert_eq!(surface.imports[0].functions, ["ask", "tell"]);
    assert_eq!(surface.imports[0].origin, Origin::Tollgate);
    let ask = surface.find(Some("ask")).expect("it is there");
    assert_eq!(ask.interface.as_deref(), Some("tollgate:answer/answer@0.1.0"));
    assert_eq!(ask.params[1].1, Shape::List(Box::new(Shape::String)));
    assert_eq!(ask.to_string(), "ask: func(question: string, marks: list<string>) -> result<list<u8>, string>");
    assert_eq!(surface.loads(), Ok(()));
}

#[test]
fn a_function_that_is_not_there_is_answered_with_those_that_are() {
    let surface = parsed(good());
    let said = |name| surface.find(name).expect_err("there is none").to_string();
    assert_eq!(said(None), "it has several functions; say which: `ask` and `tell`");
    assert_eq!(said(Some("tel")), "it has no function \"tel\"; did you mean `tell`? It has `ask` and `tell`");
    assert_eq!(said(Some("\n{}")), "it has no function \"\\n{}\"; it has `ask` and `tell`");
    let sole = parsed(Component::default().import("wasi:io/poll@0.2.3", &[func(&[], None)], &[("go", 0)]).export("a:b/c"));
    assert_eq!(sole.find(None).map(|function| function.name.as_str()), Ok("go"));
    assert_eq!(sole.imports[0].origin, Origin::Wasi);
}

#[test]
fn an_import_of_nobody_known_does_not_load() {
    let strange = [
        "wasi:http/types@0.2.0",
        "wasi:cli/run@0.3.0",
        "wasi:cli/run@0.2.0-rc-1",
        "wasi:cli/run",
        "tollgate:host/files@0.2.0",
        "tollgate:host/secrets@0.1.0",
        "tollgate:other/files@0.1.0",
        "plain",
    ];
    for name in strange {
        let why = why_not(good().import(name, &[], &[]));
        assert_eq!(why, format!("it imports `{name}`, which this host does not have"));
    }
    assert_eq!(why_not(good().root("read", None)), "it imports `read`, which this host does not have");
    for name in ["wasi:cli/stdout@0.2.12", "wasi:sockets/tcp@0.2.0", "tollgate:host/acl@0.1.0"] {
        assert_eq!(parsed(good().import(name, &[], &[])).loads(), Ok(()), "{name}");
    }
}

#[test]
fn what_cannot_be_called_is_said_with_its_reason() {
    let why = why_not(good().root("read", Some("abort")));
    assert!(why.ends_with("it exports the function `abort` at its root instead of through an interface"), "{why}");
    let why = why_not(good().export("other:tool/answer@1.0.0"));
    assert_eq!(
        why,
        "it exports `ask` twice: through `tollgate:answer/answer@0.1.0` and `other:tool/answer@1.0.0`; \
                     it exports `tell` twice: through `tollgate:answer/answer@0.1.0` and `other:tool/answer@1.0.0`"
    );
    assert_eq!(why_not(Component::default()), "it exports no function");
    // A stream, and a type that is four of a smaller one, again and again: small in the file, huge where it is used.
    let mut types = vec![vec![0x66, 1, BOOL], func(&[("bytes", 0)], None), vec![0x6f, 4, BOOL, BOOL, BOOL, BOOL]];
    (2..6).for_each(|of: u8| types.push(vec![0x6f, 4, of, of, of, of]));
    types.extend([func(&[("much", 6)], None), func(&[("some", 3)], None)]);
    // One within the other, seventeen times.
    (8..24).for_each(|of: u8| types.push(vec![0x6b, if of == 8 { BOOL } else { of }]));
    types.push(func(&[("deep", 24)], None));
    let functions = [("listen", 1), ("carry", 7), ("lift", 8), ("dive", 25)];
    let of = Component::default().import("wasi:io/poll@0.2.3", &types, &functions).export("a:b/c");
    let surface = parsed(of);
    let reasons: Vec<&str> = surface.uncallable.iter().map(|it| it.reason.as_str()).collect();
    let expected = [
        "its parameter `bytes` holds a `stream`",
        "its parameter `much` has a type of more than 512 parts",
        "its parameter `deep` has a type more than 16 levels deep",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(surface.functions.len(), 1);
    let said = surface.find(Some("listen")).expect_err("it cannot").to_string();
    assert_eq!(said, "`listen` cannot be called: its parameter `bytes` holds a `stream`");
}

#[test]
fn s16_names_outside_the_identifier_grammar_do_not_load() {
    let named = |function: &str, interface: &str| {
        let types = [func(&[], None)];
        Surface::parse(
            &Component::default().import("wasi:io/poll@0.2.3", &types, &[(function, 0)]).export(interface).bytes(),
        )
    };
    assert!(named("ask", "a:b/c").is_ok());
    for bad in ["a\nb", "a\u{1b}[2J", "a b", "ask_it", "é", "a\u{202e}b", ""] {
        for refused in [named(bad, "a:b/c"), named("ask", &format!("a:b/{bad}"))] {
            let why = refused.expect_err(bad).message;
            assert!(why.starts_with("it is not a valid component: "), "{why}");
            assert!(!why.contains(|c: char| c.is_control() || c == '\u{202e}'), "{why:?}");
        }
    }
    let long = named(&"a".repeat(65), "a:b/c").expect_err("it is too long").message;
    assert!(long.ends_with("which is not 1 to 64 characters long"), "{long}");
}

#[test]
fn what_is_no_component_is_said_to_be_what_it_is() {
    let said = |bytes: &[u8]| Surface::parse(bytes).expect_err("it is none").message;
    assert_eq!(said(b""), "it is not a WebAssembly component");
    assert_eq!(said(b"\0asm\x01\0\0\0"), "it is a core WebAssembly module and not a component");
    assert_eq!(said(&vec![0; (16 << 20) + 1]), "it is 16777217 bytes large; a component may be 16777216 bytes");
}

#[test]
fn nesting_is_refused_before_it_is_climbed() {
    // Each level is an instance type with one declaration, a type.
    let types = |levels: usize| {
        let body = [vec![1], [0x42, 1, 1].repeat(levels), vec![0x42, 0]].concat();
        Surface::parse(&[PREAMBLE, &section(7, &body)].concat())
    };
    assert!(types(10).is_ok());
    for levels in [100, 10_000, 5_000_000] {
        let why = types(levels).expect_err("too deep").message;
        assert_eq!(why, "it declares types within types, more than is read here");
    }
    let components = |levels: usize| {
        let mut bytes = PREAMBLE.to_vec();
        (0..levels).for_each(|_| bytes = [PREAMBLE, &section(4, &bytes)].concat());
        Surface::parse(&bytes)
    };
    assert!(components(20).is_ok());
    assert_eq!(
        components(2000).expect_err("too deep").message,
        "it holds components within components, more than is read here"
    );
    let mut many = vec![func(&[], None)];
    many.push(func(&[], None));
    let named: Vec<String> = (0..200).map(|number| format!("f{number}")).collect();
    let functions: Vec<(&str, u8)> = named.iter().map(|name| (name.as_str(), 0)).collect();
    let much = Component::default().import("wasi:io/poll@0.2.3", &many, &functions).export("a:b/c").bytes();
    assert_eq!(Surface::parse(&much).expect_err("too many").message, "it exports more than 128 names");
}

#[test]
fn a_real_component_cut_anywhere_never_says_more_than_the_whole() {
    let whole = fixture();
    let surface = Surface::parse(&whole).expect("the fixture is a component");
    assert_eq!(surface.loads(), Ok(()));
    assert!(surface.imports.iter().any(|import| import.origin == Origin::Tollgate));
    let read = (1..100).filter_map(|step| Surface::parse(&whole[..whole.len() * step / 100]).ok()).collect::<Vec<_>>();
    // Between two sections a component may end; nearly everywhere else it may not.
    assert!(read.len() < 20, "{} of 99 beginnings passed for a component", read.len());
    assert!(
        read.iter().all(|cut| surface.imports.starts_with(&cut.imports) && surface.functions.starts_with(&cut.functions))
    );
}

fn fixture() -> Vec<u8> {
    fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/host-0.1.0.wasm"))
        .expect("the fixture is in the repository")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_parsing_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), id in 0_u8..13) {
        let _ = Surface::parse(&bytes);
        let _ = Surface::parse(&[PREAMBLE, &bytes].concat());
        let _ = Surface::parse(&[PREAMBLE, &section(id, &bytes)].concat());
        let _ = Surface::parse(&[PREAMBLE, &[id], &leb(bytes.len() * 1000), &bytes].concat());
    }

    #[test]
    fn no_change_of_a_component_makes_parsing_panic(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..4)) {
        let mut changed = good().bytes();
        let at = at.index(changed.len() - bytes.len());
        changed[at..at + bytes.len()].copy_from_slice(&bytes);
        if let Ok(surface) = Surface::parse(&changed) {
            let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            prop_assert!(surface.functions.iter().all(|it| plain(&it.name)) && surface.imports.iter().all(|it| plain(&it.interface)));
        }
    }
}
