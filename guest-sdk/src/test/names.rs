//! The host's grammar of names, as far as a tool meets it.

/// The longest identifier, in bytes.
const LONGEST: usize = 64;

/// `a-z` and `0-9`, then also `.`, `_` and `-`.
pub fn is_identifier(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= LONGEST && text.starts_with(plain) && text.chars().all(|c| plain(c) || "._-".contains(c))
}

/// Identifiers with `/` between them.
pub fn is_object(text: &str) -> bool {
    text.len() <= 4 * LONGEST && text.split('/').all(is_identifier)
}

/// A person, or `group:` and a group.
pub fn is_principal(text: &str) -> bool {
    is_identifier(text.strip_prefix("group:").unwrap_or(text))
}

/// A right's word.
pub fn is_right(text: &str) -> bool {
    ["read", "administer"].contains(&text)
}

/// A path below the files root in its one form; `""` is the root.
pub fn is_path(text: &str) -> bool {
    let segment = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255 && !part.chars().any(char::is_control);
    text.is_empty() || (text.len() <= 4095 && text.split('/').all(segment))
}
