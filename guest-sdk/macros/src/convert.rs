//! Code that turns wit-bindgen's values into the author's and back. What holds none of the author's types is one type on
//! both sides and passes as it is.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Body, Defined, Tool};
use crate::shape::Shape;

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    /// From the caller to the author's function.
    In,
    /// From the author's function to the caller.
    Out,
}

/// Functions that convert the author's types, each way that is used.
pub fn functions(tool: &Tool) -> TokenStream {
    let received = tool.functions.iter().flat_map(|function| function.params.iter().map(|param| &param.shape));
    let received = reached(tool, received.collect());
    let returned = reached(tool, tool.functions.iter().map(|function| &function.returns).collect());
    let used = received.iter().map(|defined| (Way::In, defined)).chain(returned.iter().map(|defined| (Way::Out, defined)));
    used.map(|(way, defined)| function(defined, way)).collect()
}

fn reached<'t>(tool: &'t Tool, mut open: Vec<&'t Shape>) -> Vec<&'t Defined> {
    let mut found: Vec<&Defined> = Vec::new();
    while let Some(shape) = open.pop() {
        for defined in shape.names().into_iter().filter_map(|name| tool.defined(name)) {
            if !found.iter().any(|other| other.name.wit == defined.name.wit) {
                found.push(defined);
                open.extend(defined.shapes());
            }
        }
    }
    found
}

fn function(defined: &Defined, way: Way) -> TokenStream {
    let name = converter(&defined.name.rust.to_string(), way);
    let (rust, wit) = (&defined.name.rust, defined.name.camel());
    let (rust, wit) = (quote!(super::#rust), quote!(wit::#wit));
    let (from, to) = match way {
        Way::In => (&wit, &rust),
        Way::Out => (&rust, &wit),
    };
    let body = match &defined.body {
        Body::Record(fields) => {
            let fields = fields.iter().map(|field| {
                let (rust, wit) = (&field.name.rust, field.name.snake());
                let (from, to) = if way == Way::In { (&wit, rust) } else { (rust, &wit) };
                let moved = value(&field.shape, quote!(value.#from), way);
                quote!(#to: #moved)
            });
            quote!(#to { #(#fields),* })
        }
        Body::Cases(cases) => {
            let arms = cases.iter().map(|case| {
                let (rust, wit) = (&case.name.rust, case.name.camel());
                let (one, other) = if way == Way::In { (&wit, rust) } else { (rust, &wit) };
                match &case.payload {
                    Some(payload) => {
                        let moved = value(payload, quote!(value), way);
                        quote!(#from::#one(value) => #to::#other(#moved))
                    }
                    None => quote!(#from::#one => #to::#other),
                }
            });
            quote!(match value { #(#arms),* })
        }
    };
    quote!(fn #name(value: #from) -> #to { #body })
}

fn converter(rust: &str, way: Way) -> proc_macro2::Ident {
    match way {
        Way::In => format_ident!("received_{}", rust),
        Way::Out => format_ident!("returned_{}", rust),
    }
}

/// `from`, an expression of type `shape` on one side, as an expression of the other side.
pub fn value(shape: &Shape, from: TokenStream, way: Way) -> TokenStream {
    if shape.names().is_empty() {
        return from;
    }
    let inner = |shape| value(shape, quote!(value), way);
    match shape {
        Shape::Unit | Shape::Plain(..) | Shape::Text | Shape::Refusal => from,
        Shape::Named(name) => {
            let converter = converter(name, way);
            quote!(#converter(#from))
        }
        Shape::List(item) => {
            let item = inner(item);
            quote!(#from.into_iter().map(|value| #item).collect::<::std::vec::Vec<_>>())
        }
        Shape::Option(some) => {
            let some = inner(some);
            quote!(#from.map(|value| #some))
        }
        Shape::Result(ok, err) => {
            let (ok, err) = (inner(ok), inner(err));
            quote!(match #from { Ok(value) => Ok(#ok), Err(value) => Err(#err) })
        }
        Shape::Tuple(parts) => {
            let names: Vec<_> = (0..parts.len()).map(|at| format_ident!("part_{}", at)).collect();
            let moved = parts.iter().zip(&names).map(|(part, name)| value(part, quote!(#name), way));
            quote!({ let (#(#names,)*) = #from; (#(#moved,)*) })
        }
    }
}

/// The type that wit-bindgen has for `shape`.
pub fn generated(tool: &Tool, shape: &Shape) -> TokenStream {
    match shape {
        Shape::Unit => quote!(()),
        Shape::Plain(rust, _) => {
            let rust = format_ident!("{}", rust);
            quote!(#rust)
        }
        Shape::Text => quote!(::std::string::String),
        Shape::List(item) => {
            let item = generated(tool, item);
            quote!(::std::vec::Vec<#item>)
        }
        Shape::Option(some) => {
            let some = generated(tool, some);
            quote!(::core::option::Option<#some>)
        }
        Shape::Result(ok, err) => {
            let (ok, err) = (generated(tool, ok), generated(tool, err));
            quote!(::core::result::Result<#ok, #err>)
        }
        Shape::Tuple(parts) => {
            let parts = parts.iter().map(|part| generated(tool, part));
            quote!((#(#parts,)*))
        }
        Shape::Named(name) => {
            let name = tool.defined(name).map(|defined| defined.name.camel());
            quote!(wit::#name)
        }
        Shape::Refusal => quote!(::tollgate_sdk::Refusal),
    }
}
