use rusqlite::{OptionalExtension, Row, params};

use super::sqlite::Sqlite;
use crate::{Entity, EntityStore, Origin, StoreError};

impl EntityStore for Sqlite {
    fn upsert(&self, dataset: &str, origin: Origin, rows: &[Entity]) -> Result<(), StoreError> {
        self.write(|sql| {
            let mut insert = sql.prepare_cached("INSERT OR REPLACE INTO entities VALUES (?1, ?2, ?3, ?4)")?;
            for row in rows {
                insert.execute(params![dataset, row.id, origin == Origin::Streamed, as_text(row)])?;
            }
            Ok(())
        })
    }

    fn replace_bulk(&self, dataset: &str, rows: &[Entity]) -> Result<(), StoreError> {
        self.write(|sql| {
            sql.execute("DELETE FROM entities WHERE dataset = ?1 AND NOT streamed", [dataset])?;
            let insert = "INSERT INTO entities VALUES (?1, ?2, 0, ?3)
                          ON CONFLICT DO UPDATE SET columns = excluded.columns WHERE NOT streamed";
            let mut insert = sql.prepare_cached(insert)?;
            for row in rows {
                insert.execute(params![dataset, row.id, as_text(row)])?;
            }
            Ok(())
        })
    }

    fn get(&self, dataset: &str, id: &str) -> Result<Option<Entity>, StoreError> {
        self.read(|sql| {
            let mut query =
                sql.prepare_cached("SELECT id, columns FROM entities WHERE dataset = ?1 AND id = ?2")?;
            Ok(query.query_row([dataset, id], read).optional()?)
        })
    }

    fn scan(&self, dataset: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entity>, StoreError> {
        self.read(|sql| {
            let mut query = sql.prepare_cached(
                "SELECT id, columns FROM entities
                 WHERE dataset = ?1 AND (?2 IS NULL OR id > ?2) ORDER BY id LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = query.query_map(params![dataset, after, limit], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn clear(&self, dataset: &str) -> Result<(), StoreError> {
        self.write(|sql| Ok(sql.execute("DELETE FROM entities WHERE dataset = ?1", [dataset]).map(drop)?))
    }
}

fn as_text(row: &Entity) -> String {
    serde_json::to_string(&row.columns).expect("a map with text keys is always valid JSON")
}

fn read(row: &Row<'_>) -> rusqlite::Result<Entity> {
    let columns: String = row.get(1)?;
    let unreadable =
        |error| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error));
    Ok(Entity { id: row.get(0)?, columns: serde_json::from_str(&columns).map_err(unreadable)? })
}
