//! Compiled components in the host's own private directory. The database, not the directory, says which bytes are ours.

use std::io::{Read as _, Write as _};

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use wasmtime::component::Component;

use super::Sandbox;
use super::compile::LARGEST_COMPILED;
use crate::diagnostic::Broken;
use crate::name::Digest;

/// The directory of compiled components, mode 0700.
pub struct Cache(Dir);

impl Cache {
    /// A cache in a directory that only the host can write.
    #[must_use]
    pub const fn new(dir: Dir) -> Self {
        Self(dir)
    }

    fn name(sandbox: &Sandbox, component: &Digest) -> String {
        format!("{}-{}", component.hex(), sandbox.engine_id())
    }

    /// Keeps a compiled form and says by which digest it is to be remembered.
    ///
    /// # Errors
    /// When it cannot be written to the disk.
    pub fn put(&self, sandbox: &Sandbox, component: &Digest, compiled: &[u8]) -> Result<Digest, Broken> {
        let name = Self::name(sandbox, component);
        let broken = |e: std::io::Error| Broken::while_doing(format!("keeping the compiled form {name}"), e);
        let temporary = format!("{name}.{}", uuid::Uuid::now_v7().simple());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = self.0.open_with(&temporary, &options).map_err(broken)?;
        let written = file.write_all(compiled).and_then(|()| file.sync_all());
        if let Err(e) = written.and_then(|()| self.0.rename(&temporary, &self.0, &name)) {
            drop(self.0.remove_file(&temporary)); // the first error is the one to report
            return Err(broken(e));
        }
        Ok(Digest::of(compiled))
    }

    /// The component, if the file holds the bytes that `expected` names; otherwise it is as if it were not there.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn open(&self, sandbox: &Sandbox, component: &Digest, expected: &Digest) -> Result<Option<Component>, Broken> {
        let name = Self::name(sandbox, component);
        let mut options = OpenOptions::new();
        options.read(true).custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32);
        let mut bytes = Vec::new();
        let read = self.0.open_with(&name, &options).and_then(|file| {
            let plain = file.metadata()?.is_file();
            if plain {
                file.take(LARGEST_COMPILED).read_to_end(&mut bytes)
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            }
        });
        match read {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Broken::while_doing(format!("reading the compiled form {name}"), e)),
        }
        if Digest::of(&bytes) != *expected {
            tracing::warn!("the compiled form {name} is not what the store remembers; it is compiled again");
            return Ok(None);
        }
        #[expect(unsafe_code, reason = "these very bytes were just found to be what this host compiled itself")]
        // SAFETY: `deserialize` needs bytes of `precompile_component`; their digest is the one recorded at compiling.
        let loaded = unsafe { Component::deserialize(sandbox.engine(), &bytes) };
        loaded.map(Some).map_err(|e| Broken::while_doing(format!("loading the compiled form {name}"), format!("{e:#}")))
    }
}
