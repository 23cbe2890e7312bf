//! A generator of numbers and tokens with checksums, from a seed, written apart from what finds them; and of the same with a
//! wrong check digit.

/// A lot that is drawn the same way each time (SplitMix64).
pub struct Lot(pub u64);

impl Lot {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    pub fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    pub fn text(&mut self, letters: &str, length: usize) -> String {
        (0..length).map(|_| char::from(letters.as_bytes()[self.below(letters.len())])).collect()
    }

    fn digits(&mut self, length: usize) -> String {
        self.text("0123456789", length)
    }
}

/// One format: what it is found as, how a true one is made, and how it is written in a sentence.
pub struct Made {
    pub what: &'static str,
    pub make: fn(&mut Lot) -> String,
    pub sentences: &'static [&'static str],
}

pub const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BECH32: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const TOKENS: &[&str] = &["use {} for it", "TOKEN={}", "{\"token\": \"{}\"}", "{}", "(see {}, or ask)\n"];
const PLAIN: &[&str] = &["my number is {}.", "{}", "ben,{},12/27\n", "| ben | {} |", "<td>{}</td>"];

pub const MADE: &[Made] = &[
    Made { what: "GitHub token", make: |lot| crc62(lot, &["ghp", "gho", "ghu", "ghs", "ghr"]), sentences: TOKENS },
    Made { what: "npm token", make: |lot| crc62(lot, &["npm"]), sentences: TOKENS },
    Made { what: "age secret key", make: age, sentences: TOKENS },
    Made { what: "payment card number", make: card, sentences: PLAIN },
    Made { what: "IBAN", make: iban, sentences: PLAIN },
    Made { what: "Swiss AHV number", make: ahv, sentences: PLAIN },
    Made { what: "French NIR", make: nir, sentences: PLAIN },
    Made { what: "Italian codice fiscale", make: codice, sentences: PLAIN },
    Made {
        what: "German tax number",
        make: steuer,
        sentences: &["Steuer-ID: {}", "meine IdNr ist {}", "Steueridentifikationsnummer {}", "tax id {} (DE)"],
    },
    Made { what: "Dutch citizen service number", make: bsn, sentences: &["BSN {}", "burgerservicenummer: {}", "{} (bsn)"] },
    Made { what: "NHS number", make: nhs, sentences: &["NHS number {}", "nhs: {}", "{}, NHS"] },
    Made { what: "Polish PESEL", make: pesel, sentences: &["PESEL {}", "pesel: {}."] },
];

/// The last digit for which `right` holds; another number is drawn where none is.
fn closed(mut draw: impl FnMut() -> String, right: impl Fn(&[u32]) -> bool) -> String {
    loop {
        let head = draw();
        for last in '0'..='9' {
            let text = format!("{head}{last}");
            let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
            if right(&digits) {
                return text;
            }
        }
    }
}

fn weighed(digits: &[u32], weights: &[i64]) -> i64 {
    digits.iter().zip(weights).map(|(digit, weight)| i64::from(*digit) * weight).sum()
}

/// Digits in groups of these lengths.
fn grouped(text: &str, lengths: &[usize], divider: &str) -> String {
    let mut rest = text;
    let take = |length: &usize| {
        let (group, after) = rest.split_at(*length);
        rest = after;
        group
    };
    lengths.iter().map(take).collect::<Vec<_>>().join(divider)
}

fn crc62(lot: &mut Lot, prefixes: &[&str]) -> String {
    let body = lot.text(BASE62, 30);
    // CRC-32 bit by bit.
    let sum = body.bytes().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    let (mut sum, mut check) = ((sum ^ u32::MAX) as usize, Vec::new());
    for _ in 0..6 {
        check.insert(0, BASE62.as_bytes()[sum % 62]);
        sum /= 62;
    }
    format!("{}_{body}{}", lot.of(prefixes), String::from_utf8_lossy(&check))
}

fn age(lot: &mut Lot) -> String {
    let step = |sum: u64, value: u64| {
        let top = sum >> 25;
        let parts = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let sum = (sum & 0x1ff_ffff) << 5 ^ value;
        (0..5).fold(sum, |sum, bit| if top >> bit & 1 == 1 { sum ^ parts[bit] } else { sum })
    };
    let prefix = "age-secret-key-";
    let body = lot.text(BECH32, 52);
    let values = |text: &str| text.chars().map(|c| BECH32.find(c).expect("a letter of bech32") as u64).collect::<Vec<_>>();
    let high = prefix.bytes().map(|byte| u64::from(byte >> 5));
    let low = prefix.bytes().map(|byte| u64::from(byte & 31));
    let all = high.chain([0]).chain(low).chain(values(&body)).chain([0; 6]);
    let sum = all.fold(1, step) ^ 1;
    let check: String = (0..6).map(|at| char::from(BECH32.as_bytes()[(sum >> (5 * (5 - at)) & 31) as usize])).collect();
    format!("{prefix}1{body}{check}").to_uppercase()
}

fn card(lot: &mut Lot) -> String {
    let (prefix, length) = [
        ("4", 16),
        ("51", 16),
        ("2221", 16),
        ("55", 16),
        ("37", 15),
        ("34", 15),
        ("6011", 16),
        ("36", 14),
        ("3528", 16),
        ("62", 16),
    ][lot.below(10)];
    let luhn = |digits: &[u32]| {
        let doubled = digits.iter().rev().enumerate().map(|(at, digit)| (digit << (at % 2)) / 10 + (digit << (at % 2)) % 10);
        doubled.sum::<u32>() % 10 == 0
    };
    let text = closed(|| format!("{prefix}{}", lot.digits(length - prefix.len() - 1)), luhn);
    let groups: &[usize] = match length {
        16 => &[4, 4, 4, 4],
        15 => &[4, 6, 5],
        _ => &[4, 6, 4],
    };
    match lot.below(3) {
        0 => text,
        1 => grouped(&text, groups, " "),
        _ => grouped(&text, groups, "-"),
    }
}

