//! CreateDataset: one dataset of each type in a group, with the columns of a schema.

use serde_json::{Value, json};

use super::resource::{Draft, Kind, create, find, status};
use super::{Input, Schema, invalid, public_text};
use crate::app::App;
use crate::arn::dataset_arn;
use crate::error::ApiError;

const TYPES: [&str; 5] = ["INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS"];

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    input.name("name")?;
    let group = input.arn("datasetGroupArn")?;
    let dataset_type = input.required("datasetType", 256)?.to_uppercase();
    if !TYPES.contains(&dataset_type.as_str()) {
        return Err(invalid("datasetType", &format!("must be one of {}", TYPES.join(", "))));
    }
    let owner = find(app, Kind::DatasetGroup, group)?;
    if dataset_type.starts_with("ACTION") && !public_text(&owner, "domain").is_empty() {
        return Err(ApiError::Invalid(format!("{group} has a domain: actions are for custom dataset groups")));
    }
    let schema = find(app, Kind::Schema, input.arn("schemaArn")?)?;
    let parsed = Schema::parse(public_text(&schema, "schema"))?;
    if !parsed.fits(&dataset_type) {
        return Err(ApiError::Invalid(format!(
            "The schema {} describes {}, not {dataset_type}",
            schema.arn, parsed.record
        )));
    }
    let arn = dataset_arn(&app.settings, group, &dataset_type);
    let mut public = input.echo(&["name", "datasetGroupArn", "schemaArn"]);
    public.insert("datasetArn".into(), arn.clone().into());
    // Action interactions come in under a tracking id of their own, for which there is no other resource. [model]
    let tracking_id = (dataset_type == "ACTION_INTERACTIONS").then(|| uuid::Uuid::new_v4().to_string());
    if let Some(id) = &tracking_id {
        public.insert("trackingId".into(), id.clone().into());
    }
    public.insert("datasetType".into(), dataset_type.into());
    let draft =
        Draft { kind: Kind::Dataset, arn: arn.clone(), parent: group.into(), status: status::ACTIVE, public };
    create(app, draft)?;
    if let Some(id) = tracking_id {
        app.trackers.add(id, arn.clone());
    }
    Ok(json!({ "datasetArn": arn }))
}
