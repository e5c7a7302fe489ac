//! ListDatasetImportJobs, all or those of one dataset.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, page};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let parent = input.optional_arn("datasetArn")?;
    page(app, input, (Kind::ImportJob, parent), ("datasetImportJobs", &["datasetImportJobArn", "jobName", "failureReason", "importMode"]))
}
