//! The types of WIT that are values, with aliases resolved: what JSON can carry.

use std::fmt;

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `bool`.
    Bool,
    /// `s8`.
    S8,
    /// `u8`.
    U8,
    /// `s16`.
    S16,
    /// `u16`.
    U16,
    /// `s32`.
    S32,
    /// `u32`.
    U32,
    /// `s64`.
    S64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`: a Unicode scalar value.
    Char,
    /// `string`.
    String,
    /// `list<u8>`, which is never [`Shape::List`].
    Bytes,
    /// `list<…>` of anything else.
    List(Box<Shape>),
    /// A record's fields.
    Record(Vec<(String, Shape)>),
    /// A tuple's places.
    Tuple(Vec<Shape>),
    /// A variant's cases, each with what it carries.
    Variant(Vec<(String, Option<Shape>)>),
    /// An enum's cases.
    Enum(Vec<String>),
    /// The names of flags.
    Flags(Vec<String>),
    /// `option<…>`.
    Option(Box<Shape>),
    /// `result<…>`.
    Result {
        /// What success carries.
        ok: Option<Box<Shape>>,
        /// What failure carries.
        err: Option<Box<Shape>>,
    },
}

impl Shape {
    /// `list<…>`, told from bytes.
    #[must_use]
    pub fn list(of: Self) -> Self {
        if of == Self::U8 { Self::Bytes } else { Self::List(Box::new(of)) }
    }

    /// The least and the greatest whole number, for a type of whole numbers.
    #[must_use]
    pub fn range(&self) -> Option<(i128, i128)> {
        match self {
            Self::S8 => Some((i8::MIN.into(), i8::MAX.into())),
            Self::U8 => Some((0, u8::MAX.into())),
            Self::S16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::U16 => Some((0, u16::MAX.into())),
            Self::S32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::U32 => Some((0, u32::MAX.into())),
            Self::S64 => Some((i64::MIN.into(), i64::MAX.into())),
            Self::U64 => Some((0, u64::MAX.into())),
            Self::Bool | Self::F32 | Self::F64 | Self::Char | Self::String | Self::Bytes | Self::List(_) => None,
            Self::Record(_) | Self::Tuple(_) | Self::Variant(_) | Self::Enum(_) | Self::Flags(_) => None,
            Self::Option(_) | Self::Result { .. } => None,
        }
    }

    /// What JSON is expected, in words that fit after "expected ".
    pub(super) fn expected(&self) -> String {
        let plain = match self {
            Self::Bool => "true or false",
            Self::S8 | Self::U8 | Self::S16 | Self::U16 | Self::S32 | Self::U32 => return self.whole(""),
            Self::S64 | Self::U64 => return self.whole(", as a string of digits"),
            Self::F32 => "a number that a 32-bit float can hold, or \"NaN\", \"Infinity\" or \"-Infinity\"",
            Self::F64 => "a number, or \"NaN\", \"Infinity\" or \"-Infinity\"",
            Self::Char => "a string of exactly one character",
            Self::String => "a string",
            Self::Bytes => "a string of base64 (with padding, RFC 4648 section 4)",
            Self::List(_) => "a list",
            Self::Flags(names) => return format!("a list of different names out of {}", ticked(names)),
            Self::Enum(names) => return format!("one of {}", ticked(names)),
            Self::Record(fields) => return with_fields(fields.iter().map(|(name, _)| name.clone())),
            Self::Tuple(places) => return with_fields((0..places.len()).map(|place| place.to_string())),
            Self::Variant(cases) => return tagged(cases.iter().map(|(name, _)| name.clone())),
            Self::Result { .. } => return tagged(["ok".to_owned(), "err".to_owned()]),
            Self::Option(_) => "an object that is empty or has the field `some`",
        };
        plain.to_owned()
    }

    fn whole(&self, form: &str) -> String {
        match self.range() {
            Some((least, greatest)) => format!("a whole number from {least} to {greatest}{form}"),
            None => "a whole number".to_owned(),
        }
    }
}

/// The cases of a `result`, which JSON carries like those of a variant.
pub(super) fn cases<'s>(ok: Option<&'s Shape>, err: Option<&'s Shape>) -> [(&'static str, Option<&'s Shape>); 2] {
    [("ok", ok), ("err", err)]
}

fn with_fields(names: impl IntoIterator<Item = String>) -> String {
    format!("an object with the fields {}", ticked(&names.into_iter().collect::<Vec<_>>()))
}

fn tagged(names: impl IntoIterator<Item = String>) -> String {
    format!("an object whose `tag` is one of {}", ticked(&names.into_iter().collect::<Vec<_>>()))
}

fn ticked(names: &[String]) -> String {
    super::listed(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}

/// A text of somebody else, quoted so that nothing in it can act on a terminal or run on for pages.
pub(super) fn shown(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut kept: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        kept.push('…');
    }
    format!("\"{kept}\"")
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
            Self::Bytes => "list<u8>",
            Self::List(of) => return write!(f, "list<{of}>"),
            Self::Option(of) => return write!(f, "option<{of}>"),
            Self::Record(fields) => {
                return braced(f, "record", fields.iter().map(|(name, shape)| format!("{name}: {shape}")));
            }
            Self::Tuple(places) => {
                let places: Vec<String> = places.iter().map(ToString::to_string).collect();
                return write!(f, "tuple<{}>", places.join(", "));
            }
            Self::Variant(cases) => {
                return braced(f, "variant", cases.iter().map(|(name, shape)| case(name, shape.as_ref())));
            }
            Self::Enum(names) => return braced(f, "enum", names.iter().cloned()),
            Self::Flags(names) => return braced(f, "flags", names.iter().cloned()),
            Self::Result { ok: None, err: None } => "result",
            Self::Result { ok: Some(ok), err: None } => return write!(f, "result<{ok}>"),
            Self::Result { ok: None, err: Some(err) } => return write!(f, "result<_, {err}>"),
            Self::Result { ok: Some(ok), err: Some(err) } => return write!(f, "result<{ok}, {err}>"),
        };
        f.write_str(plain)
    }
}

fn case(name: &str, carries: Option<&Shape>) -> String {
    carries.map_or_else(|| name.to_owned(), |shape| format!("{name}({shape})"))
}

fn braced(f: &mut fmt::Formatter<'_>, word: &str, inside: impl Iterator<Item = String>) -> fmt::Result {
    write!(f, "{word} {{ {} }}", inside.collect::<Vec<_>>().join(", "))
}
