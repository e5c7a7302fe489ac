use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder as _, FixedSizeBinaryBuilder, Float32Builder, Int64Builder, StringBuilder,
    TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::words::Words;
use super::{Reading, Row};
use crate::DedupeKey;
use crate::frame::RecordRef;

/// Every column of a sealed file: what records say, and behind it all that is needed to give them back as they were.
pub(crate) fn schema() -> SchemaRef {
    schema_of(&DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))
}

/// The same with texts that repeat as given.
fn schema_of(text: &DataType) -> SchemaRef {
    let text = || text.clone();
    let time = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let always = |name, kind| Field::new(name, kind, false);
    let maybe = |name, kind| Field::new(name, kind, true);
    Arc::new(Schema::new(vec![
        always("offset", DataType::Int64),
        always("received_at", time()),
        always("outcome", text()),
        maybe("dataset_group", text()),
        maybe("user_id", text()),
        maybe("session_id", text()),
        maybe("event_type", text()),
        maybe("item_id", text()),
        maybe("event_value", DataType::Float32),
        maybe("sent_at", time()),
        maybe("key", DataType::FixedSizeBinary(DedupeKey::BYTES as i32)),
        maybe("origin", text()),
        always("body", DataType::Utf8),
    ]))
}

/// Collects records into columns.
pub(crate) struct Build {
    reading: Reading,
    schema: SchemaRef,
    offset: Int64Builder,
    received_at: TimestampMillisecondBuilder,
    said: Said,
    key: FixedSizeBinaryBuilder,
    origin: Words,
    body: StringBuilder,
}

/// What records say, by column.
struct Said {
    outcome: Words,
    dataset_group: Words,
    user: Words,
    session: Words,
    event_type: Words,
    item: Words,
    event_value: Float32Builder,
    sent_at: TimestampMillisecondBuilder,
}

/// A body or an origin that is no text. The server writes none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoText;

impl Build {
    /// Columns to be read: each text once.
    pub(crate) fn to_read(reading: Reading) -> Self {
        Self::new(reading, schema(), Words::numbered)
    }

    /// Columns to be written into a file with the same [`schema`].
    pub(crate) fn to_write(reading: Reading) -> Self {
        Self::new(reading, schema_of(&DataType::Utf8View), Words::in_runs)
    }

    fn new(reading: Reading, schema: SchemaRef, words: fn() -> Words) -> Self {
        Self {
            reading,
            schema,
            offset: Int64Builder::new(),
            received_at: times(),
            said: Said::new(words),
            key: FixedSizeBinaryBuilder::new(DedupeKey::BYTES as i32),
            origin: words(),
            body: StringBuilder::new(),
        }
    }

    /// Adds what the records of a call say; the columns that give them back stay empty.
    pub(crate) fn push(&mut self, first: u64, call: &[RecordRef<'_>]) {
        self.say(first, call);
        for _ in call {
            self.key.append_null();
            self.body.append_value("");
        }
        self.origin.append(None, call.len());
    }

    /// Adds the records of a call wholly. Where it fails, nothing that was added is of use.
    pub(crate) fn push_whole(&mut self, first: u64, call: &[RecordRef<'_>]) -> Result<(), NoText> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| NoText);
        for record in call {
            self.body.append_value(text(record.body)?);
            match record.key {
                Some(key) => self.key.append_value(key.to_bytes()).expect("a key has nine bytes"),
                None => self.key.append_null(),
            }
        }
        self.origin.append(origin(call).map(text).transpose()?, call.len());
        self.say(first, call);
        Ok(())
    }

    fn say(&mut self, first: u64, call: &[RecordRef<'_>]) {
        let mut bodies = call.iter().map(|record| record.body);
        (self.reading)(origin(call), &mut bodies, &mut |row| self.said.add(&row));
        for (offset, record) in (first..).zip(call) {
            self.offset.append_value(offset as i64);
            self.received_at.append_value(record.at_ms);
        }
    }

    /// How many records were added since the last `take`.
    pub(crate) fn len(&self) -> usize {
        self.offset.len()
    }

    /// What was added, in the order of [`schema`].
    pub(crate) fn take(&mut self) -> RecordBatch {
        let (rows, bodies) = (self.len(), self.body.values_slice().len());
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(self.offset.finish()), Arc::new(self.received_at.finish())];
        columns.extend(self.said.take());
        let whole: [ArrayRef; 3] =
            [Arc::new(self.key.finish()), self.origin.finish(), Arc::new(self.body.finish())];
        columns.extend(whole);
        // The next ones will take as much: to grow there step by step would copy them.
        self.body = StringBuilder::with_capacity(rows, bodies);
        RecordBatch::try_new(self.schema.clone(), columns)
            .expect("a row for each record, in the order of the schema")
    }
}

impl Said {
    fn new(words: fn() -> Words) -> Self {
        Self {
            outcome: words(),
            dataset_group: words(),
            user: words(),
            session: words(),
            event_type: words(),
            item: words(),
            event_value: Float32Builder::new(),
            sent_at: times(),
        }
    }

    fn add(&mut self, row: &Row<'_>) {
        self.outcome.append(Some(row.outcome), 1);
        self.dataset_group.append(row.dataset_group.as_deref(), 1);
        self.user.append(row.user.as_deref(), 1);
        self.session.append(row.session.as_deref(), 1);
        self.event_type.append(row.event_type.as_deref(), 1);
        self.item.append(row.item.as_deref(), 1);
        self.event_value.append_option(row.event_value);
        self.sent_at.append_option(row.sent_at_ms);
    }

    fn take(&mut self) -> [ArrayRef; 8] {
        [
            self.outcome.finish(),
            self.dataset_group.finish(),
            self.user.finish(),
            self.session.finish(),
            self.event_type.finish(),
            self.item.finish(),
            Arc::new(self.event_value.finish()),
            Arc::new(self.sent_at.finish()),
        ]
    }
}

fn times() -> TimestampMillisecondBuilder {
    TimestampMillisecondBuilder::new().with_timezone("UTC")
}

fn origin<'a>(call: &'a [RecordRef<'_>]) -> Option<&'a [u8]> {
    call.first()?.origin.as_deref()
}
