//! Values: whatever WIT can pass goes through JSON and back unchanged, and what is wrong is said before anything runs.

mod checker;
mod component;
mod docs;
mod shapes;
mod strict;
mod surface;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tollgate::tool::{Answer, Function, Shape, decode, encode, schema};
use wasmtime::component::Val;

use checker::accepts;
use shapes::{any_shape, any_shape_and_value, holds_64_bits};

fn named(fields: &[(&str, Shape)]) -> Vec<(String, Shape)> {
    fields.iter().map(|(name, shape)| ((*name).to_owned(), shape.clone())).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn function(params: &[(&str, Shape)], result: Option<Shape>) -> Function {
    let interface = Some("a:b/c@0.1.0".to_owned());
    Function { name: "ask".to_owned(), interface, params: named(params), result, docs: Default::default() }
}

fn option(shape: Shape) -> Shape {
    Shape::Option(Box::new(shape))
}

/// What is said about these arguments, one line for each problem.
fn complaints(function: &Function, json: &str) -> Vec<String> {
    decode::arguments(function, json).expect_err(json).iter().map(ToString::to_string).collect()
}

/// Another JSON near `json`: at the place that `at` chooses, `with` stands instead, is added, or something is gone.
fn mutated(json: &Value, at: &Index, with: &Value) -> Value {
    fn places(json: &Value, path: &str, all: &mut Vec<String>) {
        all.push(path.to_owned());
        match json {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(place, it)| places(it, &format!("{path}/{place}"), all))
            }
            Value::Object(map) => map.iter().for_each(|(key, it)| places(it, &format!("{path}/{key}"), all)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let (mut json, mut all) = (json.clone(), Vec::new());
    places(&json, "", &mut all);
    let chosen = at.index(all.len() * 3);
    let place = json.pointer_mut(&all[chosen / 3]).expect("the place was just found");
    match (place, chosen % 3) {
        (Value::Object(map), 1) => {
            let key = map.keys().next().cloned();
            key.and_then(|key| map.remove(&key));
        }
        (Value::Object(map), 2) => {
            map.insert("strange".to_owned(), with.clone());
        }
        (place, _) => *place = with.clone(),
    }
    json
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = ["", "x", "é", "xy", "NaN", "5", "-7", "007", "QQ==", "QQ", "a", "ok", "err"].map(Value::from);
    let numbers =
        [json!(0), json!(5), json!(-1), json!(128), json!(300), json!(70_000), json!(1.0), json!(1.5), json!(1e300)];
    let others = [json!(null), json!(true), json!([]), json!(["a"]), json!(["a", "a"]), json!({}), json!({ "tag": "a" })];
    prop::sample::select(words.into_iter().chain(numbers).chain(others).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn a_value_that_goes_out_comes_in_unchanged((shape, val) in any_shape_and_value()) {
        let json = encode::value(&shape, &val).map_err(TestCaseError::fail)?;
        prop_assert!(accepts(&schema::of(&shape), &json), "the schema of {shape} refuses {json}");
        // Through text, as it travels.
        let function = function(&[("it", Shape::List(Box::new(shape)))], None);
        let text = json!({ "it": [json] }).to_string();
        let back = decode::arguments(&function, &text).map_err(|bad| TestCaseError::fail(format!("{text}: {bad:?}")))?;
        prop_assert_eq!(back, vec![Val::List(vec![val])]);
    }

    #[test]
    fn the_schema_accepts_what_decoding_accepts((shape, val) in any_shape_and_value(), at in any::<Index>(), with in any_json()) {
        let json = mutated(&encode::value(&shape, &val).map_err(TestCaseError::fail)?, &at, &with);
        let accepted = accepts(&schema::of(&shape), &json);
        match decode::value(&shape, &json) {
            // Only numbers where the schema asks for the digits of 64 bits are taken beside it.
            Ok(_) => prop_assert!(accepted || holds_64_bits(&shape), "{shape} takes {json}, and its schema does not"),
            Err(bad) => prop_assert!(!accepted, "the schema of {shape} takes {json}: {bad:?}"),
        }
    }

    #[test]
    fn every_schema_is_one_that_clients_take(shape in any_shape(), result in any_shape()) {
        let function = function(&[("it", shape)], Some(result));
        for root in [schema::input(&function), schema::output(&function)] {
            prop_assert_eq!(&root["type"], "object");
            prop_assert_eq!(&root["additionalProperties"], &json!(false));
            for key in ["oneOf", "anyOf", "allOf", "not", "if", "$schema", "$ref"] {
                prop_assert!(root.get(key).is_none(), "{key} at the root of {root}");
            }
        }
    }

    #[test]
    fn what_is_returned_is_what_the_schema_says((shape, val) in any_shape_and_value()) {
        let function = function(&[], Some(shape));
        if let Answer::Value(value) = encode::answer(&function, &[val]).map_err(TestCaseError::fail)? {
            let structured = encode::structured(&function, &value);
            prop_assert!(accepts(&schema::output(&function), &structured), "{} refuses {structured}", schema::output(&function));
        }
    }

    #[test]
    fn no_text_makes_decoding_panic(text in "[\\[\\]{}:,\"\\\\a0-9.eE u-]{0,60}", shape in any_shape()) {
        let _ = decode::arguments(&function(&[("a", shape)], None), &text);
    }
}

#[test]
fn integers_keep_their_extremes() {
    let all = [
        (Shape::S8, "-128", "127", "-129", "128"),
        (Shape::U8, "0", "255", "-1", "256"),
        (Shape::S16, "-32768", "32767", "-32769", "32768"),
        (Shape::U16, "0", "65535", "-1", "65536"),
        (Shape::S32, "-2147483648", "2147483647", "-2147483649", "2147483648"),
        (Shape::U32, "0", "4294967295", "-1", "4294967296"),
        (Shape::S64, "-9223372036854775808", "9223372036854775807", "-9223372036854775809", "9223372036854775808"),
        (Shape::U64, "0", "18446744073709551615", "-1", "18446744073709551616"),
    ];
    for (shape, least, greatest, below, above) in all {
        let function = function(&[("n", shape.clone())], None);
        for good in [least, greatest] {
            let val = &decode::arguments(&function, &format!("{{\"n\":{good}}}")).expect(good)[0];
            let json = encode::value(&shape, val).expect("it was just decoded");
            assert_eq!(json.to_string().trim_matches('"'), good, "{shape}");
            assert_eq!(json.is_string(), matches!(shape, Shape::S64 | Shape::U64), "{shape}");
            assert_eq!(decode::value(&shape, &json).as_ref(), Ok(val), "{shape}");
        }
        for bad in [below, above] {
            assert_eq!(complaints(&function, &format!("{{\"n\":{bad}}}")).len(), 1, "{shape} took {bad}");
            assert!(decode::value(&shape, &json!(bad)).is_err(), "{shape} took \"{bad}\"");
        }
    }
    assert_eq!(decode::value(&Shape::U64, &json!("9007199254740993")), Ok(Val::U64((1 << 53) + 1)));
    for bad in ["", "-", "+1", "01", "-0", "1.0", "1e3", " 1", "0x1", "١"] {
        assert!(decode::value(&Shape::S64, &json!(bad)).is_err(), "took \"{bad}\"");
    }
}

#[test]
fn floats_keep_what_json_has_no_number_for() {
    for (word, float) in [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)] {
        assert_eq!(encode::value(&Shape::F64, &Val::Float64(float)), Ok(json!(word)));
        assert_eq!(decode::value(&Shape::F64, &json!(word)), Ok(Val::Float64(float)));
        assert_eq!(decode::value(&Shape::F32, &json!(word)), Ok(Val::Float32(float as f32)));
    }
    let read = |shape: &Shape, text: &str| decode::value(shape, &serde_json::from_str(text).expect(text));
    assert_eq!(read(&Shape::F64, "-0.0"), Ok(Val::Float64(-0.0)));
    assert_eq!(read(&Shape::F32, "0.10000000149011612"), Ok(Val::Float32(0.1)));
    assert_eq!(
        encode::value(&Shape::F32, &Val::Float32(0.1)).map(|json| json.to_string()),
        Ok("0.10000000149011612".to_owned())
    );
    assert!(read(&Shape::F32, "1e39").is_err(), "what is too large does not become infinite");
    assert!(read(&Shape::F64, "1e999").is_err());
    assert!(read(&Shape::F64, "\"inf\"").is_err());
}

#[test]
fn options_within_options_lose_nothing() {
    let twice = option(option(Shape::U8));
    let forms = [
        (Val::Option(None), json!({}), json!({})),
        (Val::Option(Some(Box::new(Val::Option(None)))), json!({ "some": {} }), json!({ "it": {} })),
        (
            Val::Option(Some(Box::new(Val::Option(Some(Box::new(Val::U8(7))))))),
            json!({ "some": { "some": 7 } }),
            json!({ "it": { "some": 7 } }),
        ),
    ];
    for (val, alone, field) in forms {
        assert_eq!(encode::value(&twice, &val), Ok(alone.clone()));
        assert_eq!(decode::value(&twice, &alone), Ok(val.clone()));
        assert_eq!(decode::arguments(&function(&[("it", twice.clone())], None), &field.to_string()), Ok(vec![val]));
    }
}

#[test]
fn the_schema_is_the_documented_one() {
    let of = |shape: Shape| schema::of(&shape);
    assert_eq!(of(Shape::S8), json!({ "type": "integer", "minimum": -128, "maximum": 127 }));
    assert_eq!(of(Shape::U64), json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }));
    assert_eq!(of(Shape::list(Shape::U8))["contentEncoding"], "base64");
    assert_eq!(of(Shape::Char), json!({ "type": "string", "minLength": 1, "maxLength": 1 }));
    assert_eq!(
        of(Shape::Variant(vec![("dot".to_owned(), None), ("ring".to_owned(), Some(Shape::U8))])),
        json!({ "anyOf": [
            { "type": "object", "properties": { "tag": { "type": "string", "const": "dot" } },
              "required": ["tag"], "additionalProperties": false },
            { "type": "object",
              "properties": { "tag": { "type": "string", "const": "ring" }, "value": { "type": "integer", "minimum": 0, "maximum": 255 } },
              "required": ["tag", "value"], "additionalProperties": false },
        ] })
    );
    assert_eq!(
        schema::input(&function(&[("question", Shape::String), ("limit", option(Shape::U8))], None)),
        json!({ "type": "object", "required": ["question"], "additionalProperties": false,
                "properties": { "question": { "type": "string" }, "limit": { "type": "integer", "minimum": 0, "maximum": 255 } } })
    );
    assert_eq!(
        schema::output(&function(&[], Some(Shape::Result { ok: Some(Box::new(Shape::Bool)), err: None }))),
        json!({ "type": "object", "required": ["result"], "additionalProperties": false, "properties": { "result": { "type": "boolean" } } })
    );
}

