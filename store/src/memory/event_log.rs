use std::collections::HashSet;
use std::ops::Range;
use std::sync::Mutex;

use super::locked;
use crate::columns::{Batched, OneByOne};
use crate::{
    Appending, Batch, Column, Columns, DedupeKey, EventLog, Offset, Reading, Receipt, Record, Retired,
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
    /// False when it was there already.
    fn store(&mut self, record: Record) -> bool {
        let is_new = record.key.is_none_or(|key| self.keys.insert(key));
        if is_new {
            self.records.push(record);
        }
        is_new
    }
}

impl EventLog for MemoryLog {
    fn append(&self, batch: Batch) -> Appending {
        let (teller, appending) = Appending::new();
        let mut kept = locked(&self.0);
        let (records, first) = (batch.records(), Offset(kept.records.len() as u64));
        let n = records.len();
        let repeats =
            records.into_iter().enumerate().filter_map(|(at, record)| (!kept.store(record)).then_some(at));
        let repeats = repeats.collect();
        teller.tell(Ok(Receipt { records: n, first, repeats }));
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
        records: Range<Offset>,
        wanted: &[Column],
        reading: Reading,
    ) -> Box<dyn Iterator<Item = Result<Columns, StoreError>> + Send + '_> {
        let Range { start, end } = records;
        let records =
            self.scan(start).take_while(move |record| !matches!(record, Ok((offset, _)) if *offset >= end));
        Box::new(Batched::new(OneByOne(Box::new(records)), wanted, reading))
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
