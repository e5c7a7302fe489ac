//! CreateDatasetGroup: the container of everything that belongs to one application.

use serde_json::{Value, json};

use super::resource::{Draft, Kind, create, status};
use super::{Input, invalid};
use crate::app::App;
use crate::arn::arn;
use crate::error::ApiError;

const DOMAINS: [&str; 2] = ["ECOMMERCE", "VIDEO_ON_DEMAND"];

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, "dataset-group", input.name("name")?);
    let domain = input.text("domain", 63)?;
    if domain.is_some_and(|domain| !DOMAINS.contains(&domain)) {
        return Err(invalid("domain", "must be one of ECOMMERCE, VIDEO_ON_DEMAND"));
    }
    let mut public = input.echo(&["name", "roleArn", "kmsKeyArn", "domain"]);
    public.insert("datasetGroupArn".into(), arn.clone().into());
    let draft =
        Draft { kind: Kind::DatasetGroup, arn: arn.clone(), parent: String::new(), status: status::ACTIVE, public };
    create(app, draft)?;
    let mut answer = json!({ "datasetGroupArn": arn });
    if let Some(domain) = domain {
        answer["domain"] = domain.into();
    }
    Ok(answer)
}