#[test]
fn every_wrong_argument_is_named_at_once_with_its_path() {
    let filter = Shape::Record(named(&[("name", Shape::String), ("level", Shape::Enum(names(&["low", "high"])))]));
    let form = Shape::Variant(vec![("dot".to_owned(), None), ("ring".to_owned(), Some(Shape::U8))]);
    let ask = function(
        &[
            ("question", Shape::String),
            ("filters", Shape::List(Box::new(filter))),
            ("place", Shape::Tuple(vec![Shape::U8, Shape::Char])),
            ("form", form),
            ("marks", Shape::Flags(names(&["bold", "wide"]))),
            ("data", option(Shape::Bytes)),
            ("size", Shape::U64),
        ],
        None,
    );
    let json = r#"{"questoin": "x", "filters": [{"name": "a", "level": "low"}, {"name": 5, "level": "hihg", "\u001b[2J": 1}], "place": {"0": 300, "1": "ab"},
        "form": {"tag": "ring"}, "marks": ["bold", "bold", 7], "data": "***", "size": "18446744073709551616"}"#;
    let expected = [
        "`questoin`: there is no such field; did you mean `question`?",
        "`question`: it is missing; expected a string",
        r#"`filters[1]["\u{1b}[2J"]`: there is no such field; there are `name` and `level`"#,
        "`filters[1].name`: expected a string; found the number 5",
        "`filters[1].level`: expected one of `low` and `high`; found the string \"hihg\"; did you mean `high`?",
        "`place.0`: expected a whole number from 0 to 255; found the number 300",
        "`place.1`: expected a string of exactly one character; found the string \"ab\"",
        "`form.value`: it is missing; expected a whole number from 0 to 255",
        "`marks[1]`: `bold` stands there twice",
        "`marks[2]`: expected one of `bold` and `wide`; found the number 7",
        "`data`: expected a string of base64 (with padding, RFC 4648 section 4); found the string \"***\"",
        "`size`: expected a whole number from 0 to 18446744073709551615, as a string of digits; found the string \"18446744073709551616\"",
    ];
    assert_eq!(complaints(&ask, json), expected);
    let good = r#"{"question": "x", "filters": [], "place": {"0": 30, "1": "a"}, "form": {"tag": "dot"}, "marks": ["wide", "bold"], "size": "3"}"#;
    let values = decode::arguments(&ask, good).expect("nothing is wrong with these");
    assert_eq!(values[4], Val::Flags(names(&["bold", "wide"])));
    assert_eq!(values[5], Val::Option(None));
}

