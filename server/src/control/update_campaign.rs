//! UpdateCampaign: deploys another solution version or changes the configuration. The switch is immediate.

use serde_json::{Value, json};

use super::{Input, public_text};
use super::create_campaign::deployable;
use super::resource::{Kind, find_active, seconds, status};
use crate::app::App;
use crate::control::Exploration;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let campaign = find_active(app, Kind::Campaign, input.arn("campaignArn")?)?;
    input.integer("minProvisionedTPS", 1, i64::MAX)?;
    Exploration::check(input, "campaignConfig")?;
    let mut update = input.echo(&["minProvisionedTPS", "campaignConfig"]);
    let mut group = None;
    if let Some(arn) = input.optional_arn("solutionVersionArn")? {
        let version = deployable(app, arn)?;
        group = Some(public_text(&version, "datasetGroupArn").to_owned());
        update.insert("solutionVersionArn".into(), version.arn.into());
    }
    let now = app.now();
    app.store.catalog.update(&campaign.arn, &mut |resource| {
        for (key, value) in &update {
            resource.doc["public"][key] = value.clone();
        }
        let mut latest = Value::from(update.clone());
        latest["status"] = status::ACTIVE.into();
        latest["creationDateTime"] = seconds(now);
        latest["lastUpdatedDateTime"] = seconds(now);
        resource.doc["public"]["latestCampaignUpdate"] = latest;
        resource.updated_at = now;
    })?;
    if let Some(group) = group {
        app.newcomers.note(&group);
    }
    Ok(json!({ "campaignArn": campaign.arn }))
}
