//! The context: for whom a tool runs and what it has left. Needs no grant, and counts as a host call.

use serde_json::{Value, json};

use super::{Guest, stop};
use crate::bindings::tollgate::host::context::{Host, Meter};
use crate::diagnostic::{Fault, FaultKind};
use crate::gate::Inside;

const METERS: &str = "context.meters";

/// What was told before the invocation was set down.
fn recall(told: &[u8]) -> Option<Vec<Meter>> {
    let told: Value = serde_json::from_slice(told).ok()?;
    let meters = told.as_array()?.iter().map(|it| {
        let index = u32::try_from(it[1].as_u64()?).ok()?;
        Some(Meter { grant: it[0].as_str()?.to_owned(), index, calls: it[2].as_u64()?, bytes: it[3].as_u64()? })
    });
    meters.collect()
}

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
        Ok(self.session.who.actors.first().to_string())
    }

    async fn meters(&mut self) -> wasmtime::Result<Vec<Meter>> {
        let _inside = Inside::new(&self.session);
        self.counted().await?;
        let mut book = self.session.book.lock().await;
        if let Some(told) = book.recall_context(METERS, &*self.session.timing).map_err(stop)? {
            return recall(&told).ok_or_else(|| stop(Fault::new(FaultKind::Diverged, "its meters are not what they were")));
        }
        let left = book.meters.each().map(|(grant, used)| Meter {
            grant: grant.spec.name.to_owned(),
            index: grant.index,
            calls: grant.calls.saturating_sub(used.calls),
            bytes: grant.bytes.map_or(0, |bytes| bytes.0.saturating_sub(used.bytes)),
        });
        let left: Vec<Meter> = left.collect();
        let told: Vec<_> = left.iter().map(|it| json!([it.grant, it.index, it.calls, it.bytes])).collect();
        book.note_context(METERS, json!(told).to_string());
        Ok(left)
    }
}
