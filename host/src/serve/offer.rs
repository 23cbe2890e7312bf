//! The tools in force, each exported function under the name that agents call it by.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::figures::Counted;
use crate::diagnostic::Broken;
use crate::grant::{Grants, Hints, Kind};
use crate::invoke::Loaded;
use crate::manifest::Manifest;
use crate::name::{Digest, ToolName};
use crate::setup::{NotReady, Started};
use crate::tool::{Function, schema};

/// The longest name that the hosts of models take; they put their own prefix before it.
const LONGEST: usize = 64;

/// The longest description, in bytes. A model reads all of them.
const DESCRIPTION: usize = 4 << 10;

/// A function that agents can call.
pub struct Offer {
    /// As agents call it: `answer_reply`.
    pub name: String,
    /// Its tool, made ready.
    pub loaded: Arc<Loaded>,
    /// The function, as exported.
    pub function: Function,
    /// What its author says of it, cut where it is long. A stranger's words.
    pub description: String,
    /// The schema of its arguments, an object.
    pub input: Arc<Map<String, Value>>,
    /// The schema of its value, an object.
    pub output: Arc<Map<String, Value>>,
    /// What its grants make of it.
    pub hints: Hints,
    /// What is counted of it.
    pub(super) counted: OnceLock<Counted>,
}

/// What is served: the tools that are ready, and why others are not.
#[derive(Default)]
pub struct Shelf {
    /// By name.
    pub offers: BTreeMap<String, Arc<Offer>>,
    /// What does not load. It keeps nothing else from being served.
    pub missing: Vec<(ToolName, NotReady)>,
}

impl Shelf {
    /// What was loaded, under the names that agents use. Two that would have the same name are both left out.
    #[must_use]
    pub fn new(started: Vec<Started>) -> Self {
        let mut shelf = Self::default();
        // What one tool seals is handed to others, whose results are sealed by that.
        let seals = started.iter().any(|(_, loaded)| loaded.as_ref().is_ok_and(|loaded| loaded.manifest().seals()));
        for (tool, loaded) in started {
            match loaded.and_then(|loaded| offers(Arc::new(loaded), seals).map_err(NotReady::Broken)) {
                Ok(offers) => shelf.put(&tool, offers),
                Err(why) => shelf.missing.push((tool, why)),
            }
        }
        shelf
    }

    /// The manifest of a tool that is served, and the digest of its component.
    ///
    /// # Errors
    /// When it is not served.
    pub fn in_force(&self, tool: &ToolName) -> Result<(Manifest, Option<Digest>), NotReady> {
        let offer = self.offers.values().find(|offer| offer.tool() == tool);
        let loaded = offer.map(|offer| &offer.loaded).ok_or_else(|| {
            let gone = Broken::while_doing(format!("looking for the tool `{tool}`"), "it is not served now");
            match self.missing.iter().find(|(missing, _)| missing == tool) {
                Some((_, NotReady::Problems(problems))) => NotReady::Problems(problems.clone()),
                Some((_, NotReady::Broken(_))) | None => gone.help("`tollgate check` says what it lacks").into(),
            }
        })?;
        Ok((loaded.manifest().clone(), Some(loaded.digest())))
    }

    fn put(&mut self, tool: &ToolName, offers: Vec<Offer>) {
        let taken =
            offers.iter().find_map(|offer| self.offers.get(&offer.name)).map(|it| (it.name.clone(), it.tool().clone()));
        let Some((name, other)) = taken else {
            self.offers.extend(offers.into_iter().map(|offer| (offer.name.clone(), Arc::new(offer))));
            return;
        };
        let why =
            Broken::while_doing(format!("offering the tool `{tool}`"), format!("`{name}` is a function of `{other}` too"));
        self.missing
            .push((tool.clone(), why.help("rename one of the two manifests: a tool is called after its file").into()));
    }
}

impl Offer {
    /// The tool's name.
    #[must_use]
    pub fn tool(&self) -> &ToolName {
        &self.loaded.manifest().tool
    }
}

/// The functions of one tool.
fn offers(loaded: Arc<Loaded>, seals: bool) -> Result<Vec<Offer>, Broken> {
    let functions = loaded.surface().functions.clone();
    functions.into_iter().map(|function| offer(&loaded, function, seals)).collect()
}

fn offer(loaded: &Arc<Loaded>, function: Function, seals: bool) -> Result<Offer, Broken> {
    let name = format!("{}_{}", loaded.manifest().tool, function.name).replace(['-', '.'], "_");
    if name.len() > LONGEST {
        let long =
            Broken::while_doing(format!("offering `{name}`"), format!("names of more than {LONGEST} letters break clients"));
        return Err(long.help("give the manifest a shorter name: a tool is called after its file"));
    }
    let object = |schema: Value| match schema {
        Value::Object(object) => Arc::new(object),
        _ => Arc::default(),
    };
    let said = if function.docs.text.is_empty() { &loaded.surface().text } else { &function.docs.text };
    Ok(Offer {
        description: cut(said).to_owned(),
        input: object(schema::input(&function)),
        output: object(if seals { schema::output_or_sealed(&function) } else { schema::output(&function) }),
        hints: hints(&loaded.manifest().grants),
        counted: OnceLock::new(),
        loaded: loaded.clone(),
        function,
        name,
    })
}

/// The worst of what its grants may do. A tool that only reads is safe to call again.
fn hints(grants: &Grants) -> Hints {
    let changes = grants.0.iter().filter(|grant| grant.spec.kind == Kind::Change);
    changes.fold(Hints::READS, |all, grant| {
        let one = grant.spec.hints;
        Hints {
            changes: true,
            destroys: all.destroys || one.destroys,
            repeats: all.repeats && one.repeats,
            outward: all.outward || one.outward,
            asks: all.asks || !grant.consent.is_none(),
        }
    })
}

/// At most [`DESCRIPTION`] bytes of a text, whole characters.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(DESCRIPTION)]
}
