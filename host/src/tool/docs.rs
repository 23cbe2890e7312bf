//! What a tool's author says of it: read strictly, and made safe to look at.
//!
//! The texts are a stranger's, and people, terminals and models read them: characters that hide or that steer a terminal
//! are written out (`\u{202e}`) here, once, so that no reader has to remember to.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::section::NAME;
use super::{Function, strict};
use crate::approval::show;

/// What is said of a value, and of the values within it. An `option` is transparent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Docs {
    /// Of the value itself; empty where nothing is said.
    #[serde(rename = "docs")]
    pub text: String,
    /// Of a record's fields by their names, of a tuple's places by their numbers.
    pub fields: BTreeMap<String, Docs>,
    /// Of the cases of a variant, enum, flags or result, and of what they carry.
    pub cases: BTreeMap<String, Docs>,
    /// Of a list's items.
    #[serde(deserialize_with = "present")]
    pub item: Option<Box<Docs>>,
}

/// What is said of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionDocs {
    /// Of the function itself; empty where nothing is said.
    #[serde(rename = "docs")]
    pub text: String,
    /// Of its parameters.
    pub params: BTreeMap<String, Docs>,
    /// Of what it returns; of a `result`, of its success.
    pub result: Docs,
    /// Of its own error.
    pub error: Docs,
}

/// The whole section, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    #[serde(rename = "docs")]
    pub(super) text: String,
    pub(super) functions: BTreeMap<String, FunctionDocs>,
    #[serde(deserialize_with = "present")]
    pub(super) needs: Option<String>,
}

/// A value where there is a key for one: `null` is none, and wrong.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Reads a section's text.
///
/// # Errors
/// When it is not one JSON object of the known keys, each once; a sentence that begins with "its section".
pub(super) fn read(text: &str) -> Result<Written, String> {
    let wrong = |why: String| format!("its section `{NAME}` {why}");
    // Messages may quote the text.
    let cut = |why: String| why.chars().take(200).collect::<String>().escape_debug().to_string().replace("\\\"", "\"");
    sole(text).map_err(|why| wrong(cut(why)))?;
    let value = strict::parse(text).map_err(|problems| match problems.first() {
        Some(first) if !first.path.is_empty() => wrong(format!("is wrong at `{}` {}", first.path, first.message)),
        Some(first) => wrong(cut(format!("is not understood: {}", first.message))),
        None => wrong("is not understood".to_owned()),
    })?;
    // serde would take a list for an object, by the order of its keys.
    if holds_list(&value) {
        return Err(wrong("holds a list, which no part of it is".to_owned()));
    }
    let mut written = Written::deserialize(value).map_err(|e| wrong(cut(format!("is not understood: {e}"))))?;
    written.make_visible();
    Ok(written)
}

fn holds_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(map) => map.values().any(holds_list),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Linkers put sections of one name behind each other, so two tools in one crate become one section.
fn sole(text: &str) -> Result<(), String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        None => return Err("is empty".to_owned()),
        Some(Err(e)) => return Err(format!("is not JSON: {e}")),
        Some(Ok(_)) => {}
    }
    let rest = text.get(values.byte_offset()..).unwrap_or_default().trim_start();
    match rest.chars().next() {
        None => Ok(()),
        Some('{') => Err("holds two descriptions, one behind the other: a crate is one tool".to_owned()),
        Some(_) => Err("goes on after its end".to_owned()),
    }
}

impl Written {
    fn make_visible(&mut self) {
        visible(&mut self.text);
        for function in self.functions.values_mut() {
            visible(&mut function.text);
            function.params.values_mut().chain([&mut function.result, &mut function.error]).for_each(Docs::make_visible);
        }
    }
}

fn visible(text: &mut String) {
    *text = show(text.trim()).text;
}

impl Docs {
    fn make_visible(&mut self) {
        visible(&mut self.text);
        let within = self.fields.values_mut().chain(self.cases.values_mut());
        within.chain(self.item.as_deref_mut()).for_each(Self::make_visible);
    }

    fn weight(&self) -> usize {
        let own = 32 + self.text.len() + self.text.matches(['"', '\\', '\n']).count();
        let named = |(name, docs): (&String, &Self)| name.len() + docs.weight();
        let within: usize = self.fields.iter().chain(&self.cases).map(named).sum();
        own + within + self.item.as_ref().map_or(0, |item| item.weight())
    }

    /// Every text with its place: `.name` is a field, `:name` a case, `[]` an item.
    fn walk<'d>(&'d self, place: &str, texts: &mut Vec<(String, &'d str)>) {
        if !self.text.is_empty() {
            texts.push((place.to_owned(), &self.text));
        }
        self.fields.iter().for_each(|(name, docs)| docs.walk(&format!("{place}.{name}"), texts));
        self.cases.iter().for_each(|(name, docs)| docs.walk(&format!("{place}:{name}"), texts));
        self.item.iter().for_each(|docs| docs.walk(&format!("{place}[]"), texts));
    }
}

impl FunctionDocs {
    /// At least as many bytes as its texts are in the schemas of its function.
    pub(super) fn weight(&self) -> usize {
        let named = |(name, docs): (&String, &Docs)| name.len() + docs.weight();
        self.params.iter().map(named).sum::<usize>() + self.result.weight()
    }
}

impl Function {
    /// Every text with its place: `""` is the function, `(name)` a parameter, `.result` and `.error` what comes back; behind
    /// them `.name` is a field, `:name` a case, `[]` an item.
    #[must_use]
    pub fn texts(&self) -> Vec<(String, &str)> {
        let FunctionDocs { text, params, result, error } = &self.docs;
        let mut texts = Vec::new();
        if !text.is_empty() {
            texts.push((String::new(), text.as_str()));
        }
        for (name, docs) in self.params.iter().filter_map(|(name, _)| Some((name, params.get(name)?))) {
            docs.walk(&format!("({name})"), &mut texts);
        }
        result.walk(".result", &mut texts);
        error.walk(".error", &mut texts);
        texts
    }
}
