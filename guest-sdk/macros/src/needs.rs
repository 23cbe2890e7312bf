//! The attribute's own words: what the tool needs at most, as the body of a manifest's `[grant]`. Only the form is checked
//! here; which grants and keys there are is the host's business.

use std::collections::BTreeSet;

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, Lit, LitStr, Token, braced, bracketed};

use crate::section::quoted;

/// What stands between the attribute's brackets.
pub struct Needs(Vec<Line>);

struct Line {
    grant: LitStr,
    toml: String,
}

impl Needs {
    /// As TOML, a line for each grant; nothing where the author declares nothing.
    pub fn toml(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.iter().map(|line| line.toml.as_str()).collect())
    }
}

impl Parse for Needs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let lines: Vec<Line> = Punctuated::<Line, Token![,]>::parse_terminated(input)?.into_iter().collect();
        let mut seen = BTreeSet::new();
        for line in &lines {
            if !seen.insert(line.grant.value()) {
                return Err(Error::new(line.grant.span(), "declared twice: for two reaches write `[{ … }, { … }]` once"));
            }
        }
        Ok(Self(lines))
    }
}

impl Parse for Line {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let grant: LitStr = input.parse().map_err(|problem| {
            Error::new(
                problem.span(),
                "a declaration reads `\"files.read\" = { paths = [\"**\"], calls = 10, bytes = \"1 MiB\" }`",
            )
        })?;
        input.parse::<Token![=]>()?;
        let value = if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let tables = Punctuated::<Table, Token![,]>::parse_terminated(&content)?;
            let tables: Vec<_> = tables.into_iter().map(|table| table.0).collect();
            format!("[{}]", tables.join(", "))
        } else {
            input.parse::<Table>()?.0
        };
        let toml = format!("{} = {value}\n", quoted(&grant.value()));
        Ok(Self { grant, toml })
    }
}

/// `{ paths = ["**"], calls = 10 }` as TOML.
struct Table(String);

impl Parse for Table {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Brace) {
            return Err(input.error(
                "a grant's reach and meters stand in braces: `{ paths = [\"**\"], calls = 10, bytes = \"1 MiB\" }`",
            ));
        }
        let content;
        braced!(content in input);
        let pairs: Vec<Pair> = Punctuated::<Pair, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        let mut seen = BTreeSet::new();
        for pair in &pairs {
            if !seen.insert(pair.key.to_string()) {
                return Err(Error::new(pair.key.span(), format!("`{}` stands here twice", pair.key)));
            }
        }
        let pairs: Vec<_> = pairs.iter().map(|pair| format!("{} = {}", pair.key, pair.value)).collect();
        Ok(Self(format!("{{ {} }}", pairs.join(", "))))
    }
}

struct Pair {
    key: Ident,
    value: String,
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key: Ident = input.parse()?;
        if !key.to_string().is_ascii() {
            return Err(Error::new(key.span(), "a manifest's keys are ASCII"));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { key, value: value(input)? })
    }
}

const VALUES: &str = "a value is a string, a whole number, `true`, `false` or a list of strings";

fn value(input: ParseStream<'_>) -> syn::Result<String> {
    let other = |problem: Error| Error::new(problem.span(), VALUES);
    if input.peek(syn::token::Bracket) {
        let content;
        bracketed!(content in input);
        let items = Punctuated::<LitStr, Token![,]>::parse_terminated(&content).map_err(other)?;
        let items: Vec<_> = items.iter().map(|item| quoted(&item.value())).collect();
        return Ok(format!("[{}]", items.join(", ")));
    }
    match input.parse::<Lit>().map_err(other)? {
        Lit::Str(text) => Ok(quoted(&text.value())),
        Lit::Bool(truth) => Ok(truth.value.to_string()),
        // TOML has no larger ones.
        Lit::Int(number) if number.suffix().is_empty() => match number.base10_parse::<i64>() {
            Ok(value) => Ok(value.to_string()),
            Err(_) => Err(Error::new(number.span(), "this number is too large")),
        },
        other => Err(Error::new(other.span(), VALUES)),
    }
}
