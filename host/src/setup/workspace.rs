//! A workspace: one folder with the configuration, the tools, the files, the store and the keys.
//!
//! ```text
//! tollgate.toml     configuration           tollgate.db    store and journal
//! tools/            NAME.toml, NAME.wasm    checkpoints    signed heads of the journal
//! files/            documents               cache/         compiled components (only the host writes here)
//! journal.vkey      the public key          keys/          the private key
//! run/              locks of processes that live
//! tollgate.ballast  space that is kept for what must be on record on a full disk
//! components/       the bytes that were pinned, by their digests (only the host writes here)
//! ```

use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::embedding::{Embedding, embedded};
use crate::capability::specs;
use crate::config::{self, Config};
use crate::diagnostic::{Broken, Problem, Severity, Source};
use crate::manifest::{self, Checked, Manifest};
use crate::name::ToolName;

/// Why a workspace cannot be used.
#[derive(Debug)]
pub enum NotReady {
    /// The environment.
    Broken(Broken),
    /// Files that an operator has to mend.
    Problems(Vec<Problem>),
}

impl NotReady {
    /// In one line, for a log.
    #[must_use]
    pub fn short(&self) -> String {
        match self {
            Self::Broken(broken) => broken.to_string(),
            Self::Problems(problems) => match problems.as_slice() {
                [] => "`tollgate check` says what is wrong".to_owned(),
                [only] => only.to_string(),
                [first, rest @ ..] => format!("{first}; and {} more: see `tollgate check`", rest.len()),
            },
        }
    }
}

impl From<Broken> for NotReady {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// A workspace whose configuration was read.
pub struct Workspace {
    /// Its folder.
    pub folder: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// What this program puts behind its capabilities.
    pub embedding: Embedding,
}

/// The largest manifest or world file that is read.
const TEXT: u64 = 8 << 20;

/// The largest component.
pub(super) const COMPONENT: u64 = 16 << 20;

impl Workspace {
    /// Reads the configuration of the workspace in `folder`, for what this process [embeds](super::embed).
    ///
    /// # Errors
    /// When there is none, or it has problems.
    pub fn open(folder: &Path) -> Result<Self, NotReady> {
        let path = folder.join("tollgate.toml");
        if !path.exists() {
            let missing =
                Broken::while_doing(format!("looking for a workspace in {}", folder.display()), "there is no tollgate.toml");
            return Err(missing.help("make one with `tollgate init FOLDER`, or name it with --workspace").into());
        }
        let text = read_text(&path)?;
        let checked = config::check(&Arc::new(Source { name: "tollgate.toml".to_owned(), text }));
        let config = usable(checked)?;
        Ok(Self { folder: folder.to_owned(), config, embedding: embedded() })
    }

    /// The paths of this workspace.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The tools that have a manifest, in order.
    ///
    /// # Errors
    /// When the folder cannot be read, or a manifest's file has no tool's name.
    pub fn tools(&self) -> Result<Vec<ToolName>, Broken> {
        let folder = self.path("tools");
        let doing = || format!("reading {}", folder.display());
        let mut tools = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(|e| Broken::while_doing(doing(), e))? {
            let path = entry.map_err(|e| Broken::while_doing(doing(), e))?.path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let named = ToolName::parse(stem).map_err(|e| {
                Broken::while_doing(format!("reading {}", path.display()), e)
                    .help("a tool is called after its manifest: rename the file")
            });
            tools.push(named?);
        }
        tools.sort();
        Ok(tools)
    }

    /// The source of a tool's manifest.
    ///
    /// # Errors
    /// When there is none.
    pub fn manifest_source(&self, tool: &ToolName) -> Result<Arc<Source>, Broken> {
        let name = format!("tools/{tool}.toml");
        let path = self.folder.join(&name);
        if !path.exists() {
            let missing = Broken::while_doing(format!("looking for the tool `{tool}`"), format!("there is no {name}"));
            return Err(missing.help("`tollgate tools` lists what there is"));
        }
        Ok(Arc::new(Source { text: read_text(&path)?, name }))
    }

    /// A tool's manifest, checked by itself; warnings are left to `check`.
    ///
    /// # Errors
    /// When it is missing or has problems.
    pub fn manifest(&self, tool: &ToolName) -> Result<Manifest, NotReady> {
        usable(manifest::check(tool.clone(), self.manifest_source(tool)?, &specs()))
    }

