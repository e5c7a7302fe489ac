//! DeleteCampaign: it stops serving; the solution version stays.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, delete, find};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    delete(app, &find(app, Kind::Campaign, input.arn("campaignArn")?)?)
}
