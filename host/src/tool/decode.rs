//! JSON to WIT values, by type; the forms stand in [`super::schema`]. Everything wrong is said at once, by field.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

use super::shape::{Case, Field, Shape};
use super::surface::Function;

/// One argument, or part of one, that is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadArgument {
    /// Where: `filters[2].name`; empty for the arguments as a whole.
    pub path: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for BadArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the arguments" } else { &self.path };
        write!(f, "{path}: expected {}, found {}", self.expected, self.found)
    }
}

/// Problems that are told of one call.
const TOLD: usize = 32;

/// Decodes a call's arguments: a JSON object with a property for each parameter.
///
/// # Errors
/// Everything that is wrong.
pub fn arguments(function: &Function, json: &str) -> Result<Vec<Val>, Vec<BadArgument>> {
    let value: Value = serde_json::from_str(json).map_err(|e| {
        vec![BadArgument {
            path: String::new(),
            expected: "a JSON object".to_owned(),
            found: format!("something that is not JSON: {e}"),
        }]
    })?;
    let mut reader = Reader { problems: Vec::new() };
    let values = reader.fields("", &function.parameters, &value);
    if reader.problems.is_empty() {
        Ok(values.unwrap_or_default().into_iter().map(|(_, value)| value).collect())
    } else {
        reader.problems.truncate(TOLD);
        Err(reader.problems)
    }
}

/// Decodes one value.
///
/// # Errors
/// Everything that is wrong.
pub fn value(shape: &Shape, json: &Value) -> Result<Val, Vec<BadArgument>> {
    let mut reader = Reader { problems: Vec::new() };
    let read = reader.read("value", shape, json);
    read.filter(|_| reader.problems.is_empty()).ok_or(reader.problems)
}

struct Reader {
    problems: Vec<BadArgument>,
}

/// What a value is, in words; long texts are cut.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string().chars().take(40).collect(),
        Value::String(text) => {
            let cut: String = text.chars().take(40).collect();
            let dots = if cut.len() < text.len() { "…" } else { "" };
            format!("\"{}{dots}\"", cut.escape_debug())
        }
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

impl Reader {
    fn wrong<T>(&mut self, path: &str, expected: impl Into<String>, found: String) -> Option<T> {
        self.problems.push(BadArgument { path: path.to_owned(), expected: expected.into(), found });
        None
    }

    fn read(&mut self, path: &str, shape: &Shape, json: &Value) -> Option<Val> {
        let simple = match (shape, json) {
            (Shape::Bool, Value::Bool(it)) => Some(Val::Bool(*it)),
            (Shape::Signed(bits), Value::Number(it)) => signed(*bits, it),
            (Shape::Signed(64), Value::String(text)) => {
                text.parse().ok().filter(|it: &i64| it.to_string() == *text).map(Val::S64)
            }
            (Shape::Unsigned(bits), Value::Number(it)) => unsigned(*bits, it),
            (Shape::Unsigned(64), Value::String(text)) => {
                text.parse().ok().filter(|it: &u64| it.to_string() == *text).map(Val::U64)
            }
            (Shape::Float(bits), it) => float(*bits, it),
            (Shape::Char, Value::String(text)) => one_char(text).map(Val::Char),
            (Shape::Text, Value::String(text)) => Some(Val::String(text.clone())),
            (Shape::Bytes, Value::String(text)) => {
                STANDARD.decode(text).ok().map(|bytes| Val::List(bytes.into_iter().map(Val::U8).collect()))
            }
            (Shape::Enum(names), Value::String(name)) => names.contains(name).then(|| Val::Enum(name.clone())),
            (Shape::List(inner), Value::Array(items)) => return self.items(path, inner, items),
            (Shape::Flags(names), Value::Array(items)) => return self.flags(path, names, items),
            (Shape::Record(fields), Value::Object(_)) => return self.fields(path, fields, json).map(Val::Record),
            (Shape::Tuple(shapes), Value::Object(_)) => return self.tuple(path, shapes, json),
            (Shape::Option(inner), Value::Object(map)) => return self.option(path, inner, map),
            (Shape::Variant(cases), Value::Object(map)) => {
                return self.case(path, cases, map).map(|(name, payload)| Val::Variant(name, payload));
            }
            (Shape::Result(ok, err), Value::Object(map)) => {
                let cases = [("ok", ok), ("err", err)]
                    .map(|(name, payload)| Case { name: name.to_owned(), payload: payload.as_deref().cloned() });
                let (name, payload) = self.case(path, &cases, map)?;
                return Some(Val::Result(if name == "ok" { Ok(payload) } else { Err(payload) }));
            }
            _ => None,
        };
        if simple.is_none() {
            return self.wrong(path, expected(shape), describe(json));
        }
        simple
    }

