//! CreateDatasetImportJob: reads CSV files into a dataset, in the background.

use serde_json::{Value, json};

use super::resource::{Draft, Kind, create, find_active, status};
use super::{Input, invalid};
use crate::app::App;
use crate::arn::arn;
use crate::error::ApiError;
use crate::jobs;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, "dataset-import-job", input.name("jobName")?);
    let dataset = find_active(app, Kind::Dataset, input.arn("datasetArn")?)?;
    location(input)?;
    let mode = input.text("importMode", 20)?.unwrap_or("FULL");
    if !["FULL", "INCREMENTAL"].contains(&mode) {
        return Err(invalid("importMode", "must be one of FULL, INCREMENTAL"));
    }
    let mut public = input.echo(&["jobName", "datasetArn", "dataSource", "roleArn", "publishAttributionMetricsToS3"]);
    public.insert("datasetImportJobArn".into(), arn.clone().into());
    public.insert("importMode".into(), mode.into());
    let draft =
        Draft { kind: Kind::ImportJob, arn: arn.clone(), parent: dataset.arn, status: status::PENDING, public };
    create(app, draft)?;
    jobs::push(app, jobs::IMPORT, &arn)?;
    Ok(json!({ "datasetImportJobArn": arn }))
}

/// The path behind `file://`. Other places are refused here, where the caller still sees it.
fn location(input: &Input) -> Result<(), ApiError> {
    let source = input.object("dataSource")?.ok_or_else(|| invalid("dataSource", "must not be null"))?;
    let location = source.get("dataLocation").and_then(Value::as_str).unwrap_or_default();
    if location.starts_with("file:///") && location.chars().count() <= 256 {
        return Ok(());
    }
    Err(ApiError::Invalid(format!(
        "Invalid Data location. dataSource.dataLocation is {location:?}; this server reads CSV files and folders from its \
         own disk: file:///absolute/path.csv (at most 256 characters)"
    )))
}
