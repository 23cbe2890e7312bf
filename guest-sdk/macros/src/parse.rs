//! From the author's module to a [`Tool`]: everything that is wrong with it, at once and in its place, or a model of it.

use std::collections::{BTreeMap, BTreeSet};

use syn::spanned::Spanned;
use syn::{Error, FnArg, Item, ItemFn, ItemMod, Pat, ReturnType, Visibility};

use crate::documentation;
use crate::model::{Function, Param, Tool};
use crate::name::Name;
use crate::shape::{Known, Shape};

mod types;

/// What is wrong so far.
#[derive(Default)]
struct Problems(Option<Error>);

impl Problems {
    fn note(&mut self, problem: Error) {
        match &mut self.0 {
            Some(first) => first.combine(problem),
            None => self.0 = Some(problem),
        }
    }

    /// Notes what went wrong, and goes on.
    fn keep<T>(&mut self, outcome: syn::Result<T>) -> Option<T> {
        outcome.map_err(|problem| self.note(problem)).ok()
    }
}

/// The tool that `module` is.
///
/// # Errors
/// All that is wrong, each where it stands.
pub fn tool(module: &ItemMod) -> syn::Result<Tool> {
    let Some((_, items)) = &module.content else {
        return Err(Error::new_spanned(module, "write the tool's functions here, between braces"));
    };
    let mut problems = Problems::default();
    let known = known(items);
    let mut functions = Vec::new();
    for item in items {
        match item {
            Item::Fn(function) if is_public(&function.vis) => {
                functions.extend(self::function(function, &known, &mut problems));
            }
            Item::Mod(inner) if inner.content.is_none() => problems.note(Error::new_spanned(
                inner,
                format!(
                    "declare this file beside the tool, at the root of the crate, and write `use crate::{};` here",
                    inner.ident
                ),
            )),
            _ => {}
        }
    }
    let types = types::reached(items, &functions, &known, &mut problems);
    let docs = problems.keep(documentation::text(&module.attrs));
    let name = problems.keep(Name::of(&module.ident));
    if functions.is_empty() && problems.0.is_none() {
        problems.note(Error::new(module.ident.span(), "a tool has at least one `pub fn`: it is what agents call"));
    }
    match (problems.0, name) {
        (None, Some(name)) => {
            let tool = Tool { name, docs: docs.unwrap_or_default(), functions, types };
            clashes(&tool).map_or(Ok(tool), Err)
        }
        (problem, _) => Err(problem.unwrap_or_else(|| Error::new_spanned(module, "this module cannot be a tool"))),
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn known(items: &[Item]) -> Known {
    let mut known = Known { public: BTreeSet::new(), private: BTreeSet::new() };
    for item in items {
        let (visibility, ident) = match item {
            Item::Struct(of) => (&of.vis, &of.ident),
            Item::Enum(of) => (&of.vis, &of.ident),
            _ => continue,
        };
        let names = if is_public(visibility) { &mut known.public } else { &mut known.private };
        names.insert(ident.to_string());
    }
    known
}

fn function(of: &ItemFn, known: &Known, problems: &mut Problems) -> Option<Function> {
    unfit(of).into_iter().for_each(|problem| problems.note(problem));
    let name = problems.keep(Name::of(&of.sig.ident));
    let docs = problems.keep(documentation::text(&of.attrs));
    let params: Vec<_> = of.sig.inputs.iter().map(|input| param(input, known, problems)).collect();
    let returns = match &of.sig.output {
        ReturnType::Default => Some(Shape::Unit),
        ReturnType::Type(_, of) => problems.keep(known.returned(of)),
    };
    Some(Function { name: name?, docs: docs?, params: params.into_iter().collect::<Option<_>>()?, returns: returns? })
}

/// What a function that agents call cannot be.
fn unfit(of: &ItemFn) -> Vec<Error> {
    let signature = &of.sig;
    let mut problems = Vec::new();
    let mut note = |span, what: &str| problems.push(Error::new(span, what));
    if let Some(word) = &signature.asyncness {
        note(word.span(), "a tool's functions are not `async`: the host's functions wait by themselves");
    }
    if let Some(word) = &signature.unsafety {
        note(word.span(), "a caller cannot keep the promises of an `unsafe` function: leave the word out");
    }
    if !signature.generics.params.is_empty() {
        note(signature.generics.span(), "a caller chooses no types or lifetimes: write the types themselves");
    }
    if let Some(dots) = &signature.variadic {
        note(dots.span(), "take a `Vec<T>`");
    }
    if let Some(conditional) = of.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        note(conditional.span(), "what a tool offers does not depend on `cfg`: put the condition into the function");
    }
    problems
}

fn param(of: &FnArg, known: &Known, problems: &mut Problems) -> Option<Param> {
    let FnArg::Typed(typed) = of else {
        problems.note(Error::new_spanned(of, "a tool's function has no `self`: nothing is kept between two calls"));
        return None;
    };
    let docs = problems.keep(documentation::text(&typed.attrs));
    let shape = problems.keep(known.parameter(&typed.ty));
    let name = match &*typed.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            problems.keep(Name::of(&pattern.ident))
        }
        other => {
            problems.note(Error::new_spanned(other, "a caller knows the parameter by its name: write one name here"));
            None
        }
    };
    let (borrowed, shape) = shape?;
    Some(Param { name: name?, docs: docs?, borrowed, shape })
}

/// Functions and types share one space of names in WIT, and two Rust names may be one there.
fn clashes(tool: &Tool) -> Option<Error> {
    let mut problems = Problems::default();
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    if tool.speaks_of_refusals() {
        seen.insert("refusal", "tollgate_sdk::Refusal".to_owned());
    }
    let functions = tool.functions.iter().map(|function| (&function.name, format!("the function `{}`", function.name.rust)));
    let types = tool.types.iter().map(|defined| (&defined.name, format!("the type `{}`", defined.name.rust)));
    for (name, what) in types.chain(functions) {
        match seen.get(name.wit.as_str()) {
            Some(first) => problems.note(Error::new(
                name.rust.span(),
                format!("{what} and {first} would both be `{}` to a caller: rename one", name.wit),
            )),
            None => {
                seen.insert(&name.wit, what);
            }
        }
    }
    problems.0
}
