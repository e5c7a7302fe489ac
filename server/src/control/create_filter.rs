//! CreateFilter: an expression, checked against the columns of its dataset group, usable by every campaign in it.

use bowerbird_filters::{Dataset, Filter, Kind as ColumnKind, Schema as Columns};
use serde_json::{Value, json};

use super::resource::{Draft, Kind, children, create, find, status};
use super::{FieldType, Input, Schema, public_text};
use crate::app::App;
use crate::arn::arn;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, "filter", input.name("name")?);
    let group = find(app, Kind::DatasetGroup, input.arn("datasetGroupArn")?)?;
    let expression = input.required("filterExpression", 2500)?;
    Filter::parse(expression)?.check(&columns(app, &group.arn)?)?;
    let mut public = input.echo(&["name", "datasetGroupArn", "filterExpression"]);
    public.insert("filterArn".into(), arn.clone().into());
    let draft = Draft { kind: Kind::Filter, arn: arn.clone(), parent: group.arn, status: status::ACTIVE, public };
    create(app, draft)?;
    Ok(json!({ "filterArn": arn }))
}

/// What each dataset of the group offers to filters.
fn columns(app: &App, group: &str) -> Result<Columns, ApiError> {
    let mut columns = Columns::new();
    for dataset in children(app, Kind::Dataset, group)? {
        let schema = find(app, Kind::Schema, public_text(&dataset, "schemaArn"))?;
        let schema = Schema::parse(public_text(&schema, "schema"))?;
        let kinds = schema.fields.iter().map(|field| {
            let kind = match field.kind {
                FieldType::Text if field.textual => ColumnKind::Textual,
                FieldType::Text => ColumnKind::Text,
                FieldType::Integer | FieldType::Decimal => ColumnKind::Number,
                FieldType::Boolean => ColumnKind::Boolean,
            };
            (field.name.as_str(), kind)
        });
        columns = columns.with(dataset_of(public_text(&dataset, "datasetType")), kinds.collect::<Vec<_>>());
    }
    Ok(columns)
}

fn dataset_of(dataset_type: &str) -> Dataset {
    match dataset_type {
        "INTERACTIONS" => Dataset::Interactions,
        "USERS" => Dataset::Users,
        "ACTIONS" => Dataset::Actions,
        "ACTION_INTERACTIONS" => Dataset::ActionInteractions,
        _ => Dataset::Items,
    }
}
