//! A tool as it stands in the list: names, schemas and texts of what was pinned, hints from what is granted.

use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::PREFIX;
use crate::serve::Offer;

/// One tool.
pub(super) fn tool(offer: &Offer) -> Tool {
    let hints = offer.hints;
    let annotations = ToolAnnotations::new()
        .read_only(!hints.changes)
        .destructive(hints.destroys)
        .idempotent(hints.repeats)
        .open_world(hints.outward);
    let meta = [
        ("approval", json!(if hints.asks { "policy" } else { "never" })),
        ("component", json!(offer.loaded.digest().to_string())),
        ("interface", json!(offer.function.interface)),
    ];
    let meta: Map<String, Value> = meta.into_iter().map(|(key, value)| (format!("{PREFIX}{key}"), value)).collect();
    Tool::new(offer.name.clone(), offer.description.clone(), offer.input.clone())
        .with_title(format!("{} {}", offer.tool(), offer.function.name))
        .with_raw_output_schema(offer.output.clone())
        .with_annotations(annotations)
        .with_meta(MetaObject(meta))
}
