//! JSON read strictly: no key twice, no depth that could hurt.

use std::collections::HashSet;

use serde_json::Value;

use super::decode::{BadArgument, Path};
use super::shape::shown;

/// Parses a JSON text.
///
/// # Errors
/// When it is not JSON (which serde_json bounds to 128 levels), or an object has a key twice.
pub(super) fn parse(text: &str) -> Result<Value, Vec<BadArgument>> {
    let value = serde_json::from_str(text).map_err(|why| vec![BadArgument::new("", format!("they are not JSON: {why}"))])?;
    if plain(text) {
        return Ok(value);
    }
    let problems = twice(text);
    if problems.is_empty() { Ok(value) } else { Err(problems) }
}

/// So many keys of one object are compared with each other.
const FEW: usize = 64;

/// Whether it is seen at a glance that no object of a text, which is known to be JSON, has a key twice: keys stand there as they
/// are, and are few. Whatever else comes is read by [`twice`], which knows where it stands.
fn plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // The keys of every open object; for each, where its own begin and whether the next string is one. None for an array.
    let (mut keys, mut open) = (Vec::<&[u8]>::new(), Vec::<Option<(usize, bool)>>::new());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let begin = at;
        at += 1;
        match byte {
            b'{' => open.push(Some((keys.len(), true))),
            b'[' => open.push(None),
            b'}' | b']' => {
                if let Some(Some((own, _))) = open.pop() {
                    keys.truncate(own);
                }
            }
            b',' => {
                if let Some(Some((_, next_is_key))) = open.last_mut() {
                    *next_is_key = true;
                }
            }
            b'"' => {
                at = end_of_string(bytes, at);
                if let Some(Some((own, next_is_key @ true))) = open.last_mut() {
                    *next_is_key = false;
                    let key = &bytes[begin..at];
                    let others = &keys[*own..];
                    if key.contains(&b'\\') || key.get(1) == Some(&b'$') || others.len() >= FEW || others.contains(&key) {
                        return false;
                    }
                    keys.push(key);
                }
            }
            _ => {}
        }
    }
    true
}

/// What serde_json calls a number on its way through its own map; as a key it would turn an object into a number.
const RESERVED: &str = "$serde_json::private::Number";

enum Open {
    /// Its keys so far, and whether the next string is one.
    Object(HashSet<String>, bool),
    /// The place of the current item.
    Array(usize),
}

/// The keys that an object has twice, in a text that is known to be JSON.
fn twice(text: &str) -> Vec<BadArgument> {
    let (mut open, mut path, mut problems) = (Vec::new(), Path::default(), Vec::new());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let begin = at;
        at += 1;
        match byte {
            b'{' => open.push(Open::Object(HashSet::new(), true)),
            b'[' => {
                path.enter_item(0);
                open.push(Open::Array(0));
            }
            b'}' | b']' => match open.pop() {
                Some(Open::Object(keys, _)) if keys.is_empty() => {}
                _ => path.leave(),
            },
            b',' => match open.last_mut() {
                Some(Open::Object(_, next_is_key)) => {
                    *next_is_key = true;
                    path.leave();
                }
                Some(Open::Array(place)) => {
                    *place += 1;
                    path.leave();
                    path.enter_item(*place);
                }
                None => {}
            },
            b'"' => {
                at = end_of_string(bytes, at);
                if let Some(Open::Object(keys, next_is_key @ true)) = open.last_mut() {
                    *next_is_key = false;
                    let key: String = serde_json::from_str(&text[begin..at]).unwrap_or_default();
                    path.enter_field(&key);
                    if key == RESERVED {
                        problems.push(BadArgument::new(path.as_str(), "this key is reserved"));
                    }
                    if !keys.insert(key.clone()) {
                        problems
                            .push(BadArgument::new(path.as_str(), format!("the key {} stands there twice", shown(&key))));
                    }
                }
            }
            _ => {}
        }
        if problems.len() >= super::decode::PROBLEMS {
            break;
        }
    }
    problems
}

/// The byte after the quote that ends the string whose inside begins at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}
