//! "Here is work that must happen even if the process dies in the middle."
//!
//! Useful for: imports and trainings. Not useful for: work that a restart may forget.

use crate::StoreError;

/// Names a job in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// A job that somebody has leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// For `renew` and `finish`.
    pub id: JobId,
    /// What to do: `import`, `train`, ...
    pub kind: String,
    /// The ARN of the resource it is about.
    pub subject: String,
    /// How often it was leased before; a job that keeps killing its worker is given up by the server.
    pub attempt: u32,
}

/// A durable queue. Times are milliseconds since the epoch, given by the caller's clock.
pub trait JobQueue: Send + Sync {
    /// Adds a job at the end.
    fn push(&self, kind: &str, subject: &str) -> Result<JobId, StoreError>;

    /// Takes the first job of one of these kinds that is free, or whose lease ran out, until `now + lease_ms`.
    fn lease(&self, kinds: &[&str], now: i64, lease_ms: i64) -> Result<Option<Job>, StoreError>;

    /// Keeps a job until `until`. [`StoreError::Missing`] if it was finished.
    fn renew(&self, id: JobId, until: i64) -> Result<(), StoreError>;

    /// Removes a job; finishing it twice is fine.
    fn finish(&self, id: JobId) -> Result<(), StoreError>;
}
