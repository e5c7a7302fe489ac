use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Mutex;

use serde_json::{Map, Value};

use super::locked;
use crate::{Entity, EntityStore, Origin, StoreError};

type Rows = BTreeMap<String, (Origin, Map<String, Value>)>;

#[derive(Default)]
pub(super) struct MemoryEntities(Mutex<HashMap<String, Rows>>);

impl EntityStore for MemoryEntities {
    fn upsert(&self, dataset: &str, origin: Origin, rows: &[Entity]) -> Result<(), StoreError> {
        let mut datasets = locked(&self.0);
        let kept = datasets.entry(dataset.into()).or_default();
        kept.extend(rows.iter().map(|row| (row.id.clone(), (origin, row.columns.clone()))));
        Ok(())
    }

    fn replace_bulk(&self, dataset: &str, rows: &[Entity]) -> Result<(), StoreError> {
        let mut datasets = locked(&self.0);
        let kept = datasets.entry(dataset.into()).or_default();
        kept.retain(|_, (origin, _)| *origin == Origin::Streamed);
        for row in rows {
            if !matches!(kept.get(&row.id), Some((Origin::Streamed, _))) {
                kept.insert(row.id.clone(), (Origin::Bulk, row.columns.clone()));
            }
        }
        Ok(())
    }

    fn get(&self, dataset: &str, id: &str) -> Result<Option<Entity>, StoreError> {
        let datasets = locked(&self.0);
        let row = datasets.get(dataset).and_then(|rows| rows.get(id));
        Ok(row.map(|(_, columns)| Entity { id: id.into(), columns: columns.clone() }))
    }

    fn scan(&self, dataset: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entity>, StoreError> {
        let datasets = locked(&self.0);
        let Some(rows) = datasets.get(dataset) else { return Ok(Vec::new()) };
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = rows.range::<str, _>((behind, Bound::Unbounded)).take(limit);
        Ok(found.map(|(id, (_, columns))| Entity { id: id.clone(), columns: columns.clone() }).collect())
    }

    fn clear(&self, dataset: &str) -> Result<(), StoreError> {
        locked(&self.0).remove(dataset);
        Ok(())
    }
}