    /// The bytes of a tool's component.
    ///
    /// # Errors
    /// When it is missing or larger than 16 MiB.
    pub fn component(&self, manifest: &Manifest) -> Result<Vec<u8>, Broken> {
        read_file(&self.path("tools").join(&manifest.component), COMPONENT)
    }

    /// The files root, as a handle.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn files(&self) -> Result<Dir, Broken> {
        open_dir(&self.path(self.config.files.as_str()))
    }

    /// The folder of compiled components, as a handle; made if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened or is open to others.
    pub fn cache(&self) -> Result<Dir, Broken> {
        let path = self.path("cache");
        private_dir(&path)?;
        open_dir(&path)
    }

    /// The private key of the journal, PKCS#8 in PEM.
    ///
    /// # Errors
    /// When it is missing or others may read it.
    pub fn journal_key(&self) -> Result<String, Broken> {
        self.key("keys/journal.pem")
    }

    /// A private key of the workspace: PEM.
    ///
    /// # Errors
    /// When it is missing or others may read it.
    pub fn key(&self, name: &str) -> Result<String, Broken> {
        let path = self.path(name);
        let doing = || format!("reading the key {}", path.display());
        let mode = std::fs::metadata(&path).map_err(|e| Broken::while_doing(doing(), e))?.mode();
        if mode & 0o077 != 0 {
            let wide = Broken::while_doing(doing(), format!("others may read it (mode {:o})", mode & 0o777));
            return Err(wide.help(format!("chmod 600 {}", path.display())));
        }
        read_text(&path)
    }
}

/// The value of a check without errors.
fn usable<T>(checked: Checked<T>) -> Result<T, NotReady> {
    match checked.value {
        Some(value) => Ok(value),
        None => Err(NotReady::Problems(checked.problems.into_iter().filter(|it| it.severity == Severity::Error).collect())),
    }
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// When it cannot be read or is larger.
#[expect(clippy::disallowed_methods, reason = "this is where paths are opened")]
pub fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, Broken> {
    let doing = || format!("reading {}", path.display());
    let file = std::fs::File::open(path).map_err(|e| Broken::while_doing(doing(), e))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|e| Broken::while_doing(doing(), e))?;
    if bytes.len() as u64 > most {
        return Err(Broken::while_doing(doing(), format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a text file of at most 8 MiB: configuration, manifest, world file.
///
/// # Errors
/// When it cannot be read, is larger, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Broken> {
    let bytes = read_file(path, TEXT)?;
    String::from_utf8(bytes).map_err(|e| Broken::while_doing(format!("reading {}", path.display()), e))
}

/// Writes a new file that only its owner may read or write; an existing one is replaced as a whole or not at all.
///
/// # Errors
/// When it cannot be written.
#[expect(clippy::disallowed_methods, reason = "this is where paths are opened")]
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Broken> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let doing = || format!("writing {}", path.display());
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let written =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&temporary, path)
        });
    written.map_err(|e| {
        // The write failed already; what is left behind is only a temporary name.
        let _ = std::fs::remove_file(&temporary);
        Broken::while_doing(doing(), e)
    })
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// When it cannot be made.
pub fn private_dir(path: &Path) -> Result<(), Broken> {
    let doing = || format!("making {}", path.display());
    std::fs::create_dir_all(path).map_err(|e| Broken::while_doing(doing(), e))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(|e| Broken::while_doing(doing(), e))
}

#[expect(clippy::disallowed_methods, reason = "this is where paths are opened")]
fn open_dir(path: &Path) -> Result<Dir, Broken> {
    Dir::open_ambient_dir(path, ambient_authority())
        .map_err(|e| Broken::while_doing(format!("opening the folder {}", path.display()), e))
}

/// Makes a new file that only its owner may read; one that is there already is left as it is.
///
/// # Errors
/// When it is there, or cannot be made.
#[expect(clippy::disallowed_methods, reason = "this is where paths are opened")]
pub fn new_file(path: &Path) -> Result<std::fs::File, Broken> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|e| Broken::while_doing(format!("writing {}", path.display()), e).help("name a new file"))
}
