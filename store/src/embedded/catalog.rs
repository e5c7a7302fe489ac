use rusqlite::{Connection, OptionalExtension, Row, params};

use super::sqlite::Sqlite;
use crate::{Catalog, Resource, StoreError};

const COLUMNS: &str = "arn, kind, parent, status, created_at, updated_at, doc";

impl Catalog for Sqlite {
    fn insert(&self, resource: &Resource) -> Result<(), StoreError> {
        self.write(|sql| {
            let added = sql
                .prepare_cached("INSERT OR IGNORE INTO resources VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                .execute(params![
                    resource.arn,
                    resource.kind,
                    resource.parent,
                    resource.status,
                    resource.created_at,
                    resource.updated_at,
                    resource.doc.to_string(),
                ])?;
            if added == 0 { Err(StoreError::Exists { key: resource.arn.clone() }) } else { Ok(()) }
        })
    }

    fn get(&self, arn: &str) -> Result<Option<Resource>, StoreError> {
        self.read(|sql| find(sql, arn))
    }

    fn update(&self, arn: &str, change: &mut dyn FnMut(&mut Resource)) -> Result<Resource, StoreError> {
        self.write(|sql| {
            let mut resource = find(sql, arn)?.ok_or_else(|| missing(arn))?;
            change(&mut resource);
            resource.arn = arn.into();
            sql.prepare_cached(
                "UPDATE resources SET kind = ?2, parent = ?3, status = ?4, created_at = ?5, updated_at = ?6, doc = ?7
                 WHERE arn = ?1",
            )?
            .execute(params![
                arn,
                resource.kind,
                resource.parent,
                resource.status,
                resource.created_at,
                resource.updated_at,
                resource.doc.to_string(),
            ])?;
            Ok(resource)
        })
    }

    fn delete(&self, arn: &str) -> Result<(), StoreError> {
        self.write(|sql| match sql.execute("DELETE FROM resources WHERE arn = ?1", [arn])? {
            0 => Err(missing(arn)),
            _ => Ok(()),
        })
    }

    fn list(
        &self,
        kind: &str,
        parent: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        self.read(|sql| {
            let behind = after.map(|arn| find(sql, arn)?.ok_or_else(|| missing(arn))).transpose()?;
            let (created_at, arn) = behind.map_or((i64::MIN, String::new()), |it| (it.created_at, it.arn));
            let mut query = sql.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM resources
                 WHERE kind = ?1 AND (?2 IS NULL OR parent = ?2) AND (created_at, arn) > (?3, ?4)
                 ORDER BY created_at, arn LIMIT ?5"
            ))?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = query.query_map(params![kind, parent, created_at, arn, limit], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn find(sql: &Connection, arn: &str) -> Result<Option<Resource>, StoreError> {
    let mut query = sql.prepare_cached(&format!("SELECT {COLUMNS} FROM resources WHERE arn = ?1"))?;
    Ok(query.query_row([arn], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Resource> {
    let doc: String = row.get(6)?;
    let unreadable =
        |error| rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, Box::new(error));
    Ok(Resource {
        arn: row.get(0)?,
        kind: row.get(1)?,
        parent: row.get(2)?,
        status: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
        doc: serde_json::from_str(&doc).map_err(unreadable)?,
    })
}

fn missing(arn: &str) -> StoreError {
    StoreError::Missing { key: arn.into() }
}
