//! JSON to arguments: every problem at once, each with the path of its field, before anything is instantiated.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

use super::shape::{cases, shown};
use super::strict;
use super::{Function, Shape, nearest};

/// How many problems are told; the rest is counted.
pub(super) const PROBLEMS: usize = 32;

/// One thing that is wrong with the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadArgument {
    /// The field: `question`, `filters[2].name`; empty for the arguments as a whole.
    pub path: String,
    /// What is wrong, without a full stop: what was expected, and what was found.
    pub message: String,
}

impl BadArgument {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for BadArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the arguments: {}", self.message),
            path => write!(f, "`{path}`: {}", self.message),
        }
    }
}

/// Decodes the arguments of a function from a JSON object, by the table in [`super::schema`].
///
/// # Errors
/// Everything that is wrong with them: a wrong type, a missing or unknown field, a key that stands there twice.
pub fn arguments(function: &Function, json: &str) -> Result<Vec<Val>, Vec<BadArgument>> {
    let json = strict::parse(json)?;
    let named: Vec<_> = function.params.iter().map(|(name, shape)| (name.as_str(), shape)).collect();
    let mut decoding = Decoding::default();
    let values = decoding.object(&json, "an object").and_then(|map| decoding.fields(&named, map, None));
    decoding.finish(values)
}

/// Decodes one value by its type.
///
/// # Errors
/// Everything that is wrong with it.
pub fn value(shape: &Shape, json: &Value) -> Result<Val, Vec<BadArgument>> {
    let mut decoding = Decoding::default();
    let value = decoding.value(shape, json);
    decoding.finish(value)
}

/// Where in the arguments we are.
#[derive(Default)]
pub(super) struct Path {
    text: String,
    lengths: Vec<usize>,
}

impl Path {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn enter_field(&mut self, name: &str) {
        self.lengths.push(self.text.len());
        if super::read::label(name).is_err() {
            self.text.push_str(&format!("[{}]", shown(name)));
            return;
        }
        if !self.text.is_empty() {
            self.text.push('.');
        }
        self.text.push_str(name);
    }

    pub(super) fn enter_item(&mut self, place: usize) {
        self.lengths.push(self.text.len());
        self.text.push_str(&format!("[{place}]"));
    }

    pub(super) fn leave(&mut self) {
        self.text.truncate(self.lengths.pop().unwrap_or_default());
    }
}

#[derive(Default)]
struct Decoding {
    path: Path,
    problems: Vec<BadArgument>,
    untold: usize,
}

