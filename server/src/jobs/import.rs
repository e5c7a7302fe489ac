//! Imports CSV files into a dataset. All or nothing: one bad row fails the job, with its line, and changes nothing.

use bowerbird_store::{Entity, Origin, Resource};
use serde_json::{Map, Value};

use super::csv_rows::{self, cell};
use super::replay;
use super::worker::Ending;
use crate::app::App;
use crate::control::{Kind, Schema, find, private, public_text, status};
use crate::error::ApiError;

/// Rows between two signs of life.
const STEP: u64 = 5_000;

pub(super) fn run(app: &App, arn: &str) -> Result<Ending, ApiError> {
    let now = app.now();
    let job = app.store.catalog.update(arn, &mut |job| {
        job.status = status::IN_PROGRESS.into();
        job.updated_at = now;
    })?;
    let dataset = find(app, Kind::Dataset, public_text(&job, "datasetArn"))?;
    let schema = find(app, Kind::Schema, public_text(&dataset, "schemaArn"))?;
    let schema = Schema::parse(public_text(&schema, "schema"))?;
    let dataset_type = public_text(&dataset, "datasetType");
    let is_interactions = dataset_type.ends_with("INTERACTIONS");
    let imported = if is_interactions {
        interactions(app, &job, &dataset, &schema)
    } else {
        entities(app, &job, &dataset, &schema)
    };
    if !imported? {
        return Ok(Ending::Interrupted);
    }
    if is_interactions {
        replay::rebuild(app, if dataset_type == "INTERACTIONS" { &dataset.parent } else { &dataset.arn })?;
    } else {
        app.newcomers.note(&dataset.parent);
    }
    super::worker::settle(app, arn, status::ACTIVE, None);
    Ok(Ending::Done)
}

/// Reads every row of the job's files. False when the process is ending.
fn rows(
    app: &App,
    job: &Resource,
    schema: &Schema,
    each: &mut dyn FnMut(Map<String, Value>) -> Result<(), ApiError>,
) -> Result<bool, ApiError> {
    let location = job.doc["public"]["dataSource"]["dataLocation"].as_str().unwrap_or_default();
    let files = csv_rows::files(location)?;
    let bytes = |file: &std::path::PathBuf| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    let total: u64 = files.iter().map(bytes).sum();
    let (mut seen, mut done) = (0, 0);
    let mut goes_on = true;
    for file in &files {
        csv_rows::read(file, schema, &mut |_, row| {
            seen += 1;
            done += row.values().map(|value| value.as_str().map_or(10, str::len) as u64 + 1).sum::<u64>();
            if seen % STEP == 0 {
                goes_on &= app.board.step(&job.arn, "reading rows", done.min(total), total);
            }
            each(row)
        })?;
    }
    Ok(goes_on)
}

/// Interactions become one immutable artifact of checked CSV, which trainings read.
fn interactions(app: &App, job: &Resource, dataset: &Resource, schema: &Schema) -> Result<bool, ApiError> {
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |error: csv::Error| ApiError::Internal(format!("writing rows: {error}"));
    writer.write_record(&names).map_err(broken)?;
    let goes_on = rows(app, job, schema, &mut |row| {
        writer.write_record(names.iter().map(|name| cell(&row[*name]))).map_err(broken)
    })?;
    let bytes = writer.into_inner().map_err(|error| ApiError::Internal(format!("writing rows: {error}")))?;
    if goes_on {
        let hash = app.store.artifacts.put(&bytes)?;
        attach(app, job, dataset, hash.as_str())?;
    }
    Ok(goes_on)
}

/// FULL replaces what was imported before; INCREMENTAL adds to it. Running twice is the same as once.
fn attach(app: &App, job: &Resource, dataset: &Resource, hash: &str) -> Result<(), ApiError> {
    let is_full = public_text(job, "importMode") == "FULL";
    app.store.catalog.update(&dataset.arn, &mut |dataset| {
        let mut bulk = if is_full {
            Vec::new()
        } else {
            private(dataset, "bulk").as_array().cloned().unwrap_or_default()
        };
        if !bulk.iter().any(|known| known == hash) {
            bulk.push(hash.into());
        }
        dataset.doc["private"]["bulk"] = bulk.into();
    })?;
    Ok(())
}

/// Items, users and actions are upserted by id.
fn entities(app: &App, job: &Resource, dataset: &Resource, schema: &Schema) -> Result<bool, ApiError> {
    let id = schema
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .find(|name| ["ITEM_ID", "USER_ID", "ACTION_ID"].contains(name));
    let id = id.ok_or_else(|| ApiError::Internal("the schema has no id column".into()))?;
    let mut entities = Vec::new();
    let goes_on = rows(app, job, schema, &mut |mut row| {
        let id = row.remove(id).and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
        entities.push(Entity { id, columns: row });
        Ok(())
    })?;
    if goes_on && public_text(job, "importMode") == "FULL" {
        app.store.entities.replace_bulk(&dataset.arn, &entities)?;
    } else if goes_on {
        app.store.entities.upsert(&dataset.arn, Origin::Bulk, &entities)?;
    }
    Ok(goes_on)
}
