//! Cases written by hand, each of which some detector gets wrong. Those that look like secrets are put together here, so that
//! nobody's scanner takes this file for a leak.

use super::{found, names, only};

/// A text in parts, and what is to be found in it.
pub struct Case(pub &'static [&'static str], pub &'static [&'static str]);

impl Case {
    pub fn text(&self) -> String {
        self.0.concat()
    }
}

pub const CASES: &[Case] = &[
    // Published examples of numbers with check digits.
    Case(&["transfer it to DE89 3704 0044 ", "0532 0130 00 please"], &["IBAN"]),
    Case(&["GB82 WEST 1234 ", "5698 7654 32"], &["IBAN"]),
    Case(&["(MT84MALT0110000", "12345MTLCAST001S)"], &["IBAN"]),
    Case(&["AHV 756.9217", ".0769.85, born"], &["Swiss AHV number"]),
    Case(&["NIR 2 55 08 14 168 ", "025 38"], &["French NIR"]),
    Case(&["RSSMRA85T", "10A562S"], &["Italian codice fiscale"]),
    Case(&["PESEL: 4405", "1401359"], &["Polish PESEL"]),
    Case(&["PESEL: 4413140", "1350, PESEL: 4405000", "1352: no month and no day of birth"], &[]),
    Case(&["BSN 1112", "22333"], &["Dutch citizen service number"]),
    Case(&["NHS 943 476", " 5919"], &["NHS number"]),
    Case(&["Steuer-ID 8609", "5742719"], &["German tax number"]),
    Case(&["SSN: 536-22", "-8726"], &["US social security number"]),
    Case(&["AGE-SECRET-KEY-", "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"], &["age secret key"]),
    // The same digits without the word that says what they are.
    Case(&["order 1112", "22333 is late"], &[]),
    Case(&["order 943 476", " 5919 is late"], &[]),
    Case(&["tracking 8609", "5742719"], &[]),
    // Numbers that are something else.
    Case(&["ISBN 978-3-16-148410-0 and 9783161484100"], &[]),
    Case(&["4242 4242 4242 4242 is the number for tests, and so is 4111111111111111"], &[]),
    Case(&["4539 5787 6362", " 1486, valid until 12/27"], &["payment card number"]),
    Case(&["rows: 4539 5787 6362", " 1486 4539 5787 6362 1486"], &[]),
    Case(&["sum 0.45395787", "63621486 of it"], &[]),
    Case(&["id a45395787", "63621486"], &[]),
    Case(&["2026-11-26 22:31:30.123456789, 1764196290123, 17641962901234567"], &[]),
    Case(&["550e8400-e29b-41d4-a716-446655440000"], &[]),
    Case(&["192.168.100.200, 2001:db8:85a3::8a2e:370:7334, 00:1a:2b:3c:4d:5e"], &[]),
    Case(&["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"], &[]),
    // Addresses.
    Case(&["ask ben@corp-tools.io or Ada <ada.l+x@mail.corp-tools.co.uk>."], &["e-mail address", "e-mail address"]),
    Case(&["git@github.com:a/b.git, icon@2x.png, @decorator.method, user@example.org, a@b, x@1.2.3"], &[]),
    Case(&["chacha20-poly1305@openssh.com"], &[]),
    Case(&["call +41 44 668 18 00, or +1 (415) 967-1111"], &["telephone number", "telephone number"]),
    Case(&["+49 (0)30 22 73 22 73"], &["telephone number"]),
    Case(&["+1 202 555 0143 is of a film; +0100 a zone; +12345-03-04 a day; 1+4415551234567"], &[]),
    // Tokens, true and not.
    Case(&["ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"], &["GitHub token"]),
    Case(&["ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"], &[]),
    Case(&["xghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"], &[]),
    Case(&["ghp", "_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"], &[]),
    Case(&["AKIA", "Z7KQ3NWPX5TBY2ML"], &["AWS access key"]),
    Case(&["AKIA", "IOSFODNN7EXAMPLE"], &[]),
    Case(&["key = \"sk_", "live_4eC39HqLyjWDarjtT1zdp7dc\""], &["Stripe key"]),
    Case(&["https://hooks.slack", ".com/services/T024F8K2A/B024F8K2Z/aB3dE5gH7jK9mN1pQ3sT5vX7"], &["Slack webhook"]),
    Case(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJiZW4ifQ", ".c2lnbmF0dXJlLW9mLWl0"], &["JSON web token"]),
    Case(&["eyJhbGciOiJIUzI1NiJ9.notJsonAtAll12345", ".c2lnbmF0dXJlLW9mLWl0"], &[]),
    Case(
        &["-----BEGIN OPENSSH PRIV", "ATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIV", "ATE KEY-----"],
        &["private key"],
    ),
    Case(&["{\"k\": \"-----BEGIN PRIV", "ATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n\"}"], &["private key"]),
    Case(&["-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----"], &[]),
    Case(&["a file that begins with -----BEGIN PRIV", "ATE KEY----- is one"], &[]),
    Case(&["$2b$12$", "EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"], &["password hash"]),
    // Told by its form, and not again by the name that it is assigned to.
    Case(&["access_token = \"ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17\""], &["GitHub token"]),
    // What is assigned.
    Case(&["password = \"tr0ub4dor", "&3\""], &["password"]),
    Case(&["DB_PASSWORD=hT7", "kLm29xQ"], &["password"]),
    Case(&["let password = read_password(stdin)?; password: String, passwd: Option<u64>"], &[]),
    Case(&["password = \"${DB_PASSWORD}\"; password: changeme123; password = '********'"], &[]),
    Case(&["api_key: 9aF3kQ7", "xW2mZ8vB4nL6t"], &["value that looks like a secret"]),
    Case(&["token = token_from_header_2; secret_name = \"projects/12/secrets/db\""], &[]),
    Case(&["key = \"9aF3kQ7xW2mZ8vB4nL6t\" is the key of a row"], &[]),
    Case(&["cipher_key: TLS13_CHACHA20_POLY1305_SHA256"], &[]),
    Case(&["postgres://app:Zx81", "kQw9@db.corp.internal/main"], &["password in an address"]),
    Case(&["postgres://user:password@localhost/db, https://user@host/, http://[::1]:8080/a@b"], &[]),
    Case(&["Authorization: Bearer 9aF3kQ7xW2", "mZ8vB4nL6tY1"], &["bearer token"]),
    Case(&["Authorization: Basic YmVuOmh1", "bnRlcjI3MQ=="], &["name and password for HTTP"]),
    Case(&["the bearer of this letter; a basic understanding; Bearer authentication"], &[]),
    // Markers.
    Case(&["# CONFIDENTIAL\n\nplans"], &["marker CONFIDENTIAL"]),
    Case(&["Classification: TLP:AMBER+STRICT"], &["marker TLP:AMBER+STRICT"]),
    Case(&["  ** STRENG VERTRAULICH ** "], &["marker STRENG VERTRAULICH"]),
    Case(&["this is confidential; we say CONFIDENTIAL when we mean it; \"CONFIDENTIAL\""], &[]),
    Case(&["CONFIDENTIAL = 3\nCONFIDENTIALITY is a word"], &[]),
];

#[test]
fn each_case_is_judged_as_its_author_did() {
    let judged = |case: &Case| {
        let text = case.text();
        let findings = found(&text);
        (names(&findings) != case.1).then(|| format!("{text:?}: {:?}, not {:?}", names(&findings), case.1))
    };
    let wrong: Vec<String> = CASES.iter().filter_map(judged).collect();
    assert!(CASES.len() >= 60, "{} cases", CASES.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What stands before it, what is to be found, in parts, and what stands after.
const PLACES: &[(&str, &[&str], &str)] = &[
    ("valid: ", &["4539 5787 6362", " 1486"], ", until 12/27"),
    ("AHV ", &["756.9217", ".0769.85"], ", born"),
    ("transfer it to ", &["DE89 3704 0044 ", "0532 0130 00"], " please"),
    ("of ", &["RSSMRA85T", "10A562S"], ", says he"),
    ("ask <", &["ben@corp-tools", ".io"], ">."),
    ("call ", &["+41 44 668", " 18 00"], ", or"),
    ("use ", &["ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"], " once"),
    ("DB_PASSWORD=", &["hT7", "kLm29xQ"], "\n"),
    ("api_key: ", &["9aF3kQ7", "xW2mZ8vB4nL6t"], "\n"),
    ("postgres://", &["app:Zx81", "kQw9"], "@db.corp.internal/main"),
    ("Authorization: Bearer ", &["9aF3kQ7xW2", "mZ8vB4nL6tY1"], "\n"),
    ("Authorization: Basic ", &["YmVuOmh1", "bnRlcjI3MQ=="], "\n"),
    ("Classification: ", &["TLP:RED"], " from here on"),
];

#[test]
fn each_finding_stands_where_it_begins_and_ends() {
    for (before, parts, after) in PLACES {
        let (it, text) = (parts.concat(), format!("{before}{}{after}", parts.concat()));
        assert_eq!(text[only(&found(&text)).at], it, "{text}");
    }
}
