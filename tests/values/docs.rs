//! What an author says of a tool: shown where it belongs, bounded, without anything hidden; and hostile text does no harm.

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::tool::{Surface, schema};

use super::component::{Component, func, outer, text};

const NAME: &str = "tollgate:tool/v1";

const STRING: u8 = 0x73;
const U32: u8 = 0x79;

/// Offers `tell()` and `ask(question: string, marks: list<pair>, size: option<level>) ->
/// result<pair, failure>`, with the types `pair: record { word: string, line: option<u32> }`, `level: enum { low, high }`
/// and `failure: variant { none, other(pair) }`.
fn tool() -> Component {
    let of = |parts: &[&[u8]]| [&[1], parts.concat().as_slice()].concat();
    let named = |name: &str, of: u8| [vec![4], outer(name), vec![3, 0, of]].concat();
    let function = |name: &str, of: u8| [vec![4], outer(name), vec![1, of]].concat();
    let declarations = [
        of(&[&[0x6b, U32]]),
        of(&[&[0x72, 2], &text("word"), &[STRING], &text("line"), &[0]]),
        named("pair", 1),
        of(&[&[0x70, 2]]),
        of(&[&[0x6d, 2], &text("low"), &text("high")]),
        named("level", 4),
        of(&[&[0x6b, 5]]),
        of(&[&[0x71, 2], &text("none"), &[0, 0], &text("other"), &[1, 2, 0]]),
        named("failure", 7),
        of(&[&[0x6a, 1, 2, 1, 8]]),
        of(&[&func(&[("question", STRING), ("marks", 3), ("size", 6)], Some(9))]),
        of(&[&func(&[], None)]),
        function("ask", 10),
        function("tell", 11),
    ];
    Component::default().declared("wasi:io/poll@0.2.3", &declarations).export("tollgate:answer/answer@0.1.0")
}

fn said(text: &str) -> Surface {
    Surface::parse(&tool().module(&[(NAME, text.as_bytes())]).bytes()).expect("a component")
}

/// Why it does not load.
fn why_not(component: Component) -> String {
    let surface = Surface::parse(&component.bytes()).expect("a component");
    assert_eq!((surface.text.as_str(), &surface.declared), ("", &None), "nothing of it is taken");
    surface.loads().expect_err("it must not load").message
}

fn refused(text: &str) -> String {
    why_not(tool().module(&[(NAME, text.as_bytes())]))
}

fn functions(functions: Value) -> String {
    json!({ "functions": functions }).to_string()
}

#[test]
fn what_is_said_stands_where_it_belongs() {
    let pair = json!({ "docs": "A pair.", "fields": { "word": { "docs": "The word." }, "line": { "docs": "Its line." } } });
    let level = json!({ "docs": "How much.", "cases": { "low": { "docs": "A little." }, "high": { "docs": "A lot." } } });
    let other = json!({ "docs": "Something else.", "fields": { "word": { "docs": "What." } } });
    let ask = json!({
        "docs": " Answers a question.\n\nAt length. ",
        "params": { "question": { "docs": "What is asked." }, "marks": { "docs": "Marks.", "item": pair.clone() }, "size": level },
        "result": pair, "error": { "docs": "Why not.", "cases": { "other": other } },
    });
    let needs = "\"files.read\" = { paths = [\"**\"], calls = 7, bytes = \"1 MiB\" }\n";
    let surface = said(&json!({ "docs": "Answers.", "functions": { "ask": ask }, "needs": needs }).to_string());
    assert_eq!(surface.loads(), Ok(()));
    assert_eq!(surface.text, "Answers.");
    let ask = surface.find(Some("ask")).expect("it is there");
    assert_eq!(ask.docs.text, "Answers a question.\n\nAt length.");
    let places: Vec<String> = ask.texts().into_iter().map(|(place, text)| format!("{place} {text}")).collect();
    let expected = "(question) What is asked.|(marks) Marks.|(marks)[] A pair.|(marks)[].line Its line.|(marks)[].word The word.|\
                    (size) How much.|(size):high A lot.|(size):low A little.|.result A pair.|.result.line Its line.|\
                    .result.word The word.|.error Why not.|.error:other Something else.|.error:other.word What.";
    assert_eq!(places[1..].join("|"), expected);
    let takes = schema::input(ask);
    for (place, description) in [
        ("/properties/question", "What is asked."),
        ("/properties/marks", "Marks."),
        ("/properties/marks/items", "A pair."),
        ("/properties/marks/items/properties/line", "Its line."),
        ("/properties/size", "How much.\n`low`: A little.\n`high`: A lot."),
    ] {
        assert_eq!(takes.pointer(place).expect(place)["description"], description, "{takes:#}");
    }
    let returns = schema::output(ask);
    assert_eq!(
        (&returns["description"], &returns["properties"]["word"]["description"]),
        (&json!("A pair."), &json!("The word."))
    );
    let [grant] = surface.declared.as_ref().expect("a declaration").0.as_slice() else { panic!("{:?}", surface.declared) };
    assert_eq!((grant.spec.name, grant.calls, grant.line), ("files.read", 7, 1));
    assert!(grant.reach[0][0].is_everything(), "a declaration may be wide without saying so");
}

