//! Values to JSON, by their type and not by what they look like: an empty `list<u8>` is bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wasmtime::component::Val;

use super::shape::cases;
use super::{Function, Shape, schema, sealed};

/// What a function gave back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It returned: the value, `null` where it carries none.
    Value(Value),
    /// Its sole `result` is an error: the tool's own, and what it carries.
    ToolError(Value),
}

/// Encodes what a function returned.
///
/// # Errors
/// When it is not of the type that the function exports.
pub fn answer(function: &Function, results: &[Val]) -> Result<Answer, String> {
    match (&function.result, results) {
        (None, []) => Ok(Answer::Value(Value::Null)),
        (Some(Shape::Result { ok, .. }), [Val::Result(Ok(value))]) => {
            carried(ok.as_deref(), value.as_deref()).map(Answer::Value)
        }
        (Some(Shape::Result { err, .. }), [Val::Result(Err(value))]) => {
            carried(err.as_deref(), value.as_deref()).map(Answer::ToolError)
        }
        (Some(shape), [result]) => value(shape, result).map(Answer::Value),
        (_, results) => Err(format!("its answer has {} values, and its type has another number of them", results.len())),
    }
}

fn carried(shape: Option<&Shape>, val: Option<&Val>) -> Result<Value, String> {
    match (shape, val) {
        (None, None) => Ok(Value::Null),
        (Some(shape), Some(val)) => value(shape, val),
        (Some(shape), None) => Err(format!("its answer carries nothing, where its type has {shape}")),
        (None, Some(val)) => Err(format!("its answer carries {}, where its type has nothing", kind(val))),
    }
}

/// The object that [`schema::output`] describes, of a value that [`answer`] gave.
#[must_use]
pub fn structured(function: &Function, value: &Value) -> Value {
    match function.success() {
        _ if sealed::is_sealed(value) => value.clone(),
        None => json!({}),
        Some(shape) if schema::is_object(shape) => value.clone(),
        Some(_) => json!({ "result": value }),
    }
}

/// Stage and reason, if a tool's error is the refusal of `tollgate:host/types` that it passes on.
///
/// By the type first: a record with exactly the fields of a refusal. Whether this host said so is for the caller to know.
#[must_use]
pub fn as_refusal(function: &Function, error: &Value) -> Option<(String, String)> {
    let Some(Shape::Record(fields)) = function.failure() else { return None };
    let names: Vec<(&str, &Shape)> = fields.iter().map(|(name, shape)| (name.as_str(), shape)).collect();
    let optional = Shape::Option(Box::new(Shape::String));
    let text = &Shape::String;
    if names != [("stage", text), ("reason", text), ("message", text), ("change", &optional)] {
        return None;
    }
    Some((error["stage"].as_str()?.to_owned(), error["reason"].as_str()?.to_owned()))
}

/// Encodes one value by its type, by the table in [`super::schema`].
///
/// # Errors
/// When it is not of that type.
pub fn value(shape: &Shape, val: &Val) -> Result<Value, String> {
    Ok(match (shape, val) {
        (Shape::Bool, Val::Bool(it)) => json!(it),
        (Shape::S8, Val::S8(it)) => json!(it),
        (Shape::U8, Val::U8(it)) => json!(it),
        (Shape::S16, Val::S16(it)) => json!(it),
        (Shape::U16, Val::U16(it)) => json!(it),
        (Shape::S32, Val::S32(it)) => json!(it),
        (Shape::U32, Val::U32(it)) => json!(it),
        (Shape::S64, Val::S64(it)) => json!(it.to_string()),
        (Shape::U64, Val::U64(it)) => json!(it.to_string()),
        (Shape::F32, Val::Float32(it)) => float(f64::from(*it)),
        (Shape::F64, Val::Float64(it)) => float(*it),
        (Shape::Char, Val::Char(it)) => json!(it.to_string()),
        (Shape::String, Val::String(it)) => json!(it),
        (Shape::Bytes, Val::List(items)) => bytes(items)?,
        (Shape::List(item), Val::List(items)) => {
            items.iter().map(|it| value(item, it)).collect::<Result<_, _>>().map(Value::Array)?
        }
        (Shape::Record(named), Val::Record(values)) if same(named, values) => {
            fields(named.iter().map(|(name, shape)| (name.clone(), shape)).zip(values.iter().map(|(_, val)| val)))?
        }
        (Shape::Tuple(places), Val::Tuple(values)) if places.len() == values.len() => {
            fields(places.iter().enumerate().map(|(place, shape)| (place.to_string(), shape)).zip(values))?
        }
        (Shape::Variant(of), Val::Variant(tag, payload)) => {
            let of: Vec<_> = of.iter().map(|(name, shape)| (name.as_str(), shape.as_ref())).collect();
            tagged(&of, tag, payload.as_deref())?
        }
        (Shape::Result { ok, err }, Val::Result(result)) => {
            let (tag, payload) = match result {
                Ok(payload) => ("ok", payload),
                Err(payload) => ("err", payload),
            };
            tagged(&cases(ok.as_deref(), err.as_deref()), tag, payload.as_deref())?
        }
        (Shape::Enum(names), Val::Enum(name)) if names.contains(name) => json!(name),
        (Shape::Flags(names), Val::Flags(set)) if set.iter().all(|name| names.contains(name)) => json!(set),
        (Shape::Option(_), Val::Option(None)) => json!({}),
        (Shape::Option(some), Val::Option(Some(val))) => json!({ "some": value(some, val)? }),
        (shape, val) => return Err(format!("its answer holds {}, where its type has {shape}", kind(val))),
    })
}

