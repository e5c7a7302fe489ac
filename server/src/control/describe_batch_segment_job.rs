//! DescribeBatchSegmentJob: what was given, the status, and when.

use serde_json::{Value, json};

use super::Input;
use super::resource::{Kind, describe, find};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let resource = find(app, Kind::BatchSegmentJob, input.arn("batchSegmentJobArn")?)?;
    Ok(json!({ "batchSegmentJob": describe(&resource) }))
}
