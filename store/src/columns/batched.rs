use super::{Build, Columns, Reading};
use crate::{Offset, Record, StoreError};

/// Records that become one batch: enough for the words of a column to be few beside its rows.
const ROWS: usize = 65_536;

/// Turns a scan into columns, by reading each record.
pub(crate) struct Batched<I> {
    records: I,
    build: Build,
    first: u64,
    /// What came behind the batch that was given out and does not belong to it.
    held: Option<Result<(Offset, Record), StoreError>>,
}

impl<I: Iterator<Item = Result<(Offset, Record), StoreError>>> Batched<I> {
    pub(crate) fn new(records: I, reading: Reading) -> Self {
        Self { records, build: Build::new(reading), first: 0, held: None }
    }

    fn take(&mut self) -> Columns {
        Columns::new(Offset(self.first), self.build.take())
    }
}

impl<I: Iterator<Item = Result<(Offset, Record), StoreError>>> Iterator for Batched<I> {
    type Item = Result<Columns, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(item) = self.held.take().or_else(|| self.records.next()) {
            let rows = self.build.len();
            match item {
                Ok((offset, record))
                    if rows == 0 || (rows < ROWS && offset.0 == self.first + rows as u64) =>
                {
                    if rows == 0 {
                        self.first = offset.0;
                    }
                    self.build.push(offset, &record);
                }
                Err(error) if rows == 0 => return Some(Err(error)),
                held => {
                    self.held = Some(held);
                    return Some(Ok(self.take()));
                }
            }
        }
        (self.build.len() > 0).then(|| Ok(self.take()))
    }
}
