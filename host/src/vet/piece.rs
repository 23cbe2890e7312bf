//! Encoded pieces of a text: where they stand, and what they hold.

use std::ops::Range;

use super::Encoding;

/// What a plain scan would look for.
pub const PLAIN: [&str; 3] = ["[0-9A-Za-z+/_-]{16,}={0,2}", "(?:[0-9a-fA-F]{2}){8,}", "%[0-9a-fA-F]{2}"];

/// The shortest piece of letters and digits that is looked into: the shortest secret, in base64, is longer.
const SHORTEST: usize = 16;

/// A line of this length may go on in the next one.
const WRAPPED: usize = 40;

/// So many characters in a row that can be read make a piece worth looking at.
const READABLE: usize = 12;

/// The value of a letter of either alphabet of base64, 64 for anything else.
const SIX: [u8; 256] = {
    let mut values = [64; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < 64 {
        values[letters[at] as usize] = at as u8;
        at += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// Every run of letters of base64 that is long enough, with the lines that it goes on in.
pub fn runs(text: &[u8], mut found: impl FnMut(Range<usize>)) {
    let letter = |at: usize| SIX[usize::from(text[at])] < 64;
    // A run of sixteen that begins at `floor` or later holds the byte at `at`: most of a text is not even looked at.
    let (mut floor, mut at) = (0, SHORTEST - 1);
    while at < text.len() {
        let mut start = at + 1;
        while start > floor && letter(start - 1) {
            start -= 1;
        }
        if at + 1 - start < SHORTEST {
            (floor, at) = (start, start + SHORTEST - 1);
            continue;
        }
        let end = block_end(text, start, line_end(text, at));
        found(start..end);
        (floor, at) = (end, end + SHORTEST - 1);
    }
}

/// Where the lines end that go on in one another, of which the first stands at `start..end`.
fn block_end(text: &[u8], start: usize, mut end: usize) -> usize {
    let width = end - start;
    let mut last = width;
    while width >= WRAPPED && last == width {
        let Some(next) = next_line(text, end) else { break };
        last = line_end(text, next) - next;
        if last == 0 || last > width {
            break;
        }
        end = next + last;
    }
    end
}

fn line_end(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| SIX[usize::from(**byte)] < 64).count()
}

/// Where the line after the one that ends at `end` begins, without what it is set in by or quoted with. A line's end may
/// be written as in JSON.
fn next_line(text: &[u8], end: usize) -> Option<usize> {
    let rest = &text[end..];
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    let line = ends.iter().find(|line| rest.starts_with(line))?.len();
    let indent = rest[line..].iter().take(16).take_while(|byte| matches!(byte, b' ' | b'\t' | b'>')).count();
    Some(end + line + indent)
}

/// What a run of letters may hold: hex, and base64 from each of the four letters at which it may begin.
pub fn within(run: &[u8]) -> Vec<(Encoding, Vec<u8>)> {
    let joined;
    let letters = if run.len() > WRAPPED && run.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'\\') {
        joined = unwrapped(run);
        &joined
    } else {
        run
    };
    let mut found = Vec::new();
    hex(letters, &mut found);
    for skipped in 0..4.min(letters.len()) {
        let letters = &letters[skipped..];
        if skipped == 0 && starts(letters) || promising(letters) {
            let bytes = packed(letters);
            if worth(&bytes) {
                found.push((Encoding::Base64, bytes));
            }
        }
    }
    found
}

/// Lines as one, without their ends and what they are set in by; as JSON writes it, a line's end is two letters each.
fn unwrapped(run: &[u8]) -> Vec<u8> {
    let end = |at: usize| at > 0 && run[at - 1] == b'\\' && matches!(run[at], b'n' | b'r');
    (0..run.len()).filter(|at| SIX[usize::from(run[*at])] < 64 && !end(*at)).map(|at| run[at]).collect()
}

/// Whether the first letters are those of something packed, or of a text that is not only ASCII.
fn starts(letters: &[u8]) -> bool {
    let mut first = [0; READABLE];
    for (four, bytes) in letters.chunks_exact(4).zip(first.chunks_exact_mut(3)) {
        packed_four(four).iter().for_each(|three| bytes.copy_from_slice(three));
    }
    let text = || match std::str::from_utf8(&first) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    };
    starts_packed(&first).is_some() || !first.iter().any(u8::is_ascii_control) && text()
}

