//! Words that pass for others: letters of several scripts in one word, or of one script that are drawn like another's
//! (Unicode Technical Standard 39).

use std::collections::BTreeSet;

use unicode_script::{Script, UnicodeScript as _};
use unicode_security::mixed_script::AugmentedScriptSet;

use super::is_hidden;

/// Different letters of a word that a remark names.
const NAMED: usize = 8;

/// Characters of the word that another one looks like.
const LIKE: usize = 32;

/// The scripts of a text's letters, by name; what belongs to every script, as digits do, counts for none.
#[must_use]
pub fn scripts(text: &str) -> Vec<&'static str> {
    let mut scripts = BTreeSet::new();
    if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        scripts.insert(Script::Latin.full_name());
    }
    let mut last = Script::Common;
    for c in text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic() && !is_hidden(*c)) {
        let script = c.script();
        if script != last && !matches!(script, Script::Common | Script::Inherited | Script::Unknown) {
            scripts.insert(script.full_name());
            last = script;
        }
    }
    scripts.into_iter().collect()
}

/// What to say of a word that may deceive: its scripts or the word that it looks like, and its letters outside ASCII.
///
/// `latin` says that the text around it holds Latin letters: only there does a word of another script pass for one.
#[must_use]
pub fn remark(word: &str, latin: bool) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let what = if is_mixed(word) {
        scripts(word).join(" and ")
    } else if latin && !word.chars().all(is_everyday_latin) && looks_like(word).is_ascii() {
        format!("looks like {}", looks_like(word).chars().take(LIKE).collect::<String>())
    } else {
        return None;
    };
    let mut numbers: Vec<String> = Vec::new();
    for c in word.chars().filter(|c| !c.is_ascii()) {
        let number = format!("U+{:04X}", u32::from(c));
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let more = numbers.len().saturating_sub(NAMED);
    numbers.truncate(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("{what}: {}{more}", numbers.join(" ")))
}

/// What a text looks like: letters that are drawn alike are the same letter in it. Never to be shown for the text itself.
#[must_use]
pub fn looks_like(text: &str) -> String {
    unicode_security::skeleton(text).collect()
}

/// Whether no one script, nor the scripts that one language writes together, has all of its letters. Latin words beside
/// Chinese, Japanese or Korean ones without a space are common, and nobody takes one for the other.
fn is_mixed(word: &str) -> bool {
    let east = |c: &char| {
        matches!(c.script(), Script::Han | Script::Hiragana | Script::Katakana | Script::Bopomofo | Script::Hangul)
    };
    let rest: String = word.chars().filter(|c| !east(c)).collect();
    AugmentedScriptSet::for_str(&rest).is_empty()
}

/// Letters of European languages, the dotless i among them.
fn is_everyday_latin(c: char) -> bool {
    u32::from(c) < 0x0250
}
