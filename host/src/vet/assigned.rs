//! Secrets that are told by where they stand: after a name, in an address, in a header of HTTP.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::check;

/// Parts of the names that secrets have.
pub const NAMES: &[&str] = &["passw", "passphrase", "pwd", "secret", "token", "key", "credential"];

/// What a plain scan would look for.
pub const PLAIN: [&str; 4] = [
    r#"(?i)[\w-]*(?:passw|passphrase|pwd|secret|token|key|credential)[\w-]*['"]?\s*[:=]\s*['"]?[^\s'"]{6,200}"#,
    r"(?i)bearer [0-9a-z._~+/-]{16,}",
    r"(?i)basic [0-9a-z+/]{12,}={0,2}",
    r"(?i)[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@",
];

/// Names of keys that are secret; a `key` alone is anything.
const KEYS: &[&str] = &[
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "authkey",
    "masterkey",
    "accountkey",
    "sharedkey",
];

/// Texts that stand where a secret would.
const STAND_INS: &[&str] = &[
    "example",
    "changeme",
    "placeholder",
    "redacted",
    "dummy",
    "your",
    "sample",
    "insert",
    "todo",
    "fixme",
    "password",
    "passwd",
    "secret",
    "xxx",
    "***",
    "...",
];

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn stands_in(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    STAND_INS.iter().any(|it| lower.windows(it.len()).any(|part| part == it.as_bytes()))
}

/// How many bytes `text` begins with that `fits` likes, at most `most`.
fn run(text: &[u8], most: usize, fits: impl Fn(u8) -> bool) -> usize {
    text.iter().take(most).take_while(|byte| fits(**byte)).count()
}

/// The secret that is assigned to the name around `at`, if one is.
pub fn named(text: &[u8], at: usize) -> Option<(&'static str, Range<usize>)> {
    let tail = at + run(&text[at..], 48, in_name);
    let (value, quoted) = value(text, tail)?;
    let head = at - text[..at].iter().rev().take(48).take_while(|byte| in_name(**byte)).count();
    let name: String =
        text[head..tail].iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|byte| char::from(*byte)).collect();
    let name = name.to_ascii_lowercase();
    let given = &text[value.clone()];
    if name.contains("passw") || name.contains("passphrase") || name.contains("pwd") {
        return password(given, quoted).then_some(("password", value));
    }
    let names = ["secret", "token", "credential"].iter().chain(KEYS).any(|part| name.contains(part));
    (names && lot(given)).then_some(("value that looks like a secret", value))
}

/// Where the value stands that is assigned to a name that ends at `at`, and whether it is in quotes.
fn value(text: &[u8], at: usize) -> Option<(Range<usize>, bool)> {
    let quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'`' | b'\\');
    let blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let mut at = at + run(&text[at..], 2, quote);
    at += run(&text[at..], 8, blank);
    let sign = run(&text[at..], 3, |byte| matches!(byte, b':' | b'=' | b'>'));
    // One sign, or `:=` and `=>`; `::` is a path and `==` a comparison.
    if !matches!(&text[at..at + sign], b":" | b"=" | b":=" | b"=>") {
        return None;
    }
    at += sign;
    at += run(&text[at..], 8, blank);
    let quotes = run(&text[at..], 2, quote);
    at += quotes;
    let ends = |byte: u8| {
        byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
    };
    let open = |byte: u8| ends(byte) || quotes == 0 && matches!(byte, b',' | b';' | b')' | b'}' | b']' | b'&');
    let length = run(&text[at..], 256, |byte| !open(byte));
    (length >= 6).then(|| (at..at + length, quotes > 0))
}

/// Whether this is a password somebody uses: neither a word, nor a name in a program, nor a stand-in.
fn password(given: &[u8], quoted: bool) -> bool {
    let digit = given.iter().any(u8::is_ascii_digit);
    let letter = given.iter().any(u8::is_ascii_alphabetic);
    let sign = given.iter().any(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'_' | b'-' | b'.' | b'/' | b':'));
    let program = given.iter().any(|byte| matches!(byte, b'(' | b'{' | b'[' | b'|'))
        || given.starts_with(b"$")
        || given.starts_with(b"%")
        || given.starts_with(b"&");
    let mixed = letter && digit && (given.len() >= 8 || sign) || letter && sign && quoted && given.len() >= 8;
    mixed && !program && given.is_ascii() && given.len() <= 64 && check::entropy(given) >= 2.4 && !stands_in(given)
}

/// Whether this was drawn by lot, and is written as secrets are.
fn lot(given: &[u8]) -> bool {
    let plain = given.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_.~-".contains(byte));
    let digest = given.starts_with(b"sha256") || given.starts_with(b"sha512");
    plain && !digest && check::drawn(given) && !stands_in(given)
}

/// A bearer's token that begins after the word at `at`.
pub fn bearer(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + b"bearer ".len();
    let length = run(&text[start..], 4096, |byte| byte.is_ascii_alphanumeric() || b"._~+/-=".contains(&byte));
    lot(&text[start..start + length]).then_some(start..start + length)
}

/// A name and a password in base64, after the word at `at`.
pub fn basic(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + b"basic ".len();
    let length = run(&text[start..], 512, |byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    let given = STANDARD.decode(&text[start..start + length]).ok()?;
    let colon = given.iter().position(|byte| *byte == b':')?;
    let shown = given.iter().all(|byte| byte.is_ascii_graphic());
    (shown && colon > 0 && given.len() > colon + 4 && !stands_in(&given[colon..])).then_some(start..start + length)
}

/// A name and a password in an address whose `://` stands at `at`.
pub fn address(text: &[u8], at: usize) -> Option<Range<usize>> {
    let scheme = at > 0 && text[at - 1].is_ascii_alphanumeric();
    let start = at + b"://".len();
    let length = run(&text[start..], 256, |byte| byte.is_ascii_graphic() && !b"/\"'<>?#`\\".contains(&byte));
    let authority = &text[start..start + length];
    let host = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority[..host].iter().position(|byte| *byte == b':')?;
    let given = &authority[colon + 1..host];
    let shape = given.iter().all(|byte| !b"${}[]()*|".contains(byte));
    let used = given.len() >= 6 && given.iter().any(|byte| !byte.is_ascii_lowercase());
    (scheme && colon > 0 && shape && used && !stands_in(given)).then_some(start..start + host)
}
