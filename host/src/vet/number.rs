//! Numbers of people and of their cards. Only those with check digits; where digits alone would be found in any table of
//! figures, only with a word beside them that says what they are.

use std::ops::Range;

use super::{check, iban};

/// What a plain scan would look for.
pub const PLAIN: [&str; 9] = [
    r"[A-Z]{2}[0-9]{2}(?:[ -]?[0-9A-Z]){11,30}",
    r"[3-6][0-9]{3}(?:[ -]?[0-9]){10,15}",
    r"756(?:[. ]?[0-9]){10}",
    r"(?i)(?:steuer|idnr|tin)[^\n]{0,48}[0-9]{2}(?: ?[0-9]){9}",
    r"(?i)(?:bsn|burgerservice|sofi)[^\n]{0,48}[0-9](?:[ .]?[0-9]){8}",
    r"(?i)nhs[^\n]{0,48}[0-9](?:[ -]?[0-9]){9}",
    r"[12](?: ?[0-9]){14}",
    r"(?i)pesel[^\n]{0,48}[0-9]{11}",
    r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]",
];

/// The shortest run of digits and dividers that holds a number of a person.
const SHORTEST: usize = 9;

/// How far before and after a number a word may stand that says what it is.
const NEAR: (usize, usize) = (48, 24);

/// Looks at every run of digits that have one divider between them at most.
pub fn each(text: &[u8], mut found: impl FnMut(&'static str, Range<usize>)) {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let divider = |at: usize| matches!(text[at], b' ' | b'-' | b'.' | b'/') && at > 0 && digit(at - 1) && digit(at + 1);
    let inside = |at: usize| digit(at) || at < text.len() && divider(at);
    // A run of nine that begins at `floor` or later holds the byte at `at`: most of a text is not even looked at.
    let (mut floor, mut at) = (0, SHORTEST - 1);
    while at < text.len() {
        let mut start = at + 1;
        while start > floor && inside(start - 1) {
            start -= 1;
        }
        if at + 1 - start < SHORTEST {
            (floor, at) = (start, start + SHORTEST - 1);
            continue;
        }
        let end = at + (at..text.len()).take_while(|at| inside(*at)).count();
        Run::of(text, start..end).look(&mut found);
        (floor, at) = (end, end + SHORTEST - 1);
    }
}

/// Groups of digits with one divider between each two.
struct Run<'t> {
    text: &'t [u8],
    groups: Vec<Range<usize>>,
}

impl<'t> Run<'t> {
    fn of(text: &'t [u8], range: Range<usize>) -> Self {
        let mut groups: Vec<Range<usize>> = Vec::new();
        for at in range.filter(|at| text[*at].is_ascii_digit()) {
            match groups.last_mut() {
                Some(group) if group.end == at => group.end = at + 1,
                _ => groups.push(at..at + 1),
            }
        }
        Self { text, groups }
    }

    /// The divider between a group and the next, if there is one and no more.
    fn divider(&self, group: usize) -> Option<u8> {
        let (one, next) = (self.groups.get(group)?, self.groups.get(group + 1)?);
        (next.start == one.end + 1).then(|| self.text[one.end])
    }

    fn look(&self, found: &mut impl FnMut(&'static str, Range<usize>)) {
        if let Some(range) = self.iban() {
            found("IBAN", range);
            return;
        }
        let mut first = 0;
        while first < self.groups.len() {
            match self.number(first) {
                Some((what, last)) => {
                    found(what, self.groups[first].start..self.groups[last].end);
                    first = last + 1;
                }
                None => first += 1,
            }
        }
    }

    /// An IBAN that these digits are part of: it begins with letters a few bytes before them.
    fn iban(&self) -> Option<Range<usize>> {
        let start = self.groups.first()?.start;
        let begins = |at: &usize| self.text[*at].is_ascii_alphabetic();
        (start.saturating_sub(16)..start).filter(begins).find_map(|at| iban::at(self.text, at))
    }

    /// What begins with this group, and with which group it ends.
    fn number(&self, first: usize) -> Option<(&'static str, usize)> {
        let (mut lengths, mut digits) = (Vec::with_capacity(7), Vec::with_capacity(20));
        let divider = self.divider(first);
        for last in first..self.groups.len().min(first + 7) {
            if last > first && (self.divider(last - 1).is_none() || self.divider(last - 1) != divider) {
                return None;
            }
            let group = &self.text[self.groups[last].clone()];
            lengths.push(group.len());
            if lengths.iter().sum::<usize>() > 19 {
                return None;
            }
            digits.extend(check::digits(group));
            let alone = self.alone(first, last);
            if let Some(what) = alone.then(|| self.kind(&lengths, &digits, divider, first..last + 1)).flatten() {
                return Some((what, last));
            }
        }
        None
    }

    /// Whether these groups are not the middle of something longer.
    fn alone(&self, first: usize, last: usize) -> bool {
        let joined =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80);
        let (start, end) = (self.groups[first].start, self.groups[last].end);
        let word = start > 0 && joined(self.text.get(start - 1)) || joined(self.text.get(end));
        let point = start > 1 && matches!(self.text[start - 1], b'.' | b',') && self.text[start - 2].is_ascii_digit();
        let before = first.checked_sub(1).and_then(|before| Some((self.divider(before)?, self.groups[before].len())));
        let after = self.divider(last).map(|divider| (divider, self.groups[last + 1].len()));
        let inner = self.divider(first).filter(|_| last > first);
        // A table of figures: the next has the same divider and the same width; or, for one in one piece, any but a blank.
        let goes_on = |(divider, length): (u8, usize)| match inner {
            Some(inner) => divider == inner && length == 4,
            None => divider != b' ',
        };
        !word && !point && !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    }

