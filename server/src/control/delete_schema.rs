//! DeleteSchema: only when no dataset uses it.

use serde_json::Value;

use super::resource::{Kind, delete, find, in_use};
use super::{Input, public_text};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let schema = find(app, Kind::Schema, input.arn("schemaArn")?)?;
    let datasets = app.store.catalog.list(Kind::Dataset.word(), None, None, usize::MAX)?;
    match datasets.iter().find(|dataset| public_text(dataset, "schemaArn") == schema.arn) {
        Some(dataset) => Err(in_use(&schema, &format!("delete {} first", dataset.arn))),
        None => delete(app, &schema),
    }
}