    fn items(&mut self, path: &str, inner: &Shape, items: &[Value]) -> Option<Val> {
        let read: Vec<_> =
            items.iter().enumerate().map(|(at, item)| self.read(&format!("{path}[{at}]"), inner, item)).collect();
        read.into_iter().collect::<Option<_>>().map(Val::List)
    }

    fn flags(&mut self, path: &str, names: &[String], items: &[Value]) -> Option<Val> {
        let mut set = Vec::new();
        for item in items {
            match item.as_str() {
                Some(name) if names.iter().any(|it| it == name) && !set.iter().any(|it| it == name) => {
                    set.push(name.to_owned())
                }
                _ => return self.wrong(path, format!("each of {} at most once", names.join(", ")), describe(item)),
            }
        }
        Some(Val::Flags(set))
    }

    fn fields(&mut self, path: &str, fields: &[Field], json: &Value) -> Option<Vec<(String, Val)>> {
        let Value::Object(map) = json else {
            return self.wrong(path, "an object", describe(json));
        };
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for key in map.keys().filter(|key| !fields.iter().any(|field| field.name == **key)) {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let near = names.iter().find(|name| strsim::jaro_winkler(name, key) > 0.8);
            let expected = near.map_or_else(|| one_of(&names), |name| format!("`{name}`"));
            let at = below(&key.chars().take(40).collect::<String>().escape_debug().to_string());
            self.wrong::<()>(&at, expected, "a field that is not known".to_owned());
        }
        let mut read = Some(Vec::new());
        for field in fields {
            let value = match (&field.shape, map.get(&field.name)) {
                (Shape::Option(_), None) => Some(Val::Option(None)),
                (Shape::Option(inner), Some(it)) => {
                    self.read(&below(&field.name), inner, it).map(|it| Val::Option(Some(Box::new(it))))
                }
                (shape, Some(it)) => self.read(&below(&field.name), shape, it),
                (shape, None) => self.wrong(&below(&field.name), expected(shape), "nothing".to_owned()),
            };
            match (value, &mut read) {
                (Some(value), Some(read)) => read.push((field.name.clone(), value)),
                _ => read = None,
            }
        }
        read
    }

    fn tuple(&mut self, path: &str, shapes: &[Shape], json: &Value) -> Option<Val> {
        let named = shapes.iter().enumerate().map(|(at, shape)| Field { name: at.to_string(), shape: shape.clone() });
        let fields: Vec<Field> = named.collect();
        // A tuple's part is never left out, so an option in it has its explicit form.
        let Value::Object(map) = json else { return None };
        let mut parts = Some(Vec::new());
        for key in map.keys().filter(|key| !fields.iter().any(|field| field.name == **key)) {
            self.wrong::<()>(
                &format!("{path}.{}", key.escape_debug()),
                format!("fields 0 to {}", shapes.len()),
                "another".to_owned(),
            );
            parts = None;
        }
        for field in &fields {
            let at = format!("{path}.{}", field.name);
            let value = match map.get(&field.name) {
                Some(it) => self.read(&at, &field.shape, it),
                None => self.wrong(&at, expected(&field.shape), "nothing".to_owned()),
            };
            match (value, &mut parts) {
                (Some(value), Some(parts)) => parts.push(value),
                _ => parts = None,
            }
        }
        parts.map(Val::Tuple)
    }

