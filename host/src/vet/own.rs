//! The operator's own words and patterns.

use std::fmt;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

/// Most bytes that one pattern may take when it is made ready, and its automaton while it runs.
const ROOM: usize = 1 << 20;

/// Most bytes that all words may take together.
const WORDS_ROOM: usize = 16 << 20;

/// A word or a few of them, in any case and with any white space between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

impl Word {
    /// The longest, in bytes.
    pub const LONGEST: usize = 128;

    /// Parses a word: three letters or digits at least, on one line.
    ///
    /// # Errors
    /// Why it is none; fits after "`…`".
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
            return Err("has fewer than three letters or digits, and would be found everywhere".to_owned());
        }
        if text.len() > Self::LONGEST || text.chars().any(char::is_control) {
            return Err(format!("is longer than {} bytes or has several lines", Self::LONGEST));
        }
        Ok(Self(text.to_owned()))
    }

    /// As the operator wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a regular expression: whole words.
    fn form(&self) -> String {
        let parts: Vec<String> = self.0.split_whitespace().map(regex::escape).collect();
        let edge = |c: Option<char>| if c.is_some_and(|c| c.is_alphanumeric() || c == '_') { r"\b" } else { "" };
        format!("{}{}{}", edge(self.0.chars().next()), parts.join(r"\s+"), edge(self.0.chars().next_back()))
    }
}

/// A regular expression of the operator's; looking for it takes time in proportion to the text, whatever it says.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    form: Arc<Regex>,
}

impl Pattern {
    /// The longest, in bytes.
    pub const LONGEST: usize = 1024;

    /// Parses a pattern.
    ///
    /// # Errors
    /// Why it is none; fits after "`…`".
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > Self::LONGEST {
            return Err(format!("is longer than {} bytes", Self::LONGEST));
        }
        let made = RegexBuilder::new(text).size_limit(ROOM).dfa_size_limit(ROOM).nest_limit(32).build();
        let form = made.map_err(|e| match e {
            regex::Error::CompiledTooBig(_) => format!("takes more than {ROOM} bytes when it is made ready"),
            // The last line says why; those before it show where, in several lines.
            other => format!(
                "is no pattern: {}",
                other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ")
            ),
        })?;
        if form.is_match(b"") {
            return Err("is found in an empty text, and so everywhere".to_owned());
        }
        Ok(Self { text: text.to_owned(), form: Arc::new(form) })
    }

    /// As the operator wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// All of them, ready to be looked for.
#[derive(Debug)]
pub struct Own {
    words: Option<Regex>,
    patterns: Vec<Pattern>,
}

impl Own {
    /// These words and patterns.
    ///
    /// # Errors
    /// When the words take too much room together.
    pub fn new(words: &[Word], patterns: &[Pattern]) -> Result<Self, String> {
        let forms: Vec<String> = words.iter().map(Word::form).collect();
        let all = RegexBuilder::new(&forms.join("|")).case_insensitive(true).size_limit(WORDS_ROOM).build();
        let all = all.map_err(|_| "the words take too much room together".to_owned())?;
        Ok(Self { words: (!words.is_empty()).then_some(all), patterns: patterns.to_vec() })
    }

    /// Says where each word stands.
    pub fn words<'s>(&'s self, text: &'s [u8]) -> impl Iterator<Item = std::ops::Range<usize>> + 's {
        self.words.iter().flat_map(|all| all.find_iter(text)).map(|found| found.range())
    }

    /// Says where each pattern is met, with the number of the pattern.
    pub fn patterns<'s>(&'s self, text: &'s [u8]) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> + 's {
        let each = self.patterns.iter().enumerate();
        each.flat_map(|(at, pattern)| pattern.form.find_iter(text).map(move |found| (at, found.range())))
    }
}
