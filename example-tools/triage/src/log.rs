//! The lines of a log, read in pieces, so that its length does not matter.

use std::borrow::Cow;

use tollgate_sdk::{Refusal, context, files};

/// The most bytes of one call.
const PIECE: u32 = 256 << 10;

/// Bytes of a line that are looked at.
const LINE: usize = 64 << 10;

/// What became of a log.
#[derive(Debug, Default)]
pub struct Read {
    pub bytes: u64,
    pub lines: u64,
    /// Lines that are no UTF-8; looked at as far as they are.
    pub garbled: u64,
    /// Lines of which only the beginning was looked at.
    pub cut: u64,
    /// Why it was not read to its end.
    pub refused: Option<Refusal>,
}

/// Hands every line to `each`, with its number from 1.
pub fn read(path: &str, mut each: impl FnMut(u64, &str)) -> Read {
    let mut read = Read::default();
    let mut line = Line::default();
    loop {
        let length = length();
        let piece = match files::read(path, read.bytes, length) {
            Ok(piece) => piece,
            Err(refusal) => {
                read.refused = Some(refusal);
                break;
            }
        };
        read.bytes += piece.len() as u64;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let ended = part.ends_with(b"\n");
            line.add(part);
            if ended {
                line.end(&mut read, &mut each);
            }
        }
        if piece.len() < length as usize {
            break;
        }
    }
    if line.begun {
        line.end(&mut read, &mut each);
    }
    read
}

/// What is asked for must be left on the meter, however little is left of the file. Where nothing is, the host says so.
fn length() -> u32 {
    let of_files = context::meters().into_iter().filter(|meter| meter.grant == "files.read");
    let left = of_files.map(|meter| meter.bytes).max().unwrap_or(0);
    if left == 0 { PIECE } else { u32::try_from(left).unwrap_or(PIECE).min(PIECE) }
}

/// A line that is being put together from pieces.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    begun: bool,
    cut: bool,
}

impl Line {
    fn add(&mut self, part: &[u8]) {
        let room = LINE - self.bytes.len();
        self.bytes.extend_from_slice(&part[..part.len().min(room)]);
        self.cut |= part.len() > room;
        self.begun = true;
    }

    fn end(&mut self, read: &mut Read, each: &mut impl FnMut(u64, &str)) {
        read.lines += 1;
        read.cut += u64::from(self.cut);
        let text = String::from_utf8_lossy(&self.bytes);
        // A cut in the middle of a character garbles nothing.
        read.garbled += u64::from(matches!(text, Cow::Owned(_)) && !self.cut);
        each(read.lines, text.trim_end_matches(['\n', '\r']));
        self.bytes.clear();
        (self.begun, self.cut) = (false, false);
    }
}
