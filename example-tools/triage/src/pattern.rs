//! Patterns: lines that differ only in numbers, paths, quoted texts and names. After Drain (He and others, 2017): lines
//! of as many words and the same first one are compared with the patterns found so far.

use std::collections::BTreeMap;

use crate::place::{Place, Span};
use crate::words::{Weight, shortened};

/// The most patterns, and the most of one length and first word. Lines that fit none of so many are only counted.
const PATTERNS: usize = 2_000;
const ALIKE: usize = 32;

/// Words of a line that are compared, and bytes of one that are kept.
const WORDS: usize = 40;
const WORD: usize = 60;

/// Lines of apt's history that are lists of packages.
const LISTS: [&str; 6] = ["Install:", "Upgrade:", "Remove:", "Purge:", "Downgrade:", "Reinstall:"];

/// What stands for a word that differs.
const ANY: &str = "<*>";

/// What follows the colon in a package's name.
pub const ARCHITECTURES: [&str; 9] = ["amd64", "all", "arm64", "i386", "armhf", "riscv64", "ppc64el", "s390x", "any"];

/// One pattern and where it was seen.
#[derive(Debug)]
pub struct Pattern {
    words: Vec<String>,
    pub weight: Weight,
    pub seen: Span,
    /// Its first line.
    pub example: String,
}

impl Pattern {
    /// As people read it.
    pub fn shown(&self) -> String {
        self.words.join(" ")
    }
}

/// The patterns of a log.
#[derive(Debug, Default)]
pub struct Patterns {
    pub all: Vec<Pattern>,
    alike: BTreeMap<(usize, String), Vec<usize>>,
    /// Lines that fit no pattern when there were too many.
    pub beyond: u64,
}

impl Patterns {
    /// Counts a line.
    pub fn add(&mut self, message: &str, weight: Weight, place: &Place<'_>) {
        let words = masked(message);
        let Some(first) = words.first() else { return };
        let alike = self.alike.entry((words.len(), first.clone())).or_default();
        if let Some(found) = alike.iter().copied().find(|found| fits(&self.all[*found].words, &words)) {
            let pattern = &mut self.all[found];
            pattern.seen.add(place);
            pattern.weight = pattern.weight.max(weight);
            for (own, other) in pattern.words.iter_mut().zip(&words).filter(|(own, other)| own != other) {
                if !is_mask(own) || !is_mask(other) {
                    ANY.clone_into(own);
                }
            }
        } else if alike.len() < ALIKE && self.all.len() < PATTERNS {
            alike.push(self.all.len());
            self.all.push(Pattern { words, weight, seen: Span::at(place), example: shortened(message, 200) });
        } else {
            self.beyond += 1;
        }
    }
}

/// Whether two of three words that are no numbers or names are the same.
fn fits(own: &[String], other: &[String]) -> bool {
    let (mut same, mut words) = (0, 0);
    for (own, other) in own.iter().zip(other) {
        if !is_mask(other) {
            words += 1;
            same += usize::from(own == other);
        }
    }
    same * 3 >= words * 2
}

fn is_mask(word: &str) -> bool {
    let word = word.trim_matches(is_punctuation);
    word.starts_with('<') && word.ends_with('>')
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '.' | '"' | '\'')
}

/// The words of a message with what differs from line to line taken out.
fn masked(message: &str) -> Vec<String> {
    if let Some(list) = LISTS.iter().find(|list| message.starts_with(**list)) {
        return vec![(*list).to_owned(), "<packages>".to_owned()];
    }
    let unquoted = without_quotes(message);
    let mut rest = unquoted.split_whitespace();
    let mut words: Vec<String> = rest.by_ref().take(WORDS).map(mask).collect();
    if rest.next().is_some() {
        words.push("…".to_owned());
    }
    words
}

/// Texts in double quotes, or in single ones that are no apostrophes, become `<text>`.
fn without_quotes(message: &str) -> String {
    let mut kept = String::with_capacity(message.len().min(4096));
    let mut rest = message;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = &rest[at..=at];
        let opens = !rest[..at].ends_with(char::is_alphanumeric) || quote == "\"";
        let inside = &rest[at + 1..];
        kept.push_str(&rest[..at]);
        match inside.find(quote).filter(|_| opens) {
            Some(end) => {
                kept.push_str("<text>");
                rest = &inside[end + 1..];
            }
            None if opens => {
                // There is no second one, so no later one closes either.
                kept.push_str(&rest[at..]);
                return kept;
            }
            None => {
                kept.push_str(quote);
                rest = inside;
            }
        }
    }
    kept + rest
}

fn mask(word: &str) -> String {
    let core = word.trim_matches(is_punctuation);
    if core.is_empty() {
        return shortened(word, WORD);
    }
    let start = word.len() - word.trim_start_matches(is_punctuation).len();
    let masked = match core.split_once('=') {
        Some((key, value)) if !value.is_empty() => format!("{}={}", shortened(key, WORD), kind(value)),
        _ => kind(core),
    };
    if core.len() == word.len() {
        return masked;
    }
    shortened(&word[..start], 8) + &masked + &shortened(&word[start + core.len()..], 8)
}

fn kind(core: &str) -> String {
    let hex = core.strip_prefix("0x").unwrap_or(core);
    let digits = core.bytes().any(|byte| byte.is_ascii_digit());
    let is_hex = digits && (hex.len() >= 8 || hex.len() < core.len());
    if core.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"))
        || (core.len() > 1 && core.starts_with(['/', '~']))
        || core.starts_with("./")
    {
        "<path>".to_owned()
    } else if core.rsplit_once(':').is_some_and(|(_, end)| ARCHITECTURES.contains(&end)) {
        "<package>".to_owned()
    } else if is_hex && hex.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && hex.bytes().any(|b| b > b'9') {
        "<hex>".to_owned()
    } else if core.trim_start_matches(['-', '+', '#']).starts_with(|c: char| c.is_ascii_digit()) {
        "<n>".to_owned()
    } else if digits {
        numbered(core)
    } else {
        shortened(core, WORD)
    }
}

/// `eth0` becomes `eth<n>`.
fn numbered(core: &str) -> String {
    let mut text = String::new();
    let mut in_number = false;
    for c in core.chars().take(WORD) {
        if c.is_ascii_digit() {
            text.push_str(if in_number { "" } else { "<n>" });
        } else {
            text.push(c);
        }
        in_number = c.is_ascii_digit();
    }
    text
}
