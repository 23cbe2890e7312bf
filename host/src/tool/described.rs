//! Descriptions in a schema: the tree of what an author says, laid over the schema of the same type.

use serde_json::Value;

use super::shape::cases;
use super::{Docs, Shape};

/// The schema of a value with its descriptions.
pub(super) fn value(mut schema: Value, shape: &Shape, docs: &Docs) -> Value {
    over(&mut schema, shape, docs);
    schema
}

/// Describes one property of an object, whose schema is that of what an `option` holds.
pub(super) fn field(object: &mut Value, name: &str, shape: &Shape, docs: Option<&Docs>) {
    if let (Some(docs), Some(schema)) = (docs, object["properties"].get_mut(name)) {
        over(schema, held(shape), docs);
    }
}

fn held(shape: &Shape) -> &Shape {
    if let Shape::Option(some) = shape { some } else { shape }
}

fn over(schema: &mut Value, shape: &Shape, docs: &Docs) {
    let text = match shape {
        Shape::Enum(names) | Shape::Flags(names) => listed(names, docs),
        _ => docs.text.clone(),
    };
    if !text.is_empty() {
        schema["description"] = text.into();
    }
    within(schema, shape, docs);
}

fn within(schema: &mut Value, shape: &Shape, docs: &Docs) {
    match shape {
        Shape::Record(named) => named.iter().for_each(|(name, shape)| field(schema, name, shape, docs.fields.get(name))),
        Shape::Tuple(places) => (0..).zip(places).for_each(|(place, shape): (usize, _)| {
            let name = place.to_string();
            field(schema, &name, shape, docs.fields.get(&name));
        }),
        Shape::List(item) => {
            if let (Some(schema), Some(docs)) = (schema.get_mut("items"), &docs.item) {
                over(schema, item, docs);
            }
        }
        Shape::Option(some) => {
            if let Some(schema) = schema["properties"].get_mut("some") {
                within(schema, some, docs);
            }
        }
        Shape::Variant(of) => branches(schema, of.iter().map(|(name, shape)| (name.as_str(), shape.as_ref())), docs),
        Shape::Result { ok, err } => branches(schema, cases(ok.as_deref(), err.as_deref()), docs),
        Shape::Enum(_) | Shape::Flags(_) | Shape::Bool | Shape::Char | Shape::String | Shape::Bytes => {}
        Shape::S8 | Shape::U8 | Shape::S16 | Shape::U16 | Shape::S32 | Shape::U32 | Shape::S64 | Shape::U64 => {}
        Shape::F32 | Shape::F64 => {}
    }
}

/// A case's text stands at its branch; what is said of what it carries, at `value`.
fn branches<'s>(schema: &mut Value, of: impl IntoIterator<Item = (&'s str, Option<&'s Shape>)>, docs: &Docs) {
    let Some(branches) = schema["anyOf"].as_array_mut() else { return };
    for (branch, (name, carries)) in branches.iter_mut().zip(of) {
        let Some(docs) = docs.cases.get(name) else { continue };
        if !docs.text.is_empty() {
            branch["description"] = docs.text.as_str().into();
        }
        if let (Some(shape), Some(schema)) = (carries, branch["properties"].get_mut("value")) {
            within(schema, held(shape), docs);
        }
    }
}

/// JSON Schema has no place for a text of each name, so they follow the whole's, a line each.
fn listed(names: &[String], docs: &Docs) -> String {
    let lines = names.iter().filter_map(|name| Some((name, docs.cases.get(name)?)));
    let lines = lines.filter(|(_, docs)| !docs.text.is_empty()).map(|(name, docs)| format!("`{name}`: {}", docs.text));
    let text = (!docs.text.is_empty()).then(|| docs.text.clone());
    text.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}
