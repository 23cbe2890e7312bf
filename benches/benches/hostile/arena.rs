//! A workspace with a tool for each attack, its host in this process, and the bystander.

use std::sync::Arc;

use tollgate::invoke::{Host, Loaded, Outcome};
use tollgate::manifest::Limits;
use tollgate::name::{Digest, ToolName};
use tollgate::setup::Workspace;
use tollgate::store::Store;
use tollgate_hostile::{Attack, call};

/// The workspace and the event loop.
pub struct Arena {
    _folder: tempfile::TempDir,
    workspace: Workspace,
    probe: Vec<u8>,
    pub runtime: tokio::runtime::Runtime,
}

/// The host and the bystander's tool.
pub struct Ring {
    pub host: Host,
    pub store: Arc<Store>,
    workspace: Workspace,
    probe: Vec<u8>,
    bystander: Loaded,
}

/// An attack, and its tool if it can be loaded at all.
#[derive(Clone)]
pub struct Tool {
    pub attack: &'static Attack,
    pub bytes: Arc<Vec<u8>>,
    pub loaded: Option<Arc<Loaded>>,
    pub limits: Limits,
}

impl Arena {
    /// Made by the program's own commands.
    pub fn new() -> Result<Self, String> {
        let built = tollgate_example_tools::build()?;
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let probe = std::fs::read(built.fixtures.join("probe.wasm")).map_err(|e| e.to_string())?;
        let workspace = tollgate_benches::workspace(folder.path()).map_err(|e| e.to_string())?;
        let at = &workspace.folder;
        tollgate_hostile::lay_traps(&at.join("files"))?;
        std::fs::write(at.join("files/runbooks/kibibyte.md"), vec![b'x'; 1024]).map_err(|e| e.to_string())?;
        let runtime = workspace.runtime().map_err(|e| e.to_string())?;
        Ok(Self { _folder: folder, workspace, probe, runtime })
    }

    /// Opens the host; the probe is compiled, and stands by.
    pub async fn open(&self) -> Result<Ring, String> {
        let (host, store) = self.workspace.host(None).map_err(|e| e.to_string())?;
        host.compile(&self.probe).await.map_err(|e| e.to_string())?;
        let digest = Digest::of(&self.probe);
        let manifest = format!(
            "tollgate = 1\n[tool]\ncomponent = \"bystander.wasm\"\ndigest = \"{digest}\"\ncallers = [\"ben\"]\nagents = [\"cli\"]\n\
             [grant]\n\"files.read\" = {{ paths = [\"runbooks/**\"], calls = 1, bytes = \"1 KiB\" }}\n"
        );
        let workspace = Workspace::open(&self.workspace.folder).map_err(|e| format!("{e:?}"))?;
        let bystander = put(&host, &workspace, "bystander", (&manifest, &self.probe)).await?.0;
        Ok(Ring { host, store, workspace, probe: self.probe.clone(), bystander })
    }
}

/// Writes a tool that is compiled already, and loads it.
async fn put(
    host: &Host,
    workspace: &Workspace,
    name: &str,
    (manifest, bytes): (&str, &[u8]),
) -> Result<(Loaded, Limits), String> {
    let path = |extension: &str| workspace.path(&format!("tools/{name}.{extension}"));
    std::fs::write(path("toml"), manifest).map_err(|e| e.to_string())?;
    std::fs::write(path("wasm"), bytes).map_err(|e| e.to_string())?;
    let tool = ToolName::parse(name).map_err(|e| e.to_string())?;
    let manifest = workspace.manifest(&tool).map_err(|e| format!("{name}: {e:?}"))?;
    let limits = manifest.limits.clone();
    Ok((host.load(manifest, bytes).await.map_err(|e| e.to_string())?, limits))
}

impl Ring {
    /// Makes the tool of an attack ready, as far as the host lets it.
    pub async fn ready(&self, attack: &'static Attack) -> Result<Tool, String> {
        let bytes = attack.bytes(&self.probe)?;
        let readable = tollgate::tool::Surface::parse(&bytes).and_then(|surface| surface.loads()).is_ok();
        if !readable || self.host.compile(&bytes).await.is_err() {
            return Ok(Tool { attack, bytes: Arc::new(bytes), loaded: None, limits: Limits::default() });
        }
        let manifest = attack.manifest(&format!("{}.wasm", attack.name), Some(&Digest::of(&bytes)));
        let (loaded, limits) = put(&self.host, &self.workspace, attack.name, (&manifest, &bytes)).await?;
        Ok(Tool { attack, bytes: Arc::new(bytes), loaded: Some(Arc::new(loaded)), limits })
    }

    /// One turn of the bystander: a call that does nothing, and one that reads 1 KiB.
    pub async fn stand_by(&self) -> Result<(), String> {
        let read = r#"{"path": "runbooks/kibibyte.md", "offset": "0", "length": 1024}"#;
        for (function, arguments) in [("nothing", "{}"), ("files-read", read)] {
            let asked = call(function, arguments.to_owned());
            let report = self.host.call(&self.bystander, asked, std::future::pending()).await;
            let report = report.map_err(|e| format!("{e:?}"))?;
            if !matches!(report.outcome, Outcome::Returned(_)) {
                return Err(format!("the bystander met {:?}", report.outcome));
            }
        }
        Ok(())
    }
}
