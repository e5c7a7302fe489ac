use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::Sealed;
use super::file::{Footer, check, check_front, read_columns};
use crate::embedded::log::chunks::{Item, damaged};
use crate::embedded::log::disk::Disk;
use crate::{Column, Columns, DedupeKey, Offset, Record, StoreError};

/// What gives a record back as it was, and where.
const WHOLE: [&str; 5] = ["offset", "received_at", "key", "origin", "body"];

/// Rows of a batch: mostly all of a file, so that a reader meets its words once.
const BATCH: usize = 1 << 20;
/// Records that are decoded at once: whoever wants a page of them should not wait for a file of them.
const PAGE: usize = 4096;

impl Sealed {
    /// When its newest record came in.
    pub(in super::super) fn newest_ms(&self, disk: &dyn Disk) -> Result<i64, StoreError> {
        check_front(self, disk)?;
        Ok(Footer::read(self, disk)?.newest_ms)
    }

    /// Whether every byte is as it was written.
    pub(in super::super) fn check(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        check(self, disk)
    }

    fn skip(&self, from: u64) -> usize {
        usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }
}

/// Some columns of a sealed file, batch by batch.
pub(in super::super) struct Batches {
    sealed: Sealed,
    reader: ParquetRecordBatchReader,
    next: u64,
}

impl Batches {
    pub(in super::super) fn open(
        sealed: &Sealed,
        disk: &dyn Disk,
        from: u64,
        wanted: &[Column],
    ) -> Result<Self, StoreError> {
        let names: Vec<&str> = wanted.iter().map(|column| column.name()).collect();
        let reader = read_columns(sealed, disk, &names, sealed.skip(from), BATCH)?;
        Ok(Self { sealed: sealed.clone(), reader, next: from.max(sealed.first) })
    }
}

impl Iterator for Batches {
    type Item = Result<Columns, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        let unreadable = |error| damaged(self.sealed.path.display(), 0, format!("{error}"));
        Some(batch.map_err(unreadable).map(|batch| {
            let first = self.next;
            self.next += batch.num_rows() as u64;
            Columns::new(Offset(first), batch)
        }))
    }
}

/// The records of a sealed file, as they were appended.
pub(in super::super) struct Records {
    sealed: Sealed,
    reader: ParquetRecordBatchReader,
    batch: Option<(RecordBatch, usize)>,
    /// The origins of the batch, made when the first record asks.
    origins: Vec<Option<Arc<[u8]>>>,
}

impl Records {
    pub(in super::super) fn open(sealed: &Sealed, disk: &dyn Disk, from: u64) -> Result<Self, StoreError> {
        check_front(sealed, disk)?;
        let reader = read_columns(sealed, disk, &WHOLE, sealed.skip(from), PAGE)?;
        Ok(Self { sealed: sealed.clone(), reader, batch: None, origins: Vec::new() })
    }

    fn record(&mut self) -> Option<(Offset, Record)> {
        let (batch, row) = self.batch.as_mut()?;
        let at = *row;
        if at == batch.num_rows() {
            return None;
        }
        *row += 1;
        let [offset, at_ms, key, origin, body] =
            WHOLE.map(|name| batch.column_by_name(name).expect("asked for"));
        let (key, origin) = (key.as_fixed_size_binary(), origin.as_dictionary::<Int32Type>());
        let origin = origin.key(at).map(|number| {
            let words = origin.values().as_string::<i32>();
            let known = &mut self.origins[number];
            known.get_or_insert_with(|| words.value(number).as_bytes().into()).clone()
        });
        let key = (!key.is_null(at)).then(|| {
            let bytes = key.value(at);
            // Before version 3 of the log they were the whole hash.
            bytes.try_into().map_or_else(|_| DedupeKey::of(hash(bytes)), DedupeKey::from_bytes)
        });
        let record = Record {
            key,
            at_ms: at_ms.as_primitive::<TimestampMillisecondType>().value(at),
            origin,
            body: Bytes::copy_from_slice(body.as_string::<i32>().value(at).as_bytes()),
        };
        Some((Offset(offset.as_primitive::<Int64Type>().value(at) as u64), record))
    }
}

fn hash(bytes: &[u8]) -> u128 {
    bytes.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

impl Iterator for Records {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(record) = self.record() {
                return Some(Ok(record));
            }
            match self.reader.next()? {
                Ok(batch) => {
                    let origins =
                        batch.column_by_name("origin").expect("asked for").as_dictionary::<Int32Type>();
                    self.origins = vec![None; origins.values().len()];
                    self.batch = Some((batch, 0));
                }
                Err(error) => return Some(Err(damaged(self.sealed.path.display(), 0, error.to_string()))),
            }
        }
    }
}
