use std::collections::VecDeque;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::build::schema_of_wanted;
use super::said::Said;
use super::words::Words;
use super::{Column, Columns, Reading, calls};
use crate::frame::RecordRef;
use crate::{Offset, Record, StoreError};

/// Records that become one batch, about: enough for the words of a column to be few beside its rows, and few enough for the
/// batch to be in the cache still when it is read.
const ROWS: usize = 16_384;

/// Records that are handed out as they lie somewhere, some at a time.
pub(crate) trait Pieces {
    /// The next ones, and the offset of the first; or damage. `None` at the end.
    fn visit(&mut self, each: &mut dyn FnMut(u64, &[RecordRef<'_>])) -> Option<Result<(), StoreError>>;
}

/// Turns records into columns, by reading them call by call.
pub(crate) struct Batched<P> {
    pieces: P,
    batch: Batch,
    /// What comes next, before anything else is read.
    ready: VecDeque<Result<Columns, StoreError>>,
}

struct Batch {
    schema: SchemaRef,
    said: Said,
    first: u64,
}

impl<P: Pieces> Batched<P> {
    pub(crate) fn new(pieces: P, wanted: &[Column], reading: Reading) -> Self {
        let said = Said::new(reading, wanted, Words::numbered);
        let batch = Batch { schema: schema_of_wanted(wanted), said, first: 0 };
        Self { pieces, batch, ready: VecDeque::new() }
    }
}

impl Batch {
    fn goes_on_at(&self, offset: u64) -> bool {
        self.said.rows() < ROWS && offset == self.first + self.said.rows() as u64
    }

    fn push(&mut self, offset: u64, records: &[RecordRef<'_>]) {
        if self.said.rows() == 0 {
            self.first = offset;
        }
        calls(records).for_each(|call| self.said.add(call));
    }

    fn take(&mut self) -> Option<Columns> {
        let rows = self.said.rows();
        (rows > 0).then(|| {
            let batch = RecordBatch::try_new(self.schema.clone(), self.said.take());
            Columns::new(
                Offset(self.first),
                batch.expect("a row for each record, in the order of the schema"),
            )
        })
    }
}

impl<P: Pieces> Iterator for Batched<P> {
    type Item = Result<Columns, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { pieces, batch, ready } = self;
        while ready.is_empty() {
            let visited = pieces.visit(&mut |offset, records| {
                if !batch.goes_on_at(offset) {
                    ready.extend(batch.take().map(Ok));
                }
                batch.push(offset, records);
            });
            match visited {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    ready.extend(batch.take().map(Ok));
                    ready.push_back(Err(error));
                }
                None => return batch.take().map(Ok),
            }
        }
        ready.pop_front()
    }
}

/// Records that come one after the other.
pub(crate) struct OneByOne<I>(pub(crate) I);

impl<I: Iterator<Item = Result<(Offset, Record), StoreError>>> Pieces for OneByOne<I> {
    fn visit(&mut self, each: &mut dyn FnMut(u64, &[RecordRef<'_>])) -> Option<Result<(), StoreError>> {
        let visit = |(Offset(offset), record): (Offset, Record)| {
            let Record { key, at_ms, origin, body } = &record;
            each(offset, &[RecordRef { key: *key, at_ms: *at_ms, origin: origin.clone(), body }]);
        };
        Some(self.0.next()?.map(visit))
    }
}
