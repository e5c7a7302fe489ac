//! "Here is an ARN; give me the resource, its status and what the user said when it was created."
//!
//! Useful for: everything the control plane describes and lists. Not useful for: rows of data.

use serde_json::Value;

use crate::StoreError;

/// One resource of the control plane: a schema, a dataset group, a campaign, a job, ...
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The primary key.
    pub arn: String,
    /// `dataset-group`, `solution-version`, ...: the word in the ARN where there is one.
    pub kind: String,
    /// The ARN of what it belongs to, or empty.
    pub parent: String,
    /// `ACTIVE`, `CREATE PENDING`, ...
    pub status: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// What the user gave and what jobs found out; the server knows its shape.
    pub doc: Value,
}

/// Resources by ARN. Each call is one durable transaction.
pub trait Catalog: Send + Sync {
    /// Adds a resource. [`StoreError::Exists`] if the ARN is taken.
    fn insert(&self, resource: &Resource) -> Result<(), StoreError>;

    /// The resource with this ARN.
    fn get(&self, arn: &str) -> Result<Option<Resource>, StoreError>;

    /// Changes a resource in one transaction and returns what it became. [`StoreError::Missing`] if it is not there.
    fn update(&self, arn: &str, change: &mut dyn FnMut(&mut Resource)) -> Result<Resource, StoreError>;

    /// Removes a resource. [`StoreError::Missing`] if it is not there.
    fn delete(&self, arn: &str) -> Result<(), StoreError>;

    /// Resources of a kind in order of creation (then ARN), at most `limit`, behind the one with the ARN `after`;
    /// only those with this parent, if one is given. [`StoreError::Missing`] if `after` is not there (any more).
    fn list(
        &self,
        kind: &str,
        parent: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError>;
}
