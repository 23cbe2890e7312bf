//! People by name, for somebody who is about to say yes or wants to know beforehand.

use std::collections::BTreeSet;

use super::visible::show_name;
use crate::name::PersonName;
use crate::people::Directory;

/// How many there are and who: `2 people: fay (Fay), gus (Gus)`. Beyond `most` names the rest is counted.
#[must_use]
pub fn named(people: &BTreeSet<PersonName>, directory: &Directory, most: usize) -> String {
    let name = |person: &PersonName| match directory.people.get(person) {
        Some(shown) => format!("{person} ({})", show_name(shown)),
        None => person.to_string(),
    };
    let names: Vec<String> = people.iter().take(most).map(name).collect();
    let count = if people.len() == 1 { "1 person".to_owned() } else { format!("{} people", people.len()) };
    match people.len() - names.len() {
        _ if people.is_empty() => "nobody".to_owned(),
        0 => format!("{count}: {}", names.join(", ")),
        more => format!("{count}: {} and {more} more", names.join(", ")),
    }
}
