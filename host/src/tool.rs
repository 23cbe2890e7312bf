//! What a component says of itself, parsed and never compiled; and its values as JSON.

pub mod decode;
pub mod encode;
pub mod schema;
mod shape;
mod surface;

pub use encode::Answer;
pub use shape::{Case, Field, Shape};
pub use surface::{BadComponent, Function, Import, Origin, Surface};
