//! "Here is a dataset and an id; give me the row."
//!
//! Useful for: items, users and actions, which are upserted by id. Not useful for: events.

use serde_json::{Map, Value};

use crate::StoreError;

/// A row of an Items, Users or Actions dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// ITEM_ID, USER_ID or ACTION_ID.
    pub id: String,
    /// Column name → value; the id column is not repeated here.
    pub columns: Map<String, Value>,
}

/// Where a row came from: a full bulk import replaces bulk rows and leaves streamed ones alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// CreateDatasetImportJob.
    Bulk,
    /// PutItems, PutUsers, PutActions.
    Streamed,
}

/// Rows by dataset ARN and id. Each call is one durable transaction.
pub trait EntityStore: Send + Sync {
    /// Inserts rows, or replaces those with the same id whatever their origin.
    fn upsert(&self, dataset: &str, origin: Origin, rows: &[Entity]) -> Result<(), StoreError>;

    /// Removes the bulk rows of a dataset and puts these in their place. A streamed row with the same id stays.
    fn replace_bulk(&self, dataset: &str, rows: &[Entity]) -> Result<(), StoreError>;

    /// One row.
    fn get(&self, dataset: &str, id: &str) -> Result<Option<Entity>, StoreError>;

    /// At most `limit` rows in order of id, behind the id `after`.
    fn scan(&self, dataset: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entity>, StoreError>;

    /// Removes every row of a dataset.
    fn clear(&self, dataset: &str) -> Result<(), StoreError>;
}
