//! ListSolutionVersions, all or those of one solution.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, page};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let parent = input.optional_arn("solutionArn")?;
    page(app, input, (Kind::SolutionVersion, parent), ("solutionVersions", &["solutionVersionArn", "failureReason", "trainingMode", "trainingType"]))
}