#[test]
fn cases_and_fields_of_what_is_within_others_are_described_too() {
    use tollgate::tool::{Docs, Function, FunctionDocs, Shape};
    let carried = Shape::Tuple(vec![Shape::Bool, Shape::Option(Box::new(Shape::String))]);
    let variant = Shape::Variant(vec![("none".to_owned(), None), ("some".to_owned(), Some(carried))]);
    let flags = Shape::Flags(vec!["a".to_owned(), "b".to_owned()]);
    let outcome = Shape::Result { ok: Some(Box::new(Shape::Option(Box::new(flags)))), err: None };
    let result = Shape::list(Shape::Option(Box::new(Shape::Tuple(vec![variant, outcome]))));
    let docs: Docs = serde_json::from_value(json!({ "docs": "all", "item": { "docs": "one", "fields": {
        "0": { "cases": { "some": { "docs": "held", "fields": { "1": { "docs": "second" } } } } },
        "1": { "cases": { "ok": { "docs": "well", "cases": { "b": { "docs": "bee" } } } } },
    } } }))
    .expect("docs");
    let docs = FunctionDocs { result: docs, ..FunctionDocs::default() };
    let function = Function { name: "ask".to_owned(), interface: None, params: vec![], result: Some(result), docs };
    let returns = schema::output(&function);
    let items = "/properties/result/items";
    for (place, description) in [
        ("/properties/result", "all"),
        (items, "one"),
        (&format!("{items}/properties/some/properties/0/anyOf/1"), "held"),
        (&format!("{items}/properties/some/properties/0/anyOf/1/properties/value/properties/1"), "second"),
        (&format!("{items}/properties/some/properties/1/anyOf/0"), "well"),
    ] {
        assert_eq!(returns.pointer(place).unwrap_or_else(|| panic!("{place}: {returns:#}"))["description"], description);
    }
}

