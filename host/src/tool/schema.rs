//! JSON Schema (2020-12) of a function's arguments and value.
//!
//! | WIT | JSON |
//! |---|---|
//! | `bool`, `string`, `char` | boolean, string, string of one character |
//! | `u8` … `s32` | integer with its bounds |
//! | `u64`, `s64` | decimal string, since numbers above 2^53 − 1 are rounded by many clients |
//! | `f32`, `f64` | number, or `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | `list<u8>`, `list<T>` | base64 string (RFC 4648, padded), array |
//! | `record` | object; an `option` field is a property that may be absent |
//! | `tuple` | object with the fields `"0"`, `"1"`, … |
//! | `enum`, `flags` | string, array of different strings |
//! | `variant`, `result` | `{"tag": …, "value": …}`, with the tags `ok` and `err` for a result |
//! | `option` anywhere else | `{}` for none, `{"some": …}` |

use serde_json::{Map, Value, json};

use super::shape::{Case, Field, Shape};
use super::surface::Function;

/// What a function takes: an object with a property for each parameter.
#[must_use]
pub fn input(function: &Function) -> Value {
    object(&function.parameters)
}

/// What a function returns, as an object: its record, or `{"result": …}` around any other value. Its own error is no value.
#[must_use]
pub fn output(function: &Function) -> Value {
    let value = match &function.result {
        Some(Shape::Result(ok, _)) => ok.as_deref(),
        Some(other) => Some(other),
        None => None,
    };
    match value {
        Some(Shape::Record(fields)) => object(fields),
        Some(other) => object(&[Field { name: "result".to_owned(), shape: other.clone() }]),
        None => object(&[]),
    }
}

fn object(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let schema = match &field.shape {
            Shape::Option(inner) => of(inner),
            shape => {
                required.push(field.name.clone());
                of(shape)
            }
        };
        properties.insert(field.name.clone(), schema);
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Signed(64) => json!({ "type": "string", "pattern": "^-?(0|[1-9][0-9]{0,18})$" }),
        Shape::Unsigned(64) => json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }),
        Shape::Signed(bits) => {
            let half = 1_i64 << (bits - 1);
            json!({ "type": "integer", "minimum": -half, "maximum": half - 1 })
        }
        Shape::Unsigned(bits) => json!({ "type": "integer", "minimum": 0, "maximum": (1_u64 << bits) - 1 }),
        Shape::Float(_) => {
            json!({ "anyOf": [{ "type": "number" }, { "type": "string", "enum": ["NaN", "Infinity", "-Infinity"] }] })
        }
        Shape::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Shape::List(inner) => json!({ "type": "array", "items": of(inner) }),
        Shape::Record(fields) => object(fields),
        Shape::Tuple(shapes) => {
            let named = shapes.iter().enumerate().map(|(at, shape)| (at.to_string(), of(shape)));
            let properties: Map<String, Value> = named.collect();
            let required: Vec<String> = (0..shapes.len()).map(|at| at.to_string()).collect();
            json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
        }
        Shape::Variant(cases) => json!({ "oneOf": cases.iter().map(case).collect::<Vec<_>>() }),
        Shape::Enum(names) => json!({ "type": "string", "enum": names }),
        Shape::Flags(names) => json!({ "type": "array", "uniqueItems": true, "items": { "type": "string", "enum": names } }),
        Shape::Option(inner) => {
            json!({ "type": "object", "properties": { "some": of(inner) }, "required": [], "additionalProperties": false })
        }
        Shape::Result(ok, err) => {
            let named = |name: &str, payload: &Option<Box<Shape>>| {
                case(&Case { name: name.to_owned(), payload: payload.as_deref().cloned() })
            };
            json!({ "oneOf": [named("ok", ok), named("err", err)] })
        }
    }
}

fn case(case: &Case) -> Value {
    let tag = json!({ "type": "string", "const": case.name });
    match &case.payload {
        Some(payload) => json!({
            "type": "object", "properties": { "tag": tag, "value": of(payload) }, "required": ["tag", "value"], "additionalProperties": false
        }),
        None => {
            json!({ "type": "object", "properties": { "tag": tag }, "required": ["tag"], "additionalProperties": false })
        }
    }
}