#[test]
fn what_is_no_object_of_json_is_said_to_be_none() {
    let ask = function(&[("a", option(Shape::U8)), ("list", option(Shape::List(Box::new(Shape::Bool))))], None);
    assert_eq!(complaints(&ask, "[1]"), ["the arguments: expected an object; found a list of 1"]);
    assert_eq!(complaints(&ask, r#"{"a": null}"#), ["`a`: found null; leave the field out for none"]);
    assert_eq!(complaints(&ask, r#"{"a": 1, "a": 2}"#), [r#"`a`: the key "a" stands there twice"#]);
    assert_eq!(
        complaints(&ask, r#"{"list": [{"x": [0, {"y": 1, "\u0079": 2}]}]}"#),
        [r#"`list[0].x[1].y`: the key "y" stands there twice"#]
    );
    assert!(complaints(&ask, "{\"a\": 1")[0].starts_with("the arguments: they are not JSON: "));
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(complaints(&ask, &deep)[0].contains("recursion limit"), "{:?}", complaints(&ask, &deep));
    assert_eq!(
        complaints(&ask, r#"{"a": {"$serde_json::private::Number": "7"}}"#).len(),
        1,
        "no object passes for a number"
    );
    let many = format!("{{\"list\": [{}]}}", vec!["0"; 1000].join(","));
    let said = complaints(&ask, &many);
    assert_eq!((said.len(), said[32].as_str()), (33, "the arguments: 968 more problems like these"));
    assert_eq!(complaints(&function(&[], None), r#"{"b": 1}"#), ["`b`: there is no such field; none is expected here"]);
}

#[test]
fn a_sole_result_is_an_answer_or_the_tools_own_error() {
    let refusal = Shape::Record(named(&[
        ("stage", Shape::String),
        ("reason", Shape::String),
        ("message", Shape::String),
        ("change", option(Shape::String)),
    ]));
    let ask = function(&[], Some(Shape::Result { ok: Some(Box::new(Shape::U8)), err: Some(Box::new(refusal)) }));
    let text = |text: &str| Val::String(text.to_owned());
    let fields =
        [("stage", text("cover")), ("reason", text("not-granted")), ("message", text("no")), ("change", Val::Option(None))];
    let refused = Val::Record(fields.map(|(name, val)| (name.to_owned(), val)).to_vec());
    let answered = encode::answer(&ask, &[Val::Result(Ok(Some(Box::new(Val::U8(7)))))]);
    assert_eq!(answered, Ok(Answer::Value(json!(7))));
    let error = json!({ "stage": "cover", "reason": "not-granted", "message": "no" });
    assert_eq!(encode::answer(&ask, &[Val::Result(Err(Some(Box::new(refused))))]), Ok(Answer::ToolError(error.clone())));
    let code = ("cover".to_owned(), "not-granted".to_owned());
    assert_eq!(encode::as_refusal(&ask, &error), Some(code));
    // The same JSON under another type is not a refusal: by the type, not by the looks.
    let lookalike = Shape::Record(named(&[("stage", Shape::String), ("reason", Shape::String), ("message", Shape::String)]));
    let other = function(&[], Some(Shape::Result { ok: None, err: Some(Box::new(lookalike)) }));
    assert_eq!(encode::as_refusal(&other, &error), None);
    assert_eq!(encode::answer(&other, &[Val::Result(Ok(None))]), Ok(Answer::Value(Value::Null)));
    assert_eq!(encode::structured(&other, &Value::Null), json!({}));
}

#[test]
fn a_value_of_another_type_is_an_error_and_no_guess() {
    assert_eq!(encode::value(&Shape::Bytes, &Val::List(vec![])), Ok(json!("")));
    assert_eq!(encode::value(&Shape::List(Box::new(Shape::U16)), &Val::List(vec![])), Ok(json!([])));
    let wrong = encode::value(&Shape::String, &Val::U32(5));
    assert_eq!(wrong, Err("its answer holds an integer, where its type has string".to_owned()));
    assert!(encode::value(&Shape::Enum(names(&["a"])), &Val::Enum("b".to_owned())).is_err());
    assert!(encode::answer(&function(&[], None), &[Val::U8(1)]).is_err());
}
