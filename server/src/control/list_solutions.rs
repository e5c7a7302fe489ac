//! ListSolutions, all or those of one datasetGroup.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, page};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let parent = input.optional_arn("datasetGroupArn")?;
    page(app, input, (Kind::Solution, parent), ("solutions", &["name", "solutionArn", "recipeArn"]))
}
