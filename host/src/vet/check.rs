//! Check digits and checksums, each as its standard says, and how evenly characters are spread.

/// The digits of a text, as numbers; whatever else it holds is left out.
pub fn digits(text: &[u8]) -> Vec<u32> {
    text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0')).collect()
}

/// ISO/IEC 7812-1, as payment cards have it.
pub fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

/// EAN-13, as Swiss AHV numbers have it.
pub fn ean13(digits: &[u32]) -> bool {
    let sum: u32 = digits.iter().enumerate().map(|(at, digit)| if at % 2 == 1 { 3 * digit } else { *digit }).sum();
    digits.len() == 13 && sum.is_multiple_of(10)
}

/// ISO 7064 MOD 97-10 over letters and digits, as IBANs have it after their first four were moved to the end.
pub fn mod97(text: impl Iterator<Item = u8>) -> bool {
    let mut rest = 0;
    for byte in text {
        match char::from(byte).to_digit(36) {
            Some(value @ 10..) => rest = (rest * 100 + value) % 97,
            Some(value) => rest = (rest * 10 + value) % 97,
            None => return false,
        }
    }
    rest == 1
}

/// The German tax number: ISO 7064 MOD 11,10; of its first ten digits one stands there twice or three times.
pub fn steuer_id(digits: &[u32]) -> bool {
    let [first, .., last] = digits else { return false };
    let mut counts = [0; 10];
    digits[..digits.len() - 1].iter().for_each(|digit| counts[*digit as usize] += 1);
    let often = counts.iter().filter(|count| **count > 1).count();
    let product = digits[..digits.len() - 1].iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        2 * if sum == 0 { 10 } else { sum } % 11
    });
    digits.len() == 11 && *first != 0 && often == 1 && counts.iter().all(|count| *count <= 3) && (11 - product) % 10 == *last
}

/// The Dutch BSN's test by eleven.
pub fn bsn(digits: &[u32]) -> bool {
    let [head @ .., last] = digits else { return false };
    let sum: u32 = head.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 9 && sum > *last && (sum - last).is_multiple_of(11)
}

/// The NHS number of the United Kingdom.
pub fn nhs(digits: &[u32]) -> bool {
    let [head @ .., last] = digits else { return false };
    let sum: u32 = head.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 10 && sum > 0 && (11 - sum % 11) % 11 == *last
}

/// The Polish PESEL, which begins with a day of birth.
pub fn pesel(digits: &[u32]) -> bool {
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    let number = |at: usize| digits[at] * 10 + digits[at + 1];
    digits.len() == 11 && (1..=12).contains(&(number(2) % 20)) && (1..=31).contains(&number(4)) && sum.is_multiple_of(10)
}

/// The French NIR: sex, year and month of birth, and a key of 97.
pub fn nir(digits: &[u32]) -> bool {
    let number = |range: &[u32]| range.iter().fold(0_u64, |number, digit| number * 10 + u64::from(*digit));
    digits.len() == 15
        && matches!(digits[0], 1 | 2)
        && (1..=12).contains(&number(&digits[3..5]))
        && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

/// The Italian codice fiscale: its form, and its last letter.
pub fn codice_fiscale(text: &[u8]) -> bool {
    const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    const FORM: &[u8; 16] = b"AAAAAA00A00A000A";
    let fits = |(byte, form): (&u8, &u8)| if *form == b'A' { byte.is_ascii_uppercase() } else { byte.is_ascii_digit() };
    if text.len() != 16 || !text.iter().zip(FORM).all(fits) || !b"ABCDEHLMPRST".contains(&text[8]) {
        return false;
    }
    let place = |byte: u8| usize::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
    let value = |(at, byte): (usize, &u8)| if at % 2 == 0 { ODD[place(*byte)] } else { place(*byte) as u32 };
    text[..15].iter().enumerate().map(value).sum::<u32>() % 26 == u32::from(text[15] - b'A')
}

/// GitHub's and npm's tokens: the last six characters are the CRC-32 of the thirty before them, in base 62.
pub fn crc62(token: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((body, check)) = token.split_last_chunk::<6>() else { return false };
    let body = &body[body.len().saturating_sub(30)..];
    let mut sum = crc32fast::hash(body) as usize;
    check.iter().rev().all(|byte| {
        let digit = DIGITS[sum % 62];
        sum /= 62;
        *byte == digit
    })
}

/// Bech32 (BIP 173), as the secret keys of age have it: all capitals, the last `1` divides.
pub fn bech32(text: &[u8]) -> bool {
    const LETTERS: &[u8; 32] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ value;
        GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(next, |next, (_, part)| next ^ part)
    };
    let Some(divide) = text.iter().rposition(|byte| *byte == b'1') else { return false };
    let prefix = || text[..divide].iter().map(|byte| u32::from(byte.to_ascii_lowercase()));
    let mut sum = prefix().map(|byte| byte >> 5).chain([0]).chain(prefix().map(|byte| byte & 31)).fold(1, step);
    for byte in &text[divide + 1..] {
        let Some(value) = LETTERS.iter().position(|letter| letter == byte) else { return false };
        sum = step(sum, value as u32);
    }
    sum == 1
}

/// Shannon's entropy in bits for each byte.
pub fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let all = text.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

/// Whether a text looks drawn by lot: even in its characters, with letters and digits in turn in its longest part, as no
/// word or identifier has.
pub fn drawn(text: &[u8]) -> bool {
    let parts = text.split(|byte| !byte.is_ascii_alphanumeric());
    let longest = parts.max_by_key(|part| part.len()).unwrap_or_default();
    let turns = longest.windows(2).filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count();
    let enough = if text.len() < 24 { 2.8 } else { 3.2 };
    text.len() >= 16 && longest.len() >= 12 && turns >= 3 && entropy(text) >= enough
}
