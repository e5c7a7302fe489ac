//! PutItems, PutUsers, PutActions: rows of a dataset, a few at a time, upserted by id. Durable when the answer leaves.
//!
//! It is not: an import. A row that was put stays when a FULL import replaces the others.

use bowerbird_store::{Entity, Origin, Resource};
use serde_json::{Map, Value};

use crate::app::App;
use crate::control::{Field, Input, Kind, Operation, Schema, find, invalid, public_text, squeeze};
use crate::error::ApiError;
use crate::jobs::{cell, value_of};

/// Rows of one call. [model]
const MAX_ROWS: usize = 10;

/// `POST` path → call.
pub(crate) const PATHS: &[(&str, Operation)] = &[
    ("/items", |app, input| put(app, input, &ITEMS)),
    ("/users", |app, input| put(app, input, &USERS)),
    ("/actions", |app, input| put(app, input, &ACTIONS)),
];

/// How one of the three calls names its things.
struct Naming {
    dataset_type: &'static str,
    rows: &'static str,
    id: &'static str,
    /// Characters of the properties of one row. [model]
    max_properties: usize,
}

const ITEMS: Naming = Naming { dataset_type: "ITEMS", rows: "items", id: "itemId", max_properties: 32_000 };
const USERS: Naming = Naming { dataset_type: "USERS", rows: "users", id: "userId", max_properties: 24_000 };
const ACTIONS: Naming =
    Naming { dataset_type: "ACTIONS", rows: "actions", id: "actionId", max_properties: 32_000 };

fn put(app: &App, input: &Input, naming: &Naming) -> Result<Value, ApiError> {
    let dataset = dataset(app, input, naming)?;
    let schema = find(app, Kind::Schema, public_text(&dataset, "schemaArn"))?;
    let schema = Schema::parse(public_text(&schema, "schema"))?;
    let rows = input.value(naming.rows).and_then(Value::as_array);
    let rows = rows.filter(|rows| (1..=MAX_ROWS).contains(&rows.len()));
    let rows =
        rows.ok_or_else(|| invalid(naming.rows, &format!("must be a list of 1 to {MAX_ROWS} rows")))?;
    let entities: Vec<Entity> =
        rows.iter().map(|row| entity(row, &schema, naming)).collect::<Result<_, _>>()?;
    app.store.entities.upsert(&dataset.arn, Origin::Streamed, &entities)?;
    if naming.dataset_type == ITEMS.dataset_type {
        app.newcomers.note(&dataset.parent);
    }
    Ok(Value::Null)
}

fn dataset(app: &App, input: &Input, naming: &Naming) -> Result<Resource, ApiError> {
    let dataset = find(app, Kind::Dataset, input.arn("datasetArn")?)?;
    let dataset_type = public_text(&dataset, "datasetType");
    if dataset_type == naming.dataset_type {
        Ok(dataset)
    } else {
        let text = format!("{} holds {dataset_type}, not {}", dataset.arn, naming.dataset_type);
        Err(ApiError::Invalid(text))
    }
}

/// One row with every column of the schema; a column that is not given is null.
fn entity(row: &Value, schema: &Schema, naming: &Naming) -> Result<Entity, ApiError> {
    let id = row[naming.id].as_str().filter(|id| (1..=256).contains(&id.chars().count()));
    let id = id.ok_or_else(|| invalid(naming.id, "must be a string of 1 to 256 characters"))?;
    let properties = properties(&row["properties"], naming)?;
    let mut columns = Map::new();
    for field in schema.fields.iter().filter(|field| !is_id(field, naming)) {
        let given = properties.iter().find(|(key, _)| squeeze(key) == squeeze(&field.name));
        let value = value_of(field, &given.map(|(_, value)| text(value)).unwrap_or_default());
        let value = value.map_err(|why| {
            ApiError::Invalid(format!("{} {id:?}, property {}: {why}", naming.id, field.name))
        })?;
        columns.insert(field.name.clone(), value);
    }
    Ok(Entity { id: id.to_owned(), columns })
}

fn is_id(field: &Field, naming: &Naming) -> bool {
    squeeze(&field.name) == squeeze(naming.id)
}

/// A JSON text from every AWS client; an object is taken too. None is an empty row.
fn properties(sent: &Value, naming: &Naming) -> Result<Map<String, Value>, ApiError> {
    let broken = |why: &str| invalid("properties", why);
    match sent {
        Value::Null => Ok(Map::new()),
        Value::Object(members) => Ok(members.clone()),
        Value::String(text) if text.chars().count() > naming.max_properties => {
            Err(broken(&format!("must have length less than or equal to {}", naming.max_properties)))
        }
        Value::String(text) => {
            serde_json::from_str(text).map_err(|error| broken(&format!("must be a JSON object: {error}")))
        }
        _ => Err(broken("must be a JSON object")),
    }
}

/// As a cell of a CSV file would say it: a list is its words with bars between.
fn text(value: &Value) -> String {
    match value {
        Value::Array(words) => words.iter().map(cell).collect::<Vec<_>>().join("|"),
        other => cell(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = r#"{"type":"record","name":"Items","fields":[{"name":"ITEM_ID","type":"string"},
        {"name":"GENRES","type":["null","string"],"categorical":true},{"name":"RELEASE_YEAR","type":"int"}],
        "version":"1.0"}"#;

    fn item(row: &Value) -> Result<Entity, ApiError> {
        entity(row, &Schema::parse(SCHEMA).unwrap(), &ITEMS)
    }

    #[test]
    fn properties_are_named_like_columns_in_any_case_and_lists_become_words() {
        for properties in [
            json!(r#"{"releaseYear": 1995, "genres": "Crime|Drama", "colour": "no such column"}"#),
            json!({"RELEASE_YEAR": "1995", "GENRES": ["Crime", "Drama"]}),
        ] {
            let heat = item(&json!({"itemId": "heat", "properties": properties})).unwrap();
            assert_eq!(heat.id, "heat");
            assert_eq!(json!(heat.columns), json!({"GENRES": "Crime|Drama", "RELEASE_YEAR": 1995}));
        }
    }

    #[test]
    fn what_does_not_fit_the_schema_is_refused_by_name() {
        let cases = [
            (json!({"itemId": ""}), "itemId"),
            (json!({"itemId": "heat"}), "RELEASE_YEAR"),
            (json!({"itemId": "heat", "properties": "{\"releaseYear\": \"soon\"}"}), "soon"),
            (json!({"itemId": "heat", "properties": "no"}), "properties"),
            (json!({"itemId": "heat", "properties": "x".repeat(32_001)}), "32000"),
        ];
        for (row, part) in cases {
            let error = item(&row).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
