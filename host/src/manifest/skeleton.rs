//! A manifest to begin with: everything that a tool could be granted, for an operator to narrow.

use super::edit::{inline, list, quoted, suggest};
use super::grants::By;
use crate::grant::{Consent, Grant, Grants, Spec};
use crate::name::Digest;

/// What a skeleton is drawn from.
#[derive(Debug)]
pub struct Outline<'o> {
    /// The file of the component.
    pub component: &'o str,
    /// What was reviewed, if that was said.
    pub digest: Option<Digest>,
    /// Who may have it called; never empty.
    pub callers: Vec<String>,
    /// Which agents may call it; never empty.
    pub agents: Vec<String>,
    /// What it imports that can be granted.
    pub imported: Vec<&'static Spec>,
    /// What its author declares, if anything.
    pub declared: Option<&'o Grants>,
}

/// The text of a manifest with a grant for everything that is imported: as declared where there is a declaration, else
/// in a comment that grants nothing.
#[must_use]
pub fn skeleton(outline: &Outline<'_>) -> String {
    let mut lines = vec![
        "tollgate = 1".to_owned(),
        String::new(),
        "[tool]".to_owned(),
        format!("component = {}", quoted(outline.component)),
    ];
    lines.extend(outline.digest.map(|digest| format!("digest    = \"{digest}\"")));
    lines.push(format!(
        "callers   = {}   # on whose behalf: people, and groups as \"group:…\"",
        list(outline.callers.clone())
    ));
    lines.push(format!("agents    = {}   # through which agents; `cli` is the command line", list(outline.agents.clone())));
    lines.push(String::new());
    if outline.imported.is_empty() {
        lines.push("# The tool imports nothing that could be granted.".to_owned());
    } else {
        lines.push(head(outline.declared.is_some()).to_owned());
        lines.push("[grant]".to_owned());
        outline.imported.iter().for_each(|spec| lines.extend(grants(spec, outline.declared)));
    }
    lines.join("\n") + "\n"
}

const fn head(declared: bool) -> &'static str {
    if declared {
        "# As far as the tool's author says that it needs to go, which is seldom how far it should: narrow what stands here,\n\
         # and take out what it is not to have. `tollgate explain` says what a request would meet."
    } else {
        "# The tool's author does not say how far it needs to go. Nothing is granted before you say it: take away the `#` and\n\
         # put patterns in place of each `…`."
    }
}

fn grants(spec: &'static Spec, declared: Option<&Grants>) -> Vec<String> {
    let opens = format!("# opens {}", spec.functions.join(", "));
    let Some(declared) = declared else {
        return vec![opens, format!("# {}", suggest(spec, &[]))];
    };
    let of: Vec<String> = declared.0.iter().filter(|it| it.spec.name == spec.name).map(asked).collect();
    let name = quoted(spec.name);
    match of.as_slice() {
        [] => vec![format!("# imported, and not declared: a grant of {} would open nothing", spec.name)],
        [one] => vec![opens, format!("{name} = {one}")],
        several => {
            let several = several.iter().map(|one| format!("    {one},"));
            [opens, format!("{name} = [")].into_iter().chain(several).chain(["]".to_owned()]).collect()
        }
    }
}

/// A declared grant as an operator's, who is careful: a change asks the person it is made for.
fn asked(grant: &Grant) -> String {
    inline(&Grant { consent: Consent::initiator(), ..grant.clone() }, By::Operator)
}
