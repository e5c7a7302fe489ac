//! ListBatchInferenceJobs, all or those of one solution version.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, page};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let parent = input.optional_arn("solutionVersionArn")?;
    let members = ["batchInferenceJobArn", "jobName", "failureReason", "solutionVersionArn", "batchInferenceJobMode"];
    page(app, input, (Kind::BatchInferenceJob, parent), ("batchInferenceJobs", &members))
}
