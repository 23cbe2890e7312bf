//! The types of WIT values, aliases resolved, bounded in depth and size.

use std::fmt;

use wit_parser::{Resolve, Type, TypeDefKind};

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `bool`
    Bool,
    /// `s8` … `s64`, by its bits.
    Signed(u8),
    /// `u8` … `u64`, by its bits.
    Unsigned(u8),
    /// `f32`, `f64`, by its bits.
    Float(u8),
    /// `char`
    Char,
    /// `string`
    Text,
    /// `list<u8>`
    Bytes,
    /// `list<T>`
    List(Box<Shape>),
    /// `record`
    Record(Vec<Field>),
    /// `tuple<…>`
    Tuple(Vec<Shape>),
    /// `variant`
    Variant(Vec<Case>),
    /// `enum`
    Enum(Vec<String>),
    /// `flags`
    Flags(Vec<String>),
    /// `option<T>`
    Option(Box<Shape>),
    /// `result<T, E>`
    Result(Option<Box<Shape>>, Option<Box<Shape>>),
}

/// A field of a record, or a parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, as in WIT.
    pub name: String,
    /// Its type.
    pub shape: Shape,
}

/// A case of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name, as in WIT.
    pub name: String,
    /// What it carries.
    pub payload: Option<Shape>,
}

/// How deep a type may nest, and how many parts a function's types may have.
const DEPTH: usize = 16;
const PARTS: usize = 512;

/// Reads types of one function, within bounds.
pub(super) struct Reader<'r> {
    pub(super) resolve: &'r Resolve,
    parts: usize,
}

impl<'r> Reader<'r> {
    pub(super) const fn new(resolve: &'r Resolve) -> Self {
        Self { resolve, parts: 0 }
    }

    /// The shape of a type, or why it has no form in JSON.
    pub(super) fn read(&mut self, ty: &Type, depth: usize) -> Result<Shape, String> {
        self.parts += 1;
        if depth > DEPTH || self.parts > PARTS {
            return Err(format!("its types nest deeper than {DEPTH} or have more than {PARTS} parts"));
        }
        Ok(match ty {
            Type::Bool => Shape::Bool,
            Type::U8 => Shape::Unsigned(8),
            Type::U16 => Shape::Unsigned(16),
            Type::U32 => Shape::Unsigned(32),
            Type::U64 => Shape::Unsigned(64),
            Type::S8 => Shape::Signed(8),
            Type::S16 => Shape::Signed(16),
            Type::S32 => Shape::Signed(32),
            Type::S64 => Shape::Signed(64),
            Type::F32 => Shape::Float(32),
            Type::F64 => Shape::Float(64),
            Type::Char => Shape::Char,
            Type::String => Shape::Text,
            Type::ErrorContext => return Err("it uses an error-context, which has no form in JSON".to_owned()),
            Type::Id(id) => return self.defined(&self.resolve.types[*id].kind, depth),
        })
    }

    fn defined(&mut self, kind: &'r TypeDefKind, depth: usize) -> Result<Shape, String> {
        let inner = depth + 1;
        Ok(match kind {
            TypeDefKind::Type(ty) => self.read(ty, inner)?,
            TypeDefKind::List(Type::U8) => Shape::Bytes,
            TypeDefKind::List(ty) => Shape::List(Box::new(self.read(ty, inner)?)),
            TypeDefKind::Option(ty) => Shape::Option(Box::new(self.read(ty, inner)?)),
            TypeDefKind::Result(it) => {
                Shape::Result(self.boxed(it.ok.as_ref(), inner)?, self.boxed(it.err.as_ref(), inner)?)
            }
            TypeDefKind::Tuple(it) => {
                Shape::Tuple(it.types.iter().map(|ty| self.read(ty, inner)).collect::<Result<_, _>>()?)
            }
            TypeDefKind::Record(it) => {
                let read =
                    |field: &wit_parser::Field| Ok(Field { name: field.name.clone(), shape: self.read(&field.ty, inner)? });
                Shape::Record(it.fields.iter().map(read).collect::<Result<_, String>>()?)
            }
            TypeDefKind::Variant(it) => {
                let read = |case: &wit_parser::Case| {
                    let payload = case.ty.as_ref().map(|ty| self.read(ty, inner)).transpose()?;
                    Ok(Case { name: case.name.clone(), payload })
                };
                Shape::Variant(it.cases.iter().map(read).collect::<Result<_, String>>()?)
            }
            TypeDefKind::Enum(it) => Shape::Enum(it.cases.iter().map(|case| case.name.clone()).collect()),
            TypeDefKind::Flags(it) => Shape::Flags(it.flags.iter().map(|flag| flag.name.clone()).collect()),
            TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Map(..)
            | TypeDefKind::FixedLengthList(..)
            | TypeDefKind::Unknown => return Err(format!("it uses a {}, which has no form in JSON", kind.as_str())),
        })
    }

    fn boxed(&mut self, ty: Option<&Type>, depth: usize) -> Result<Option<Box<Shape>>, String> {
        ty.map(|ty| self.read(ty, depth).map(Box::new)).transpose()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Signed(bits) => write!(f, "s{bits}"),
            Self::Unsigned(bits) => write!(f, "u{bits}"),
            Self::Float(bits) => write!(f, "f{bits}"),
            Self::Char => f.write_str("char"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("list<u8>"),
            Self::List(of) => write!(f, "list<{of}>"),
            Self::Record(fields) => {
                write!(f, "record {{ {} }}", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Tuple(of) => write!(f, "tuple<{}>", of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            Self::Variant(cases) => {
                write!(f, "variant {{ {} }}", cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Enum(cases) => write!(f, "enum {{ {} }}", cases.join(", ")),
            Self::Flags(flags) => write!(f, "flags {{ {} }}", flags.join(", ")),
            Self::Option(of) => write!(f, "option<{of}>"),
            Self::Result(None, None) => f.write_str("result"),
            Self::Result(Some(ok), None) => write!(f, "result<{ok}>"),
            Self::Result(None, Some(err)) => write!(f, "result<_, {err}>"),
            Self::Result(Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.shape)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.payload {
            Some(payload) => write!(f, "{}({payload})", self.name),
            None => f.write_str(&self.name),
        }
    }
}
