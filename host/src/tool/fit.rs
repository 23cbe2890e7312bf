//! What an author says, fitted to what there is: texts to the functions and types that they speak of, needs to grants.
//!
//! A text about something that is not there is a problem, not a slip to be passed over: whoever looks at the section by
//! other means would read what is shown to nobody else, and an author would never learn that a name was misspelt.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::docs::{Docs, FunctionDocs, Written, read};
use super::shape::{cases, shown};
use super::{Function, Shape, Surface, schema};
use crate::capability::specs;
use crate::diagnostic::Source;
use crate::grant::Grants;
use crate::manifest;

/// The longest texts, in bytes as they are shown: of the tool, of a function, of anything else.
const TOOL: usize = 8 << 10;
const FUNCTION: usize = 4 << 10;
const OTHER: usize = 2 << 10;

/// How many problems are told; the rest is counted.
const TOLD: usize = 8;

/// Reads the text of the section and puts what it says where it belongs; or notes what is wrong, and takes none of it.
pub(super) fn describe(surface: &mut Surface, text: Result<Option<&str>, String>) {
    let written = match text.and_then(|text| text.map(read).transpose()) {
        Ok(None) => return,
        Ok(Some(written)) => written,
        Err(why) => return surface.misdescribed.push(why),
    };
    let mut problems = Problems::default();
    problems.length(&written.text, TOOL, "the tool");
    for (name, docs) in &written.functions {
        match surface.functions.iter().find(|function| function.name == *name) {
            Some(function) => problems.function(docs, function),
            // What cannot be called is listed with its reason and nothing else.
            None if surface.uncallable.iter().any(|it| it.name == *name) => {}
            None => problems.absent(&shown(name)),
        }
    }
    let declared = written.needs.as_deref().and_then(|needs| problems.needs(needs));
    if problems.told.is_empty() {
        attach(surface, written, declared);
    }
    surface.misdescribed = problems.finish();
}

fn attach(surface: &mut Surface, mut written: Written, declared: Option<Grants>) {
    surface.text = written.text;
    surface.declared = declared;
    for function in &mut surface.functions {
        function.docs = written.functions.remove(&function.name).unwrap_or_default();
    }
}

#[derive(Default)]
struct Problems {
    told: Vec<String>,
    untold: usize,
}

impl Problems {
    fn push(&mut self, problem: String) {
        if self.told.len() < TOLD {
            self.told.push(problem);
        } else {
            self.untold += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.untold > 0 {
            self.told.push(format!("there are {} more problems like these", self.untold));
        }
        self.told
    }

    fn absent(&mut self, what: &str) {
        self.push(format!("its author's text speaks of {what}, which is not there"));
    }

    fn length(&mut self, text: &str, most: usize, place: &str) {
        if text.len() > most {
            self.push(format!("its author's text of {place} is {} bytes long; {most} are allowed", text.len()));
        }
    }

    fn function(&mut self, docs: &FunctionDocs, function: &Function) {
        let name = &function.name;
        self.length(&docs.text, FUNCTION, &format!("`{name}`"));
        let params = function.params.iter().map(|(name, shape)| (name.into(), Some(shape))).collect();
        self.named(&docs.params, Named { place: name, begin: "(", end: ")", there: params });
        for (docs, shape, what) in [(&docs.result, function.success(), "result"), (&docs.error, function.failure(), "error")]
        {
            let place = format!("{name}.{what}");
            match shape {
                Some(_) => self.node(docs, shape, &place),
                None if *docs == Docs::default() => {}
                None => self.absent(&format!("`{place}`")),
            }
        }
        if schema::has_room(function, docs.weight()) {
            return;
        }
        let described = Function { docs: docs.clone(), ..function.clone() };
        for (what, schema) in [("takes", schema::input(&described)), ("returns", schema::output(&described))] {
            if let Err(why) = schema::bounded(&schema) {
                self.push(format!("with its author's texts the schema of what `{name}` {what} {why}"));
            }
        }
    }

    fn node(&mut self, docs: &Docs, shape: Option<&Shape>, place: &str) {
        self.length(&docs.text, OTHER, &format!("`{place}`"));
        let (fields, cases, item) = shape.map(parts).unwrap_or_default();
        self.named(&docs.fields, Named { place, begin: ".", end: "", there: fields });
        self.named(&docs.cases, Named { place, begin: ":", end: "", there: cases });
        match (&docs.item, item) {
            (None, _) => {}
            (Some(docs), Some(item)) => self.node(docs, Some(item), &format!("{place}[]")),
            (Some(_), None) => self.absent(&format!("`{place}[]`")),
        }
    }

    fn named(&mut self, docs: &BTreeMap<String, Docs>, named: Named<'_>) {
        let Named { place, begin, end, there } = named;
        for (name, docs) in docs {
            match there.iter().find(|(it, _)| it == name) {
                Some((name, shape)) => self.node(docs, *shape, &format!("{place}{begin}{name}{end}")),
                None => self.absent(&format!("{} at `{place}{begin}…{end}`", shown(name))),
            }
        }
    }

    fn needs(&mut self, needs: &str) -> Option<Grants> {
        let source = Source { name: "the declaration".to_owned(), text: needs.to_owned() };
        let checked = manifest::declaration(&Arc::new(source), &specs());
        for problem in &checked.problems {
            let line = problem.source.line(problem.span.start);
            self.push(format!("what its author declares does not hold, at line {line}: {}", problem.message));
        }
        checked.value
    }
}

type Part<'s> = (Cow<'s, str>, Option<&'s Shape>);

/// What can be spoken of by name at one place.
struct Named<'s> {
    place: &'s str,
    begin: &'static str,
    end: &'static str,
    there: Vec<Part<'s>>,
}

/// What is within a value: fields, cases, items. An `option` is transparent.
fn parts(shape: &Shape) -> (Vec<Part<'_>>, Vec<Part<'_>>, Option<&Shape>) {
    match shape {
        Shape::Option(some) => parts(some),
        Shape::List(item) => (vec![], vec![], Some(item)),
        Shape::Record(named) => (named.iter().map(|(name, shape)| (name.into(), Some(shape))).collect(), vec![], None),
        Shape::Tuple(places) => (
            (0..).zip(places).map(|(place, shape): (usize, _)| (place.to_string().into(), Some(shape))).collect(),
            vec![],
            None,
        ),
        Shape::Variant(of) => (vec![], of.iter().map(|(name, shape)| (name.into(), shape.as_ref())).collect(), None),
        Shape::Result { ok, err } => {
            let cases = cases(ok.as_deref(), err.as_deref());
            (vec![], cases.into_iter().map(|(name, shape)| (name.into(), shape)).collect(), None)
        }
        Shape::Enum(names) | Shape::Flags(names) => (vec![], names.iter().map(|name| (name.into(), None)).collect(), None),
        Shape::Bool | Shape::S8 | Shape::U8 | Shape::S16 | Shape::U16 | Shape::S32 | Shape::U32 => Default::default(),
        Shape::S64 | Shape::U64 | Shape::F32 | Shape::F64 | Shape::Char | Shape::String | Shape::Bytes => Default::default(),
    }
}
