//! DeleteDataset: with its rows, when nothing that is running or serving depends on them (reference §6.5).

use bowerbird_store::Resource;
use serde_json::Value;

use super::batch::running;
use super::resource::{Kind, children, delete, find, in_use, is_changing};
use super::{Input, public_text};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let dataset = find(app, Kind::Dataset, input.arn("datasetArn")?)?;
    let group = dataset.parent.clone();
    if let Some(job) = children(app, Kind::ImportJob, &dataset.arn)?.iter().find(|job| is_changing(job)) {
        return Err(in_use(&dataset, &format!("{} is running", job.arn)));
    }
    for solution in children(app, Kind::Solution, &group)? {
        for version in children(app, Kind::SolutionVersion, &solution.arn)? {
            if is_changing(&version) {
                return Err(in_use(&dataset, &format!("{} is being trained", version.arn)));
            }
        }
        let is_of_it = |job: &Resource| job.parent.starts_with(&format!("{}/", solution.arn));
        if let Some(job) = running(app, &is_of_it)? {
            return Err(in_use(&dataset, &format!("{} is running", job.arn)));
        }
        if let Some(campaign) = children(app, Kind::Campaign, &solution.arn)?.first() {
            return Err(in_use(&dataset, &format!("delete {} first", campaign.arn)));
        }
    }
    if let Some(recommender) = children(app, Kind::Recommender, &group)?.first() {
        return Err(in_use(&dataset, &format!("delete {} first", recommender.arn)));
    }
    if public_text(&dataset, "datasetType") == "INTERACTIONS" {
        forget_interactions(app, &dataset, &group)?;
    }
    app.store.entities.clear(&dataset.arn)?;
    let deleted = delete(app, &dataset)?;
    app.trackers.remove(public_text(&dataset, "trackingId"));
    app.live.forget(&dataset.arn);
    Ok(deleted)
}

/// Events of this group that are in the log already do not belong to a later dataset of the same name.
fn forget_interactions(app: &App, dataset: &Resource, group: &str) -> Result<(), ApiError> {
    if let Some(tracker) = children(app, Kind::EventTracker, group)?.first() {
        return Err(in_use(dataset, &format!("delete {} first", tracker.arn)));
    }
    let now = app.now();
    app.store.catalog.update(group, &mut |group| group.doc["private"]["eventsFrom"] = now.into())?;
    app.live.forget(group);
    Ok(())
}
