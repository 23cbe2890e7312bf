//! What a hostile tool tries, as data: each attack with its component, its call, its limits and the one ending that is
//! right. The tests, `cargo bench --bench hostile` and `docs/hostile.md` read this list, so that they cannot disagree.

mod attacks;
mod made;
mod traps;

use std::path::Path;

use tollgate::diagnostic::FaultKind;
use tollgate::invoke::{Call, Host, Loaded, NotCalled, Report};
use tollgate::manifest::Limits;
use tollgate::name::{AgentName, Digest, PersonName};
use tollgate::refusal::Code;

pub use attacks::ATTACKS;
pub use traps::{PATHS, lay_traps};

/// One attack.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Its name, and that of its tool.
    pub name: &'static str,
    /// The component that tries it.
    pub component: Component,
    /// The function that is called.
    pub function: &'static str,
    /// Its arguments, a JSON object.
    pub arguments: fn() -> String,
    /// `[limits]` and `[grant]` of its manifest; what it does not say is the default.
    pub manifest: &'static str,
    /// How many such calls are made at once.
    pub at_once: u32,
    /// The one ending that is right.
    pub ends: Ends,
}

/// Where a component comes from.
#[derive(Debug, Clone, Copy)]
pub enum Component {
    /// The guest of the tests, and what this function of it tries.
    Probe(&'static str),
    /// The text of a component; its first comment says what it tries.
    Wat(&'static str),
    /// Bytes that no text would show well, and what they try.
    Made(fn() -> Vec<u8>, &'static str),
}

/// How an attack must end.
#[derive(Debug, Clone, Copy)]
pub enum Ends {
    /// The invocation is ended with this fault.
    Fault(FaultKind),
    /// The tool is refused with this code, and its call is answered with it.
    Refused(Code),
    /// It returns normally, with this JSON and nothing of what it wanted.
    Nothing(&'static str),
    /// It returns normally; of what it wrote to stdout so many bytes are kept.
    Cut(u64),
    /// It is never compiled: reading it says these words.
    NotRead(&'static str),
    /// It is never loaded: compiling it, or making it ready, says these words.
    NotCompiled(&'static str),
}

impl Attack {
    /// What it tries, in one sentence.
    #[must_use]
    pub fn tries(&self) -> String {
        match self.component {
            Component::Probe(tries) | Component::Made(_, tries) => tries.to_owned(),
            Component::Wat(text) => {
                let comment = text.lines().map_while(|line| line.strip_prefix(";;")).map(str::trim);
                comment.collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// The component's bytes; `probe` are those of the guest of the tests.
    ///
    /// # Errors
    /// When a text is not that of a component.
    pub fn bytes(&self, probe: &[u8]) -> Result<Vec<u8>, String> {
        match self.component {
            Component::Probe(_) => Ok(probe.to_vec()),
            Component::Wat(text) => made::assembled(text),
            Component::Made(make, _) => Ok(make()),
        }
    }

    /// Its manifest, for the component in the file `component`.
    #[must_use]
    pub fn manifest(&self, component: &str, digest: Option<&Digest>) -> String {
        let pinned = digest.map(|digest| format!("digest = \"{digest}\"\n")).unwrap_or_default();
        let tool = format!("component = \"{component}\"\n{pinned}callers = [\"ben\"]\nagents = [\"cli\"]\n");
        format!("tollgate = 1\n\n[tool]\n{tool}\n{}", self.manifest)
    }

    /// Calls it once.
    ///
    /// # Errors
    /// When the call never became an invocation.
    pub async fn strike(&self, host: &Host, loaded: &Loaded) -> Result<Report, NotCalled> {
        host.call(loaded, call(self.function, (self.arguments)()), std::future::pending()).await
    }
}

/// A call of `function`, by the one person and agent that the manifests here name.
///
/// # Panics
/// Never: these are names.
#[must_use]
pub fn call(function: &str, arguments: String) -> Call {
    let initiator = PersonName::parse("ben").expect("a person's name");
    let agent = AgentName::parse("cli").expect("an agent's name");
    Call { function: Some(function.to_owned()), arguments, initiator, actors: agent.into(), session: None, key: None }
}

impl Ends {
    /// What stops it.
    #[must_use]
    pub fn limit(&self) -> String {
        match self {
            Self::Fault(kind) if is_limit(*kind) => format!("`[limits] {}`", kind.as_str()),
            Self::Fault(FaultKind::Stack) => "the engine's stack, 256 KiB".to_owned(),
            Self::Fault(FaultKind::BadAnswer) => "the type that it exports".to_owned(),
            Self::Fault(_) => "the sandbox".to_owned(),
            Self::Refused(Code::MeterSpent) => "the meter of its grant".to_owned(),
            Self::Refused(_) => "its grants".to_owned(),
            Self::Nothing(_) => "there is nothing".to_owned(),
            Self::Cut(_) => "`[limits] stdout`".to_owned(),
            Self::NotRead(_) => "reading it, with limits".to_owned(),
            Self::NotCompiled(_) => "compiling it, in a child with limits".to_owned(),
        }
    }

    /// The stable word: a fault's kind, a refusal's code, an outcome, or that it cannot be pinned.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Fault(kind) => format!("fault `{}`", kind.as_str()),
            Self::Refused(code) => format!("refused `{code}`"),
            Self::Nothing(value) => format!("returned `{value}`"),
            Self::Cut(kept) => format!("returned; {kept} bytes kept"),
            Self::NotRead(words) | Self::NotCompiled(words) => format!("not pinned: “{words}”"),
        }
    }
}

/// Whether a fault is that of a key of `[limits]`, and so has a line in the receipt.
#[must_use]
pub fn is_limit(kind: FaultKind) -> bool {
    Limits::default().each().iter().any(|(key, _)| *key == kind.as_str())
}

/// The table of `docs/hostile.md`.
#[must_use]
pub fn table() -> String {
    let row = |attack: &Attack| {
        let Attack { name, ends, .. } = attack;
        format!("| {name} | {} | {} | {} |\n", attack.tries(), ends.limit(), ends.code())
    };
    let rows: String = ATTACKS.iter().map(row).collect();
    format!("| attack | what it tries | what stops it | what it met |\n|---|---|---|---|\n{rows}")
}

/// Writes the tool of an attack into the folder `tools` of a workspace, not yet pinned.
///
/// # Errors
/// When it cannot be written.
pub fn place(attack: &Attack, tools: &Path, probe: &[u8]) -> Result<(), String> {
    let file = format!("{}.wasm", attack.name);
    traps::write(&tools.join(&file), &attack.bytes(probe)?)?;
    let manifest = match attack.component {
        // The probe is compiled already, and pinned by whoever made the workspace.
        Component::Probe(_) => attack.manifest(&file, Some(&Digest::of(probe))),
        Component::Wat(_) | Component::Made(..) => attack.manifest(&file, None),
    };
    traps::write(&tools.join(format!("{}.toml", attack.name)), manifest.as_bytes())
}