fn float(float: f64) -> Value {
    if float.is_finite() {
        return json!(float);
    }
    json!(if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    })
}

fn bytes(items: &[Val]) -> Result<Value, String> {
    let byte = |item: &Val| match item {
        Val::U8(byte) => Ok(*byte),
        other => Err(format!("its answer holds {} among bytes", kind(other))),
    };
    let bytes: Vec<u8> = items.iter().map(byte).collect::<Result<_, _>>()?;
    Ok(json!(STANDARD.encode(bytes)))
}

fn same(named: &[(String, Shape)], values: &[(String, Val)]) -> bool {
    named.len() == values.len() && named.iter().zip(values).all(|((name, _), (other, _))| name == other)
}

fn fields<'v>(named: impl Iterator<Item = ((String, &'v Shape), &'v Val)>) -> Result<Value, String> {
    let mut map = Map::new();
    for ((name, shape), val) in named {
        match (shape, val) {
            (Shape::Option(_), Val::Option(None)) => continue,
            (Shape::Option(some), Val::Option(Some(val))) => map.insert(name, value(some, val)?),
            (shape, val) => map.insert(name, value(shape, val)?),
        };
    }
    Ok(Value::Object(map))
}

fn tagged(cases: &[(&str, Option<&Shape>)], tag: &str, payload: Option<&Val>) -> Result<Value, String> {
    let Some((_, carries)) = cases.iter().find(|(name, _)| *name == tag) else {
        return Err("its answer is a case that its type does not have".to_owned());
    };
    let mut object = match (carries, payload) {
        (Some(shape), Some(val)) => fields(std::iter::once((("value".to_owned(), *shape), val)))?,
        (carries, payload) => carried(*carries, payload).map(|_| json!({}))?,
    };
    object["tag"] = json!(tag);
    Ok(object)
}

/// What a value is, in a word.
fn kind(val: &Val) -> &'static str {
    match val {
        Val::Bool(_) => "a bool",
        Val::S8(_) | Val::U8(_) | Val::S16(_) | Val::U16(_) | Val::S32(_) | Val::U32(_) | Val::S64(_) | Val::U64(_) => {
            "an integer"
        }
        Val::Float32(_) | Val::Float64(_) => "a float",
        Val::Char(_) => "a char",
        Val::String(_) => "a string",
        Val::List(_) | Val::FixedLengthList(_) => "a list",
        Val::Map(_) => "a map",
        Val::Record(_) => "a record",
        Val::Tuple(_) => "a tuple",
        Val::Variant(..) => "a variant",
        Val::Enum(_) => "an enum",
        Val::Option(_) => "an option",
        Val::Result(_) => "a result",
        Val::Flags(_) => "flags",
        Val::Resource(_) => "a resource",
        Val::Future(_) => "a future",
        Val::Stream(_) => "a stream",
        Val::ErrorContext(_) => "an error-context",
    }
}
