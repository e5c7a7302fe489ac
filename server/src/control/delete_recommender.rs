//! DeleteRecommender: it stops serving, and its versions go with it.

use serde_json::Value;

use super::Input;
use super::create_solution_version::versions;
use super::resource::{Kind, delete, find, in_use, is_changing};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let recommender = find(app, Kind::Recommender, input.arn("recommenderArn")?)?;
    let versions = versions(app, &recommender)?;
    if versions.iter().any(is_changing) {
        return Err(in_use(&recommender, "it is being trained"));
    }
    for version in versions {
        app.store.catalog.delete(&version.arn)?;
    }
    delete(app, &recommender)
}
