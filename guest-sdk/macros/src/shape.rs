//! The types that may cross the border between a tool and its caller, read from the author's Rust.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Error, GenericArgument, PathArguments, Type};

/// A type, as far as the border is concerned.
#[derive(Clone)]
pub enum Shape {
    /// `()`: what a function returns that returns nothing, and a side of a `Result`.
    Unit,
    /// A type that Rust and WIT both have, under these two names.
    Plain(&'static str, &'static str),
    Text,
    List(Box<Shape>),
    Option(Box<Shape>),
    Result(Box<Shape>, Box<Shape>),
    Tuple(Vec<Shape>),
    /// A struct or enum of the module, by the author's name.
    Named(String),
    Refusal,
}

const PLAIN: [(&str, &str); 12] = [
    ("bool", "bool"),
    ("u8", "u8"),
    ("u16", "u16"),
    ("u32", "u32"),
    ("u64", "u64"),
    ("i8", "s8"),
    ("i16", "s16"),
    ("i32", "s32"),
    ("i64", "s64"),
    ("f32", "f32"),
    ("f64", "f64"),
    ("char", "char"),
];

/// What people write that WIT does not have, and what to write instead.
const INSTEAD: [(&str, &str); 20] = [
    ("usize", "its size differs between machines: use `u32` or `u64`"),
    ("isize", "its size differs between machines: use `i32` or `i64`"),
    ("u128", "a caller has integers of 64 bits at most: use `u64`, or a `String`"),
    ("i128", "a caller has integers of 64 bits at most: use `i64`, or a `String`"),
    ("str", "a string that is owned is a `String`"),
    ("HashMap", "use `Vec<(K, V)>`, or a `Vec` of a struct whose fields say what key and value are"),
    ("BTreeMap", "use `Vec<(K, V)>`, or a `Vec` of a struct whose fields say what key and value are"),
    ("HashSet", "use `Vec<T>`"),
    ("BTreeSet", "use `Vec<T>`"),
    ("VecDeque", "use `Vec<T>`"),
    ("Box", "values are passed whole: use the type in it"),
    ("Rc", "values are passed whole: use the type in it"),
    ("Arc", "values are passed whole: use the type in it"),
    ("Cow", "use `String` or `Vec<T>`"),
    ("Path", "paths are text here: use `&str`"),
    ("PathBuf", "paths are text here: use `String`"),
    ("OsString", "use `String`"),
    ("Duration", "use a `u64` whose name says the unit, such as `timeout_ms`"),
    ("SystemTime", "use a `u64` of milliseconds since the Unix epoch"),
    ("Self", "write the type's name"),
];

/// The names of types that the module defines.
pub struct Known {
    pub public: BTreeSet<String>,
    pub private: BTreeSet<String>,
}

impl Known {
    /// A parameter's type; it alone may be a reference to text or to a list. Says whether it is one.
    ///
    /// # Errors
    /// At whatever cannot cross the border.
    pub fn parameter(&self, of: &Type) -> syn::Result<(bool, Shape)> {
        let Type::Reference(reference) = of else { return Ok((false, self.value(of)?)) };
        if let Some(mutable) = reference.mutability {
            return Err(Error::new(
                mutable.span,
                "a caller's value cannot be changed: take it without `mut` and return what is new",
            ));
        }
        match &*reference.elem {
            Type::Slice(slice) => Ok((true, Shape::List(Box::new(self.value(&slice.elem)?)))),
            Type::Path(path) if path.path.is_ident("str") => Ok((true, Shape::Text)),
            other => {
                Err(Error::new_spanned(of, format!("of references, a parameter may be `&str` or `&[T]`: {}", rather(other))))
            }
        }
    }

    /// What a function returns.
    ///
    /// # Errors
    /// As `parameter`.
    pub fn returned(&self, of: &Type) -> syn::Result<Shape> {
        self.or_unit(of)
    }

    fn or_unit(&self, of: &Type) -> syn::Result<Shape> {
        if is_unit(of) { Ok(Shape::Unit) } else { self.value(of) }
    }

