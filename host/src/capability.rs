//! Capabilities: each a word in four places. Its folder holds what it grants (`grants.rs`), what it does given a permit
//! (`effect.rs`) and its WIT trait (`host.rs`); its one line stands in the registry below.

pub mod acl;
mod context;
pub mod files;
pub mod forum;

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::tollgate::host as wit;
use crate::clock::Instant;
use crate::diagnostic::{Fault, Halt};
use crate::gate::{Action, Grounds, Session};
use crate::grant::Spec;
use crate::journal::{Doubt, Learnt};

/// The host's side of one guest: who it is, and what stands behind each capability.
pub struct Guest {
    /// The invocation as the gate knows it.
    pub session: Session,
    /// What the effects act on.
    pub backends: Backends,
}

/// An act in doubt, about which a backend is to be asked.
pub struct Inquiry<'a> {
    /// The act.
    pub doubt: &'a Doubt,
    /// The time of the store.
    pub now: Instant,
    /// What it is judged by before it is sent again; or why it cannot be judged, or is not this process's to send.
    pub grounds: Result<Grounds, String>,
}

/// The named values that `explain` was given: `path` → `runbooks/deploy.md`.
pub type Values = BTreeMap<String, String>;

macro_rules! registry {
    ($($word:ident),* $(,)?) => {
        /// What stands behind each capability.
        #[derive(Clone)]
        pub struct Backends {
            $(#[doc = concat!("Behind `", stringify!($word), "`.")] pub $word: $word::Backend,)*
        }

        /// Every grant a manifest may hold.
        #[must_use]
        pub fn specs() -> Vec<&'static Spec> {
            [$($word::GRANTS),*].concat()
        }

        /// Every function of every capability.
        #[must_use]
        pub fn functions() -> Vec<&'static str> {
            [$($word::FUNCTIONS),*].concat()
        }

        /// The action that `explain` is asked about: a function by its name, and its values.
        ///
        /// # Errors
        /// When there is no such function, or a value is missing.
        pub fn action(function: &str, values: &Values, backends: &Backends) -> Result<Arc<dyn Action>, String> {
            $(if let Some(action) = $word::action(function, values, &backends.$word) {
                return action;
            })*
            Err(format!("no capability has a function `{function}`"))
        }

        /// Finds out whether an act happened whose host died over it, or could not tell. It asks, and performs nothing; but
        /// where finding out means sending again, it does that, and passes every check first.
        pub async fn find_out(inquiry: Inquiry<'_>, backends: &Backends) -> Learnt {
            let function = inquiry.doubt.function.clone();
            let learnt = match function.split_once('.') {
                $(Some((stringify!($word), _)) => $word::find_out(inquiry, &backends.$word).await,)*
                _ => None,
            };
            let nobody = || format!("nobody can be asked about {function}: look whether it happened");
            learnt.unwrap_or_else(|| Learnt::Unknown(nobody()))
        }

        /// Links every capability and the context. What is not granted is linked too, and refuses.
        ///
        /// # Errors
        /// When an import is defined twice.
        pub fn link<T: Send + 'static>(linker: &mut Linker<T>, guest: fn(&mut T) -> &mut Guest) -> wasmtime::Result<()> {
            wit::types::add_to_linker::<T, HasSelf<Guest>>(linker, guest)?;
            wit::context::add_to_linker::<T, HasSelf<Guest>>(linker, guest)?;
            $(wit::$word::add_to_linker::<T, HasSelf<Guest>>(linker, guest)?;)*
            Ok(())
        }
    };
}

registry! { files, forum, acl }

impl wit::types::Host for Guest {
    fn convert_refusal(&mut self, halt: Halt) -> wasmtime::Result<wit::types::Refusal> {
        match halt {
            Halt::Refused(refusal) => Ok(wit::types::Refusal {
                stage: refusal.code.stage().to_owned(),
                reason: refusal.code.reason().to_owned(),
                message: refusal.message,
                change: refusal.change,
            }),
            Halt::Stopped(fault) => Err(stop(fault)),
            // Whoever runs it knows from its book; nobody is shown this.
            Halt::SetDown => Err(wasmtime::Error::msg("it waits for a person and was set down")),
        }
    }
}

/// A fault on its way through the guest: the sandbox finds it again by its type.
fn stop(fault: Fault) -> wasmtime::Error {
    wasmtime::Error::new(fault)
}

/// A value that `explain` needs.
fn needed<'v>(values: &'v Values, key: &str) -> Result<&'v str, String> {
    values.get(key).map(String::as_str).ok_or_else(|| format!("say which {key}: `{key}=…`"))
}

/// A number that `explain` needs, or a default.
fn number(values: &Values, key: &str, default: u64) -> Result<u64, String> {
    values.get(key).map_or(Ok(default), |text| text.parse().map_err(|_| format!("`{key}={text}` is not a whole number")))
}
