//! What an operator says about vetting, and the detectors that are made of it.

use std::sync::OnceLock;

use super::{Detectors, Findings, Marker, Passages, Pattern, Word};

/// `[vet]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Words that are looked for.
    pub words: Vec<Word>,
    /// Patterns that are looked for.
    pub patterns: Vec<Pattern>,
    /// What marks a document.
    pub markers: Vec<Marker>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { words: Vec::new(), patterns: Vec::new(), markers: Marker::usual() }
    }
}

impl Settings {
    /// Each thing that is looked for, with the key it stands under.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let words = self.words.iter().map(|word| ("words", word.as_str()));
        let patterns = self.patterns.iter().map(|pattern| ("patterns", pattern.as_str()));
        words.chain(patterns).chain(self.markers.iter().map(|marker| ("markers", marker.as_str())))
    }
}

/// The detectors of a host, made when something is looked at for the first time.
#[derive(Debug, Default)]
pub struct Vetting {
    settings: Settings,
    made: OnceLock<Result<Detectors, String>>,
}

impl Vetting {
    /// Detectors that are yet to be made.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, made: OnceLock::new() }
    }

    /// Looks at what goes out.
    ///
    /// # Errors
    /// When the detectors cannot be made.
    pub fn look(&self, text: &[u8], passages: &Passages) -> Result<Findings, String> {
        let Settings { words, patterns, markers } = &self.settings;
        let made = self.made.get_or_init(|| Detectors::new(words, patterns, markers));
        made.as_ref().map(|detectors| detectors.look(text, passages)).map_err(Clone::clone)
    }
}
