//! CreateBatchInferenceJob: lists for many users or items at once, from a file into a file. It needs no campaign.

use bowerbird_filters::Target;
use bowerbird_wire::limits::MAX_RESULTS;
use serde_json::Value;

use super::batch::{Batch, create_job};
use super::resource::Kind;
use super::{Exploration, Input, invalid};
use crate::app::App;
use crate::error::ApiError;
use crate::jobs;
use crate::recipe_table::RecipeKind;

const BATCH: Batch = Batch {
    kind: Kind::BatchInferenceJob,
    job: jobs::INFER,
    arn_key: "batchInferenceJobArn",
    target: Target::Item,
    max_results: MAX_RESULTS as i64,
    echo: &["batchInferenceJobConfig", "batchInferenceJobMode"],
};

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    match input.text("batchInferenceJobMode", 30)? {
        None | Some("BATCH_INFERENCE") => {}
        Some("THEME_GENERATION") => {
            return Err(ApiError::Invalid(
                "batchInferenceJobMode THEME_GENERATION needs a language model, which this server does not have".into(),
            ));
        }
        Some(_) => return Err(invalid("batchInferenceJobMode", "must be one of BATCH_INFERENCE, THEME_GENERATION")),
    }
    Exploration::check(input, "batchInferenceJobConfig")?;
    create_job(app, input, &BATCH, fits)
}

/// The guide excludes what changes by the hour, and what is not about items.
fn fits(recipe: &str, kind: RecipeKind) -> Result<(), String> {
    match kind {
        RecipeKind::UserSegmentation => Err(format!("{recipe} makes segments: call CreateBatchSegmentJob")),
        RecipeKind::PersonalizedActions => Err(format!("{recipe} has no batch jobs: call GetActionRecommendations")),
        _ if recipe == "aws-trending-now" => Err("aws-trending-now has no batch jobs: its lists change by the hour".into()),
        _ => Ok(()),
    }
}
