use std::collections::BTreeMap;
use std::sync::Mutex;

use super::locked;
use crate::{Job, JobId, JobQueue, StoreError};

#[derive(Default)]
pub(super) struct MemoryJobs(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    last: i64,
    jobs: BTreeMap<JobId, Waiting>,
}

struct Waiting {
    job: Job,
    leased_until: Option<i64>,
}

impl JobQueue for MemoryJobs {
    fn push(&self, kind: &str, subject: &str) -> Result<JobId, StoreError> {
        let mut queue = locked(&self.0);
        queue.last += 1;
        let id = JobId(queue.last);
        let job = Job { id, kind: kind.into(), subject: subject.into(), attempt: 0 };
        queue.jobs.insert(id, Waiting { job, leased_until: None });
        Ok(id)
    }

    fn lease(&self, kinds: &[&str], now: i64, lease_ms: i64) -> Result<Option<Job>, StoreError> {
        let mut queue = locked(&self.0);
        let is_free = |waiting: &&mut Waiting| {
            kinds.contains(&waiting.job.kind.as_str())
                && waiting.leased_until.is_none_or(|until| until <= now)
        };
        let free = queue.jobs.values_mut().find(is_free);
        Ok(free.map(|waiting| {
            let job = waiting.job.clone();
            waiting.leased_until = Some(now.saturating_add(lease_ms));
            waiting.job.attempt += 1;
            job
        }))
    }

    fn renew(&self, id: JobId, until: i64) -> Result<(), StoreError> {
        let mut queue = locked(&self.0);
        let waiting =
            queue.jobs.get_mut(&id).ok_or_else(|| StoreError::Missing { key: format!("job {}", id.0) })?;
        waiting.leased_until = Some(until);
        Ok(())
    }

    fn finish(&self, id: JobId) -> Result<(), StoreError> {
        locked(&self.0).jobs.remove(&id);
        Ok(())
    }
}
