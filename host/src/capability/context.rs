//! The context: for whom a tool runs and what it has left. Needs no grant, and counts as a host call.

use super::{Guest, stop};
use crate::bindings::tollgate::host::context::{Host, Meter};
use crate::gate::Inside;

impl Guest {
    async fn counted(&mut self) -> wasmtime::Result<()> {
        self.session.book.lock().await.count_host_call(0).map_err(stop)
    }
}

impl Host for Guest {
    async fn initiator(&mut self) -> wasmtime::Result<String> {
        let _inside = Inside::new(&self.session);
        self.counted().await?;
        Ok(self.session.who.initiator.to_string())
    }

    async fn agent(&mut self) -> wasmtime::Result<String> {
        let _inside = Inside::new(&self.session);
        self.counted().await?;
        Ok(self.session.who.agent.to_string())
    }

    async fn meters(&mut self) -> wasmtime::Result<Vec<Meter>> {
        let _inside = Inside::new(&self.session);
        self.counted().await?;
        let book = self.session.book.lock().await;
        let left = book.meters.each().map(|(grant, used)| Meter {
            grant: grant.spec.name.to_owned(),
            index: grant.index,
            calls: grant.calls.saturating_sub(used.calls),
            bytes: grant.bytes.map_or(0, |bytes| bytes.0.saturating_sub(used.bytes)),
        });
        Ok(left.collect())
    }
}
