//! DeleteSolution: with all its versions, when no campaign is based on it none of them is being trained, and no batch
//! job runs on one.

use bowerbird_store::Resource;
use serde_json::Value;

use super::Input;
use super::batch::running;
use super::resource::{Kind, children, delete, find, in_use, is_changing};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let solution = find(app, Kind::Solution, input.arn("solutionArn")?)?;
    if let Some(campaign) = children(app, Kind::Campaign, &solution.arn)?.first() {
        return Err(in_use(&solution, &format!("delete {} first", campaign.arn)));
    }
    let versions = children(app, Kind::SolutionVersion, &solution.arn)?;
    if let Some(version) = versions.iter().find(|version| is_changing(version)) {
        return Err(in_use(&solution, &format!("{} is being trained", version.arn)));
    }
    let is_of_it = |job: &Resource| versions.iter().any(|version| version.arn == job.parent);
    if let Some(job) = running(app, &is_of_it)? {
        return Err(in_use(&solution, &format!("{} is running", job.arn)));
    }
    for version in versions {
        app.store.catalog.delete(&version.arn)?;
    }
    delete(app, &solution)
}
