//! Tools made ready: the pinned bytes, their compiled form from the host's own cache, linked to the capabilities.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use super::Host;
use crate::capability::{Guest, link};
use crate::diagnostic::Broken;
use crate::grant::Allowed;
use crate::manifest::Manifest;
use crate::name::{Digest, ToolName};
use crate::quota::Quota;
use crate::runtime::{Cell, Pace, compile};
use crate::tool::{Function, NoFunction, Surface};

/// So many components are kept ready; beyond them it begins anew.
const MOST: usize = 64;

/// Components that were made ready, by their digests: whoever goes on with a call need not read and link its tool again.
pub(super) type Made = Mutex<BTreeMap<Digest, Linked>>;

/// A component made ready: the same under every manifest that pins it.
#[derive(Clone)]
pub(super) struct Linked {
    surface: Arc<Surface>,
    /// Where each function of the surface is found in the component, in the same order.
    entries: Arc<[ComponentExportIndex]>,
    ready: InstancePre<Cell<Guest>>,
}

/// A tool that can be called.
pub struct Loaded {
    pub(super) manifest: Manifest,
    pub(super) digest: Digest,
    /// The digest of what the manifest means, worked out once for all calls.
    pub(super) meaning: Digest,
    pub(super) surface: Arc<Surface>,
    /// Where each function of the surface is found in the component, in the same order.
    entries: Arc<[ComponentExportIndex]>,
    pub(super) allowed: Arc<Allowed>,
    pub(super) quotas: Arc<[Quota]>,
    pub(super) pace: Arc<Pace>,
    pub(super) ready: InstancePre<Cell<Guest>>,
}

impl Loaded {
    /// The manifest that it is under.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What its component says of itself.
    #[must_use]
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// The digest of what its manifest means.
    #[must_use]
    pub const fn meaning(&self) -> Digest {
        self.meaning
    }

    /// The digest of its component.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The function of that name, and where it is; without a name, the only one.
    pub(super) fn find(&self, name: Option<&str>) -> Result<(&Function, ComponentExportIndex), NoFunction> {
        let found = self.surface.find(name)?;
        let at = self.surface.functions.iter().zip(&*self.entries).find(|(function, _)| std::ptr::eq(*function, found));
        at.map(|(function, entry)| (function, *entry)).ok_or_else(|| NoFunction::gone(&found.name))
    }
}

/// Where a compiled component has a function.
fn entry(component: &Component, function: &Function) -> Option<ComponentExportIndex> {
    let interface = match &function.interface {
        Some(interface) => Some(component.get_export_index(None, interface)?),
        None => None,
    };
    component.get_export_index(interface.as_ref(), &function.name)
}

/// A component under a manifest.
fn loaded(manifest: Manifest, digest: Digest, linked: Linked) -> Loaded {
    let Linked { surface, entries, ready } = linked;
    let allowed = Arc::new(Allowed { granted: manifest.grants.clone(), declared: surface.declared.clone() });
    let (meaning, quotas) = (manifest.meaning(), manifest.quotas.clone().into());
    Loaded { manifest, digest, meaning, surface, entries, allowed, quotas, pace: Arc::default(), ready }
}

impl Host {
    /// Makes a tool ready, if its component is the one that was pinned. Compiles it only where the cache has nothing.
    ///
    /// # Errors
    /// When the bytes are not what was reviewed, want what this host does not have, or cannot be compiled.
    pub async fn load(&self, manifest: Manifest, bytes: &[u8]) -> Result<Loaded, Broken> {
        let tool = manifest.tool.clone();
        let doing = || format!("loading the tool `{tool}`");
        let digest = Digest::of(bytes);
        match manifest.digest {
            Some(pinned) if pinned == digest => {}
            Some(_) => {
                let other = Broken::while_doing(doing(), "the component is not the one that was pinned");
                return Err(other.help(format!("review it with `tollgate inspect {tool}`, then `tollgate pin {tool}`")));
            }
            None => return Err(Broken::while_doing(doing(), Manifest::UNPINNED).help(format!("`tollgate pin {tool}`"))),
        }
        let linked = match self.made(&digest) {
            Some(linked) => linked,
            None => self.make(&tool, digest, bytes).await?,
        };
        Ok(loaded(manifest, digest, linked))
    }

