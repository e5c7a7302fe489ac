use std::collections::HashSet;
use std::sync::Mutex;

use tokio::sync::oneshot;

use super::locked;
use crate::columns::Batched;
use crate::{
    Appending, Batch, Column, Columns, DedupeKey, EventLog, Fate, Offset, Reading, Receipt, Record, Retired,
    Sealing, StoreError,
};

/// Remembers every key for good: the window is "at least" seven days.
#[derive(Default)]
pub(super) struct MemoryLog(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    records: Vec<Record>,
    keys: HashSet<DedupeKey>,
}

impl Kept {
    fn store(&mut self, record: Record) -> Fate {
        if record.key.is_some_and(|key| !self.keys.insert(key)) {
            return Fate::Repeat;
        }
        self.records.push(record);
        Fate::Stored(Offset(self.records.len() as u64 - 1))
    }
}

impl EventLog for MemoryLog {
    fn append(&self, batch: Batch) -> Appending {
        let (answer, appending) = oneshot::channel();
        let mut kept = locked(&self.0);
        let fates = batch.records().into_iter().map(|record| kept.store(record)).collect();
        // The caller holds the other end, so this can only fail once nobody wants to know.
        let _ = answer.send(Ok(Receipt { fates }));
        appending
    }

    fn scan(
        &self,
        from: Offset,
    ) -> Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>> + Send + '_> {
        let end = self.end();
        Box::new((from.0..end.0).map(|at| {
            let index = usize::try_from(at).expect("an index that fitted into memory");
            Ok((Offset(at), locked(&self.0).records[index].clone()))
        }))
    }

    fn columns(
        &self,
        from: Offset,
        _wanted: &[Column],
        reading: Reading,
    ) -> Box<dyn Iterator<Item = Result<Columns, StoreError>> + Send + '_> {
        Box::new(Batched::new(self.scan(from), reading))
    }

    /// Memory has no closed parts.
    fn seal(&self, _reading: Reading) -> Result<Option<Sealing>, StoreError> {
        Ok(None)
    }

    fn retire(&self, _now_ms: i64, _keep_ms: Option<i64>) -> Result<Retired, StoreError> {
        Ok(Retired::default())
    }

    fn end(&self) -> Offset {
        Offset(locked(&self.0).records.len() as u64)
    }
}
