//! Addresses of people: e-mail, and telephone numbers in international form.

use std::ops::Range;

/// What a plain scan would look for.
pub const PLAIN: [&str; 2] =
    [r"[0-9A-Za-z._%+-]{1,64}@(?:[0-9A-Za-z-]{1,63}\.)+[A-Za-z]{2,24}", r"\+[1-9][0-9]{0,3}(?:[ .()-]{0,2}[0-9]){7,14}"];

/// Last labels that are no domains of people: reserved ones (RFC 2606, 6761, 8375), and ends of files' names.
const NOWHERE: &[&str] = &[
    "example",
    "test",
    "invalid",
    "localhost",
    "local",
    "internal",
    "arpa",
    "onion",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "ico",
    "js",
    "ts",
    "jsx",
    "tsx",
    "css",
    "html",
    "json",
    "yaml",
    "yml",
    "toml",
    "lock",
    "xml",
    "txt",
    "rst",
    "csv",
    "rs",
    "py",
    "rb",
    "md",
    "wasm",
    "wit",
    "exe",
    "dll",
    "zip",
    "tgz",
    "gz",
    "service",
    "target",
    "socket",
    "timer",
    "deb",
    "rpm",
];

/// Names that no person has.
const NOBODY: &[&str] =
    &["git", "noreply", "no-reply", "donotreply", "user", "username", "name", "you", "someone", "me", "foo", "bar", "x"];

/// The e-mail address whose `@` stands at `at`.
pub fn address(text: &[u8], at: usize) -> Option<Range<usize>> {
    let in_local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let mut start = at - text[..at].iter().rev().take(64).take_while(|byte| in_local(**byte)).count();
    start += text[start..at].iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let mut end = at + 1 + text[at + 1..].iter().take(253).take_while(|byte| in_domain(**byte)).count();
    while end > at + 1 && !text[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let local = std::str::from_utf8(&text[start..at]).ok()?.to_ascii_lowercase();
    let domain = std::str::from_utf8(&text[at + 1..end]).ok()?.to_ascii_lowercase();
    // The name in an address of the web is looked at elsewhere; the file in `git@host:path` is no person.
    let mut before = text[..start].iter().rev().take(64).take_while(|byte| !byte.is_ascii_whitespace());
    let web = before.any(|byte| *byte == b'/');
    let person = !local.is_empty() && !NOBODY.contains(&local.as_str());
    (person && !web && is_domain(&domain)).then_some(start..end)
}

fn is_domain(domain: &str) -> bool {
    let mut labels = domain.split('.').rev();
    let (Some(last), Some(before)) = (labels.next(), labels.next()) else { return false };
    let whole = domain
        .split('.')
        .all(|label| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-'));
    let top =
        (2..=24).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_alphabetic()) && !NOWHERE.contains(&last);
    let shown = matches!(before, "example" | "openssh" | "libssh") || before.bytes().all(|byte| byte.is_ascii_digit());
    whole && top && !shown
}

/// The telephone number whose `+` stands at `at`: a country's code and ten to fifteen digits in all.
pub fn phone(text: &[u8], at: usize) -> Option<Range<usize>> {
    let before = at.checked_sub(1).map(|before| text[before]);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+=/_*-.)]".contains(&byte)) {
        return None;
    }
    let (mut digits, mut parts, mut end) = (Vec::new(), 0, at + 1);
    let mut here = at + 1;
    let mut gap = 0;
    while let Some(byte) = text.get(here).filter(|_| here - at < 28) {
        match byte {
            b'0'..=b'9' => {
                parts += usize::from(gap > 0);
                gap = 0;
                digits.push(*byte);
                end = here + 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' if gap < 2 && !digits.is_empty() => gap += 1,
            _ => break,
        }
        here += 1;
    }
    let joined = text.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    // In one piece a full number has eleven digits, and one that begins a line was added to a table of numbers; in several the
    // first is a country's code, which a year is not.
    let first = text[at + 1..end].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits.len() >= 11 && before.is_some_and(|byte| byte != b'\n');
    let shaped = if parts == 0 { whole } else { first <= 4 };
    let shown = digits.starts_with(b"1") && digits.get(4..7) == Some(b"555")
        || digits.iter().skip(1).all(|digit| *digit == digits[0]);
    let long = (10..=15).contains(&digits.len()) && digits.first() != Some(&b'0');
    (long && !joined && shaped && !shown && parts <= 6).then_some(at..end)
}
