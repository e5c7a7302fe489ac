use rusqlite::{OptionalExtension, params};

use super::sqlite::Sqlite;
use crate::{Job, JobId, JobQueue, StoreError};

impl JobQueue for Sqlite {
    fn push(&self, kind: &str, subject: &str) -> Result<JobId, StoreError> {
        self.write(|sql| {
            sql.execute("INSERT INTO jobs (kind, subject) VALUES (?1, ?2)", [kind, subject])?;
            Ok(JobId(sql.last_insert_rowid()))
        })
    }

    fn lease(&self, kinds: &[&str], now: i64, lease_ms: i64) -> Result<Option<Job>, StoreError> {
        self.write(|sql| {
            let free = sql
                .query_row(
                    "SELECT id, kind, subject, attempt FROM jobs
                     WHERE (leased_until IS NULL OR leased_until <= ?1)
                     AND kind IN (SELECT value FROM json_each(?2)) ORDER BY id LIMIT 1",
                    params![now, serde_json::json!(kinds).to_string()],
                    |row| {
                        let id = JobId(row.get(0)?);
                        Ok(Job { id, kind: row.get(1)?, subject: row.get(2)?, attempt: row.get(3)? })
                    },
                )
                .optional()?;
            if let Some(job) = &free {
                let until = now.saturating_add(lease_ms);
                sql.execute(
                    "UPDATE jobs SET leased_until = ?2, attempt = attempt + 1 WHERE id = ?1",
                    params![job.id.0, until],
                )?;
            }
            Ok(free)
        })
    }

    fn renew(&self, id: JobId, until: i64) -> Result<(), StoreError> {
        self.write(|sql| {
            match sql.execute("UPDATE jobs SET leased_until = ?2 WHERE id = ?1", params![id.0, until])? {
                0 => Err(StoreError::Missing { key: format!("job {}", id.0) }),
                _ => Ok(()),
            }
        })
    }

    fn finish(&self, id: JobId) -> Result<(), StoreError> {
        self.write(|sql| Ok(sql.execute("DELETE FROM jobs WHERE id = ?1", [id.0]).map(drop)?))
    }
}
