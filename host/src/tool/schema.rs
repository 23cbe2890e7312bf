//! JSON Schema (2020-12) of what a function takes and returns.
//!
//! | WIT | JSON |
//! |---|---|
//! | record, parameters | object of the fields by their names in WIT; an `option` field is optional, absent is none |
//! | tuple | the same, with the fields `"0"`, `"1"`, … |
//! | variant | `{"tag": CASE}`, with `"value"` where the case carries something; absent is none where that is an option |
//! | result (inside of others) | a variant with the cases `ok` and `err` |
//! | option (elsewhere) | `{}` is none, `{"some": …}` is some: `option<option<…>>` loses nothing |
//! | u64, s64 | a string of decimal digits; an integer that fits is taken too |
//! | u8 … s32 | integer |
//! | f32, f64 | number, or `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | `list<u8>` | a string of base64 |
//! | char, enum, flags, list | string of length 1, string, array of different strings, array |
//!
//! What the author says of a thing is its `description`; of the names of an enum or flags, a line each in the enum's.
//! A `null` is never right. A sole `result` of a function is not a value: its error is the tool's own error.

use serde_json::{Map, Value, json};

use super::shape::cases;
use super::{Function, Shape, described};

/// What [`bounded`] allows.
const BYTES: usize = 64 << 10;
const DEPTH: usize = 16;
const SUBSCHEMAS: usize = 512;

/// What a function takes: one object with a property for each parameter.
#[must_use]
pub fn input(function: &Function) -> Value {
    let mut schema = fields(function.params.iter().map(|(name, shape)| (name.as_str(), shape)));
    for (name, shape) in &function.params {
        described::field(&mut schema, name, shape, function.docs.params.get(name));
    }
    schema
}

/// What [`super::encode::structured`] makes of a function's success: an object, as clients require.
///
/// A record, tuple or option stands for itself, anything else is the property `result`, and nothing is `{}`.
#[must_use]
pub fn output(function: &Function) -> Value {
    let docs = &function.docs.result;
    match function.success() {
        None => fields([]),
        Some(shape) if is_object(shape) => described::value(of(shape), shape, docs),
        Some(shape) => json!({
            "type": "object", "properties": { "result": described::value(of(shape), shape, docs) }, "required": ["result"],
            "additionalProperties": false,
        }),
    }
}

/// The same where results may be sealed: one of either.
#[must_use]
pub fn output_or_sealed(function: &Function) -> Value {
    let says = "Pass this text on as an argument: the tool gets what it stands for, and you do not";
    let sealed = json!({
        "type": "object", "properties": { "sealed": { "type": "string", "description": says } }, "required": ["sealed"],
        "additionalProperties": false,
    });
    json!({ "type": "object", "anyOf": [output(function), sealed] })
}

impl Function {
    /// The shape of its success: of a sole `result` what `ok` carries.
    #[must_use]
    pub fn success(&self) -> Option<&Shape> {
        match &self.result {
            Some(Shape::Result { ok, .. }) => ok.as_deref(),
            other => other.as_ref(),
        }
    }

    /// The shape of its own error, if its result is a `result` whose `err` carries something.
    #[must_use]
    pub fn failure(&self) -> Option<&Shape> {
        match &self.result {
            Some(Shape::Result { err, .. }) => err.as_deref(),
            _ => None,
        }
    }
}

/// Whether every value of it is a JSON object, and its schema says so at the root.
pub(super) fn is_object(shape: &Shape) -> bool {
    matches!(shape, Shape::Record(_) | Shape::Tuple(_) | Shape::Option(_))
}

/// The schema of one type.
#[must_use]
pub fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::S8 | Shape::U8 | Shape::S16 | Shape::U16 | Shape::S32 | Shape::U32 => integer(shape),
        Shape::U64 => json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }),
        Shape::S64 => json!({ "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,18})$" }),
        Shape::F32 => float(json!({ "type": "number", "minimum": f64::from(f32::MIN), "maximum": f64::from(f32::MAX) })),
        Shape::F64 => float(json!({ "type": "number" })),
        Shape::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        Shape::String => json!({ "type": "string" }),
        Shape::Bytes => json!({ "type": "string", "contentEncoding": "base64", "pattern": BASE64 }),
        Shape::List(item) => json!({ "type": "array", "items": of(item) }),
        Shape::Record(named) => fields(named.iter().map(|(name, shape)| (name.as_str(), shape))),
        Shape::Tuple(places) => {
            let names: Vec<String> = (0..places.len()).map(|place| place.to_string()).collect();
            fields(names.iter().map(String::as_str).zip(places))
        }
        Shape::Variant(of) => variant(of.iter().map(|(name, shape)| (name.as_str(), shape.as_ref()))),
        Shape::Result { ok, err } => variant(cases(ok.as_deref(), err.as_deref())),
        Shape::Enum(names) => json!({ "type": "string", "enum": names }),
        Shape::Flags(names) => json!({ "type": "array", "items": { "type": "string", "enum": names }, "uniqueItems": true }),
        Shape::Option(some) => json!({
            "type": "object", "properties": { "some": of(some) }, "required": [], "additionalProperties": false,
        }),
    }
}