#[test]
fn without_a_section_nothing_is_said() {
    for component in [tool(), tool().module(&[("producers", b"x"), ("tollgate:tool/v2", b"{")])] {
        let surface = Surface::parse(&component.bytes()).expect("a component");
        assert_eq!((surface.loads(), surface.text.as_str(), &surface.declared), (Ok(()), "", &None));
    }
    let nothing = said("{}");
    assert_eq!((nothing.loads(), nothing.declared), (Ok(()), None));
    assert_eq!(said(r#"{"needs": ""}"#).declared.map(|needs| needs.0.len()), Some(0), "to need nothing is to say so");
}

#[test]
fn exactly_one_section_in_a_core_module_of_its_own() {
    let one: (&str, &[u8]) = (NAME, b"{}");
    assert_eq!(why_not(tool().module(&[one, one])), "it has 2 sections `tollgate:tool/v1`, and a tool has one");
    assert_eq!(
        why_not(tool().module(&[one]).module(&[]).module(&[one])),
        "it has 2 sections `tollgate:tool/v1`, and a tool has one"
    );
    let outside = "it has a section `tollgate:tool/v1` outside of its core modules, where it is not read";
    assert_eq!(why_not(tool().custom(NAME, b"{}")), outside);
    assert_eq!(why_not(tool().module(&[one]).custom(NAME, b"{}")), outside);
    // What was a tool before it was put into this one speaks of itself.
    let inner = || Component::default().module(&[(NAME, br#"{"docs": "inner"}"#)]).custom(NAME, b"{}");
    let surface = Surface::parse(&tool().within(inner()).module(&[(NAME, br#"{"docs": "outer"}"#)]).bytes());
    assert_eq!(surface.expect("a component").text, "outer");
    assert_eq!(Surface::parse(&tool().within(inner()).bytes()).map(|surface| surface.text), Ok(String::new()));
}

#[test]
fn a_section_that_is_not_right_keeps_the_tool_from_loading() {
    let large = json!({ "docs": "x".repeat(64 << 10) }).to_string();
    assert_eq!(refused(&large), "its section `tollgate:tool/v1` is 65547 bytes large; 65536 are allowed");
    assert_eq!(why_not(tool().module(&[(NAME, b"{\"docs\": \"\xff\"}")])), "its section `tollgate:tool/v1` is not UTF-8");
    let deep = format!("{}1{}", "{\"item\": ".repeat(200), "}".repeat(200));
    for (text, why) in [
        ("", "is empty"),
        ("{", "is not JSON: EOF while parsing an object at line 1 column 1"),
        ("{}{}", "holds two descriptions, one behind the other: a crate is one tool"),
        ("{} \n{\"docs\": \"x\"}", "holds two descriptions, one behind the other: a crate is one tool"),
        ("{}\0\0", "goes on after its end"),
        ("7", "is not understood: invalid type: "),
        (r#"["text", {}, ""]"#, "holds a list, which no part of it is"),
        (r#"{"functions": {"ask": {"result": ["text"]}}}"#, "holds a list, which no part of it is"),
        (r#"{"docs": null}"#, "is not understood: invalid type: null, expected a string"),
        (r#"{"needs": null}"#, "is not understood: invalid type: null, expected a string"),
        (r#"{"functions": {"ask": {"result": {"item": null}}}}"#, "is not understood: invalid type: null"),
        (r#"{"doc": "x"}"#, "is not understood: unknown field `doc`, expected one of `docs`, `functions`, `needs`"),
        (r#"{"\u202e\n": 1}"#, r"is not understood: unknown field `\u{202e}\n`"),
        (r#"{"functions": {"ask": {"params": {"question": {"text": "x"}}}}}"#, "is not understood: unknown field `text`"),
        (r#"{"docs": "a", "docs": "b"}"#, "is wrong at `docs` the key \"docs\" stands there twice"),
        (r#"{"functions": {"ask": {}, "ask": {}}}"#, "is wrong at `functions.ask` the key \"ask\" stands there twice"),
        (&deep, "is not understood: they are not JSON: recursion limit exceeded"),
    ] {
        let found = refused(text);
        assert!(found.starts_with(&format!("its section `tollgate:tool/v1` {why}")), "{text:.80}: {found}");
    }
}

#[test]
fn a_text_about_what_is_not_there_keeps_the_tool_from_loading() {
    let text = json!({ "docs": "x" });
    for (of, why) in [
        (json!({ "aks": {} }), "its author's text speaks of \"aks\", which is not there"),
        (
            json!({ "ask": { "params": { "qestion": text } } }),
            "its author's text speaks of \"qestion\" at `ask(…)`, which is not there",
        ),
        (
            json!({ "ask": { "params": { "marks": { "item": { "fields": { "\n": text } } } } } }),
            "its author's text speaks of \"\\n\" at `ask(marks)[].…`, which is not there",
        ),
        (
            json!({ "ask": { "params": { "size": { "cases": { "middle": text } } } } }),
            "its author's text speaks of \"middle\" at `ask(size):…`, which is not there",
        ),
        (
            json!({ "ask": { "params": { "question": { "item": text } } } }),
            "its author's text speaks of `ask(question)[]`, which is not there",
        ),
        (json!({ "tell": { "result": text } }), "its author's text speaks of `tell.result`, which is not there"),
        (json!({ "tell": { "error": text } }), "its author's text speaks of `tell.error`, which is not there"),
    ] {
        assert_eq!(refused(&functions(of)), why);
    }
    let many: Value = (0..20).map(|number| (format!("f{number}"), json!({}))).collect::<serde_json::Map<_, _>>().into();
    assert!(refused(&functions(many)).ends_with("; there are 12 more problems like these"));
}

#[test]
fn texts_are_bounded() {
    let long = |length: usize| "x".repeat(length);
    assert_eq!(said(&json!({ "docs": long(8192) }).to_string()).loads(), Ok(()));
    let why = refused(&json!({ "docs": long(8193) }).to_string());
    assert_eq!(why, "its author's text of the tool is 8193 bytes long; 8192 are allowed");
    let why = refused(&functions(json!({ "ask": { "docs": long(4097) } })));
    assert_eq!(why, "its author's text of `ask` is 4097 bytes long; 4096 are allowed");
    let why = refused(&functions(json!({ "ask": { "params": { "marks": { "item": { "docs": long(2049) } } } } })));
    assert_eq!(why, "its author's text of `ask(marks)[]` is 2049 bytes long; 2048 are allowed");
    // What is written out counts as it is shown.
    let why = refused(&json!({ "docs": "\u{202e}\u{202d}".repeat(513) }).to_string());
    assert_eq!(why, "its author's text of the tool is 8208 bytes long; 8192 are allowed");
}

#[test]
fn a_schema_is_bounded_with_its_texts() {
    // What is hidden is three bytes in the section and nine in the schema.
    let text = json!({ "docs": "\u{202e}\u{202d}".repeat(128) });
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
        let params: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), STRING)).collect();
        let said: Value = names.iter().map(|name| (name.clone(), text.clone())).collect::<serde_json::Map<_, _>>().into();
        let section = functions(json!({ "ask": { "params": said } }));
        let tool = Component::default().import("wasi:io/poll@0.2.3", &[func(&params, None)], &[("ask", 0)]).export("a:b/c");
        tool.module(&[(NAME, section.as_bytes())])
    };
    let surface = Surface::parse(&many(27).bytes()).expect("a component");
    assert_eq!(surface.loads(), Ok(()));
    let takes = schema::input(&surface.functions[0]);
    assert!(takes.to_string().len() > 60 << 10 && schema::bounded(&takes).is_ok());
    let why = "with its author's texts the schema of what `ask` takes is 65882 bytes large; 65536 are allowed";
    assert_eq!(why_not(many(28)), why);
}

#[test]
fn nothing_hidden_is_left_in_a_text() {
    let hostile = "Answers.\u{202e}\u{200b}\u{e0041}\u{1b}[2J\r\u{9b}\u{feff}\nSecond line.";
    let of = json!({ "ask": { "docs": hostile, "params": { "question": { "docs": hostile } } } });
    let surface = said(&json!({ "docs": hostile, "functions": of }).to_string());
    let shown = "Answers.\\u{202e}\\u{200b}\\u{e0041}\\u{1b}[2J\\u{d}\\u{9b}\\u{feff}\nSecond line.";
    assert_eq!(surface.text, shown);
    let ask = surface.find(Some("ask")).expect("it is there");
    assert_eq!((ask.docs.text.as_str(), ask.docs.params["question"].text.as_str()), (shown, shown));
    assert_eq!(schema::input(ask)["properties"]["question"]["description"], shown);
}

#[test]
fn a_declaration_that_does_not_hold_keeps_the_tool_from_loading() {
    let needs = |needs: &str| refused(&json!({ "needs": needs }).to_string());
    let says = |line: usize, why: &str| format!("what its author declares does not hold, at line {line}: {why}");
    let read = r#""files.read" = { paths = ["**"], calls = 1, bytes = "1 KiB""#;
    for (text, line, why) in [
        (
            format!("{read}, consent = \"none\" }}"),
            1,
            "`consent` has no place here: who is asked is for the operator to say",
        ),
        (format!("{read}, wide = true }}"), 1, "`wide` has no place here: a declaration opens nothing, however wide"),
        (format!("\n{read} }}\n\"forum.pots\" = {{}}"), 3, "there is no grant called `forum.pots`"),
        ("\"files.read\" = { paths = [\"a\"], calls = 1 }".to_owned(), 1, "`bytes` is missing in [grant.\"files.read\"]"),
        ("tollgate = 1".to_owned(), 1, "there is no grant called `tollgate`"),
        (
            "\"a\\n\u{202e}\" = 1".to_owned(),
            1,
            "there is no grant called `a\\n\\u{202e}`: it holds \\u{202e} (U+202E), and names are ASCII",
        ),
    ] {
        assert_eq!(needs(&text), says(line, why));
    }
    let why = needs("[grant]");
    assert_eq!(why, says(1, "there is no grant called `grant`"));
    assert!(needs("\"files.read\" = ").contains("this is not TOML"));
    assert!(needs(&"#".repeat(64 << 10)).contains("bytes large; 65536 are allowed"));
}

/// JSON of any kind, with the keys that a section has and others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        any::<i32>().prop_map(Value::from)
    ];
    let keys = [
        "docs",
        "functions",
        "needs",
        "params",
        "result",
        "error",
        "fields",
        "cases",
        "item",
        "ask",
        "tell",
        "question",
        "marks",
        "word",
        "low",
    ];
    let key = prop_oneof![8 => prop::sample::select(keys.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            6 => prop::collection::btree_map(key.clone(), inner.clone(), 0..5).prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn no_section_makes_parsing_panic_or_hides_anything(json in any_json(), bytes in prop::collection::vec(any::<u8>(), 0..64), cut in any::<prop::sample::Index>()) {
        let text = json.to_string();
        let mut damaged = text.clone().into_bytes();
        let at = cut.index(damaged.len());
        damaged.splice(at..at, bytes.iter().copied());
        for section in [text.as_bytes(), &bytes, &damaged] {
            let surface = Surface::parse(&tool().module(&[(NAME, section)]).bytes()).expect("a component");
            let plain = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control());
            if let Err(why) = surface.loads() {
                prop_assert!(plain(&why.message) && why.message.len() < 8_192, "{:?}", why);
            }
            for function in &surface.functions {
                prop_assert!(function.texts().iter().all(|(place, text)| plain(place) && plain(text)));
                prop_assert!(schema::bounded(&schema::input(function)).is_ok() && schema::bounded(&schema::output(function)).is_ok());
            }
        }
    }

    #[test]
    fn any_text_is_shown_and_nothing_in_it_is_lost(text in "\\PC{0,80}") {
        let surface = said(&json!({ "docs": text }).to_string());
        prop_assert_eq!(surface.loads(), Ok(()));
        let visible = surface.text.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let letters: String = text.trim().chars().filter(char::is_ascii_alphanumeric).collect();
        prop_assert!(visible.len() >= letters.len());
    }
}