    /// A type that stands for a value of its own.
    ///
    /// # Errors
    /// As `parameter`.
    pub fn value(&self, of: &Type) -> syn::Result<Shape> {
        match of {
            Type::Paren(inner) => self.value(&inner.elem),
            Type::Group(inner) => self.value(&inner.elem),
            Type::Path(path) => self.named(of, &path.path),
            Type::Tuple(tuple) if tuple.elems.is_empty() => {
                Err(Error::new_spanned(of, "`()` is no value to a caller: leave it out, or use `bool`"))
            }
            Type::Tuple(tuple) => {
                tuple.elems.iter().map(|part| self.value(part)).collect::<syn::Result<_>>().map(Shape::Tuple)
            }
            Type::Array(array) => Err(Error::new_spanned(of, format!("use `Vec<{}>`", written(&array.elem)))),
            Type::Reference(_) => Err(Error::new_spanned(
                of,
                "only a parameter may be a reference, `&str` or `&[T]`: use `String` or `Vec<T>` here",
            )),
            _ => Err(Error::new_spanned(of, OTHERWISE)),
        }
    }

    fn named(&self, of: &Type, path: &syn::Path) -> syn::Result<Shape> {
        let Some(last) = path.segments.last() else { return Err(Error::new_spanned(of, OTHERWISE)) };
        let word = last.ident.to_string();
        let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let alone = path.segments.len() == 1 && path.leading_colon.is_none();
        if alone && matches!(last.arguments, PathArguments::None) && self.public.contains(&word) {
            return Ok(Shape::Named(word));
        }
        if alone && self.private.contains(&word) {
            return Err(Error::new_spanned(of, format!("a caller sees `{word}`: make it `pub`, with public fields")));
        }
        if word == "Refusal" && (alone || (first == "tollgate_sdk" && path.segments.len() == 2)) {
            return Ok(Shape::Refusal);
        }
        if !alone && !["std", "core", "alloc"].contains(&first.as_str()) {
            return Err(Error::new_spanned(of, OTHERWISE));
        }
        self.built_in(of, &word, &last.arguments)
    }

    fn built_in(&self, of: &Type, word: &str, arguments: &PathArguments) -> syn::Result<Shape> {
        let types = types(arguments);
        match (word, types.as_slice()) {
            ("String", []) => Ok(Shape::Text),
            ("Vec", [item]) => Ok(Shape::List(Box::new(self.value(item)?))),
            ("Option", [some]) => Ok(Shape::Option(Box::new(self.value(some)?))),
            ("Result", [ok, err]) => Ok(Shape::Result(Box::new(self.or_unit(ok)?), Box::new(self.or_unit(err)?))),
            ("Result", _) => Err(Error::new_spanned(of, "write both types of the result, such as `Result<u32, Refusal>`")),
            (_, []) if let Some((rust, wit)) = PLAIN.iter().find(|(rust, _)| *rust == word) => Ok(Shape::Plain(rust, wit)),
            _ => {
                let instead = INSTEAD.iter().find(|(unfit, _)| *unfit == word).map(|(_, instead)| *instead);
                Err(Error::new_spanned(of, instead.unwrap_or(OTHERWISE)))
            }
        }
    }
}

/// What to take in place of a reference to `of`.
fn rather(of: &Type) -> String {
    let word = if let Type::Path(path) = of { path.path.segments.last().map(|last| last.ident.to_string()) } else { None };
    match word.as_deref() {
        Some("String") => "take `&str`".to_owned(),
        Some("Vec") => "take a slice, such as `&[u8]`".to_owned(),
        _ => format!("take `{}` itself", written(of)),
    }
}

const OTHERWISE: &str = "a caller can be given bool, integers, floats, char, String, Vec, Option, Result, tuples, \
    tollgate_sdk::Refusal, and the public structs and enums that this module itself defines: use one of these";

fn is_unit(of: &Type) -> bool {
    matches!(of, Type::Tuple(tuple) if tuple.elems.is_empty())
}

fn types(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return Vec::new() };
    let each = arguments.args.iter();
    each.filter_map(|argument| if let GenericArgument::Type(of) = argument { Some(of) } else { None }).collect()
}

/// A type as it stands in the source, near enough.
fn written(of: &Type) -> String {
    of.to_token_stream().to_string().replace(' ', "")
}

impl Shape {
    /// The shapes directly in it.
    pub fn parts(&self) -> Vec<&Shape> {
        match self {
            Self::Unit | Self::Plain(..) | Self::Text | Self::Named(_) | Self::Refusal => Vec::new(),
            Self::List(item) | Self::Option(item) => vec![item],
            Self::Result(ok, err) => vec![ok, err],
            Self::Tuple(parts) => parts.iter().collect(),
        }
    }

    /// The author's types that it names.
    pub fn names(&self) -> Vec<&str> {
        if let Self::Named(name) = self {
            return vec![name];
        }
        self.parts().into_iter().flat_map(Self::names).collect()
    }

    pub fn holds_refusal(&self) -> bool {
        matches!(self, Self::Refusal) || self.parts().into_iter().any(Self::holds_refusal)
    }
}
