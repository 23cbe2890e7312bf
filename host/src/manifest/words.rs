//! How a text that may hold anything is shown, and which known name it was probably meant to be.

/// `…` around a text that may hold anything.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.escape_debug().to_string().replace("\\\"", "\""))
}

/// `a string`, `an array`.
pub(super) fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

/// What to add about a name whose letters only look like a-z.
pub(super) fn homoglyph(name: &str) -> String {
    match name.chars().find(|c| !c.is_ascii()) {
        Some(c) => format!(": it holds {} (U+{:04X}), and names are ASCII", c.escape_debug(), u32::from(c)),
        None => String::new(),
    }
}

/// The known name that `text` was probably meant to be.
pub(super) fn nearest<'n>(text: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if text.len() > 4096 {
        return None;
    }
    let far = (text.chars().count() / 3).max(1);
    let distance = |name: &str| strsim::damerau_levenshtein(&text.to_lowercase(), name);
    known.into_iter().map(|name| (distance(name), name)).filter(|(distance, _)| *distance <= far).min().map(|(_, name)| name)
}

/// The help that goes with it.
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}
