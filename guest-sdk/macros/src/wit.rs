//! A tool's world as WIT text. Every name of the author's is marked with `%`, so that none is taken for a word of WIT.

use std::fmt::Write;

use crate::model::{Body, Defined, Function, Tool};
use crate::shape::Shape;

/// What the contract says of refusals.
const TYPES: &str = include_str!("../../../wit/types.wit");

/// The interface of the contract that a tool may speak of: `tollgate:host/types@0.1.0`.
pub fn host_types() -> String {
    let (package, _) = contract();
    let (name, version) = package.trim_start_matches("package").trim().split_once('@').unwrap_or((package, ""));
    format!("{name}/types@{version}")
}

/// The statement `package …` of the contract's types, and what follows it.
fn contract() -> (&'static str, &'static str) {
    TYPES.split_once(';').unwrap_or(("", TYPES))
}

/// The package of a tool, its interface, its world, and the one interface of the contract that it may use.
pub fn text(tool: &Tool, package: &str, version: &str) -> String {
    let mut wit = format!("package tool:%{package}@{version};\n\ninterface %{} {{\n", tool.name.wit);
    let refusals = tool.speaks_of_refusals();
    if refusals {
        let _written = writeln!(wit, "    use {}.{{refusal}};", host_types());
    }
    for defined in &tool.types {
        wit.push_str(&definition(tool, defined));
    }
    for function in &tool.functions {
        wit.push_str(&signature(tool, function));
    }
    let _written = writeln!(wit, "}}\n\nworld tool {{\n    export %{};\n}}", tool.name.wit);
    if refusals {
        let (package, interface) = contract();
        let _written = writeln!(wit, "\n{package} {{{interface}}}");
    }
    wit
}

fn definition(tool: &Tool, defined: &Defined) -> String {
    let name = &defined.name.wit;
    match &defined.body {
        Body::Record(fields) => {
            let fields: Vec<_> = fields.iter().map(|f| format!("%{}: {}", f.name.wit, shape(tool, &f.shape))).collect();
            format!("    record %{name} {{ {} }}\n", fields.join(", "))
        }
        Body::Cases(cases) => {
            let word = if defined.is_plain_enum() { "enum" } else { "variant" };
            let cases: Vec<_> = cases
                .iter()
                .map(|case| match &case.payload {
                    Some(payload) => format!("%{}({})", case.name.wit, shape(tool, payload)),
                    None => format!("%{}", case.name.wit),
                })
                .collect();
            format!("    {word} %{name} {{ {} }}\n", cases.join(", "))
        }
    }
}

fn signature(tool: &Tool, function: &Function) -> String {
    let params: Vec<_> = function.params.iter().map(|p| format!("%{}: {}", p.name.wit, shape(tool, &p.shape))).collect();
    let returns = match &function.returns {
        Shape::Unit => String::new(),
        other => format!(" -> {}", shape(tool, other)),
    };
    format!("    %{}: func({}){returns};\n", function.name.wit, params.join(", "))
}

fn shape(tool: &Tool, of: &Shape) -> String {
    match of {
        Shape::Unit => "_".to_owned(),
        Shape::Plain(_, wit) => (*wit).to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::List(item) => format!("list<{}>", shape(tool, item)),
        Shape::Option(some) => format!("option<{}>", shape(tool, some)),
        Shape::Result(ok, err) => match (&**ok, &**err) {
            (Shape::Unit, Shape::Unit) => "result".to_owned(),
            (ok, Shape::Unit) => format!("result<{}>", shape(tool, ok)),
            (ok, err) => format!("result<{}, {}>", shape(tool, ok), shape(tool, err)),
        },
        Shape::Tuple(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| shape(tool, part)).collect();
            format!("tuple<{}>", parts.join(", "))
        }
        Shape::Named(name) => tool.defined(name).map(|defined| format!("%{}", defined.name.wit)).unwrap_or_default(),
        Shape::Refusal => "refusal".to_owned(),
    }
}
