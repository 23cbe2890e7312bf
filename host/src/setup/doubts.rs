//! What became of acts that are in doubt: whatever can be found out is found out, and the rest is left to people.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::workspace::{NotReady, Workspace};
use crate::capability::{self, Backends, Inquiry};
use crate::diagnostic::Broken;
use crate::gate::{Grounds, Questions as _, Who, World as _};
use crate::grant::{Allowed, Class};
use crate::invoke::{Past, Waits as _};
use crate::journal::{Doubt, Kind, Learnt};
use crate::name::{Actors, Digest, PersonName, ToolName};
use crate::store::{Finder, Store};
use crate::tool::Surface;

/// How long finding out may keep a command from what it is for: what is not known by then is asked about at the next start.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// An act that stays in doubt, and what a person can do.
pub type Left = (Doubt, String);

impl Workspace {
    /// Finds out what can be found out, puts it on record, and returns what is left. Several processes may do this at once;
    /// one at a time sends again what is found out by that.
    ///
    /// Blocks its thread; call it where blocking is allowed, in the context of an event loop.
    ///
    /// # Errors
    /// When the store cannot be read, or what was found out cannot be recorded.
    pub fn doubts(&self, store: &Arc<Store>) -> Result<Vec<Left>, Broken> {
        self.find_out(store, &self.backends(store)?)
    }

    pub(super) fn find_out(&self, store: &Store, backends: &Backends) -> Result<Vec<Left>, Broken> {
        if store.doubts()?.is_empty() {
            return Ok(Vec::new());
        }
        let finding = self.find_out_now(store, backends);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(finding))
    }

    async fn find_out_now(&self, store: &Store, backends: &Backends) -> Result<Vec<Left>, Broken> {
        let alone = store.alone()?;
        let mut over = std::pin::pin!(tokio::time::sleep(PATIENCE));
        let mut left = Vec::new();
        // Read when nobody else sends any more: what another has settled meanwhile is not among them.
        for doubt in store.doubts()? {
            if store.unaccepted().is_some() {
                left.push((
                    doubt,
                    "the store is behind its checkpoints: what is found out cannot be put on record".to_owned(),
                ));
                continue;
            }
            let grounds = match (doubt.class, &alone) {
                (Class::Keyed, Some(_)) => self.grounds(store, &doubt).await,
                (Class::Keyed, None) => Err("another process is finding out".to_owned()),
                (Class::SameDatabase | Class::Queryable | Class::Blind, _) => Err("it is found out otherwise".to_owned()),
            };
            let inquiry = Inquiry { doubt: &doubt, now: store.now(), grounds };
            let learnt = tokio::select! {
                biased;
                learnt = capability::find_out(inquiry, backends) => learnt,
                () = &mut over => Learnt::Unknown("finding out takes too long now: ask again later".to_owned()),
            };
            let (done, made) = match learnt {
                Learnt::Done(made) => (true, made),
                Learnt::NotDone => (false, None),
                Learnt::Unknown(advice) => {
                    left.push((doubt, advice));
                    continue;
                }
            };
            store.settle((doubt.invocation, doubt.seq), done, Finder::Host(made))?;
        }
        Ok(left)
    }

    /// What an act is judged by before it is sent again: its record, and tool, manifest, people and rules as they are now.
    async fn grounds(&self, store: &Store, doubt: &Doubt) -> Result<Grounds, String> {
        let past = store.history(doubt.invocation).await.map_err(|broken| broken.to_string())?;
        if past.iter().any(|entry| entry.forged) {
            return Err("a payload of its record is not what its entry says it is".to_owned());
        }
        let began =
            past.first().filter(|entry| entry.kind == Kind::Began.as_str()).ok_or("its beginning is not on record")?;
        let intent = past.get(doubt.seq as usize).filter(|entry| entry.kind == Kind::Intent.as_str());
        let intent = intent.ok_or("its intent is not on record")?;
        let (who, allowed) = self.who_asked(doubt, began)?;
        let rights = store.rights(&who.initiator).await.map_err(|broken| broken.to_string())?;
        let question = match intent.body["question"].as_u64() {
            Some(id) => store.question(id).await.map_err(|broken| broken.to_string())?,
            None => None,
        };
        let (seq, intended, shown) = (doubt.seq, doubt.intended, shown(intent)?);
        let label = intent.label("label");
        Ok(Grounds { who, allowed, rights, seq, intended, intent: intent.body.clone(), shown, label, question })
    }

    /// Who asked, and what the tool may ask for now. The component must be the one that asked.
    fn who_asked(&self, doubt: &Doubt, began: &Past) -> Result<(Who, Allowed), String> {
        let text = |key: &str| began.body[key].as_str().ok_or_else(|| format!("its beginning has no {key}"));
        let bad = |e: crate::name::BadName| e.to_string();
        let tool = ToolName::parse(text("tool")?).map_err(bad)?;
        let component = Digest::parse_hex(text("component")?).map_err(bad)?;
        let manifest = self.manifest(&tool).map_err(|not_ready| match not_ready {
            NotReady::Broken(broken) => broken.to_string(),
            NotReady::Problems(_) => format!("the manifest of {tool} has problems"),
        })?;
        let bytes = self.component(&manifest).map_err(|broken| broken.to_string())?;
        if manifest.digest != Some(component) || Digest::of(&bytes) != component {
            return Err("the tool's component has changed since".to_owned());
        }
        let declared = Surface::parse(&bytes).map_err(|bad| bad.to_string())?.declared.clone();
        let who = Who {
            invocation: doubt.invocation,
            component,
            manifest: manifest.meaning(),
            initiator: PersonName::parse(text("initiator")?).map_err(bad)?,
            actors: Actors::read(&began.body).map_err(bad)?,
            session: began.body["session"].as_str().map(str::to_owned),
            rules: self.config.meaning(),
            // Nobody joins a call that is over.
            call: Digest::of(b""),
            tool,
        };
        Ok((who, Allowed { granted: manifest.grants, declared }))
    }
}

/// Whom an act was said to reach.
fn shown(intent: &Past) -> Result<BTreeSet<PersonName>, String> {
    let names = intent.parts.get("audience").ok_or("whom it was said to reach is not kept any more")?;
    let names: Vec<String> = serde_json::from_slice(names).map_err(|e| e.to_string())?;
    names.iter().map(|name| PersonName::parse(name).map_err(|e| e.to_string())).collect()
}
