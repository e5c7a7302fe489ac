//! UpdateRecommender: another configuration. Other training data mean another training; until it ends, the old model
//! serves.

use serde_json::{Value, json};

use super::Input;
use super::create_solution_version::create_version;
use super::resource::{Kind, find_active, seconds, status};
use crate::app::App;
use crate::control::{Exploration, invalid};
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let recommender = find_active(app, Kind::Recommender, input.arn("recommenderArn")?)?;
    Exploration::check(input, "recommenderConfig")?;
    let config = input.object("recommenderConfig")?;
    let config = config.ok_or_else(|| invalid("recommenderConfig", "must not be null"))?;
    let now = app.now();
    let before = &recommender.doc["public"]["recommenderConfig"]["trainingDataConfig"];
    let is_trained = config.get("trainingDataConfig").is_some_and(|data| data != before);
    app.store.catalog.update(&recommender.arn, &mut |resource| {
        resource.doc["public"]["recommenderConfig"] = config.clone().into();
        resource.doc["public"]["latestRecommenderUpdate"] = json!({
            "recommenderConfig": config,
            "status": status::ACTIVE,
            "creationDateTime": seconds(now),
            "lastUpdatedDateTime": seconds(now),
        });
        resource.updated_at = now;
    })?;
    if is_trained {
        create_version(app, &recommender, "MANUAL")?;
    }
    Ok(json!({ "recommenderArn": recommender.arn }))
}
