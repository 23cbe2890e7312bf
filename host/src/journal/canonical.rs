//! Canonical bytes: RFC 8785, restricted to what two programs cannot read differently (no fractions, no large integers).

use std::fmt::Write as _;

use serde_json::Value;

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1.
pub const LARGEST: i64 = (1 << 53) - 1;

/// Why a value has no canonical bytes, or bytes are not canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCanonical(pub String);

impl std::fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotCanonical {}

/// Prints a value: no space, keys sorted by UTF-16 code units, integers in decimal.
///
/// # Errors
/// When it holds null, a fraction, or an integer beyond ±[`LARGEST`].
pub fn print(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut text = String::new();
    write(&mut text, value)?;
    Ok(text.into_bytes())
}

/// Prints an object of texts, given in the order of its keys; one without a text is left out.
#[must_use]
pub fn texts(members: &[(&str, Option<&str>)]) -> String {
    let mut text = String::with_capacity(members.iter().map(|(key, said)| key.len() + 8 + said.map_or(0, str::len)).sum());
    text.push('{');
    for (key, said) in members.iter().filter_map(|(key, said)| Some((key, (*said)?))) {
        text.push_str(if text.len() > 1 { ",\"" } else { "\"" });
        text.push_str(key);
        text.push_str("\":");
        write_string(&mut text, said);
    }
    text.push('}');
    text
}

/// Parses canonical bytes, and only those: what would be printed otherwise (a space, a key twice) is refused.
///
/// # Errors
/// When the bytes are not JSON or not in canonical form.
pub fn parse(bytes: &[u8]) -> Result<Value, NotCanonical> {
    let value = serde_json::from_slice(bytes).map_err(|e| NotCanonical(format!("it is not JSON: {e}")))?;
    if print(&value)? == bytes {
        return Ok(value);
    }
    Err(NotCanonical("it is JSON, but not in canonical form".to_owned()))
}

pub(super) fn write(text: &mut String, value: &Value) -> Result<(), NotCanonical> {
    match value {
        Value::Null => return Err(NotCanonical("null has no place in an entry".to_owned())),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => {
            let integer = number.as_i64().filter(|integer| (-LARGEST..=LARGEST).contains(integer));
            let integer = integer.ok_or_else(|| NotCanonical(format!("{number} is not an integer within 2^53 - 1")))?;
            write!(text, "{integer}").map_err(|e| NotCanonical(e.to_string()))?;
        }
        Value::String(string) => write_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write(text, item)?;
            }
            text.push(']');
        }
        Value::Object(members) => write_object(text, members)?,
    }
    Ok(())
}

fn write_object(text: &mut String, members: &serde_json::Map<String, Value>) -> Result<(), NotCanonical> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    text.push('{');
    for (place, (key, member)) in members.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write_string(text, key);
        text.push(':');
        write(text, member)?;
    }
    text.push('}');
    Ok(())
}

/// An integer that every JSON reader keeps.
pub(super) fn write_number(text: &mut String, number: u64) -> Result<(), NotCanonical> {
    if number > LARGEST.cast_unsigned() {
        return Err(NotCanonical(format!("{number} is not an integer within 2^53 - 1")));
    }
    let (mut digits, mut first, mut left) = ([0; 20], 20, number);
    while left > 0 || first == 20 {
        first -= 1;
        digits[first] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    text.push_str(std::str::from_utf8(&digits[first..]).expect("digits are ASCII"));
    Ok(())
}

/// serde_json escapes strings as RFC 8785 (3.2.2.2) asks: short forms, else `\u00xx` in lower case, the rest as it is.
pub(super) fn write_string(text: &mut String, string: &str) {
    if string.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(string);
        text.push('"');
    } else {
        text.push_str(&Value::from(string).to_string());
    }
}
