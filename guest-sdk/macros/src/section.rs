//! The custom section `tollgate:tool/v1`: what a component says of itself besides its types, as JSON.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::Error;

use crate::model::{Body, Defined, Function, Tool};
use crate::shape::Shape;

/// The most that the section may hold.
const MOST: usize = 64 << 10;

/// The static that becomes the section.
///
/// # Errors
/// When the documentation is too long.
pub fn section(tool: &Tool, needs: Option<&str>) -> syn::Result<TokenStream> {
    let json = json(tool, needs);
    if json.len() > MOST {
        let problem = format!(
            "documentation and declaration are {} bytes, and {MOST} are the most: say it in fewer words",
            json.len()
        );
        return Err(Error::new(Span::call_site(), problem));
    }
    let (length, bytes) = (json.len(), Literal::byte_string(json.as_bytes()));
    Ok(quote! {
        #[used]
        #[unsafe(link_section = "tollgate:tool/v1")]
        static SECTION: [u8; #length] = *#bytes;
    })
}

fn json(tool: &Tool, needs: Option<&str>) -> String {
    let functions = tool.functions.iter().map(|f| (f.name.wit.clone(), function(tool, f)));
    let mut parts = vec![("docs", quoted(&tool.docs)), ("functions", object(functions.collect()))];
    parts.extend(needs.map(|needs| ("needs", quoted(needs))));
    object(parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn function(tool: &Tool, of: &Function) -> String {
    let params = of.params.iter().map(|param| (param.name.wit.clone(), node(tool, &param.docs, &param.shape)));
    let (result, error) = match &of.returns {
        Shape::Result(ok, err) => (node(tool, "", ok), node(tool, "", err)),
        other => (node(tool, "", other), EMPTY.to_owned()),
    };
    filled(vec![
        ("docs", text(&of.docs)),
        ("params", object(params.filter(|(_, node)| node != EMPTY).collect())),
        ("result", result),
        ("error", error),
    ])
}

const EMPTY: &str = "{}";

/// What is said of a value: `docs` where it stands, else of its type, and what is said of its parts.
fn node(tool: &Tool, docs: &str, of: &Shape) -> String {
    match of {
        Shape::Unit | Shape::Plain(..) | Shape::Text | Shape::Result(..) | Shape::Tuple(_) => {
            filled(vec![("docs", text(docs))])
        }
        Shape::List(item) => filled(vec![("docs", text(docs)), ("item", node(tool, "", item))]),
        Shape::Option(some) => node(tool, docs, some),
        Shape::Named(name) => tool.defined(name).map_or_else(|| EMPTY.to_owned(), |defined| definition(tool, docs, defined)),
        Shape::Refusal => {
            let said = if docs.is_empty() { "The host said no, and nothing happened." } else { docs };
            filled(vec![("docs", text(said))])
        }
    }
}

fn definition(tool: &Tool, docs: &str, of: &Defined) -> String {
    let docs = text(if docs.is_empty() { &of.docs } else { docs });
    let mut parts = Vec::new();
    let key = match &of.body {
        Body::Record(fields) => {
            parts.extend(fields.iter().map(|field| (field.name.wit.clone(), node(tool, &field.docs, &field.shape))));
            "fields"
        }
        Body::Cases(cases) => {
            parts.extend(cases.iter().map(|case| {
                let payload = case.payload.as_ref().unwrap_or(&Shape::Unit);
                (case.name.wit.clone(), node(tool, &case.docs, payload))
            }));
            "cases"
        }
    };
    parts.retain(|(_, node)| node != EMPTY);
    filled(vec![("docs", docs), (key, object(parts))])
}

/// A string of JSON, or what stands for nothing.
fn text(docs: &str) -> String {
    if docs.is_empty() { EMPTY.to_owned() } else { quoted(docs) }
}

/// An object of the parts that say something.
fn filled(parts: Vec<(&str, String)>) -> String {
    object(parts.into_iter().filter(|(_, value)| value != EMPTY).map(|(key, value)| (key.to_owned(), value)).collect())
}

fn object(parts: Vec<(String, String)>) -> String {
    let parts: Vec<_> = parts.into_iter().map(|(key, value)| format!("{}:{value}", quoted(&key))).collect();
    format!("{{{}}}", parts.join(","))
}

/// `text` as a string that both JSON and TOML read.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // TOML wants DEL escaped as well.
            control if control < ' ' || control == '\u{7f}' => quoted.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
