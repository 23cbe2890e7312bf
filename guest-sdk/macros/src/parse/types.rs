//! The structs and enums that a tool's functions reach.

use std::collections::BTreeSet;

use syn::{Attribute, Error, Fields, FieldsNamed, Generics, Ident, Item, Variant};

use super::{Problems, is_public};
use crate::documentation;
use crate::model::{Body, Case, Defined, Field, Function};
use crate::name::Name;
use crate::shape::{Known, Shape};

/// Every type of the module that `functions` reach, in the order of the module.
pub fn reached(items: &[Item], functions: &[Function], known: &Known, problems: &mut Problems) -> Vec<Defined> {
    let mut names: Vec<String> = Vec::new();
    for function in functions {
        names.extend(function.params.iter().flat_map(|param| param.shape.names()).map(str::to_owned));
        names.extend(function.returns.names().into_iter().map(str::to_owned));
    }
    let mut seen = BTreeSet::new();
    let mut types: Vec<(usize, Defined)> = Vec::new();
    while let Some(name) = names.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some((place, defined)) = find(items, &name, known, problems) else { continue };
        names.extend(defined.shapes().into_iter().flat_map(Shape::names).map(str::to_owned));
        types.push((place, defined));
    }
    types.sort_by_key(|(place, _)| *place);
    let types: Vec<Defined> = types.into_iter().map(|(_, defined)| defined).collect();
    for defined in &types {
        if holds_itself(defined, &types) {
            problems.note(Error::new(
                defined.name.rust.span(),
                format!(
                    "`{}` holds itself, and a caller's values end: keep a list of them, and refer to one by its number",
                    defined.name.rust
                ),
            ));
        }
    }
    types
}

fn holds_itself(start: &Defined, types: &[Defined]) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(defined) = open.pop() {
        for name in defined.shapes().into_iter().flat_map(Shape::names) {
            if start.name.is(name) {
                return true;
            }
            if seen.insert(name) {
                open.extend(types.iter().find(|defined| defined.name.is(name)));
            }
        }
    }
    false
}

fn find(items: &[Item], name: &str, known: &Known, problems: &mut Problems) -> Option<(usize, Defined)> {
    items.iter().enumerate().find_map(|(place, item)| {
        let defined = match item {
            Item::Struct(of) if of.ident == name => {
                let body = record(&of.ident, &of.fields, known, problems);
                define(&of.ident, &of.attrs, &of.generics, body, problems)
            }
            Item::Enum(of) if of.ident == name => {
                let body = cases(&of.ident, of.variants.iter(), known, problems);
                define(&of.ident, &of.attrs, &of.generics, body, problems)
            }
            _ => return None,
        };
        Some((place, defined?))
    })
}

fn define(
    ident: &Ident,
    attributes: &[Attribute],
    generics: &Generics,
    body: Option<Body>,
    problems: &mut Problems,
) -> Option<Defined> {
    if !generics.params.is_empty() {
        problems.note(Error::new_spanned(generics, "a caller chooses no types or lifetimes: write the types themselves"));
    }
    unconditional(attributes, problems);
    let name = problems.keep(Name::of(ident));
    let docs = problems.keep(documentation::text(attributes));
    Some(Defined { name: name?, docs: docs?, body: body? })
}

fn unconditional(attributes: &[Attribute], problems: &mut Problems) {
    if let Some(conditional) = attributes.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        problems.note(Error::new_spanned(conditional, "what a tool offers does not depend on `cfg`: leave it out"));
    }
}

fn record(ident: &Ident, fields: &Fields, known: &Known, problems: &mut Problems) -> Option<Body> {
    match fields {
        Fields::Named(named) if !named.named.is_empty() => fields_of(named, known, problems).map(Body::Record),
        Fields::Named(_) | Fields::Unit => {
            problems.note(Error::new(ident.span(), "a struct that a caller sees has at least one field"));
            None
        }
        Fields::Unnamed(_) => {
            problems.note(Error::new_spanned(fields, "give the fields names: a caller knows them by these"));
            None
        }
    }
}

fn fields_of(fields: &FieldsNamed, known: &Known, problems: &mut Problems) -> Option<Vec<Field>> {
    let mut read = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        if !is_public(&field.vis) {
            problems.note(Error::new(ident.span(), "a caller sees every field of this struct: make the field `pub`"));
        }
        unconditional(&field.attrs, problems);
        let name = problems.keep(Name::of(ident));
        let docs = problems.keep(documentation::text(&field.attrs));
        let shape = problems.keep(known.value(&field.ty));
        read.push(name.zip(docs).zip(shape).map(|((name, docs), shape)| Field { name, docs, shape }));
    }
    unlike(read.iter().flatten().map(|field| &field.name), problems);
    read.into_iter().collect()
}

fn cases<'a>(
    ident: &Ident,
    variants: impl Iterator<Item = &'a Variant>,
    known: &Known,
    problems: &mut Problems,
) -> Option<Body> {
    let mut read = Vec::new();
    for variant in variants {
        unconditional(&variant.attrs, problems);
        let name = problems.keep(Name::of(&variant.ident));
        let docs = problems.keep(documentation::text(&variant.attrs));
        let payload = payload(&variant.fields, known, problems);
        read.push(name.zip(docs).zip(payload).map(|((name, docs), payload)| Case { name, docs, payload }));
    }
    if read.is_empty() {
        problems.note(Error::new(ident.span(), "an enum that a caller sees has at least one case"));
    }
    unlike(read.iter().flatten().map(|case| &case.name), problems);
    read.into_iter().collect::<Option<_>>().map(Body::Cases)
}

fn payload(fields: &Fields, known: &Known, problems: &mut Problems) -> Option<Option<Shape>> {
    match fields {
        Fields::Unit => Some(None),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => problems.keep(known.value(&fields.unnamed[0].ty)).map(Some),
        Fields::Unnamed(_) | Fields::Named(_) => {
            problems.note(Error::new_spanned(
                fields,
                "a case carries nothing or one value: carry a tuple, or a struct of its own",
            ));
            None
        }
    }
}

/// Two Rust names may be one to a caller.
fn unlike<'a>(names: impl Iterator<Item = &'a Name>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(&name.wit) {
            let twice = format!("there are two `{}` to a caller: rename one", name.wit);
            problems.note(Error::new(name.rust.span(), twice));
        }
    }
}