impl Decoding {
    fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<BadArgument>> {
        if self.untold > 0 {
            self.problems.push(BadArgument::new("", format!("{} more problems like these", self.untold)));
        }
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    fn problem<T>(&mut self, message: String) -> Option<T> {
        if self.problems.len() < PROBLEMS {
            self.problems.push(BadArgument::new(self.path.as_str(), message));
        } else {
            self.untold += 1;
        }
        None
    }

    fn wrong<T>(&mut self, shape: &Shape, json: &Value) -> Option<T> {
        self.problem(format!("expected {}; found {}", shape.expected(), found(json)))
    }

    fn value(&mut self, shape: &Shape, json: &Value) -> Option<Val> {
        match shape {
            Shape::Bool => json.as_bool().map(Val::Bool).or_else(|| self.wrong(shape, json)),
            Shape::S8 => self.integer(shape, json).map(Val::S8),
            Shape::U8 => self.integer(shape, json).map(Val::U8),
            Shape::S16 => self.integer(shape, json).map(Val::S16),
            Shape::U16 => self.integer(shape, json).map(Val::U16),
            Shape::S32 => self.integer(shape, json).map(Val::S32),
            Shape::U32 => self.integer(shape, json).map(Val::U32),
            Shape::S64 => self.integer(shape, json).map(Val::S64),
            Shape::U64 => self.integer(shape, json).map(Val::U64),
            Shape::F32 => float::<f32>(json, f32::is_finite).map(Val::Float32).or_else(|| self.wrong(shape, json)),
            Shape::F64 => float::<f64>(json, f64::is_finite).map(Val::Float64).or_else(|| self.wrong(shape, json)),
            Shape::Char => json.as_str().and_then(sole).map(Val::Char).or_else(|| self.wrong(shape, json)),
            Shape::String => json.as_str().map(|text| Val::String(text.to_owned())).or_else(|| self.wrong(shape, json)),
            Shape::Bytes => {
                let bytes = json.as_str().and_then(|text| STANDARD.decode(text).ok());
                bytes.map(|bytes| Val::List(bytes.into_iter().map(Val::U8).collect())).or_else(|| self.wrong(shape, json))
            }
            Shape::List(item) => self.list(shape, item, json),
            Shape::Record(named) => {
                let borrowed: Vec<_> = named.iter().map(|(name, shape)| (name.as_str(), shape)).collect();
                let values = self.object(json, &shape.expected()).and_then(|map| self.fields(&borrowed, map, None))?;
                Some(Val::Record(named.iter().map(|(name, _)| name.clone()).zip(values).collect()))
            }
            Shape::Tuple(places) => {
                let names: Vec<String> = (0..places.len()).map(|place| place.to_string()).collect();
                let named: Vec<_> = names.iter().map(String::as_str).zip(places).collect();
                self.object(json, &shape.expected()).and_then(|map| self.fields(&named, map, None)).map(Val::Tuple)
            }
            Shape::Variant(of) => {
                let of: Vec<_> = of.iter().map(|(name, shape)| (name.as_str(), shape.as_ref())).collect();
                let (tag, carried) = self.tagged(shape, &of, json)?;
                Some(Val::Variant(tag.to_owned(), carried))
            }
            Shape::Result { ok, err } => {
                let (tag, carried) = self.tagged(shape, &cases(ok.as_deref(), err.as_deref()), json)?;
                Some(Val::Result(if tag == "ok" { Ok(carried) } else { Err(carried) }))
            }
            Shape::Enum(names) => {
                let named = json.as_str().filter(|text| names.iter().any(|name| name == text));
                named
                    .map(|name| Val::Enum(name.to_owned()))
                    .or_else(|| self.misnamed(shape, names.iter().map(String::as_str), json))
            }
            Shape::Flags(names) => self.flags(shape, names, json),
            Shape::Option(some) => self.option(shape, some, json),
        }
    }

    fn integer<T: TryFrom<i128>>(&mut self, shape: &Shape, json: &Value) -> Option<T> {
        let whole = match (json, shape) {
            (Value::Number(number), _) => whole(number),
            (Value::String(digits), Shape::U64 | Shape::S64) => decimal(digits),
            _ => None,
        };
        whole.and_then(|whole| T::try_from(whole).ok()).or_else(|| self.wrong(shape, json))
    }

    fn list(&mut self, shape: &Shape, item: &Shape, json: &Value) -> Option<Val> {
        let Value::Array(items) = json else { return self.wrong(shape, json) };
        let mut values = Some(Vec::with_capacity(items.len()));
        for (place, json) in items.iter().enumerate() {
            self.path.enter_item(place);
            let value = self.value(item, json);
            self.path.leave();
            values = values.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        }
        values.map(Val::List)
    }

    fn flags(&mut self, shape: &Shape, names: &[String], json: &Value) -> Option<Val> {
        let Value::Array(items) = json else { return self.wrong(shape, json) };
        let (mut set, mut good) = (vec![false; names.len()], true);
        for (place, json) in items.iter().enumerate() {
            self.path.enter_item(place);
            let known = json.as_str().and_then(|text| names.iter().position(|name| name == text));
            let problem: Option<()> = match known {
                Some(known) if !set[known] => {
                    set[known] = true;
                    Some(())
                }
                Some(known) => self.problem(format!("`{}` stands there twice", names[known])),
                None => self.misnamed(&Shape::Enum(names.to_vec()), names.iter().map(String::as_str), json),
            };
            good &= problem.is_some();
            self.path.leave();
        }
        // As WIT orders them, not as they were written: it is a set.
        let chosen = names.iter().zip(set).filter(|(_, chosen)| *chosen).map(|(name, _)| name.clone());
        good.then(|| Val::Flags(chosen.collect()))
    }

    fn option(&mut self, shape: &Shape, some: &Shape, json: &Value) -> Option<Val> {
        let map = self.object(json, &shape.expected())?;
        let known = self.known(&["some"], map);
        let carried = match map.get("some") {
            None => None,
            Some(json) => Some(self.within("some", some, json)?),
        };
        known.then(|| Val::Option(carried.map(Box::new)))
    }

    /// A case by its tag, with what it carries.
    fn tagged<'s>(
        &mut self,
        shape: &Shape,
        cases: &[(&'s str, Option<&'s Shape>)],
        json: &Value,
    ) -> Option<(&'s str, Option<Box<Val>>)> {
        let map = self.object(json, &shape.expected())?;
        let Some(tag) = map.get("tag") else {
            return self.problem(format!("expected {}; found no `tag`", shape.expected()));
        };
        let Some((name, carries)) = cases.iter().find(|(name, _)| tag.as_str() == Some(name)) else {
            self.path.enter_field("tag");
            let names = Shape::Enum(cases.iter().map(|(name, _)| (*name).to_owned()).collect());
            let problem = self.misnamed(&names, cases.iter().map(|(name, _)| *name), tag);
            self.path.leave();
            return problem;
        };
        let named: Vec<_> = carries.iter().map(|shape| ("value", *shape)).collect();
        let values = self.fields(&named, map, Some("tag"))?;
        Some((name, values.into_iter().next().map(Box::new)))
    }

