//! CSV as Amazon Personalize reads it: a header, columns found by name, values checked against the schema.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::control::{Field, FieldType, Schema};
use crate::error::ApiError;

/// The files behind a location: itself, or every `.csv` in the folder in order of name.
pub(crate) fn files(location: &str) -> Result<Vec<PathBuf>, ApiError> {
    let path = PathBuf::from(location.strip_prefix("file://").unwrap_or(location));
    if !path.is_dir() {
        return Ok(vec![path]);
    }
    let entries = std::fs::read_dir(&path).map_err(|error| unreadable(&path, &error))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")));
    files.sort();
    if files.is_empty() {
        Err(ApiError::Invalid(format!("Invalid Data location. {location} holds no .csv file")))
    } else {
        Ok(files)
    }
}

/// Reads one file and hands each row, as column name → value, to `each` with its line number.
pub(crate) fn read(
    path: &Path,
    schema: &Schema,
    each: &mut dyn FnMut(u64, Map<String, Value>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut reader = csv::ReaderBuilder::new().escape(Some(b'\\')).from_reader(file);
    let header = reader.headers().map_err(|error| unreadable(path, &error))?.clone();
    let columns = columns(&header, schema)?;
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(path, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Map::new();
        for (field, at) in &columns {
            let text = record.get(*at).unwrap_or_default();
            let value = value_of(field, text).map_err(|why| {
                ApiError::Invalid(format!("{}, line {line}, column {}: {why}", path.display(), field.name))
            })?;
            row.insert(field.name.clone(), value);
        }
        each(line, row)?;
    }
    Ok(())
}

/// Where each column of the schema stands in the file. Columns that the schema does not have are passed over.
fn columns<'a>(header: &csv::StringRecord, schema: &'a Schema) -> Result<Vec<(&'a Field, usize)>, ApiError> {
    let find = |field: &Field| {
        header.iter().position(|name| name.trim_start_matches('\u{feff}').trim() == field.name)
    };
    let missing: Vec<&str> =
        schema.fields.iter().filter(|field| find(field).is_none()).map(|field| field.name.as_str()).collect();
    if !missing.is_empty() {
        return Err(ApiError::Invalid(format!(
            "Input CSV is missing the following columns: [{}].",
            missing.join(", ")
        )));
    }
    Ok(schema.fields.iter().filter_map(|field| Some((field, find(field)?))).collect())
}

/// A cell as a value of its column's type. Empty is null.
pub(crate) fn value_of(field: &Field, text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return if field.nullable {
            Ok(Value::Null)
        } else {
            Err("is empty, and its type has no null".into())
        };
    }
    let wrong = |wanted: &str| format!("{:?} is not {wanted}", text.chars().take(40).collect::<String>());
    match field.kind {
        FieldType::Integer => text.parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number")),
        FieldType::Decimal => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(Value::from).ok_or_else(|| wrong("a number"))
        }
        FieldType::Boolean => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(wrong("true or false")),
        },
        FieldType::Text => bounded(field, text),
    }
}

fn bounded(field: &Field, text: &str) -> Result<Value, String> {
    let max = match field.name.as_str() {
        "USER_ID" | "ITEM_ID" | "ACTION_ID" => 256,
        _ if field.textual => 20_000,
        _ => 1000,
    };
    if text.len() > max && text.chars().count() > max {
        return Err(format!(
            "Length cannot be more than {max} characters for {}. If no values exceed the character limit, make sure \
             your data follows the formatting guidelines.",
            field.name
        ));
    }
    Ok(text.into())
}

/// A value as the text of a cell; null is empty.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> ApiError {
    ApiError::Invalid(format!("Invalid Data location. {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SCHEMA: &str = r#"{"type":"record","name":"Items","fields":[{"name":"ITEM_ID","type":"string"},
        {"name":"TITLE","type":["null","string"]},{"name":"YEAR","type":["int","null"]}],"version":"1.0"}"#;

    fn rows(text: &str) -> Result<Vec<Map<String, Value>>, ApiError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut rows = Vec::new();
        read(file.path(), &Schema::parse(SCHEMA).unwrap(), &mut |_, row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn columns_are_found_by_name_and_empty_is_null() {
        let rows = rows("YEAR,EXTRA,ITEM_ID,TITLE\n1995,x,1,\"Toy \\\"Story\\\"\"\n,x,2,\n").unwrap();
        assert_eq!(rows[0]["TITLE"], "Toy \"Story\"");
        assert_eq!(rows[0]["YEAR"], 1995);
        assert_eq!(rows[1]["YEAR"], Value::Null);
        assert!(!rows[0].contains_key("EXTRA"));
    }

    #[test]
    fn errors_name_the_column_and_the_line() {
        let missing = rows("ITEM_ID,NAME\n1,x\n").unwrap_err().to_string();
        assert_eq!(missing, "Input CSV is missing the following columns: [TITLE, YEAR].");
        let wrong = rows("ITEM_ID,TITLE,YEAR\n1,x,1995\n2,y,soon\n").unwrap_err().to_string();
        assert!(wrong.contains("line 3") && wrong.contains("YEAR") && wrong.contains("soon"), "{wrong}");
        let empty = rows("ITEM_ID,TITLE,YEAR\n,x,1995\n").unwrap_err().to_string();
        assert!(empty.contains("ITEM_ID"), "{empty}");
        let ragged = rows("ITEM_ID,TITLE,YEAR\n1,x\n").unwrap_err().to_string();
        assert!(ragged.contains("line"), "{ragged}");
    }
}
