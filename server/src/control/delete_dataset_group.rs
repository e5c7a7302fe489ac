//! DeleteDatasetGroup: only when no event tracker, solution, recommender, filter or dataset is left in it.

use serde_json::Value;

use super::Input;
use super::resource::{Kind, children, delete, find, in_use};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let group = find(app, Kind::DatasetGroup, input.arn("datasetGroupArn")?)?;
    for kind in [Kind::EventTracker, Kind::Solution, Kind::Recommender, Kind::Filter, Kind::Dataset] {
        if let Some(child) = children(app, kind, &group.arn)?.first() {
            return Err(in_use(&group, &format!("delete {} first", child.arn)));
        }
    }
    delete(app, &group)
}