    fn kind(&self, lengths: &[usize], digits: &[u32], divider: Option<u8>, groups: Range<usize>) -> Option<&'static str> {
        let near = |words: &[&str]| self.near(&groups, words);
        let one = lengths.len() == 1;
        let blank = divider == Some(b' ');
        let dash = divider == Some(b'-');
        match digits.len() {
            9 if (one || *lengths == [3, 3, 3] || *lengths == [4, 2, 3]) && check::bsn(digits) => {
                near(&["bsn", "burgerservice", "sofinummer"]).then_some("Dutch citizen service number")
            }
            9 if *lengths == [3, 2, 4] && dash && ssn(digits) => {
                near(&["ssn", "social security"]).then_some("US social security number")
            }
            10 if (one || *lengths == [3, 3, 4]) && check::nhs(digits) => near(&["nhs"]).then_some("NHS number"),
            11 if (one || *lengths == [2, 3, 3, 3]) && check::steuer_id(digits) => {
                near(&["steuer", "idnr", "tax id", "tin"]).then_some("German tax number")
            }
            11 if one && check::pesel(digits) => near(&["pesel"]).then_some("Polish PESEL"),
            13 if (one || *lengths == [3, 4, 4, 2]) && digits.starts_with(&[7, 5, 6]) && check::ean13(digits) => {
                Some("Swiss AHV number")
            }
            15 if (one || *lengths == [1, 2, 2, 2, 3, 3, 2]) && check::nir(digits) => Some("French NIR"),
            14..=19 => {
                let shape =
                    one || (blank || dash) && matches!(lengths, [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 4, 3]);
                (shape && issued(digits) && check::luhn(digits) && varied(digits)).then_some("payment card number")
            }
            _ => None,
        }
    }

    /// Whether one of these words stands near, by itself.
    fn near(&self, groups: &Range<usize>, words: &[&str]) -> bool {
        let (start, end) = (self.groups[groups.start].start, self.groups[groups.end - 1].end);
        let around = &self.text[start.saturating_sub(NEAR.0)..self.text.len().min(end + NEAR.1)];
        let lower = around.to_ascii_lowercase();
        let whole = |at: usize, word: &str| {
            let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
            // What is long may go on: `Steuernummer`.
            !(at > 0 && letter(lower.get(at - 1))) && (word.len() > 4 || !letter(lower.get(at + word.len())))
        };
        words
            .iter()
            .any(|word| lower.windows(word.len()).enumerate().any(|(at, part)| part == word.as_bytes() && whole(at, word)))
    }
}

/// Ranges of issuers (ISO/IEC 7812), each with the lengths of its numbers.
fn issued(digits: &[u32]) -> bool {
    let first = |count: usize| digits[..count].iter().fold(0, |number, digit| number * 10 + digit);
    match digits.len() {
        14 => matches!(first(3), 300..=305 | 309) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 62 | 65)
                || matches!(first(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(first(3), 644..=649)
        }
        19 => first(2) == 62,
        _ => false,
    }
}

/// What is published for tests has few different digits: 4242 4242 4242 4242.
fn varied(digits: &[u32]) -> bool {
    digits.iter().fold(0_u32, |seen, digit| seen | 1 << digit).count_ones() > 4
}

/// Areas and groups that are given out.
fn ssn(digits: &[u32]) -> bool {
    let number = |range: &[u32]| range.iter().fold(0, |number, digit| number * 10 + digit);
    !matches!(number(&digits[..3]), 0 | 666 | 900..) && number(&digits[3..5]) > 0 && number(&digits[5..]) > 0
}