fn iban(lot: &mut Lot) -> String {
    let country = lot.below(6);
    let (code, bank) = match country {
        0 => ("DE", lot.digits(18)),
        1 => ("CH", lot.digits(17)),
        2 => ("GB", format!("{}{}", lot.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4), lot.digits(14))),
        3 => ("NL", format!("{}{}", lot.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4), lot.digits(10))),
        4 => ("NO", lot.digits(11)),
        _ => ("PL", lot.digits(24)),
    };
    let value = |text: &str| {
        text.chars().fold(0, |rest, c| {
            let value = c.to_digit(36).expect("a letter or digit");
            (rest * if value > 9 { 100 } else { 10 } + value) % 97
        })
    };
    let text = format!("{code}{:02}{bank}", 98 - value(&format!("{bank}{code}00")));
    match lot.below(3) {
        0 => text,
        1 => text.to_lowercase(),
        _ => text.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join(" "),
    }
}

fn ahv(lot: &mut Lot) -> String {
    let weights = [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1];
    let text = closed(|| format!("756{}", lot.digits(9)), |digits| weighed(digits, &weights) % 10 == 0);
    if lot.below(2) == 0 { text } else { grouped(&text, &[3, 4, 4, 2], ".") }
}

fn nir(lot: &mut Lot) -> String {
    let head = format!("{}{}{:02}{}", 1 + lot.below(2), lot.digits(2), 1 + lot.below(12), lot.digits(8));
    let text = format!("{head}{:02}", 97 - head.parse::<u64>().expect("digits") % 97);
    if lot.below(2) == 0 { text } else { grouped(&text, &[1, 2, 2, 2, 3, 3, 2], " ") }
}

fn codice(lot: &mut Lot) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let head = [
        lot.text(letters, 6),
        lot.digits(2),
        lot.text("ABCDEHLMPRST", 1),
        lot.digits(2),
        lot.text(letters, 1),
        lot.digits(3),
    ]
    .concat();
    // The table of the decree of 23 December 1976, by the letters in the order of their odd values.
    let odd = |c: char| match c {
        '0' | 'A' => 1,
        '1' | 'B' => 0,
        '2' | 'C' => 5,
        '3' | 'D' => 7,
        '4' | 'E' => 9,
        '5' | 'F' => 13,
        '6' | 'G' => 15,
        '7' | 'H' => 17,
        '8' | 'I' => 19,
        '9' | 'J' => 21,
        'K' => 2,
        'L' => 4,
        'M' => 18,
        'N' => 20,
        'O' => 11,
        'P' => 3,
        'Q' => 6,
        'R' => 8,
        'S' => 12,
        'T' => 14,
        'U' => 16,
        'V' => 10,
        'W' => 22,
        'X' => 25,
        'Y' => 24,
        _ => 23,
    };
    let even = |c: char| c.to_digit(10).unwrap_or_else(|| u32::from(c) - u32::from('A'));
    let sum: u32 = head.chars().enumerate().map(|(at, c)| if at % 2 == 0 { odd(c) } else { even(c) }).sum();
    format!("{head}{}", char::from(b'A' + (sum % 26) as u8))
}

fn steuer(lot: &mut Lot) -> String {
    // Nine different digits that do not begin with 0, and one of them twice.
    let mut all: Vec<char> = "0123456789".chars().collect();
    (0..9).for_each(|at| all.swap(at, at + lot.below(10 - at)));
    all[9] = all[lot.below(9)];
    if all[0] == '0' {
        all.swap(0, 1);
    }
    if all[0] == '0' {
        all.swap(0, 2);
    }
    let head: String = all.into_iter().collect();
    let sum = head.chars().filter_map(|c| c.to_digit(10)).fold(10, |product, digit| {
        let sum = if (digit + product) % 10 == 0 { 10 } else { (digit + product) % 10 };
        sum * 2 % 11
    });
    let text = format!("{head}{}", if sum == 1 { 0 } else { 11 - sum });
    if lot.below(2) == 0 { text } else { grouped(&text, &[2, 3, 3, 3], " ") }
}

fn bsn(lot: &mut Lot) -> String {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    closed(|| format!("{}{}", 1 + lot.below(9), lot.digits(7)), |digits| weighed(digits, &weights) % 11 == 0)
}

fn nhs(lot: &mut Lot) -> String {
    let weights = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    let text = closed(|| format!("{}{}", 4 + lot.below(6), lot.digits(8)), |digits| weighed(digits, &weights) % 11 == 0);
    if lot.below(2) == 0 { text } else { grouped(&text, &[3, 3, 4], " ") }
}

fn pesel(lot: &mut Lot) -> String {
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
    let draw = || format!("{}{:02}{:02}{}", lot.digits(2), 1 + lot.below(12), 1 + lot.below(28), lot.digits(4));
    closed(draw, |digits| weighed(digits, &weights) % 10 == 0)
}

/// The same with another last digit or letter: whatever can be told by its check digits is none then.
pub fn missed(lot: &mut Lot, text: &str) -> String {
    let last = text.chars().next_back().expect("it is not empty");
    let letters = match last {
        '0'..='9' => "0123456789",
        'A'..='Z' => "QPZRYXGFTVDWSJNKHCEMUAL",
        _ => BASE62,
    };
    loop {
        let other = lot.text(letters, 1);
        if !other.ends_with(last) {
            return format!("{}{other}", &text[..text.len() - 1]);
        }
    }
}
