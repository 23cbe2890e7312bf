//! Reads the tokens of one source and says which layers it names, and what it must not hold.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What one source holds.
#[derive(Default)]
pub(super) struct Reading {
    /// Lower layers that it names.
    pub(super) edges: Vec<String>,
    /// What is wrong with it, one sentence each.
    pub(super) findings: Vec<String>,
    /// `Permit {` stands in it.
    pub(super) builds_permit: bool,
}

/// Reads `source`, the file `path` below the crate's `src`, against `layers` from low to high.
pub(super) fn read(path: &str, source: &str, layers: &[&str]) -> Reading {
    let mut reading = Reading::default();
    if !source.starts_with("//!") {
        reading.findings.push(format!("{path}: the first line is no `//!`"));
    }
    let tokens: TokenStream = match source.parse() {
        Ok(tokens) => tokens,
        Err(error) => {
            reading.findings.push(format!("{path}: {error}"));
            return reading;
        }
    };
    let place = place(path);
    let own = place.first().and_then(|first| layers.iter().position(|layer| layer == first));
    let depth = place.len();
    let mut scan = Scan { path, layers, own, reading };
    scan.walk(&tokens.into_iter().collect::<Vec<_>>(), depth);
    scan.reading
}

/// The module that a file is; empty for the roots.
fn place(path: &str) -> Vec<&str> {
    let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if module == "lib" || module == "main" { Vec::new() } else { module.split('/').collect() }
}

struct Scan<'a> {
    path: &'a str,
    layers: &'a [&'a str],
    /// None in the roots, which may name everything.
    own: Option<usize>,
    reading: Reading,
}

impl Scan<'_> {
    fn walk(&mut self, tokens: &[TokenTree], depth: usize) {
        let mut at = 0;
        while at < tokens.len() {
            self.forbidden(&tokens[at..]);
            if let Some(climb) = climb(&tokens[at], depth)
                && !is_visibility(tokens, at)
            {
                at = self.follow(tokens, at + 1, climb);
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                let inner = if is_module_body(tokens, at) { depth + 1 } else { depth };
                self.walk(&trees(group), inner);
            }
            at += 1;
        }
    }

    /// Follows a path that has come to the module `depth` levels below the root; returns where to read on.
    fn follow(&mut self, tokens: &[TokenTree], mut at: usize, mut depth: usize) -> usize {
        loop {
            if !is_path_separator(&tokens[at.min(tokens.len())..]) {
                if depth == 0 {
                    self.find("takes the root itself, which would hide what is named through it");
                }
                return at;
            }
            at += 2;
            match tokens.get(at) {
                Some(TokenTree::Ident(word)) if word == "super" => depth = depth.saturating_sub(1),
                Some(TokenTree::Ident(word)) if word == "self" => {}
                Some(TokenTree::Ident(word)) => {
                    if depth == 0 {
                        self.name(&word.to_string());
                    }
                    return at + 1;
                }
                Some(TokenTree::Group(group)) => {
                    self.each(group, depth);
                    return at + 1;
                }
                _ => {
                    if depth == 0 {
                        self.find("takes everything of the root");
                    }
                    return at;
                }
            }
            at += 1;
        }
    }

    /// The items of `crate::{…}`, each as if the path before stood before it.
    fn each(&mut self, group: &Group, depth: usize) {
        let tokens = trees(group);
        for item in tokens.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ',')) {
            match item.first() {
                None => {}
                Some(TokenTree::Ident(word)) if word == "self" => {
                    self.follow(item, 1, depth);
                }
                Some(TokenTree::Ident(word)) if word == "super" => {
                    self.follow(item, 1, depth.saturating_sub(1));
                }
                Some(TokenTree::Ident(word)) if depth == 0 => self.name(&word.to_string()),
                Some(TokenTree::Ident(_)) => {}
                Some(TokenTree::Group(inner)) => self.each(inner, depth),
                Some(_) if depth == 0 => self.find("takes everything of the root"),
                Some(_) => {}
            }
        }
    }

    fn name(&mut self, word: &str) {
        let word = word.trim_start_matches("r#");
        let Some(own) = self.own else { return };
        match self.layers.iter().position(|layer| *layer == word) {
            None => self.find(&format!("names `crate::{word}`, which is no layer")),
            Some(layer) if layer > own => self.find(&format!("looks up to `{word}`")),
            Some(layer) if layer < own => self.reading.edges.push(word.to_owned()),
            Some(_) => {}
        }
    }

    fn forbidden(&mut self, tokens: &[TokenTree]) {
        match tokens {
            [TokenTree::Ident(word), TokenTree::Punct(bang), ..] if word == "include" && bang.as_char() == '!' => {
                self.find("has `include!`: write a module");
            }
            [TokenTree::Ident(word), TokenTree::Group(body), ..]
                if word == "Permit" && body.delimiter() == Delimiter::Brace =>
            {
                self.reading.builds_permit = true;
            }
            [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] if hash.as_char() == '#' && sets_path(attribute) => {
                self.find("has `#[path]`: put the file where its module says");
            }
            [TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(attribute), ..]
                if hash.as_char() == '#' && bang.as_char() == '!' && sets_path(attribute) =>
            {
                self.find("has `#![path]`: put the file where its module says");
            }
            _ => {}
        }
    }

    fn find(&mut self, what: &str) {
        self.reading.findings.push(format!("{}: {what}", self.path));
    }
}

fn trees(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

/// Where `crate` or `super` leads, as levels below the root.
fn climb(token: &TokenTree, depth: usize) -> Option<usize> {
    match token {
        TokenTree::Ident(word) if word == "crate" => Some(0),
        TokenTree::Ident(word) if word == "super" => Some(depth.saturating_sub(1)),
        _ => None,
    }
}

/// `pub(crate)` and `pub(super)` name nothing: the word stands alone in its group.
fn is_visibility(tokens: &[TokenTree], at: usize) -> bool {
    tokens.len() == 1 || at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(word) if word == "extern")
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(a), TokenTree::Punct(b), ..] if a.as_char() == ':' && b.as_char() == ':')
}

fn is_module_body(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2
        && matches!(&tokens[at - 2], TokenTree::Ident(word) if word == "mod")
        && matches!(&tokens[at], TokenTree::Group(body) if body.delimiter() == Delimiter::Brace)
}

/// `path = …`, also inside `cfg_attr`. What `utoipa` is told of a path is one of HTTP.
fn sets_path(attribute: &Group) -> bool {
    if matches!(attribute.stream().into_iter().next(), Some(TokenTree::Ident(first)) if first == "utoipa") {
        return false;
    }
    let tokens = trees(attribute);
    let here = tokens.windows(2).any(|pair| match pair {
        [TokenTree::Ident(word), TokenTree::Punct(equals)] => word == "path" && equals.as_char() == '=',
        _ => false,
    });
    here || tokens.iter().any(|token| matches!(token, TokenTree::Group(inner) if sets_path(inner)))
}
