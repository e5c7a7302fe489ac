//! "Here is a batch of events; tell me when they can no longer be lost, and which of them I had already."
//!
//! Useful for: everything that visitors do. Not useful for: looking up one user (see the server's live view).

use std::ops::Range;

use crate::{Appending, Batch, Column, Columns, Reading, Record, StoreError};

/// The position of a record in the log; grows by one for each stored record and is never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

/// What became of one record of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Durable, at this offset.
    Stored(Offset),
    /// A record with this key is durable already.
    Repeat,
}

/// The answer to one batch: a fate for each record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// How many records the batch had.
    pub records: usize,
    /// Where the first of them that is stored lies; the others follow it in order.
    pub first: Offset,
    /// The places in the batch of those that were durable already, ascending: nearly always there is none.
    pub repeats: Vec<usize>,
}

impl Receipt {
    /// One for each record of the batch, in order.
    pub fn fates(&self) -> impl Iterator<Item = Fate> {
        let (mut next, mut repeats) = (self.first.0, self.repeats.iter().peekable());
        (0..self.records).map(move |at| {
            if repeats.next_if_eq(&&at).is_some() {
                return Fate::Repeat;
            }
            next += 1;
            Fate::Stored(Offset(next - 1))
        })
    }

    /// Behind the last of them that is stored.
    pub fn end(&self) -> Offset {
        Offset(self.first.0 + (self.records - self.repeats.len()) as u64)
    }
}

/// A part of the log that was written by column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// How many records.
    pub records: u64,
    /// Bytes that they take as they were appended.
    pub from: u64,
    /// Bytes that they take by column.
    pub to: u64,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    /// Segments whose sealed files stay.
    pub segments: u64,
    /// Records that are gone for good.
    pub records: u64,
}

/// An ordered, durable log with one writer that is idempotent by [`DedupeKey`](crate::DedupeKey).
pub trait EventLog: Send + Sync {
    /// Hands a batch to the committer and returns at once; many batches share one fdatasync.
    ///
    /// Await the answer, or `blocking_recv` it outside an async runtime. When the queue to the disk is full the answer
    /// is there immediately, with [`StoreError::Busy`]; after a failed fsync, with [`StoreError::Closed`].
    fn append(&self, batch: Batch) -> Appending;

    /// Reads durable records in order, from `from` (inclusive) to the end as it is now. Damage in the middle is
    /// yielded as an `Err` and reading goes on behind it; a torn tail was cut and reported when the log was opened.
    fn scan(
        &self,
        from: Offset,
    ) -> Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>> + Send + '_>;

    /// What durable records say, by column, in order and up to the end as it is now: `wanted` columns of every
    /// record, from sealed parts without looking at the records (ten million a second), from others by `reading` them.
    /// Damage is yielded as in [`EventLog::scan`].
    fn columns(
        &self,
        records: Range<Offset>,
        wanted: &[Column],
        reading: Reading,
    ) -> Box<dyn Iterator<Item = Result<Columns, StoreError>> + Send + '_>;

    /// Where parts begin behind an offset, in order: who reads from there on reads nothing in vain.
    fn parts_behind(&self, _from: Offset) -> Vec<Offset> {
        Vec::new()
    }

    /// Writes the oldest closed part that has no columns yet by column; `None` when there is none. Blocks for about a
    /// second: call it off the request path, until there is none. What can be scanned does not change.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a part that is left as it is, and not tried again by this process;
    /// [`StoreError::Full`] when there is no room. The log is as it was in any case.
    fn seal(&self, reading: Reading) -> Result<Option<Sealing>, StoreError>;

    /// Closed parts that have no columns yet.
    fn unsealed(&self) -> usize {
        0
    }

    /// Makes room: removes what sealed parts replace, and with `keep_ms` the oldest records, as far as they are sealed, were
    /// taken in longer ago than this, and no repeat is told by them any more. `now_ms` is the caller's clock.
    ///
    /// # Errors
    /// When a sealed part turns out to be damaged; nothing that it would have replaced was removed.
    fn retire(&self, now_ms: i64, keep_ms: Option<i64>) -> Result<Retired, StoreError>;

    /// Whether batches are taken. A full disk is no reason against it: room may be made at any moment.
    ///
    /// # Errors
    /// [`StoreError::Closed`] after a failed fsync.
    fn health(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Bytes of memory that it takes to tell repeats apart.
    fn key_bytes(&self) -> u64 {
        0
    }

    /// The offset that the next stored record will get: all before it are durable.
    fn end(&self) -> Offset;
}
