//! ListSchemas.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, page};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    page(app, input, (Kind::Schema, None), ("schemas", &["name", "schemaArn", "domain"]))
}
