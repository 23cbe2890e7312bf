//! `[vet]`: what is looked for in what goes out, beside what is built in.

use super::serve::each;
use crate::manifest::raw::Section;
use crate::vet::{Detectors, Settings};

const WORDS: &str = "write words = [\"Project Falcon\"]: found in any case, whole, with any white space between";
const PATTERNS: &str = "write patterns = ['CASE-[0-9]{5}']: regular expressions, without look-around and back references";
const MARKERS: &str =
    "write markers = [\"CONFIDENTIAL\"]: with what a line begins that marks a document, as it is written there";

/// Reads `[vet]`. What is wrong is noted, and left out.
pub(super) fn vet(mut section: Section<'_>) -> Settings {
    let mut settings = Settings::default();
    settings.words = each(&mut section, "words", crate::vet::Word::parse, WORDS);
    settings.patterns = each(&mut section, "patterns", crate::vet::Pattern::parse, PATTERNS);
    if section.holds("markers") {
        settings.markers = each(&mut section, "markers", crate::vet::Marker::parse, MARKERS);
    }
    if let Err(why) = Detectors::fit(&settings.words) {
        section.refuse("words", &why, "say with a pattern what some of them have in common");
    }
    section.finish();
    settings
}
