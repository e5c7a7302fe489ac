//! ListRecommenders, all or those of one dataset group.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, page};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let parent = input.optional_arn("datasetGroupArn")?;
    let members = ["name", "recommenderArn", "datasetGroupArn", "recipeArn", "recommenderConfig"];
    page(app, input, (Kind::Recommender, parent), ("recommenders", &members))
}
