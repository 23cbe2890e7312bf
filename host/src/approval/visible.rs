//! Text of strangers made safe to look at: whatever is invisible, directional or a terminal's command is written out.

/// A text and how much of it was not plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What may be printed.
    pub text: String,
    /// How many characters were written out, since they would have hidden something or acted on the terminal.
    pub hidden: usize,
}

/// Makes a text of several lines printable: newlines stay, everything hidden is written as `\u{…}`.
#[must_use]
pub fn show(text: &str) -> Shown {
    let mut shown = Shown { text: String::with_capacity(text.len()), hidden: 0 };
    for c in text.chars() {
        if c != '\n' && is_hidden(c) {
            shown.text.extend(c.escape_unicode());
            shown.hidden += 1;
        } else {
            shown.text.push(c);
        }
    }
    shown
}

/// Makes a name printable on one line; a letter outside ASCII is followed by its number, since it may be another's twin.
#[must_use]
pub fn show_name(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
            if !c.is_ascii() && c.is_alphabetic() {
                shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
            }
        }
    }
    shown
}

/// Control characters, format characters (zero width, directional, tags), line separators, variation selectors, private
/// use, and spaces that are not the space.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202F | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFC
            | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x0010_FFFF)
}
