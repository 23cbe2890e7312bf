//! The attribute `tool`: makes a plain Rust module a Tollgate tool. Authors reach it as `tollgate_sdk::tool`.
//!
//! From the module it derives a WIT world with one exported interface, the code between that interface and the author's
//! functions, and a custom section with the documentation and the author's declaration. The module itself stays as it is
//! written, so that it compiles and is tested like any other.

mod convert;
mod documentation;
mod emit;
mod model;
mod name;
mod needs;
mod parse;
mod section;
mod shape;
mod wit;

/// Makes a module a tool: its public functions are what agents call.
///
/// Functions take and return `bool`, integers of 8 to 64 bits, `f32`, `f64`, `char`, `String`, `Vec<T>`, `Option<T>`,
/// `Result<T, E>`, tuples, the module's own public structs and enums, and `tollgate_sdk::Refusal`; a parameter may also
/// be `&str` or `&[T]`. Anything else is an error at that type which says what to write instead. Private items and
/// `use` are the module's own business.
///
/// Documentation comments on the module, functions, **parameters**, types, fields and cases travel with the
/// component: they are what an agent reads. All of it together may be 64 KiB.
///
/// In brackets stands what the tool needs at most, in the words of a manifest's `[grant]`; it can only narrow what an
/// operator grants. A tool that says nothing declares nothing.
///
/// ```ignore
/// #[tollgate_sdk::tool("files.read" = { paths = ["runbooks/**"], calls = 100, bytes = "1 MiB" })]
/// /// Counts the lines of documents.
/// pub mod lines {
///     use tollgate_sdk::{Refusal, files};
///
///     /// Counts the lines of one document.
///     pub fn count(
///         /// Where it is, from the workspace's files root.
///         path: &str,
///     ) -> Result<u32, Refusal> {
///         let bytes = files::read(path, 0, 1 << 20)?;
///         Ok(bytes.split(|byte| *byte == b'\n').count() as u32)
///     }
/// }
/// ```
///
/// The component's package is `tool:<crate>@<version>`, its interface is called after the module, and all names are
/// in kebab case: `fn word_count` is `word-count`.
#[proc_macro_attribute]
pub fn tool(declaration: proc_macro::TokenStream, module: proc_macro::TokenStream) -> proc_macro::TokenStream {
    emit::expand(declaration.into(), module.into()).into()
}
