//! Meaning as bytes: one form of a manifest for every way of writing it.

use super::Manifest;
use crate::grant::{Flow, Grant};
use crate::name::Digest;

/// Text after text, each with its length before it, so that no two lists run into one.
#[derive(Default)]
pub(crate) struct Canonical(Vec<u8>);

impl Canonical {
    /// Adds a text.
    pub(crate) fn put(&mut self, text: &str) {
        self.0.extend((text.len() as u64).to_be_bytes());
        self.0.extend(text.as_bytes());
    }

    /// A list in one order, whatever the order written.
    fn put_all(&mut self, texts: impl Iterator<Item = String>) {
        let mut texts: Vec<_> = texts.collect();
        texts.sort();
        self.put(&texts.len().to_string());
        texts.iter().for_each(|text| self.put(text));
    }

    /// The digest of what was put.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

pub(super) fn meaning(manifest: &Manifest) -> Digest {
    let mut canonical = Canonical::default();
    canonical.put("tollgate manifest 1");
    canonical.put(manifest.tool.as_str());
    canonical.put(&manifest.component);
    canonical.put(&manifest.digest.map(|digest| digest.to_string()).unwrap_or_default());
    canonical.put_all(manifest.callers.iter().map(ToString::to_string));
    canonical.put_all(manifest.agents.iter().map(ToString::to_string));
    for (key, value) in manifest.limits.each() {
        canonical.put(key);
        canonical.put(&value);
    }
    // Grants of one name reach nothing in common, so that their order means nothing.
    let mut grants: Vec<_> = manifest.grants.0.iter().map(grant).collect();
    grants.sort();
    canonical.put(&grants.len().to_string());
    grants.iter().for_each(|grant| canonical.0.extend(grant));
    canonical.put_all(manifest.quotas.iter().map(|quota| format!("{} {quota}", quota.name)));
    canonical.digest()
}

fn grant(grant: &Grant) -> Vec<u8> {
    let mut canonical = Canonical::default();
    canonical.put(grant.spec.name);
    for (dimension, patterns) in grant.spec.reach.iter().zip(&grant.reach) {
        canonical.put(dimension.key);
        canonical.put_all(patterns.iter().map(ToString::to_string));
    }
    canonical.put(&grant.calls.to_string());
    canonical.put(&grant.bytes.map(|bytes| bytes.to_string()).unwrap_or_default());
    canonical.put(&grant.consent.to_string());
    // Only where it says something: what was agreed to before there were such words stands.
    if grant.flow != Flow::Refuse {
        canonical.put(grant.flow.as_str());
    }
    if !grant.refuse.is_empty() {
        canonical.put("refuse");
        canonical.put_all(grant.refuse.iter().map(|kind| kind.name().to_owned()));
    }
    canonical.put(&grant.lease.map(|lease| lease.to_string()).unwrap_or_default());
    canonical.0
}
