use std::collections::HashSet;
use std::sync::Mutex;

use tokio::sync::oneshot;

use super::locked;
use crate::{Appending, DedupeKey, EventLog, Fate, Offset, Receipt, Record, StoreError};

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
    fn append(&self, batch: Vec<Record>) -> Appending {
        let (answer, appending) = oneshot::channel();
        let mut kept = locked(&self.0);
        let fates = batch.into_iter().map(|record| kept.store(record)).collect();
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

    fn end(&self) -> Offset {
        Offset(locked(&self.0).records.len() as u64)
    }
}
