//! `tollgate schema`: what an editor needs to help with manifests and the configuration.

use super::command::{Schema, SchemaOf};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::capability::specs;
use crate::{config, manifest};

/// Prints a JSON Schema.
pub fn run(options: &Schema, output: Output) -> Result<Exit, Failure> {
    let mut schema = match options.of {
        SchemaOf::Manifest => manifest::schema::schema(&specs()),
        SchemaOf::Config => config::schema(),
    };
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    output.result(&schema, || format!("{schema:#}"));
    Ok(Exit::Done)
}
