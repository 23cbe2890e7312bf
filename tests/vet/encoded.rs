//! What is encoded is looked into, three deep and within bounds; hostile pieces end.

use std::io::Write;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tollgate::vet::{Encoding, Kind};

use super::{found, names, only, token};

const ALL: [Encoding; 6] = [Encoding::Base64, Encoding::Hex, Encoding::Url, Encoding::Gzip, Encoding::Zlib, Encoding::Zstd];

fn percent(byte: u8) -> String {
    format!("%{byte:02X}")
}

/// The same bytes as one more encoding writes them, in one of the ways that it has.
fn encode(encoding: Encoding, bytes: &[u8], way: usize) -> Vec<u8> {
    let wrapped = |text: String, width: usize| {
        text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n")
    };
    match encoding {
        Encoding::Base64 => match way % 6 {
            0 => STANDARD.encode(bytes),
            1 => STANDARD_NO_PAD.encode(bytes),
            2 => URL_SAFE.encode(bytes),
            3 => URL_SAFE_NO_PAD.encode(bytes),
            4 => wrapped(STANDARD.encode(bytes), 64),
            _ => wrapped(STANDARD.encode(bytes), 76).replace('\n', "\r\n  "),
        }
        .into_bytes(),
        Encoding::Hex => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            [hex.clone(), hex.to_uppercase(), wrapped(hex, 64)][way % 3].clone().into_bytes()
        }
        Encoding::Url => bytes.iter().map(|byte| percent(*byte)).collect::<String>().into_bytes(),
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(way as u32 % 10));
            encoder.write_all(bytes).expect("memory");
            encoder.finish().expect("memory")
        }
        Encoding::Zlib => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(way as u32 % 10));
            encoder.write_all(bytes).expect("memory");
            encoder.finish().expect("memory")
        }
        Encoding::Zstd => compress_to_vec(
            bytes,
            if way.is_multiple_of(2) { CompressionLevel::Fastest } else { CompressionLevel::Uncompressed },
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_token_is_found_through_any_three_encodings(
        layers in prop::collection::vec((0..ALL.len(), 0..12_usize), 1..=3),
        filling in "[a-z ,.]{0,80}",
        around in 0..4_usize,
    ) {
        let mut bytes = format!("{filling} {} {filling}", token()).into_bytes();
        for (encoding, way) in &layers {
            bytes = encode(ALL[*encoding], &bytes, *way);
        }
        let (before, after) = [("", ""), ("see: ", " and go"), ("{\"data\":\"", "\"}"), ("x=", "\n")][around];
        // What is packed with zlib is known by its first two bytes alone, so it must begin where a piece begins.
        let before = if layers.last().is_some_and(|(last, _)| ALL[*last] == Encoding::Zlib) { "" } else { before };
        let text = [before.as_bytes(), &bytes, after.as_bytes()].concat();
        let findings = found(&text);
        let finding = findings.iter().find(|finding| &*finding.what == "GitHub token");
        let finding = finding.unwrap_or_else(|| panic!("{layers:?}: {:?} in {:?}", names(&findings), String::from_utf8_lossy(&text)));
        // The outermost first; what is packed without being made smaller can be read from without.
        let mut outermost = layers.iter().rev().map(|(layer, _)| ALL[*layer]);
        prop_assert!(finding.through.iter().all(|it| outermost.any(|layer| layer == *it)), "{:?}", finding.through);
        prop_assert!(finding.at.start >= before.len().saturating_sub(2) && finding.at.end <= text.len() - after.len(), "{:?}", finding.at);
    }

    #[test]
    fn any_bytes_are_looked_at_without_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        magic in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"-----BEGIN ", b"eyJ"]),
    ) {
        let text = [magic, &bytes].concat();
        for finding in found(&text).iter() {
            prop_assert!(finding.at.start <= finding.at.end && finding.at.end <= text.len());
        }
    }

    /// Packed pieces of which some bytes were changed: whatever the decoders do, a look ends.
    #[test]
    fn broken_pieces_are_looked_at_without_harm(
        encoding in 3..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        way in 0..10_usize,
    ) {
        let text = format!("{} and so on, and so on, and so on", token()).repeat(20);
        let mut bytes = encode(ALL[encoding], text.as_bytes(), way);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let findings = found(&bytes);
        prop_assert!(findings.iter().all(|finding| finding.at.end <= bytes.len()));
    }
}

#[test]
fn a_fourth_encoding_is_said_to_be_unseen() {
    let mut bytes = token().into_bytes();
    for _ in 0..3 {
        bytes = encode(Encoding::Base64, &bytes, 0);
    }
    assert_eq!(names(&found(&bytes)), ["GitHub token"]);
    bytes = encode(Encoding::Base64, &bytes, 0);
    let finding = only(&found(&bytes));
    assert_eq!((finding.kind, &*finding.what), (Kind::Unseen, "more than three encodings around one another"));
}

