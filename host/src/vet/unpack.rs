//! What packed pieces hold, up to a bound.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::bufread::{GzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;

use super::{Encoding, PIECE};

/// The largest window of zstd for which room is made.
const ZSTD_WINDOW: u64 = 8 << 20;

/// What came out of a packed piece.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// What it holds, as far as it was unpacked.
    pub bytes: Vec<u8>,
    /// How many bytes were read for it.
    pub taken: usize,
    /// Why it was not unpacked in full.
    pub not_all: Option<&'static str>,
}

/// Unpacks what begins with `packed`, and reads no further than it goes.
pub fn unpack(encoding: Encoding, packed: &[u8]) -> Unpacked {
    match encoding {
        // One member; the next is a piece of its own.
        Encoding::Gzip => {
            let mut decoder = GzDecoder::new(packed);
            let (bytes, broken) = most(&mut decoder);
            made(bytes, packed.len() - decoder.get_ref().len(), broken.then_some("this gzip piece breaks off"))
        }
        // Two bytes are no proof that something is packed: where it breaks off, what came out is all there is.
        Encoding::Zlib => {
            let mut decoder = ZlibDecoder::new(packed);
            let (bytes, _) = most(&mut decoder);
            made(bytes, packed.len() - decoder.get_ref().len(), None)
        }
        // The decoder asserts what hostile input may break; then it was not looked at, and nothing else happened.
        Encoding::Zstd => catch_unwind(AssertUnwindSafe(|| zstd(packed))).unwrap_or(Unpacked {
            bytes: Vec::new(),
            taken: packed.len(),
            not_all: Some("this zstd piece cannot be unpacked"),
        }),
        Encoding::Base64 | Encoding::Hex | Encoding::Url => Unpacked::default(),
    }
}

fn zstd(packed: &[u8]) -> Unpacked {
    match StreamingDecoder::new_with_max_window_size(packed, ZSTD_WINDOW) {
        Ok(mut decoder) => {
            let (bytes, broken) = most(&mut decoder);
            made(bytes, packed.len() - decoder.get_ref().len(), broken.then_some("this zstd piece breaks off"))
        }
        Err(_) => made(Vec::new(), 16, Some("this zstd piece cannot be unpacked")),
    }
}

fn made(mut bytes: Vec<u8>, taken: usize, broken: Option<&'static str>) -> Unpacked {
    let long = bytes.len() > PIECE;
    bytes.truncate(PIECE);
    Unpacked { bytes, taken, not_all: if long { Some("more than 1 MiB comes out of this piece") } else { broken } }
}

/// As much as is looked at, and one byte more if there is one; and whether it broke off before.
fn most(decoder: &mut impl Read) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let broken = decoder.take(PIECE as u64 + 1).read_to_end(&mut bytes).is_err();
    (bytes, broken)
}
