//! From a component's own types to shapes, within bounds that hold before anything is built.

use wasmparser::PrimitiveValType;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::TypesRef;

use super::read::label;
use super::{Function, FunctionDocs, Shape, schema};

/// Shapes in one signature, bytes of all its names, shapes within each other. A type that is small in the file may be
/// used many times and then be huge: these are counted where it is used.
const SHAPES: usize = 512;
const NAMES: usize = 64 << 10;
const DEPTH: usize = 16;

struct Shaping<'t> {
    types: TypesRef<'t>,
    shapes: usize,
    names: usize,
}

/// A function that can be called.
///
/// # Errors
/// When it cannot; the reason fits after "it cannot be called: ".
pub(super) fn function(
    types: TypesRef<'_>,
    interface: &str,
    name: &str,
    of: &ComponentFuncType,
) -> Result<Function, String> {
    if of.async_ {
        return Err("it is `async`, which this host does not run".to_owned());
    }
    let mut shaping = Shaping { types, shapes: SHAPES, names: NAMES };
    let mut params = Vec::new();
    for (name, shape) in &of.params {
        let shape = shaping.value(shape, 1).map_err(|why| format!("its parameter `{}` {why}", cut(name.as_str())))?;
        params.push((shaping.name(name.as_str())?, shape));
    }
    let result =
        of.result.as_ref().map(|shape| shaping.value(shape, 1)).transpose().map_err(|why| format!("its result {why}"))?;
    let function = Function {
        name: name.to_owned(),
        interface: Some(interface.to_owned()),
        params,
        result,
        docs: FunctionDocs::default(),
    };
    schema::bounded(&schema::input(&function)).map_err(|why| format!("the schema of its parameters {why}"))?;
    schema::bounded(&schema::output(&function)).map_err(|why| format!("the schema of its result {why}"))?;
    Ok(function)
}

impl Shaping<'_> {
    fn value(&mut self, of: &ComponentValType, depth: usize) -> Result<Shape, String> {
        if depth > DEPTH {
            return Err(format!("has a type more than {DEPTH} levels deep"));
        }
        self.shapes = self.shapes.checked_sub(1).ok_or_else(|| format!("has a type of more than {SHAPES} parts"))?;
        match of {
            ComponentValType::Primitive(primitive) => self::primitive(*primitive),
            ComponentValType::Type(id) => {
                let types = self.types;
                self.defined(&types[*id], depth)
            }
        }
    }

    fn defined(&mut self, of: &ComponentDefinedType, depth: usize) -> Result<Shape, String> {
        let deeper = depth + 1;
        match of {
            ComponentDefinedType::Primitive(primitive) => self::primitive(*primitive),
            ComponentDefinedType::List { element, .. } => Ok(Shape::list(self.value(element, deeper)?)),
            ComponentDefinedType::Option { ty, .. } => Ok(Shape::Option(Box::new(self.value(ty, deeper)?))),
            ComponentDefinedType::Result { ok, err, .. } => {
                let (ok, err) = (self.carried(ok.as_ref(), deeper)?, self.carried(err.as_ref(), deeper)?);
                Ok(Shape::Result { ok: ok.map(Box::new), err: err.map(Box::new) })
            }
            ComponentDefinedType::Record(record) => {
                let fields = record.fields.iter();
                fields
                    .map(|(name, of)| Ok((self.name(name.as_str())?, self.value(of, deeper)?)))
                    .collect::<Result<_, _>>()
                    .map(Shape::Record)
            }
            ComponentDefinedType::Tuple(tuple) => {
                tuple.types.iter().map(|of| self.value(of, deeper)).collect::<Result<_, _>>().map(Shape::Tuple)
            }
            ComponentDefinedType::Variant(variant) => {
                let cases = variant.cases.iter();
                let cases =
                    cases.map(|(name, case)| Ok((self.name(name.as_str())?, self.carried(case.ty.as_ref(), deeper)?)));
                cases.collect::<Result<_, String>>().map(Shape::Variant)
            }
            ComponentDefinedType::Enum(names) => {
                names.iter().map(|name| self.name(name.as_str())).collect::<Result<_, _>>().map(Shape::Enum)
            }
            ComponentDefinedType::Flags(names) => {
                names.iter().map(|name| self.name(name.as_str())).collect::<Result<_, _>>().map(Shape::Flags)
            }
            ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => Err("holds a handle to a resource".to_owned()),
            ComponentDefinedType::Future { .. } => Err("holds a `future`".to_owned()),
            ComponentDefinedType::Stream { .. } => Err("holds a `stream`".to_owned()),
            ComponentDefinedType::Map { .. } => Err("holds a `map`, which has no JSON form here yet".to_owned()),
            ComponentDefinedType::FixedLengthList { .. } => {
                Err("holds a list of fixed length, which has no JSON form here yet".to_owned())
            }
        }
    }

    fn carried(&mut self, of: Option<&ComponentValType>, depth: usize) -> Result<Option<Shape>, String> {
        of.map(|of| self.value(of, depth)).transpose()
    }

    fn name(&mut self, name: &str) -> Result<String, String> {
        label(name).map_err(|why| format!("uses the name `{}`, which {why}", cut(name)))?;
        self.names =
            self.names.checked_sub(name.len()).ok_or_else(|| format!("has names of more than {NAMES} bytes in all"))?;
        Ok(name.to_owned())
    }
}

fn primitive(of: PrimitiveValType) -> Result<Shape, String> {
    Ok(match of {
        PrimitiveValType::Bool => Shape::Bool,
        PrimitiveValType::S8 => Shape::S8,
        PrimitiveValType::U8 => Shape::U8,
        PrimitiveValType::S16 => Shape::S16,
        PrimitiveValType::U16 => Shape::U16,
        PrimitiveValType::S32 => Shape::S32,
        PrimitiveValType::U32 => Shape::U32,
        PrimitiveValType::S64 => Shape::S64,
        PrimitiveValType::U64 => Shape::U64,
        PrimitiveValType::F32 => Shape::F32,
        PrimitiveValType::F64 => Shape::F64,
        PrimitiveValType::Char => Shape::Char,
        PrimitiveValType::String => Shape::String,
        PrimitiveValType::ErrorContext => return Err("holds an `error-context`".to_owned()),
    })
}

/// The beginning of a name that may be too long to show.
fn cut(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}
