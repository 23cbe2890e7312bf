//! Text of strangers made safe to look at: whatever is invisible, directional or a terminal's command is written out.
//!
//! What the host adds to such a text stands in `⟨…⟩` or is an escape, `\u{…}`; where the text itself holds either, that is
//! escaped too, so that nobody but the host can write one.

mod lookalike;

use unicode_normalization::char::is_combining_mark;

pub use lookalike::{looks_like, remark, scripts};

/// A text and how much of it was not plain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// What may be printed.
    pub text: String,
    /// How many characters were written out, since they would have hidden something, acted on the terminal, or passed for
    /// the host's own marks.
    pub hidden: usize,
    /// How many words are followed by a remark, since they mix scripts or look like another word.
    pub marked: usize,
    /// How many spaces and newlines were counted instead of shown.
    pub folded: usize,
}

/// Equal characters in a row that are shown one by one; a longer run of blanks is counted.
const RUN: usize = 64;

/// Letters of a word that are looked at together, so that a remark stands near what it is about.
const WORD: usize = 64;

/// Marks over one letter, as languages use them; more would be drawn over the lines around it.
const MARKS: usize = 4;

/// Makes a text of several lines printable: newlines stay, everything hidden is written as `\u{…}`, a run of more than 64
/// equal blanks as `⟨\u{20}×1048576⟩`, and a word that mixes scripts is followed by `⟨Cyrillic and Latin: U+0430⟩`.
///
/// Different texts are shown differently.
#[must_use]
pub fn show(text: &str) -> Shown {
    let latin = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let mut shown = Shown { text: String::with_capacity(text.len()), ..Shown::default() };
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if in_word(c) { shown.word(rest, latin) } else { shown.other(rest, c) };
        rest = &rest[taken..];
    }
    shown
}

impl Shown {
    /// Shows the word that `rest` begins with; returns its bytes.
    fn word(&mut self, rest: &str, latin: bool) -> usize {
        let letters = rest.char_indices().enumerate();
        let ends = |(count, (_, c)): &(usize, (usize, char))| {
            *count == WORD || !(in_word(*c) || is_combining_mark(*c)) || is_hidden(*c)
        };
        let end = letters.clone().find(ends).map_or(rest.len(), |(_, (at, _))| at);
        let word = &rest[..end];
        if word.is_ascii() {
            self.text.push_str(word);
            return end;
        }
        let mut marks = 0;
        for c in word.chars() {
            marks = if is_combining_mark(c) { marks + 1 } else { 0 };
            if marks > MARKS {
                self.escape(c);
            } else {
                self.text.push(c);
            }
        }
        if let Some(remark) = remark(word, latin) {
            self.text.push_str(&format!("⟨{remark}⟩"));
            self.marked += 1;
        }
        end
    }

    /// Shows the blanks or hidden characters that `rest` begins with, or one other `c`; returns the bytes that were shown.
    fn other(&mut self, rest: &str, c: char) -> usize {
        let hidden = c != '\n' && is_hidden(c);
        if hidden || c == ' ' || c == '\n' {
            let run = rest.chars().take_while(|next| *next == c).count();
            self.run(c, run, hidden);
            return run * c.len_utf8();
        }
        // A mark without a letter is drawn over whatever stands before it.
        if c == '⟨' || is_combining_mark(c) || (c == '\\' && rest.starts_with("\\u{")) {
            self.escape(c);
        } else {
            self.text.push(c);
        }
        c.len_utf8()
    }

    /// Shows `c` as often as it stands in a row, or how often.
    fn run(&mut self, c: char, times: usize, hidden: bool) {
        if times > RUN {
            let count = if hidden { &mut self.hidden } else { &mut self.folded };
            *count += times;
            let line = if c == '\n' { "\n" } else { "" };
            self.text.push_str(&format!("⟨{}×{times}⟩{line}", c.escape_unicode()));
        } else if hidden {
            (0..times).for_each(|_| self.escape(c));
        } else {
            self.text.extend(std::iter::repeat_n(c, times));
        }
    }

    fn escape(&mut self, c: char) {
        self.text.extend(c.escape_unicode());
        self.hidden += 1;
    }
}

/// Makes a name printable on one line; a letter outside ASCII is followed by its number, since it may be another's twin,
/// and a space at either end or after a space is written out.
#[must_use]
pub fn show_name(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut before, mut rest) = (' ', text.chars());
    while let Some(c) = rest.next() {
        let blank = c == ' ' && (before == ' ' || rest.as_str().is_empty());
        if blank || is_hidden(c) || c == '⟨' || is_combining_mark(c) || (c == '\\' && rest.as_str().starts_with("u{")) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
            if !c.is_ascii() && c.is_alphabetic() {
                shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
            }
        }
        before = c;
    }
    let scripts = scripts(text);
    if scripts.len() > 1 {
        shown.push_str(&format!("⟨{}⟩", scripts.join(" and ")));
    }
    shown
}

/// Makes a line of the host's own printable: names in it are visible already, and it stays one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() && !is_hidden(c) && !is_combining_mark(c)
}

/// Control characters, format characters (zero width, directional, tags), line separators, variation selectors, private
/// use, spaces that are not the space, and letters that are drawn as nothing: among them everything that Unicode calls
/// default-ignorable.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202F | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFC
            | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x0010_FFFF)
}
