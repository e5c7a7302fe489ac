//! StopRecommender: it answers no more and is not trained; its model is kept.

use serde_json::{Value, json};

use super::Input;
use super::resource::{Kind, find, status};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    switch(app, input, status::ACTIVE, status::INACTIVE)
}

/// The switch is immediate: the states in between are never seen.
pub(super) fn switch(app: &App, input: &Input, from: &str, to: &str) -> Result<Value, ApiError> {
    let recommender = find(app, Kind::Recommender, input.arn("recommenderArn")?)?;
    if recommender.status != from {
        let text = format!("{} is {}, and this is for {from} ones", recommender.arn, recommender.status);
        return Err(ApiError::InUse(text));
    }
    let now = app.now();
    app.store.catalog.update(&recommender.arn, &mut |resource| {
        resource.status = to.into();
        resource.updated_at = now;
    })?;
    Ok(json!({ "recommenderArn": recommender.arn }))
}