    fn misnamed<'n, T>(&mut self, shape: &Shape, names: impl Iterator<Item = &'n str>, json: &Value) -> Option<T> {
        match json.as_str().and_then(|text| nearest(text, names)) {
            Some(near) => {
                self.problem(format!("expected {}; found {}; did you mean `{near}`?", shape.expected(), found(json)))
            }
            None => self.wrong(shape, json),
        }
    }

    fn object<'v>(&mut self, json: &'v Value, expected: &str) -> Option<&'v Map<String, Value>> {
        json.as_object().or_else(|| self.problem(format!("expected {expected}; found {}", found(json))))
    }

    /// The fields of a record, in its order; `beside` is a key that is not one of them.
    fn fields(&mut self, named: &[(&str, &Shape)], map: &Map<String, Value>, beside: Option<&str>) -> Option<Vec<Val>> {
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).chain(beside).collect();
        let known = self.known(&names, map);
        let values: Vec<_> = named.iter().map(|(name, shape)| self.field(name, shape, map.get(*name))).collect();
        values.into_iter().collect::<Option<Vec<_>>>().filter(|_| known)
    }

    fn field(&mut self, name: &str, shape: &Shape, json: Option<&Value>) -> Option<Val> {
        match (shape, json) {
            (Shape::Option(_), None) => Some(Val::Option(None)),
            (Shape::Option(_), Some(Value::Null)) => {
                self.path.enter_field(name);
                let problem = self.problem("found null; leave the field out for none".to_owned());
                self.path.leave();
                problem
            }
            (Shape::Option(some), Some(json)) => {
                self.within(name, some, json).map(|value| Val::Option(Some(Box::new(value))))
            }
            (shape, Some(json)) => self.within(name, shape, json),
            (shape, None) => {
                self.path.enter_field(name);
                let problem = self.problem(format!("it is missing; expected {}", shape.expected()));
                self.path.leave();
                problem
            }
        }
    }

    fn within(&mut self, name: &str, shape: &Shape, json: &Value) -> Option<Val> {
        self.path.enter_field(name);
        let value = self.value(shape, json);
        self.path.leave();
        value
    }

    /// Whether every key is one of `names`; says which is not.
    fn known(&mut self, names: &[&str], map: &Map<String, Value>) -> bool {
        let mut known = true;
        for key in map.keys().filter(|key| !names.contains(&key.as_str())) {
            known = false;
            self.path.enter_field(key);
            let message = match nearest(key, names.iter().copied()) {
                Some(near) => format!("there is no such field; did you mean `{near}`?"),
                None if names.is_empty() => "there is no such field; none is expected here".to_owned(),
                None => {
                    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                    format!("there is no such field; there are {}", super::listed(&names))
                }
            };
            let _: Option<()> = self.problem(message);
            self.path.leave();
        }
        known
    }
}

/// What was found, in a few words.
fn found(json: &Value) -> String {
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => {
            let text = number.to_string();
            let (cut, rest) = (text.chars().take(40).collect::<String>(), text.chars().nth(40).is_some());
            format!("the number {cut}{}", if rest { "…" } else { "" })
        }
        Value::String(text) => format!("the string {}", shown(text)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// The one character of a text.
fn sole(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// A JSON number without a fraction, however it is written (`1.0` and `1e3` are integers of JSON Schema, too).
fn whole(number: &Number) -> Option<i128> {
    let text = number.to_string();
    text.parse().ok().or_else(|| {
        let float: f64 = text.parse().ok()?;
        // Beyond 2^53 a float is near the number that was written, which is not good enough.
        (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i128)
    })
}

/// A whole number as [`super::schema`] writes those of 64 bits: no sign but `-`, no zero in front.
fn decimal(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !digits.starts_with('0');
    if plain && canonical { text.parse().ok() } else { None }
}

fn float<T: std::str::FromStr + Copy>(json: &Value, finite: fn(T) -> bool) -> Option<T> {
    match json {
        Value::Number(number) => number.to_string().parse().ok().filter(|float| finite(*float)),
        Value::String(word) if ["NaN", "Infinity", "-Infinity"].contains(&word.as_str()) => word.parse().ok(),
        _ => None,
    }
}
