//! DeleteFilter: requests that name it are refused from now on. Not while a batch job uses it.

use serde_json::Value;

use super::batch::running;
use super::resource::{Kind, delete, find, in_use};
use super::{Input, public_text};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let filter = find(app, Kind::Filter, input.arn("filterArn")?)?;
    if let Some(job) = running(app, &|job| public_text(job, "filterArn") == filter.arn)? {
        return Err(in_use(&filter, &format!("{} is running", job.arn)));
    }
    delete(app, &filter)
}
