//! One name in the three spellings that it has: the author's, WIT's, and the one that wit-bindgen derives from WIT's.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

/// A name of the author's.
#[derive(Clone)]
pub struct Name {
    /// As the author wrote it.
    pub rust: Ident,
    /// In kebab case.
    pub wit: String,
}

impl Name {
    /// # Errors
    /// At the name, when WIT has no such name.
    pub fn of(rust: &Ident) -> syn::Result<Self> {
        Self::spelled(rust, &rust.unraw().to_string())
    }

    /// `spelled` in kebab case, with complaints at `rust`.
    ///
    /// # Errors
    /// As `of`.
    pub fn spelled(rust: &Ident, spelled: &str) -> syn::Result<Self> {
        let wit = kebab(spelled);
        match why_not(&wit) {
            Some(why) => {
                Err(syn::Error::new(rust.span(), format!("`{spelled}` would be `{wit}` to a tool's caller, and {why}")))
            }
            None => Ok(Self { rust: rust.clone(), wit }),
        }
    }

    /// The author's name is this one.
    pub fn is(&self, rust: &str) -> bool {
        self.rust == rust
    }

    /// A function, field or module as wit-bindgen calls it.
    pub fn snake(&self) -> Ident {
        snake(&self.wit)
    }

    /// A type or case as wit-bindgen calls it.
    pub fn camel(&self) -> Ident {
        let mut camel = String::new();
        for word in self.wit.split('-') {
            let mut letters = word.chars();
            camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            camel.push_str(letters.as_str());
        }
        // The trait of an interface has this name.
        if camel == "Guest" {
            camel.push('_');
        }
        Ident::new(&camel, Span::call_site())
    }
}

/// A WIT name as wit-bindgen's Rust has it: words of Rust get an underscore.
pub fn snake(wit: &str) -> Ident {
    let snake = wit.replace('-', "_");
    syn::parse_str(&snake).unwrap_or_else(|_| Ident::new(&format!("{snake}_"), Span::call_site()))
}

/// `PassageList` and `passage_list` to `passage-list`; `HTTPServer` to `http-server`.
fn kebab(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut kebab = String::new();
    for (at, letter) in letters.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before)).copied();
        let after_word = before.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let begins_word = before.is_some_and(|b| b.is_ascii_uppercase())
            && letters.get(at + 1).is_some_and(|after| after.is_ascii_lowercase());
        if letter.is_ascii_uppercase() && (after_word || begins_word) {
            kebab.push('-');
        }
        kebab.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    kebab
}

fn why_not(wit: &str) -> Option<&'static str> {
    if !wit.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-') {
        return Some("names there have only ASCII letters, digits and hyphens: choose another name");
    }
    if !wit.split('-').all(|word| word.starts_with(|first: char| first.is_ascii_lowercase())) {
        return Some("every word of a name begins with a letter there: choose another name (`x_1` would be `x1`)");
    }
    None
}
