//! Documentation comments, as the text that was meant.

use syn::{Attribute, Error, Expr, ExprLit, Lit, Meta};

/// The text of the documentation comments among `attributes`.
///
/// # Errors
/// Where documentation is not written out.
pub fn text(attributes: &[Attribute]) -> syn::Result<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value else {
            return Err(Error::new_spanned(&pair.value, "what a caller reads is written out here, as `/// …`"));
        };
        let line = line.value();
        // A block comment is one attribute of many lines; `///` leaves one space before each.
        lines.extend(line.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()));
        if line.is_empty() {
            lines.push(String::new());
        }
    }
    Ok(lines.join("\n").trim().to_owned())
}

/// Takes the documentation comments out: Rust itself does not allow them on parameters.
pub fn take_out(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
}
