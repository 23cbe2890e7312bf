//! `[vet]`: what is looked for in what goes out, beside what is built in.

use super::serve::each;
use crate::manifest::raw::Section;
use crate::vet::{Detectors, Marker, Pattern, Settings, Word};

const WORDS: &str = "write words = [\"Project Falcon\"]: found in any case, whole, with any white space between";
const PATTERNS: &str = "write patterns = ['CASE-[0-9]{5}']: regular expressions, without look-around and back references";
const MARKERS: &str =
    "write markers = [\"CONFIDENTIAL\"]: with what a line begins that marks a document, as it is written there";

/// Reads `[vet]`. What is wrong is noted, and left out.
pub(super) fn vet(mut section: Section<'_>) -> Settings {
    let words = each(&mut section, "words", Word::parse, WORDS);
    let patterns = each(&mut section, "patterns", Pattern::parse, PATTERNS);
    let markers = match section.holds("markers") {
        true => each(&mut section, "markers", Marker::parse, MARKERS),
        false => Marker::usual(),
    };
    let settings = Settings { words, patterns, markers };
    if let Err(why) = Detectors::fit(&settings.words) {
        section.refuse("words", &why, "say with a pattern what some of them have in common");
    }
    section.finish();
    settings
}
