use std::sync::Arc;

use super::{Build, Columns, Reading};
use crate::frame::RecordRef;
use crate::{Offset, Record, StoreError};

/// Records that become one batch: enough for the words of a column to be few beside its rows.
const ROWS: usize = 65_536;

/// Turns a scan into columns, by reading the records call by call.
pub(crate) struct Batched<I> {
    records: I,
    build: Build,
    first: u64,
    /// The records of a call that are still to be read.
    call: Vec<Record>,
    /// What came behind the batch that was given out and does not belong to it.
    held: Option<Result<(Offset, Record), StoreError>>,
}

impl<I: Iterator<Item = Result<(Offset, Record), StoreError>>> Batched<I> {
    pub(crate) fn new(records: I, reading: Reading) -> Self {
        Self { records, build: Build::to_read(reading), first: 0, call: Vec::new(), held: None }
    }

    fn rows(&self) -> usize {
        self.build.len() + self.call.len()
    }

    fn push(&mut self, offset: Offset, record: Record) {
        if self.rows() == 0 {
            self.first = offset.0;
        }
        if !self.call.last().is_some_and(|last| is_of_one_call(last, &record)) {
            self.read_call();
        }
        self.call.push(record);
    }

    fn read_call(&mut self) {
        if !self.call.is_empty() {
            let call: Vec<RecordRef<'_>> = self.call.iter().map(borrowed).collect();
            self.build.push(self.first + self.build.len() as u64, &call);
            self.call.clear();
        }
    }

    fn take(&mut self) -> Columns {
        self.read_call();
        Columns::new(Offset(self.first), self.build.take())
    }
}

impl<I: Iterator<Item = Result<(Offset, Record), StoreError>>> Iterator for Batched<I> {
    type Item = Result<Columns, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(item) = self.held.take().or_else(|| self.records.next()) {
            let rows = self.rows();
            match item {
                Ok((offset, record))
                    if rows == 0 || (rows < ROWS && offset.0 == self.first + rows as u64) =>
                {
                    self.push(offset, record);
                }
                Err(error) if rows == 0 => return Some(Err(error)),
                held => {
                    self.held = Some(held);
                    return Some(Ok(self.take()));
                }
            }
        }
        (self.rows() > 0).then(|| Ok(self.take()))
    }
}

fn is_of_one_call(one: &Record, next: &Record) -> bool {
    matches!((&one.origin, &next.origin), (Some(one), Some(next)) if Arc::ptr_eq(one, next))
}

fn borrowed(record: &Record) -> RecordRef<'_> {
    let Record { key, at_ms, ref origin, ref body } = *record;
    RecordRef { key, at_ms, origin: origin.clone(), body }
}
