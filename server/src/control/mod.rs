//! The control plane: `POST /` with `X-Amz-Target: AmazonPersonalize.<Operation>`.
//!
//! An operation is a file with one `run` and a row in [`OPERATIONS`]. Its input lives with it, since nobody else
//! speaks it.

mod batch;
mod exploration;
mod input;
mod objective;
mod resource;
mod schema;

macro_rules! operations {
    ($($file:ident => $name:literal),* $(,)?) => {
        $(mod $file;)*

        /// Every operation that this server knows, by its name on the wire.
        const OPERATIONS: &[(&str, Operation)] = &[$(($name, $file::run)),*];
    };
}

operations! {
    create_batch_inference_job => "CreateBatchInferenceJob",
    create_batch_segment_job => "CreateBatchSegmentJob",
    create_campaign => "CreateCampaign",
    create_dataset => "CreateDataset",
    create_dataset_group => "CreateDatasetGroup",
    create_dataset_import_job => "CreateDatasetImportJob",
    create_event_tracker => "CreateEventTracker",
    create_filter => "CreateFilter",
    create_recommender => "CreateRecommender",
    create_schema => "CreateSchema",
    create_solution => "CreateSolution",
    create_solution_version => "CreateSolutionVersion",
    delete_campaign => "DeleteCampaign",
    delete_dataset => "DeleteDataset",
    delete_dataset_group => "DeleteDatasetGroup",
    delete_event_tracker => "DeleteEventTracker",
    delete_filter => "DeleteFilter",
    delete_recommender => "DeleteRecommender",
    delete_schema => "DeleteSchema",
    delete_solution => "DeleteSolution",
    describe_batch_inference_job => "DescribeBatchInferenceJob",
    describe_batch_segment_job => "DescribeBatchSegmentJob",
    describe_campaign => "DescribeCampaign",
    describe_dataset => "DescribeDataset",
    describe_dataset_group => "DescribeDatasetGroup",
    describe_dataset_import_job => "DescribeDatasetImportJob",
    describe_event_tracker => "DescribeEventTracker",
    describe_filter => "DescribeFilter",
    describe_recipe => "DescribeRecipe",
    describe_recommender => "DescribeRecommender",
    describe_schema => "DescribeSchema",
    describe_solution => "DescribeSolution",
    describe_solution_version => "DescribeSolutionVersion",
    get_solution_metrics => "GetSolutionMetrics",
    list_batch_inference_jobs => "ListBatchInferenceJobs",
    list_batch_segment_jobs => "ListBatchSegmentJobs",
    list_campaigns => "ListCampaigns",
    list_dataset_groups => "ListDatasetGroups",
    list_dataset_import_jobs => "ListDatasetImportJobs",
    list_datasets => "ListDatasets",
    list_event_trackers => "ListEventTrackers",
    list_filters => "ListFilters",
    list_recipes => "ListRecipes",
    list_recommenders => "ListRecommenders",
    list_schemas => "ListSchemas",
    list_solution_versions => "ListSolutionVersions",
    list_solutions => "ListSolutions",
    start_recommender => "StartRecommender",
    stop_recommender => "StopRecommender",
    stop_solution_version_creation => "StopSolutionVersionCreation",
    update_campaign => "UpdateCampaign",
    update_recommender => "UpdateRecommender",
}

use serde_json::Value;

pub(crate) use self::create_solution_version::{create_version, latest_active, versions};
pub(crate) use self::exploration::Exploration;
pub(crate) use self::input::{Input, invalid};
pub(crate) use self::resource::{
    Kind, find, find_active, find_version, is_changing, private, public_text, status,
};
pub(crate) use self::schema::{Field, FieldType, Schema, squeeze};
use crate::app::App;
use crate::error::ApiError;

/// What an operation is: the members of the request in, the members of the answer out.
pub(crate) type Operation = fn(&App, &Input) -> Result<Value, ApiError>;

/// Answers one call. `target` is the header as sent.
pub(crate) fn answer(app: &App, target: &str, body: &[u8]) -> Result<Value, ApiError> {
    let name = target.strip_prefix("AmazonPersonalize.").unwrap_or(target);
    let (_, operation) = OPERATIONS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        ApiError::UnknownOperation(format!("{name} is not an operation of this version of the server"))
    })?;
    operation(app, &Input::parse(body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_sorted_and_unique() {
        assert!(OPERATIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