const BASE64: &str = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$";

fn integer(shape: &Shape) -> Value {
    let (least, greatest) = shape.range().unwrap_or_default();
    // Types of 64 bits do not come here, so both fit a JSON number everywhere.
    json!({ "type": "integer", "minimum": least as i64, "maximum": greatest as i64 })
}

fn float(number: Value) -> Value {
    json!({ "anyOf": [number, { "type": "string", "enum": ["NaN", "Infinity", "-Infinity"] }] })
}

fn fields<'s>(named: impl IntoIterator<Item = (&'s str, &'s Shape)>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, shape) in named {
        let schema = match shape {
            Shape::Option(some) => of(some),
            _ => {
                required.push(name);
                of(shape)
            }
        };
        properties.insert(name.to_owned(), schema);
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn variant<'s>(cases: impl IntoIterator<Item = (&'s str, Option<&'s Shape>)>) -> Value {
    let branch = |(name, carries): (&str, Option<&Shape>)| {
        let mut branch = fields(carries.map(|shape| ("value", shape)));
        branch["properties"]["tag"] = json!({ "type": "string", "const": name });
        if let Some(required) = branch["required"].as_array_mut() {
            required.insert(0, "tag".into());
        }
        branch
    };
    json!({ "anyOf": cases.into_iter().map(branch).collect::<Vec<_>>() })
}

/// Whether clients will take a schema: 64 KiB, 16 levels, 512 subschemas.
///
/// # Errors
/// When it is larger; the reason fits after "the schema of … ".
pub fn bounded(schema: &Value) -> Result<(), String> {
    let mut left = SUBSCHEMAS;
    within(schema, 1, &mut left)?;
    let size = schema.to_string().len();
    if size > BYTES { Err(format!("is {size} bytes large; {BYTES} are allowed")) } else { Ok(()) }
}

/// Whether texts of `bytes` more, as JSON, surely leave the schemas of a bounded function bounded. Texts are no parts and no
/// levels; most functions are so small that nobody has to build their schemas again to know.
pub(super) fn has_room(function: &Function, bytes: usize) -> bool {
    let params: usize = function.params.iter().map(|(name, shape)| property(name) + at_most(shape)).sum();
    let result = function.success().map_or(0, at_most);
    params.max(result) + bytes <= BYTES - 256
}

fn property(name: &str) -> usize {
    2 * name.len() + 8
}

/// At least as large as the schema of a type, in bytes.
fn at_most(shape: &Shape) -> usize {
    let variant = |name: &str, carries: Option<&Shape>| 192 + name.len() + carries.map_or(0, at_most);
    256 + match shape {
        Shape::List(item) => at_most(item),
        Shape::Option(some) => at_most(some),
        Shape::Record(named) => named.iter().map(|(name, shape)| property(name) + at_most(shape)).sum(),
        Shape::Tuple(places) => places.iter().map(|shape| property("512") + at_most(shape)).sum(),
        Shape::Variant(of) => of.iter().map(|(name, shape)| variant(name, shape.as_ref())).sum(),
        Shape::Result { ok, err } => {
            cases(ok.as_deref(), err.as_deref()).into_iter().map(|(name, it)| variant(name, it)).sum()
        }
        Shape::Enum(names) | Shape::Flags(names) => names.iter().map(|name| name.len() + 3).sum(),
        Shape::Bool | Shape::S8 | Shape::U8 | Shape::S16 | Shape::U16 | Shape::S32 | Shape::U32 | Shape::S64 => 0,
        Shape::U64 | Shape::F32 | Shape::F64 | Shape::Char | Shape::String | Shape::Bytes => 0,
    }
}

fn within(schema: &Value, depth: usize, left: &mut usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("is more than {DEPTH} levels deep"));
    }
    *left = left.checked_sub(1).ok_or_else(|| format!("has more than {SUBSCHEMAS} parts"))?;
    let properties = schema["properties"].as_object().into_iter().flat_map(Map::values);
    let branches = schema["anyOf"].as_array().into_iter().flatten();
    properties.chain(branches).chain(schema.get("items")).try_for_each(|part| within(part, depth + 1, left))
}
