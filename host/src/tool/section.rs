//! The section in which a tool's author speaks of it: found while the component is walked, and bounded before it is read.

use wasmparser::{Encoding, Payload};

/// What the section is called.
pub(super) const NAME: &str = "tollgate:tool/v1";

/// The largest, in bytes.
const LARGEST: usize = 64 << 10;

/// The sections of that name, as they are met.
#[derive(Default)]
pub(super) struct Sections<'a> {
    /// Whether what is being walked right below the component is a core module.
    in_module: bool,
    first: Option<&'a [u8]>,
    count: usize,
    /// One stood in the component itself.
    outside: bool,
}

impl<'a> Sections<'a> {
    /// Looks at one part of the component, which stands `depth` components or modules deep.
    ///
    /// Only what stands in the component's own core modules speaks of it. A component within it may have been a tool
    /// before somebody composed it into this one; what it says of itself is nobody's concern here.
    pub(super) fn see(&mut self, payload: &Payload<'a>, depth: usize) {
        match payload {
            Payload::Version { encoding, .. } if depth == 1 => self.in_module = *encoding == Encoding::Module,
            Payload::CustomSection(section) if section.name() == NAME => match depth {
                0 => self.outside = true,
                1 if self.in_module => {
                    self.count += 1;
                    self.first.get_or_insert(section.data());
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The text of the one section, if there is one.
    ///
    /// # Errors
    /// When there are several, or it is elsewhere, too large or no text; a sentence that begins with "it".
    pub(super) fn text(&self) -> Result<Option<&'a str>, String> {
        if self.outside {
            return Err(format!("it has a section `{NAME}` outside of its core modules, where it is not read"));
        }
        match (self.first, self.count) {
            (None, _) => Ok(None),
            (Some(bytes), 1) if bytes.len() > LARGEST => {
                Err(format!("its section `{NAME}` is {} bytes large; {LARGEST} are allowed", bytes.len()))
            }
            (Some(bytes), 1) => {
                std::str::from_utf8(bytes).map(Some).map_err(|_| format!("its section `{NAME}` is not UTF-8"))
            }
            (Some(_), several) => Err(format!("it has {several} sections `{NAME}`, and a tool has one")),
        }
    }
}
