//! The change `files.write`.

use std::sync::OnceLock;

use super::grants::{Backend, MOST, WRITE};
use super::replace::Before;
use crate::approval::show_name;
use crate::gate::{Action, Looking};
use crate::grant::{Reached, Spec};
use crate::journal::canonical::texts;
use crate::meter::Want;
use crate::name::{Digest, FilePath};
use crate::people::{About, Audience, Need, not_yours};
use crate::refusal::{Code, Refusal};

/// A whole file as a guest asks for it to be.
#[derive(Debug)]
pub struct Write {
    asked: String,
    /// The file; none where the text is no canonical path, which no grant reaches.
    pub(super) path: Option<FilePath>,
    pub(super) contents: Vec<u8>,
    digest: Digest,
    backend: Backend,
    /// What stands there, found out on the way to the card.
    before: OnceLock<Before>,
}

impl Write {
    /// Parses a request.
    #[must_use]
    pub fn parse(path: String, contents: Vec<u8>, backend: Backend) -> Self {
        let digest = Digest::of(&contents);
        Self { path: FilePath::parse(&path).ok(), asked: path, contents, digest, backend, before: OnceLock::new() }
    }

    /// What stood there when it was looked at.
    pub(super) fn before(&self) -> Result<&Before, Refusal> {
        self.before.get().ok_or_else(not_yours)
    }
}

impl Action for Write {
    fn spec(&self) -> &'static Spec {
        WRITE
    }

    fn function(&self) -> &'static str {
        "files.write"
    }

    fn weight(&self) -> u64 {
        (self.asked.len() + self.contents.len()) as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.path.iter().map(|path| Reached::Exactly(path.as_str())).collect()
    }

    fn need(&self) -> Need {
        self.path.clone().map_or(Need::Nothing, Need::WriteFile)
    }

    fn want(&self) -> Want {
        Want::Exactly(self.contents.len() as u64)
    }

    /// The folder must be there, and no more than a plain file in it; what it holds now is for the card.
    fn look(&self) -> Looking<'_> {
        Box::pin(async {
            if self.contents.len() as u64 > u64::from(MOST) {
                let why = format!("a file of at most {MOST} bytes can be written, and this one has {}", self.contents.len());
                return Err(Refusal::new(Code::NotGranted, why).unless("write less"));
            }
            let path = self.path.as_ref().ok_or_else(not_yours)?;
            // Looked at once: what the card shows is what the effect finds, or nothing is written.
            if self.before.get().is_none() {
                let _ = self.before.set(self.backend.before(path)?);
            }
            Ok(())
        })
    }

    fn audience(&self) -> Audience {
        self.path.clone().map_or(Audience::Nobody, Audience::Readers)
    }

    fn about(&self) -> Option<About> {
        self.path.clone().map(About::File)
    }

    fn writes(&self) -> Option<&FilePath> {
        self.path.as_ref()
    }

    fn canonical(&self) -> String {
        let (bytes, digest) = (self.contents.len().to_string(), self.digest.to_string());
        texts(&[("bytes", Some(&bytes)), ("contents", Some(&digest)), ("path", Some(&self.asked))])
    }

    fn found(&self) -> Option<String> {
        self.before.get().map(Before::text)
    }

    fn does(&self) -> Vec<String> {
        let replaced = match self.before.get().and_then(Before::size) {
            Some(size) => format!("replacing {size} bytes"),
            None => "a new file".to_owned(),
        };
        let mut lines =
            vec![format!("does      write {} bytes to {} ({replaced})", self.contents.len(), show_name(&self.asked))];
        if self.payload().is_none() {
            lines.push(format!("contents  no text: {} bytes, {}", self.contents.len(), self.digest));
        }
        lines
    }

    fn payload(&self) -> Option<&str> {
        std::str::from_utf8(&self.contents).ok()
    }

    fn sends(&self) -> Option<&[u8]> {
        Some(&self.contents)
    }
}
