//! CreateBatchSegmentJob: the users who are likeliest to do something with an item, or with items that have an attribute,
//! from a file of queries into a file.

use bowerbird_filters::Target;
use serde_json::Value;

use super::Input;
use super::batch::{Batch, create_job};
use super::resource::Kind;
use crate::app::App;
use crate::error::ApiError;
use crate::jobs;
use crate::recipe_table::RecipeKind;

const BATCH: Batch = Batch {
    kind: Kind::BatchSegmentJob,
    job: jobs::SEGMENT,
    arn_key: "batchSegmentJobArn",
    target: Target::User,
    // Users of one segment. [limits: 5 million]
    max_results: 5_000_000,
    echo: &[],
};

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    create_job(app, input, &BATCH, |recipe, kind| match kind {
        RecipeKind::UserSegmentation => Ok(()),
        _ => Err(format!("{recipe} makes no segments: train aws-item-affinity or aws-item-attribute-affinity")),
    })
}
