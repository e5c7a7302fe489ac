//! Rows of the datasets of items, users and actions, with their columns.

use bowerbird_store::Entity;

use crate::app::App;
use crate::arn::dataset_arn;
use crate::control::{Field, Kind, Schema, find, public_text};
use crate::error::ApiError;

/// Rows that are read at once.
const PAGE: usize = 10_000;

/// ARN and columns of a dataset, if the group has one of this type.
pub(crate) fn dataset(
    app: &App,
    group: &str,
    dataset_type: &str,
) -> Result<Option<(String, Vec<Field>)>, ApiError> {
    let arn = dataset_arn(&app.settings, group, dataset_type);
    let Some(dataset) = app.store.catalog.get(&arn)? else { return Ok(None) };
    let schema = find(app, Kind::Schema, public_text(&dataset, "schemaArn"))?;
    Ok(Some((arn, Schema::parse(public_text(&schema, "schema"))?.fields)))
}

/// Hands over every row of a dataset, in order of id, until `take` fails.
pub(crate) fn each(
    app: &App,
    dataset: &str,
    take: &mut dyn FnMut(Entity) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let mut after: Option<String> = None;
    loop {
        let page = app.store.entities.scan(dataset, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
        page.into_iter().try_for_each(&mut *take)?;
    }
}
