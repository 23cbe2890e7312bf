//! One pattern of a grant, by what may stand in its dimension: a pattern that no value could match is a mistake.

use super::words::{code, did_you_mean, homoglyph, nearest};
use crate::grant::{Dimension, Pattern, Values};
use crate::name::{FilePath, Principal};

/// What to write in a dimension.
pub(super) fn example(dimension: &Dimension) -> String {
    let values = match dimension.values {
        Values::Paths => "\"runbooks/**\"".to_owned(),
        Values::Names => format!("\"some-{}\"", dimension.one),
        Values::Principals => "\"ben\", \"group:team-*\"".to_owned(),
        Values::Words(words) => words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", "),
    };
    format!("write for example {} = [{values}]", dimension.key)
}

/// One pattern by the kind of its dimension, or what is wrong with it and what to do.
pub(super) fn parse(text: &str, dimension: &Dimension) -> Result<Pattern, (String, String)> {
    let (key, help) = (dimension.key, example(dimension));
    if let Values::Words(words) = dimension.values
        && !words.contains(&text)
    {
        let help = nearest(text, words.iter().copied()).map_or(help, did_you_mean);
        return Err((format!("{} is no word of `{key}`", code(text)), help));
    }
    if text.len() > 4095 {
        return Err((format!("a pattern of `{key}` has {} bytes", text.len()), "4,095 are the most".to_owned()));
    }
    let pattern = Pattern::parse(text).map_err(|bad| (format!("`{key}`: {bad}"), help.clone()))?;
    match dimension.values {
        Values::Paths => path(text),
        Values::Names => name(text),
        Values::Principals => principal(text, &pattern),
        Values::Words(_) => Ok(()),
    }
    .map(|()| pattern)
    .map_err(|why| (format!("`{key}`: {why}"), help))
}

/// Every path that a pattern could match has this shape, so a pattern of another shape matches none.
fn path(text: &str) -> Result<(), String> {
    FilePath::parse(text).map(|_| ()).map_err(|bad| format!("{} is no path: {bad}", code(text)))
}

/// Names are identifiers, with `/` between them.
fn name(text: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-*/".contains(c);
    if text.len() > 256 {
        return Err(format!("a name has at most 256 bytes, and this has {}", text.len()));
    }
    match text.chars().find(|c| !fits(*c)) {
        Some(c) => Err(format!("{} holds {c:?}{}; names are of a-z, 0-9, `.`, `_` and `-`", code(text), homoglyph(text))),
        None if text.split('/').any(|part| part.starts_with(['.', '_', '-'])) => {
            Err(format!("{} has a part that begins with `.`, `_` or `-`, as no name does", code(text)))
        }
        None => Ok(()),
    }
}

/// A pattern for people must not reach groups by the letters of `group:`.
fn principal(text: &str, pattern: &Pattern) -> Result<(), String> {
    let plain = text.strip_prefix("group:").unwrap_or(text);
    if plain.contains('/') {
        return Err(format!("{} holds `/`, as no person and no group does", code(text)));
    }
    if pattern.is_literal() {
        return Principal::parse(text).map(|_| ()).map_err(|bad| format!("{} names nobody: {bad}", code(text)));
    }
    name(plain)?;
    let groups = Pattern::parse("group:*").map_err(|bad| bad.to_string())?;
    if plain.len() == text.len() && !pattern.is_everything() && pattern.overlaps(&groups) {
        return Err(format!("{} would also reach groups, whose names begin with `group:`", code(text)));
    }
    Ok(())
}

/// Whether a pattern reaches everything its dimension has, and needs `wide = true`.
pub(super) fn is_wide(pattern: &Pattern, dimension: &Dimension) -> bool {
    match dimension.values {
        Values::Words(_) => false,
        Values::Principals => pattern.is_everything() || pattern.to_string() == "group:*",
        Values::Paths | Values::Names => pattern.is_everything(),
    }
}
