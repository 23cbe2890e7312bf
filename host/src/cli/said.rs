//! What a tool's author says, as it is printed: a stranger's text stands behind a bar, whatever its lines look like.

use serde_json::{Map, Value, json};

use crate::manifest::declared;
use crate::tool::{Function, Surface};

/// How many columns of a text stand on one line: a terminal that broke it itself would put the rest at the margin, where
/// the host's own words are.
const WIDTH: usize = 72;

/// A text of any number of lines, each behind `mark`.
pub fn behind(mark: &str, text: &str) -> Vec<String> {
    text.split('\n').flat_map(wrapped).map(|line| format!("{mark}{line}").trim_end().to_owned()).collect()
}

/// One line, broken at spaces where there are any.
fn wrapped(line: &str) -> Vec<String> {
    let (mut lines, mut current, mut used) = (Vec::new(), String::new(), 0);
    for word in line.split_inclusive(' ') {
        if used + word.trim_end().chars().map(columns).sum::<usize>() > WIDTH && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
            used = 0;
        }
        for c in word.chars() {
            if used + columns(c) > WIDTH && c != ' ' {
                lines.push(std::mem::take(&mut current));
                used = 0;
            }
            current.push(c);
            used += columns(c);
        }
    }
    lines.push(current);
    lines
}

/// At most this many: letters of the far east take two.
const fn columns(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// What is said of a tool as a whole.
pub fn of_tool(surface: &Surface) -> Vec<String> {
    if surface.text.is_empty() { Vec::new() } else { behind("  │ ", &surface.text) }
}

/// What is said of a function, its parameters and what comes back; behind the place where the text is short.
pub fn of_function(function: &Function) -> Vec<String> {
    let texts = function.texts().into_iter();
    let lines = texts.flat_map(|(place, text)| {
        let place = place.trim_start_matches('.').to_owned();
        match behind("", text).as_slice() {
            [_] if !place.is_empty() => vec![format!("    {place} │ {text}")],
            _ => {
                let place = (!place.is_empty()).then(|| format!("    {place}"));
                place.into_iter().chain(behind("    │ ", text)).collect()
            }
        }
    });
    lines.collect()
}

/// The same for programs, by the places of the texts.
pub fn texts_json(function: &Function) -> Value {
    let texts = function.texts().into_iter().filter(|(place, _)| !place.is_empty());
    texts.map(|(place, text)| (place.trim_start_matches('.').to_owned(), json!(text))).collect::<Map<_, _>>().into()
}

/// What an author declares, a line for each grant; nothing where nothing is declared.
pub fn needs(surface: &Surface) -> Vec<String> {
    let Some(needs) = &surface.declared else { return Vec::new() };
    if needs.0.is_empty() {
        return vec!["its author says that it needs nothing".to_owned()];
    }
    let head = "its author says that it needs at most".to_owned();
    [head].into_iter().chain(needs.0.iter().map(|grant| format!("  {}", declared(grant)))).collect()
}

/// The same for programs: lines of TOML, or null.
pub fn needs_json(surface: &Surface) -> Value {
    surface.declared.as_ref().map_or(Value::Null, |needs| needs.0.iter().map(declared).collect())
}

/// A text for programs: null where nothing is said.
pub fn text_json(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
