//! DescribeSolution: what was given, and the state of the latest version.

use serde_json::{Value, json};

use super::Input;
use super::resource::{Kind, children, describe, find};
use crate::app::App;
use crate::error::ApiError;

/// What the summary of the latest version shows.
const SUMMARY: [&str; 7] = [
    "solutionVersionArn",
    "status",
    "trainingMode",
    "trainingType",
    "creationDateTime",
    "lastUpdatedDateTime",
    "failureReason",
];

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let solution = find(app, Kind::Solution, input.arn("solutionArn")?)?;
    let mut members = describe(&solution);
    if let Some(latest) = children(app, Kind::SolutionVersion, &solution.arn)?.last() {
        let mut summary = describe(latest);
        summary.retain(|key, _| SUMMARY.contains(&key.as_str()));
        members.insert("latestSolutionVersion".into(), summary.into());
    }
    Ok(json!({ "solution": members }))
}