    fn option(&mut self, path: &str, inner: &Shape, map: &Map<String, Value>) -> Option<Val> {
        match (map.len(), map.get("some")) {
            (0, None) => Some(Val::Option(None)),
            (1, Some(it)) => self.read(&format!("{path}.some"), inner, it).map(|it| Val::Option(Some(Box::new(it)))),
            _ => self.wrong(path, "{} or {\"some\": …}", "another object".to_owned()),
        }
    }

    fn case(&mut self, path: &str, cases: &[Case], map: &Map<String, Value>) -> Option<(String, Option<Box<Val>>)> {
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        let tag = map.get("tag").and_then(Value::as_str);
        let Some(case) = cases.iter().find(|case| Some(case.name.as_str()) == tag) else {
            let found = map.get("tag").map_or_else(|| "nothing".to_owned(), describe);
            return self.wrong(&format!("{path}.tag"), one_of(&names), found);
        };
        if let Some(key) = map.keys().find(|key| !matches!(key.as_str(), "tag" | "value")) {
            return self.wrong(&format!("{path}.{}", key.escape_debug()), "`tag` and `value`", "another field".to_owned());
        }
        let at = format!("{path}.value");
        match (&case.payload, map.get("value")) {
            (None, None) => Some((case.name.clone(), None)),
            (Some(shape), Some(it)) => self.read(&at, shape, it).map(|it| (case.name.clone(), Some(Box::new(it)))),
            (Some(shape), None) => self.wrong(&at, expected(shape), "nothing".to_owned()),
            (None, Some(it)) => self.wrong(&at, format!("nothing beside the tag {}", case.name), describe(it)),
        }
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "no field".to_owned(),
        names => format!("one of {}", names.join(", ")),
    }
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn signed(bits: u8, number: &Number) -> Option<Val> {
    let it = number.as_i64()?;
    match bits {
        8 => i8::try_from(it).ok().map(Val::S8),
        16 => i16::try_from(it).ok().map(Val::S16),
        32 => i32::try_from(it).ok().map(Val::S32),
        _ => Some(Val::S64(it)),
    }
}

fn unsigned(bits: u8, number: &Number) -> Option<Val> {
    let it = number.as_u64()?;
    match bits {
        8 => u8::try_from(it).ok().map(Val::U8),
        16 => u16::try_from(it).ok().map(Val::U16),
        32 => u32::try_from(it).ok().map(Val::U32),
        _ => Some(Val::U64(it)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an f32 is the nearest one to what was written")]
fn float(bits: u8, json: &Value) -> Option<Val> {
    let it = match json {
        Value::Number(number) => number.as_f64().filter(|it| it.is_finite())?,
        Value::String(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return None,
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(if bits == 32 { Val::Float32(it as f32) } else { Val::Float64(it) })
}

/// What a type looks like in JSON, in words.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "true or false".to_owned(),
        Shape::Signed(64) | Shape::Unsigned(64) => format!("a whole number as a decimal string ({shape})"),
        Shape::Signed(_) | Shape::Unsigned(_) => format!("a whole number ({shape})"),
        Shape::Float(_) => "a number, \"NaN\", \"Infinity\" or \"-Infinity\"".to_owned(),
        Shape::Char => "a string of one character".to_owned(),
        Shape::Text => "a string".to_owned(),
        Shape::Bytes => "bytes as a base64 string".to_owned(),
        Shape::List(_) => "an array".to_owned(),
        Shape::Record(_) => "an object".to_owned(),
        Shape::Tuple(shapes) => format!("an object with the fields \"0\" to \"{}\"", shapes.len().saturating_sub(1)),
        Shape::Variant(_) | Shape::Result(..) => "an object with a `tag`".to_owned(),
        Shape::Enum(names) => one_of(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        Shape::Flags(names) => format!("an array of {}", names.join(", ")),
        Shape::Option(_) => "{} or {\"some\": …}".to_owned(),
    }
}
