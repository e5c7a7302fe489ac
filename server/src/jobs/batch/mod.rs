//! Batch jobs: files of questions in, files of answers out. A job that was interrupted begins anew, and since an output
//! file takes its name only when it is whole, nobody sees a part of one.

mod infer;
mod lines;
mod segment;

use std::path::PathBuf;

use bowerbird_store::Resource;

pub(super) use self::infer::run as infer;
pub(super) use self::segment::run as segment;
use crate::app::App;
use crate::control::status;
use crate::error::ApiError;

fn begin(app: &App, arn: &str) -> Result<Resource, ApiError> {
    let now = app.now();
    Ok(app.store.catalog.update(arn, &mut |job| {
        job.status = status::IN_PROGRESS.into();
        job.updated_at = now;
    })?)
}

/// The input files, and the folder for the output.
fn places(job: &Resource) -> Result<(Vec<PathBuf>, PathBuf), ApiError> {
    let public = &job.doc["public"];
    let input = public["jobInput"]["s3DataSource"]["path"].as_str().unwrap_or_default();
    let output = public["jobOutput"]["s3DataDestination"]["path"].as_str().unwrap_or_default();
    Ok((lines::files(input)?, lines::path_of(output)))
}
