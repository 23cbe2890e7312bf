//! WIT values to JSON, by type; the forms stand in [`super::schema`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value, json};
use wasmtime::component::Val;

use super::shape::{Case, Field, Shape};
use super::surface::Function;

/// What a function answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A value; null where it has none.
    Value(Value),
    /// Its own error: the error of a sole `result`.
    ToolError(Value),
}

/// Encodes what a function returned.
///
/// # Errors
/// When the values are not of the type that the function exports.
pub fn answer(function: &Function, values: &[Val]) -> Result<Answer, String> {
    match (&function.result, values) {
        (None, []) => Ok(Answer::Value(Value::Null)),
        (Some(Shape::Result(ok, _)), [Val::Result(Ok(it))]) => payload(ok.as_deref(), it.as_deref()).map(Answer::Value),
        (Some(Shape::Result(_, err)), [Val::Result(Err(it))]) => {
            payload(err.as_deref(), it.as_deref()).map(Answer::ToolError)
        }
        (Some(shape), [it]) => value(shape, it).map(Answer::Value),
        _ => Err("it returned another number of values than it exports".to_owned()),
    }
}

fn payload(shape: Option<&Shape>, val: Option<&Val>) -> Result<Value, String> {
    match (shape, val) {
        (None, None) => Ok(Value::Null),
        (Some(shape), Some(val)) => value(shape, val),
        _ => Err("a result carries something else than its type says".to_owned()),
    }
}

/// The stage and reason of a refusal, where a function's error type is the record `refusal` of the contract.
#[must_use]
pub fn as_refusal(function: &Function, error: &Value) -> Option<(String, String)> {
    let Some(Shape::Result(_, Some(err))) = &function.result else { return None };
    let Shape::Record(fields) = &**err else { return None };
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    if names != ["stage", "reason", "message", "change"] {
        return None;
    }
    Some((error["stage"].as_str()?.to_owned(), error["reason"].as_str()?.to_owned()))
}

/// Encodes one value.
///
/// # Errors
/// When it is not of the type.
pub fn value(shape: &Shape, val: &Val) -> Result<Value, String> {
    Ok(match (shape, val) {
        (Shape::Bool, Val::Bool(it)) => json!(it),
        (Shape::Signed(8), Val::S8(it)) => json!(it),
        (Shape::Signed(16), Val::S16(it)) => json!(it),
        (Shape::Signed(32), Val::S32(it)) => json!(it),
        (Shape::Signed(64), Val::S64(it)) => json!(it.to_string()),
        (Shape::Unsigned(8), Val::U8(it)) => json!(it),
        (Shape::Unsigned(16), Val::U16(it)) => json!(it),
        (Shape::Unsigned(32), Val::U32(it)) => json!(it),
        (Shape::Unsigned(64), Val::U64(it)) => json!(it.to_string()),
        (Shape::Float(32), Val::Float32(it)) => float(f64::from(*it)),
        (Shape::Float(64), Val::Float64(it)) => float(*it),
        (Shape::Char, Val::Char(it)) => json!(it.to_string()),
        (Shape::Text, Val::String(it)) => json!(it),
        (Shape::Bytes, Val::List(items)) => json!(STANDARD.encode(bytes(items)?)),
        (Shape::List(inner), Val::List(items)) => {
            Value::Array(items.iter().map(|it| value(inner, it)).collect::<Result<_, _>>()?)
        }
        (Shape::Record(fields), Val::Record(values)) => record(fields, values)?,
        (Shape::Tuple(shapes), Val::Tuple(values)) if shapes.len() == values.len() => {
            let parts =
                shapes.iter().zip(values).enumerate().map(|(at, (shape, it))| Ok((at.to_string(), value(shape, it)?)));
            Value::Object(parts.collect::<Result<Map<_, _>, String>>()?)
        }
        (Shape::Enum(_), Val::Enum(it)) => json!(it),
        (Shape::Flags(_), Val::Flags(names)) => json!(names),
        (Shape::Option(_), Val::Option(None)) => json!({}),
        (Shape::Option(inner), Val::Option(Some(it))) => json!({ "some": value(inner, it)? }),
        (Shape::Variant(cases), Val::Variant(name, it)) => tagged(cases, name, it.as_deref())?,
        (Shape::Result(ok, _), Val::Result(Ok(it))) => side("ok", ok.as_deref(), it.as_deref())?,
        (Shape::Result(_, err), Val::Result(Err(it))) => side("err", err.as_deref(), it.as_deref())?,
        _ => return Err(format!("a value is not the {shape} that its type says")),
    })
}

fn float(it: f64) -> Value {
    let name = if it.is_nan() {
        "NaN"
    } else if it > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    Number::from_f64(it).map_or_else(|| json!(name), Value::Number)
}

fn bytes(items: &[Val]) -> Result<Vec<u8>, String> {
    let byte = |it: &Val| match it {
        Val::U8(byte) => Ok(*byte),
        _ => Err("a list of bytes holds something else".to_owned()),
    };
    items.iter().map(byte).collect()
}

fn record(fields: &[Field], values: &[(String, Val)]) -> Result<Value, String> {
    let mut map = Map::new();
    for field in fields {
        let (_, it) = values
            .iter()
            .find(|(name, _)| *name == field.name)
            .ok_or_else(|| format!("the field {} is missing", field.name))?;
        match (&field.shape, it) {
            (Shape::Option(_), Val::Option(None)) => {}
            (Shape::Option(inner), Val::Option(Some(it))) => {
                map.insert(field.name.clone(), value(inner, it)?);
            }
            (shape, it) => {
                map.insert(field.name.clone(), value(shape, it)?);
            }
        }
    }
    Ok(Value::Object(map))
}

fn tagged(cases: &[Case], name: &str, it: Option<&Val>) -> Result<Value, String> {
    let case = cases.iter().find(|case| case.name == name).ok_or_else(|| format!("the variant has no case {name}"))?;
    side(name, case.payload.as_ref(), it)
}

fn side(tag: &str, shape: Option<&Shape>, it: Option<&Val>) -> Result<Value, String> {
    match (shape, it) {
        (Some(shape), Some(it)) => Ok(json!({ "tag": tag, "value": value(shape, it)? })),
        (None, None) => Ok(json!({ "tag": tag })),
        _ => Err(format!("the case {tag} carries something else than its type says")),
    }
}
