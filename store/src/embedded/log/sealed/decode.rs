use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{
    Array, DictionaryArray, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::Sealed;
use super::file::{Footer, Place, check, check_front, holds, read_columns};
use crate::embedded::log::chunks::{Item, damaged};
use crate::embedded::log::disk::Disk;
use crate::frame::RecordRef;
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
        check_front(self, Place::Disk(disk))?;
        Ok(Footer::read(self, Place::Disk(disk))?.newest_ms)
    }

    /// Whether every byte is as it was written.
    pub(in super::super) fn check(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        check(self, Place::Disk(disk))
    }

    /// Whether its file holds these bytes.
    pub(in super::super) fn holds(&self, disk: &dyn Disk, bytes: &[u8]) -> Result<bool, StoreError> {
        holds(&self.path, disk, bytes).map_err(StoreError::io(&self.path))
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
        let reader = read_columns(sealed, Place::Disk(disk), &names, sealed.skip(from), BATCH)?;
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
    rows: Option<Rows>,
}

/// What gives back the records of a batch.
struct Rows {
    offset: Int64Array,
    at_ms: TimestampMillisecondArray,
    key: FixedSizeBinaryArray,
    origin: DictionaryArray<Int32Type>,
    body: StringArray,
    /// The next one.
    at: usize,
    /// Origins of the batch, made when the first record asks.
    origins: Vec<Option<Arc<[u8]>>>,
}

impl Records {
    pub(in super::super) fn open(sealed: &Sealed, place: Place<'_>, from: u64) -> Result<Self, StoreError> {
        check_front(sealed, place)?;
        let reader = read_columns(sealed, place, &WHOLE, sealed.skip(from), PAGE)?;
        Ok(Self { sealed: sealed.clone(), reader, rows: None })
    }

    /// Whether the next record is this one, bit for bit. Costs less than to make it.
    pub(in super::super) fn next_is(
        &mut self,
        offset: u64,
        record: &RecordRef<'_>,
    ) -> Result<bool, StoreError> {
        Ok(self.rows()?.is_some_and(|rows| rows.next_is(offset, record)))
    }

    /// The rows that have the next record; `None` at the end.
    fn rows(&mut self) -> Result<Option<&mut Rows>, StoreError> {
        while self.rows.as_ref().is_none_or(|rows| rows.at == rows.key.len()) {
            let Some(batch) = self.reader.next() else { return Ok(None) };
            let unreadable = |error| damaged(self.sealed.path.display(), 0, format!("{error}"));
            self.rows = Some(Rows::new(&batch.map_err(unreadable)?));
        }
        Ok(self.rows.as_mut())
    }
}

impl Rows {
    fn new(batch: &RecordBatch) -> Self {
        let [offset, at_ms, key, origin, body] =
            WHOLE.map(|name| batch.column_by_name(name).expect("asked for"));
        let origin = origin.as_dictionary::<Int32Type>().clone();
        Self {
            offset: offset.as_primitive::<Int64Type>().clone(),
            at_ms: at_ms.as_primitive::<TimestampMillisecondType>().clone(),
            key: key.as_fixed_size_binary().clone(),
            origins: vec![None; origin.values().len()],
            origin,
            body: body.as_string::<i32>().clone(),
            at: 0,
        }
    }

    fn next(&mut self) -> (Offset, Record) {
        let at = self.at;
        self.at += 1;
        let origin = self.origin.key(at).map(|number| {
            let word = self.origin.values().as_string::<i32>().value(number);
            self.origins[number].get_or_insert_with(|| word.as_bytes().into()).clone()
        });
        let body = Bytes::copy_from_slice(self.body.value(at).as_bytes());
        let record = Record { key: self.key(at), at_ms: self.at_ms.value(at), origin, body };
        (Offset(self.offset.value(at) as u64), record)
    }

    fn next_is(&mut self, offset: u64, record: &RecordRef<'_>) -> bool {
        let at = self.at;
        self.at += 1;
        let words = self.origin.values().as_string::<i32>();
        let origin = self.origin.key(at).map(|number| words.value(number).as_bytes());
        self.offset.value(at) as u64 == offset
            && self.at_ms.value(at) == record.at_ms
            && self.key(at) == record.key
            && origin == record.origin.as_deref()
            && self.body.value(at).as_bytes() == record.body
    }

    fn key(&self, at: usize) -> Option<DedupeKey> {
        (!self.key.is_null(at)).then(|| {
            let bytes = self.key.value(at);
            // Before version 3 of the log they were the whole hash.
            bytes.try_into().map_or_else(|_| DedupeKey::of(hash(bytes)), DedupeKey::from_bytes)
        })
    }
}

fn hash(bytes: &[u8]) -> u128 {
    bytes.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

impl Iterator for Records {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.rows().map(|rows| rows.map(Rows::next)).transpose()
    }
}