    /// The tool, if the component that its manifest pins was made ready here before; nothing is read for it.
    #[must_use]
    pub fn again(&self, manifest: &Manifest) -> Option<Loaded> {
        let digest = manifest.digest?;
        self.made(&digest).map(|linked| loaded(manifest.clone(), digest, linked))
    }

    fn made(&self, digest: &Digest) -> Option<Linked> {
        self.made.lock().ok()?.get(digest).cloned()
    }

    /// Makes a component ready that is the one which was pinned.
    async fn make(&self, tool: &ToolName, digest: Digest, bytes: &[u8]) -> Result<Linked, Broken> {
        let doing = || format!("loading the tool `{tool}`");
        let surface = Surface::parse(bytes).and_then(|surface| surface.loads().map(|()| surface));
        let surface = surface.map_err(|bad| Broken::while_doing(doing(), &bad).help(bad.help.clone()))?;
        let component = match self.cached(digest).await? {
            Some(component) => component,
            None => self.compile(bytes).await?,
        };
        let ready = self.linker()?.instantiate_pre(&component).map_err(|e| {
            Broken::while_doing(doing(), format!("{e:#}"))
                .help("it was built against another contract; build it against this host's WIT")
        })?;
        let entries = surface.functions.iter().map(|function| entry(&component, function)).collect::<Option<_>>();
        let entries =
            entries.ok_or_else(|| Broken::while_doing(doing(), "the compiled form lacks a function of the component"))?;
        let linked = Linked { surface: Arc::new(surface), entries, ready };
        if let Ok(mut made) = self.made.lock() {
            if made.len() >= MOST {
                made.clear();
            }
            made.insert(digest, linked.clone());
        }
        Ok(linked)
    }

    /// What every tool is linked to, made once.
    fn linker(&self) -> Result<&Linker<Cell<Guest>>, Broken> {
        if let Some(linker) = self.linker.get() {
            return Ok(linker);
        }
        let mut linker = self.sandbox.linker::<Guest>()?;
        link(&mut linker, |cell: &mut Cell<Guest>| &mut cell.host)
            .map_err(|e| Broken::while_doing("linking the capabilities", e))?;
        Ok(self.linker.get_or_init(|| linker))
    }

    /// The compiled form, if the cache has the very bytes that the store remembers.
    async fn cached(&self, digest: Digest) -> Result<Option<Component>, Broken> {
        let engine = self.sandbox.engine_id();
        match self.store.module(&digest, engine).await? {
            Some(expected) => self.cache.open(&self.sandbox, &digest, &expected),
            None => Ok(None),
        }
    }

    /// Compiles a component in a child process with limits, and keeps the result.
    ///
    /// # Errors
    /// When it cannot be compiled within the limits, or kept.
    pub async fn compile(&self, bytes: &[u8]) -> Result<Component, Broken> {
        let program = self.program.clone();
        let owned = bytes.to_vec();
        let compiled = tokio::task::spawn_blocking(move || compile::in_child(&program, &owned)).await;
        let compiled = compiled.map_err(|e| Broken::while_doing("compiling a component", e))??;
        let digest = Digest::of(bytes);
        let kept = self.cache.put(&self.sandbox, &digest, &compiled)?;
        self.store.keep_module(&digest, self.sandbox.engine_id(), &kept).await?;
        let component = self.cache.open(&self.sandbox, &digest, &kept)?;
        component.ok_or_else(|| Broken::while_doing("compiling a component", "the cache changed while it was written"))
    }
}
