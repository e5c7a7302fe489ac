//! Metadata columns in answers: asked for by name in any case, answered in lower case, all values as text.

use bowerbird_ranker::{ItemIndex, Pack, Value as Cell};
use bowerbird_wire::limits::MAX_RESULTS_WITH_METADATA;
use serde_json::{Map, Value};

use super::Deployed;
use crate::control::{Input, invalid};
use crate::error::ApiError;

/// Columns of one request. [limits: at most ten]
const MAX_COLUMNS: usize = 10;

/// The columns that a request asks for, as the pack spells them.
pub(super) fn wanted(input: &Input, deployed: &Deployed, n_results: usize) -> Result<Vec<String>, ApiError> {
    let Some(columns) = input.object("metadataColumns")? else { return Ok(Vec::new()) };
    let names: Option<Vec<&str>> = columns
        .get("ITEMS")
        .and_then(Value::as_array)
        .and_then(|names| names.iter().map(Value::as_str).collect());
    let names = names.filter(|_| columns.len() == 1);
    let names = names
        .ok_or_else(|| invalid("metadataColumns", "must have the one key ITEMS with a list of names"))?;
    if names.len() > MAX_COLUMNS {
        return Err(invalid("metadataColumns", &format!("must name at most {MAX_COLUMNS} columns")));
    }
    if n_results > MAX_RESULTS_WITH_METADATA {
        return Err(ApiError::Invalid(format!(
            "With metadataColumns at most {MAX_RESULTS_WITH_METADATA} items can be asked for"
        )));
    }
    if !deployed.has_metadata {
        return Err(ApiError::Invalid(
            "Metadata is not enabled for this campaign: set enableMetadataWithRecommendations in campaignConfig".into(),
        ));
    }
    names.into_iter().map(|name| spelled(&deployed.pack, name)).collect()
}

fn spelled(pack: &Pack, name: &str) -> Result<String, ApiError> {
    let column = pack.columns().iter().find(|column| column.name().eq_ignore_ascii_case(name));
    column.map(|column| column.name().to_owned()).ok_or_else(|| {
        ApiError::Invalid(format!(
            "The Items dataset had no column {name} when the solution version was trained"
        ))
    })
}

/// The values of one item. Empty cells are left out.
pub(super) fn of(pack: &Pack, item: ItemIndex, columns: &[String]) -> Map<String, Value> {
    let mut members = Map::new();
    for name in columns {
        let Some(column) = pack.column(name) else { continue };
        let text = match pack.value(column, item) {
            Cell::Null => continue,
            Cell::Text(text) => text.to_owned(),
            Cell::Number(number) => format!("{number:?}"),
            Cell::Many(values) => values.join("|"),
        };
        members.insert(name.to_lowercase(), text.into());
    }
    members
}
