//! Words of a line or a post, cut alike on both sides: `libssl3:amd64` is `libssl3` and `amd64`.

/// The words of `text` as they stand. A path is one word.
pub fn of(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_between).map(|word| word.trim_matches(['.', '*', '#'])).filter(|word| !word.is_empty())
}

fn is_between(c: char) -> bool {
    match c {
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '\'' | '`' | ',' | ';' | ':' | '!' | '?' | '=' | '|' => true,
        '“' | '”' | '‘' | '’' | '„' => true,
        c => c.is_whitespace(),
    }
}

/// What weighs on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Plain,
    Warning,
    Error,
}

const ERRORS: [&str; 14] = [
    "error",
    "errors",
    "err",
    "fatal",
    "critical",
    "crit",
    "emerg",
    "panic",
    "panicked",
    "failed",
    "failure",
    "exception",
    "segfault",
    "traceback",
];

const WARNINGS: [&str; 3] = ["warn", "warning", "warnings"];

/// The longest of both.
const LONGEST: usize = 9;

/// What the words of a line say of its weight. Only whole words count: a package `libgpg-error0` is no error.
pub fn weight(line: &str) -> Weight {
    let mut heaviest = Weight::Plain;
    let mut before = "";
    for word in of(line) {
        let fits = |own: &&str| own.len() == word.len() && own.eq_ignore_ascii_case(word);
        let is = |known: &[&str]| word.len() <= LONGEST && known.iter().any(fits);
        // "0 errors" is good news.
        let none = before == "0" || before.eq_ignore_ascii_case("no");
        if is(&ERRORS) && !none {
            return Weight::Error;
        }
        if is(&WARNINGS) && !none {
            heaviest = Weight::Warning;
        }
        before = word;
    }
    heaviest
}

/// At most `bytes` of `text`, cut between characters, with nothing in it that moves a cursor.
pub fn shortened(text: &str, bytes: usize) -> String {
    if text.len() <= bytes && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.to_owned();
    }
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let mut kept: String = text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if end < text.len() {
        kept.push('…');
    }
    kept
}
