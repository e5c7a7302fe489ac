//! DescribeSolution: what was given, the recipe that was chosen, and the state of the latest version.

use serde_json::{Value, json};

use super::resource::{Kind, children, describe, find, status};
use super::{Input, public_text};
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
    let versions = children(app, Kind::SolutionVersion, &solution.arn)?;
    let trained = versions.iter().rev().find(|version| version.status == status::ACTIVE);
    if let Some(trained) = trained.filter(|_| members.get("performAutoML") == Some(&true.into())) {
        let result = json!({ "bestRecipeArn": public_text(trained, "recipeArn") });
        members.insert("autoMLResult".into(), result);
    }
    if let Some(latest) = versions.last() {
        let mut summary = describe(latest);
        summary.retain(|key, _| SUMMARY.contains(&key.as_str()));
        members.insert("latestSolutionVersion".into(), summary.into());
    }
    Ok(json!({ "solution": members }))
}
