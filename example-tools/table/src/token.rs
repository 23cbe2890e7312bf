//! The words of a query.

use crate::mistake;
use crate::table::{Mistake, Part};
use crate::value;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A keyword, or the name of a column or function; as written.
    Word(String),
    /// A column's name between backticks.
    Column(String),
    /// A text between quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// Punctuation or an operator.
    Mark(&'static str),
    /// After the last.
    End,
}

/// A token and the bytes of the query it stands in.
#[derive(Debug, Clone)]
pub struct Token {
    pub kind: Kind,
    pub at: usize,
    pub end: usize,
}

impl Token {
    /// Whether it is this keyword, in whatever case.
    pub fn is(&self, keyword: &str) -> bool {
        matches!(&self.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// The mark that it is.
    pub fn mark(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Mark(mark) => Some(mark),
            Kind::Word(_) | Kind::Column(_) | Kind::Text(_) | Kind::Number(_) | Kind::End => None,
        }
    }

    /// Whether it is this mark.
    pub fn is_mark(&self, mark: &str) -> bool {
        self.mark() == Some(mark)
    }
}

/// Longer ones first: `<=` is not `<` and `=`.
const MARKS: [&str; 17] = ["<=", ">=", "!=", "<>", "!~", "(", ")", ",", "*", "+", "-", "/", "%", "=", "<", ">", "~"];

/// Cuts a query into tokens; the last is [`Kind::End`].
pub fn cut(query: &str) -> Result<Vec<Token>, Mistake> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = query[at..].chars().next() {
        if first.is_whitespace() || (first == ';' && query[at + 1..].trim().is_empty()) {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(query, at, first)?;
        tokens.push(Token { kind, at, end: at + length });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, at: query.len(), end: query.len() });
    Ok(tokens)
}

fn token(query: &str, at: usize, first: char) -> Result<(Kind, usize), Mistake> {
    let rest = &query[at..];
    if matches!(first, '"' | '\'' | '`') {
        let (text, length) = quoted(query, at, first)?;
        return Ok((if first == '`' { Kind::Column(text) } else { Kind::Text(text) }, length));
    }
    if first.is_ascii_digit() {
        return number(query, at);
    }
    if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
        return Ok((Kind::Mark(mark), mark.len()));
    }
    let length: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    if length > 0 {
        return Ok((Kind::Word(rest[..length].to_owned()), length));
    }
    let mistake = mistake::at(Part::Query, query, at, format!("{first:?} means nothing here"));
    Err(mistake.help("texts stand in \"quotes\", names of columns with spaces or signs in `backticks`"))
}

/// What stands between quotes, and how long that is with them. A quote within is written twice.
fn quoted(query: &str, at: usize, quote: char) -> Result<(String, usize), Mistake> {
    let mut text = String::new();
    let mut inside = query[at..].char_indices().skip(1).peekable();
    while let Some((place, c)) = inside.next() {
        if c != quote {
            text.push(c);
        } else if inside.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Ok((text, place + 1));
        }
    }
    Err(mistake::at(Part::Query, query, at, format!("the {quote} that stands here is never closed")))
}

fn number(query: &str, at: usize) -> Result<(Kind, usize), Mistake> {
    let rest = &query.as_bytes()[at..];
    let mut length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')).count();
    if matches!(rest[length - 1], b'e' | b'E') && rest.get(length).is_some_and(|sign| matches!(sign, b'+' | b'-')) {
        length += 1 + rest[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    }
    let written = &query[at..at + length];
    match value::number(written) {
        Some(number) => Ok((Kind::Number(number), length)),
        None => {
            let message = format!("`{written}` is no number that I know");
            let help = "numbers are written 12, 0.5 or 1e6, with at most 15 digits; anything else is a text in \"quotes\"";
            Err(mistake::at(Part::Query, query, at, message).help(help))
        }
    }
}