/// Whether one of the threes of bytes that a readable row must hold can be read, or something packed may begin within.
fn promising(letters: &[u8]) -> bool {
    let read = |four: &[u8]| packed_four(four).is_some_and(|bytes| bytes.iter().all(|byte| READ[usize::from(*byte)]));
    let begins = |four: &[u8]| four == b"H4sI" || four == b"KLUv";
    // Twelve readable bytes hold three whole fours of letters, and one of three is looked at.
    letters.chunks_exact(4).skip(1).step_by(3).any(read) || letters.chunks_exact(4).any(begins)
}

fn packed_four(four: &[u8]) -> Option<[u8; 3]> {
    let [one, two, three, four] = four else { return None };
    let six = |byte: &u8| u32::from(SIX[usize::from(*byte)]);
    let word = six(one) << 18 | six(two) << 12 | six(three) << 6 | six(four);
    Some([(word >> 16) as u8, (word >> 8) as u8, word as u8])
}

/// Four letters are three bytes; of a rest of two or three, one or two.
fn packed(letters: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4 + 3);
    let whole = letters.chunks_exact(4);
    let rest = whole.remainder();
    whole.filter_map(packed_four).for_each(|three| bytes.extend(three));
    if rest.len() > 1 {
        let padded = [rest[0], rest[1], *rest.get(2).unwrap_or(&b'A'), b'A'];
        bytes.extend(packed_four(&padded).iter().flatten().take(rest.len() - 1));
    }
    bytes
}

/// Each stretch of hex digits, from either digit at which it may begin.
fn hex(letters: &[u8], found: &mut Vec<(Encoding, Vec<u8>)>) {
    let value = |byte: &u8| char::from(*byte).to_digit(16).map(|value| value as u8);
    let mut at = SHORTEST - 1;
    while at < letters.len() {
        if !letters[at].is_ascii_hexdigit() {
            at += SHORTEST;
            continue;
        }
        let start = at - letters[..at].iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = at + letters[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        for skipped in [start, start + 1].into_iter().filter(|_| end - start >= SHORTEST) {
            let digits = letters[skipped..end].chunks_exact(2);
            let bytes: Vec<u8> = digits.filter_map(|two| Some(value(&two[0])? << 4 | value(&two[1])?)).collect();
            if worth(&bytes) {
                found.push((Encoding::Hex, bytes));
            }
        }
        at = end + SHORTEST;
    }
}

/// What a reader sees: printable ASCII, blanks and line ends.
const READ: [bool; 256] = {
    let mut read = [false; 256];
    let mut at = 0x20;
    while at < 0x7f {
        read[at] = true;
        at += 1;
    }
    read[b'\t' as usize] = true;
    read[b'\r' as usize] = true;
    read[b'\n' as usize] = true;
    read
};

/// Whether a piece can be read, or holds something packed: what letters say by chance does neither.
fn worth(bytes: &[u8]) -> bool {
    let mut row = 0;
    let read = bytes.iter().any(|byte| {
        row = if READ[usize::from(*byte)] { row + 1 } else { 0 };
        row >= READABLE
    });
    let within = || bytes.windows(4).any(|four| matches!(starts_packed(four), Some(Encoding::Gzip | Encoding::Zstd)));
    let text = || std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
    read || starts_packed(bytes).is_some() || bytes.len() >= READABLE && text() || within()
}

/// What begins like something packed.
pub fn starts_packed(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0x1f, 0x8b, 0x08, ..] => Some(Encoding::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Encoding::Zstd),
        [0x78, flags, ..] if (0x7800 | u32::from(*flags)).is_multiple_of(31) => Some(Encoding::Zlib),
        _ => None,
    }
}

/// The word or the part of an address around the `%` at `at`, not before `floor`, and what it says; none where no byte is written so.
pub fn escaped(text: &[u8], at: usize, floor: usize) -> Option<(Range<usize>, Vec<u8>)> {
    let inside = |byte: &&u8| {
        !byte.is_ascii_whitespace()
            && !byte.is_ascii_control()
            && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'=' | b'&' | b'?')
    };
    byte_at(text, at)?;
    let start = at - text[floor..at].iter().rev().take_while(inside).count();
    let end = at + text[at..].iter().take_while(inside).count();
    let (mut bytes, mut here) = (Vec::with_capacity(end - start), start);
    while here < end {
        match byte_at(&text[..end], here) {
            Some(byte) => {
                bytes.push(byte);
                here += 3;
            }
            None => {
                bytes.push(text[here]);
                here += 1;
            }
        }
    }
    Some((start..end, bytes))
}

/// The byte that is written at `at` as `%` and two digits.
fn byte_at(text: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low, ..] = text.get(at..)? else { return None };
    let value = |byte: &u8| char::from(*byte).to_digit(16);
    Some((value(high)? << 4 | value(low)?) as u8)
}
