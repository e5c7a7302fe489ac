//! DescribeRecommender: what was given, the status, and how good its model is.

use serde_json::{Value, json};

use super::Input;
use super::resource::{Kind, describe, find, private};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let recommender = find(app, Kind::Recommender, input.arn("recommenderArn")?)?;
    let mut members = describe(&recommender);
    if let Some(version) = private(&recommender, "version").as_str() {
        let version = find(app, Kind::RecommenderVersion, version)?;
        members.insert("modelMetrics".into(), private(&version, "metrics").clone());
    }
    Ok(json!({ "recommender": members }))
}
