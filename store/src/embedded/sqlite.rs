use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::StoreError;

/// Grows by one with each entry of [`STEPS`]; kept in `user_version`.
const VERSION: u32 = STEPS.len() as u32;

/// One step per version. Released steps never change; a new version adds one.
const STEPS: [&str; 1] = ["
    CREATE TABLE resources (
        arn TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT NOT NULL, status TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX resources_by_kind ON resources (kind, created_at, arn);
    CREATE TABLE entities (
        dataset TEXT NOT NULL, id TEXT NOT NULL, streamed INTEGER NOT NULL, columns TEXT NOT NULL,
        PRIMARY KEY (dataset, id)
    ) WITHOUT ROWID;
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0, leased_until INTEGER
    );
"];

/// The metadata database. Readers do not wait for a writer: WAL gives them the last committed state.
pub(super) struct Sqlite {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path)?;
        migrate(&mut writer, path)?;
        let reader = connect(path)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// One durable transaction: all of `work`, or nothing.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = locked(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&locked(&self.reader))
    }
}

/// A panic in the middle of a transaction rolled it back, so the connection is sound.
fn locked(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(StoreError::Newer { path: path.display().to_string(), found, known: VERSION });
    }
    for step in &STEPS[found as usize..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_later_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("meta.sqlite");
        Sqlite::open(&path).unwrap().write(|sql| Ok(sql.pragma_update(None, "user_version", 99)?)).unwrap();
        assert!(matches!(Sqlite::open(&path), Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn a_failed_transaction_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let meta = Sqlite::open(&dir.path().join("meta.sqlite")).unwrap();
        let failed: Result<(), _> = meta.write(|sql| {
            sql.execute("INSERT INTO jobs (kind, subject) VALUES ('a', 'b')", [])?;
            Err(StoreError::Busy)
        });
        assert!(failed.is_err());
        let jobs: u32 =
            meta.read(|sql| Ok(sql.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0))?)).unwrap();
        assert_eq!(jobs, 0);
    }
}
