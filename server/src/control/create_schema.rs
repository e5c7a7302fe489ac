//! CreateSchema: the columns of a dataset, as Avro JSON. Usable at once; schemas have no status.

use serde_json::{Value, json};

use super::resource::{Draft, Kind, create, status};
use super::{Input, Schema};
use crate::app::App;
use crate::arn::arn;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let name = input.name("name")?;
    Schema::parse(input.required("schema", 20_000)?)?;
    let arn = arn(&app.settings, "schema", name);
    let mut public = input.echo(&["name", "schema", "domain"]);
    public.insert("schemaArn".into(), arn.clone().into());
    let draft =
        Draft { kind: Kind::Schema, arn: arn.clone(), parent: String::new(), status: status::ACTIVE, public };
    create(app, draft)?;
    Ok(json!({ "schemaArn": arn }))
}
