//! What a tool is, once its module has been read: nothing in here can be wrong any more.

use crate::name::Name;
use crate::shape::Shape;

/// A module that is a tool.
pub struct Tool {
    pub name: Name,
    pub docs: String,
    pub functions: Vec<Function>,
    /// The module's own types that a function reaches, each once.
    pub types: Vec<Defined>,
}

/// A public function.
pub struct Function {
    pub name: Name,
    pub docs: String,
    pub params: Vec<Param>,
    pub returns: Shape,
}

/// A parameter.
pub struct Param {
    pub name: Name,
    pub docs: String,
    /// The author takes it by reference.
    pub borrowed: bool,
    pub shape: Shape,
}

/// A struct or an enum of the module.
pub struct Defined {
    pub name: Name,
    pub docs: String,
    pub body: Body,
}

/// What stands in a type.
pub enum Body {
    Record(Vec<Field>),
    Cases(Vec<Case>),
}

/// A field of a struct.
pub struct Field {
    pub name: Name,
    pub docs: String,
    pub shape: Shape,
}

/// A case of an enum.
pub struct Case {
    pub name: Name,
    pub docs: String,
    pub payload: Option<Shape>,
}

impl Tool {
    /// A type that a shape names.
    pub fn defined(&self, name: &str) -> Option<&Defined> {
        self.types.iter().find(|defined| defined.name.is(name))
    }

    /// Some function takes or returns `tollgate_sdk::Refusal`, however deep.
    pub fn speaks_of_refusals(&self) -> bool {
        let functions = self.functions.iter();
        functions.flat_map(|f| f.params.iter().map(|p| &p.shape).chain([&f.returns])).any(Shape::holds_refusal)
            || self.types.iter().flat_map(Defined::shapes).any(Shape::holds_refusal)
    }
}

impl Defined {
    /// The shapes that it is made of.
    pub fn shapes(&self) -> Vec<&Shape> {
        match &self.body {
            Body::Record(fields) => fields.iter().map(|field| &field.shape).collect(),
            Body::Cases(cases) => cases.iter().filter_map(|case| case.payload.as_ref()).collect(),
        }
    }

    /// A WIT `enum`: no case carries anything.
    pub fn is_plain_enum(&self) -> bool {
        matches!(&self.body, Body::Cases(_)) && self.shapes().is_empty()
    }
}