#[test]
fn in_the_path_of_an_address_base64_begins_where_it_begins() {
    let piece = URL_SAFE_NO_PAD.encode(token());
    for prefix in ["https://h/a/", "https://h/ab/", "https://h/abc/", "https://h/abcd/", "/api/v1_2-x/"] {
        assert_eq!(names(&found(format!("{prefix}{piece}"))), ["GitHub token"], "{prefix}");
    }
}

#[test]
fn hex_begins_at_either_digit() {
    let piece: String = token().bytes().map(|byte| format!("{byte:02x}")).collect();
    for prefix in ["", "f", "id 0", "0a", "7f3"] {
        assert_eq!(names(&found(format!("{prefix}{piece}"))), ["GitHub token"], "{prefix}");
    }
}

/// A whole look, and that it was no longer than a service can wait.
fn in_time(text: &[u8]) -> tollgate::vet::Findings {
    // Built without optimisation this takes some twenty times as long as in a release.
    let limit = Duration::from_secs(30);
    let begun = now();
    let findings = found(text);
    let took = begun.elapsed();
    assert!(took < limit, "{took:?}");
    findings
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn a_bomb_is_looked_into_as_far_as_a_mebibyte_and_says_so() {
    for encoding in [Encoding::Gzip, Encoding::Zlib, Encoding::Zstd] {
        let early = format!("{}{}", token(), " ".repeat(4 << 20));
        let packed = encode(encoding, early.as_bytes(), 6);
        let findings = in_time(&packed);
        let counts = (findings.count(Kind::Unseen), findings.count(Kind::Secret));
        assert_eq!(counts, (1, 1), "{encoding:?}: {:?}", names(&findings));
        let unseen = findings.iter().find(|finding| finding.kind == Kind::Unseen).expect("it is said");
        assert!(unseen.at.end * 4 < packed.len() * 3, "{encoding:?}: it is read no further: {unseen}, of {}", packed.len());
        let late = format!("{}{}", " ".repeat(2 << 20), token());
        let findings = in_time(&encode(encoding, late.as_bytes(), 6));
        assert_eq!(findings.count(Kind::Unseen), 1, "{encoding:?}: {:?}", names(&findings));
    }
}

#[test]
fn many_bombs_are_looked_into_as_far_as_the_bound_for_all() {
    let bomb = encode(Encoding::Gzip, " ".repeat(1 << 20).as_bytes(), 9);
    let many: Vec<String> = (0..40).map(|_| STANDARD.encode(&bomb)).collect();
    let findings = in_time(many.join("\n\n").as_bytes());
    assert!(names(&findings).contains(&"more encoded pieces than are looked into"), "{:?}", names(&findings));
}

#[test]
fn many_small_pieces_are_looked_into_up_to_a_number() {
    let pieces = |count| format!("{}\n", STANDARD.encode("hello world,")).repeat(count);
    assert!(found(pieces(4000)).is_empty());
    let beyond = found(format!("{}{}", pieces(5000), STANDARD.encode(token())));
    assert!(names(&beyond).contains(&"more encoded pieces than are looked into"), "{:?}", names(&beyond));
}

#[test]
fn whatever_repeats_ends() {
    let gzip = "\u{1f}\u{8b}";
    for part in [
        "a",
        "0",
        " ",
        "%41",
        "%",
        "@",
        "a@",
        "a@b.cd ",
        "+",
        "+1 ",
        "4",
        "4242 ",
        "eyJ",
        "eyJ.",
        "eyJ-",
        "eyJaaaaaaaaaaaa.",
        "ghp_",
        "password=",
        "token: a1b2",
        "://",
        "a://b:",
        "-----BEGIN PRIVATE KEY-----",
        "bearer ",
        "basic ",
        "DE",
        "DE89 ",
        "CONFIDENTIAL",
        "CONFIDENTIAL\n",
        "AAAAAAAAAAAAAAAA ",
        "6768705f6768705f ",
        "aGVsbG8gd29ybGQsIGhlbGxv\n",
        "H4sIAAAAAAAA",
        gzip,
        "AccountKey=",
        "glpat-",
        "glpat-aaaaaaaaaaaaaaaaaaaa-",
        "hvs.",
        "sk-proj-",
    ] {
        in_time(part.repeat((1 << 18) / part.len()).as_bytes());
    }
    for bytes in [
        &b"\x1f\x8b\x08\0\0\0\0\0\0\0"[..],
        b"\x28\xb5\x2f\xfd\x00\x58\x01\0\0",
        b"\x1f\x8b\x08\0\0\0\0\0\0\0\x00\0\0\xff\xff",
    ] {
        in_time(&bytes.repeat((1 << 18) / bytes.len()));
    }
}
