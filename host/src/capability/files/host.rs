//! The WIT interface `files`: a guest's arguments become an action, the action passes the gate, the effect runs.

use super::beneath::Found;
use super::effect::{self, Names};
use super::grants::{List, Read};
use super::write::Write;
use crate::bindings::tollgate::host::files::{Entry, Host, Kind, Listing};
use crate::capability::Guest;
use crate::diagnostic::Halt;
use crate::gate::{Inside, pass};
use crate::people::not_yours;

impl Host for Guest {
    async fn list(&mut self, folder: String, after: Option<String>) -> Result<Listing, Halt> {
        let _inside = Inside::new(&self.session);
        let permit = pass(&self.session, List::parse(folder, after)).await?;
        let rights = self.session.services.world.rights(&self.session.who.initiator).await.map_err(|_| not_yours())?;
        let Names { listed, more } = effect::list(&self.backends.files, &self.session, &rights, permit).await?;
        let entries = listed.into_iter().map(|entry| {
            let (kind, size) = match entry.found {
                Found::File(size) => (Kind::File, size),
                Found::Folder => (Kind::Folder, 0),
            };
            Entry { name: entry.name, kind, size }
        });
        Ok(Listing { entries: entries.collect(), more })
    }

    async fn read(&mut self, path: String, offset: u64, length: u32) -> Result<Vec<u8>, Halt> {
        let _inside = Inside::new(&self.session);
        let permit = pass(&self.session, Read::parse(path, offset, length)).await?;
        effect::read(&self.backends.files, &*self.session.services.world, permit).await
    }
    async fn write(&mut self, path: String, contents: Vec<u8>) -> Result<(), Halt> {
        let _inside = Inside::new(&self.session);
        let files = self.backends.files.clone();
        let permit = pass(&self.session, Write::parse(path, contents, files.clone())).await?;
        effect::write(files, permit).await
    }
}
