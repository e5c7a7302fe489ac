//! GetSolutionMetrics: the metrics of a finished training, under the names of reference §5.2.

use serde_json::{Value, json};

use super::resource::{Kind, find_active};
use super::{Input, private};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let version = find_active(app, Kind::SolutionVersion, input.arn("solutionVersionArn")?)?;
    Ok(json!({ "solutionVersionArn": version.arn, "metrics": private(&version, "metrics") }))
}
