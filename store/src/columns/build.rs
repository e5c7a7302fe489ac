use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeBinaryBuilder, Float32Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::words::Words;
use super::{Reading, Row};
use crate::{DedupeKey, Offset, Record};

/// Every column of a sealed file: what records say, and behind it all that is needed to give them back as they were.
pub(crate) fn schema() -> SchemaRef {
    let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
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
    offset: Int64Builder,
    received_at: TimestampMillisecondBuilder,
    outcome: Words,
    dataset_group: Words,
    user: Words,
    session: Words,
    event_type: Words,
    item: Words,
    event_value: Float32Builder,
    sent_at: TimestampMillisecondBuilder,
    key: FixedSizeBinaryBuilder,
    origin: Words,
    body: StringBuilder,
}

/// A body or an origin that is no text. The server writes none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoText;

impl Build {
    pub(crate) fn new(reading: Reading) -> Self {
        let time = || TimestampMillisecondBuilder::new().with_timezone("UTC");
        Self {
            reading,
            offset: Int64Builder::new(),
            received_at: time(),
            outcome: Words::default(),
            dataset_group: Words::default(),
            user: Words::default(),
            session: Words::default(),
            event_type: Words::default(),
            item: Words::default(),
            event_value: Float32Builder::new(),
            sent_at: time(),
            key: FixedSizeBinaryBuilder::new(DedupeKey::BYTES as i32),
            origin: Words::default(),
            body: StringBuilder::new(),
        }
    }

    /// Adds what a record says; the columns that give it back stay empty.
    pub(crate) fn push(&mut self, offset: Offset, record: &Record) {
        self.say(offset, record);
        self.key.append_null();
        self.origin.append(None);
        self.body.append_value("");
    }

    /// Adds a record wholly.
    pub(crate) fn push_whole(&mut self, offset: Offset, record: &Record) -> Result<(), NoText> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| NoText);
        let body = text(&record.body)?;
        let origin = record.origin.as_deref().map(text).transpose()?;
        self.say(offset, record);
        match record.key {
            Some(key) => self.key.append_value(key.to_bytes()).expect("a key has nine bytes"),
            None => self.key.append_null(),
        }
        self.origin.append(origin);
        self.body.append_value(body);
        Ok(())
    }

    fn say(&mut self, offset: Offset, record: &Record) {
        let Row { outcome, dataset_group, user, session, event_type, item, event_value, sent_at_ms } =
            (self.reading)(record);
        self.offset.append_value(offset.0 as i64);
        self.received_at.append_value(record.at_ms);
        self.outcome.append(Some(outcome));
        self.dataset_group.append(dataset_group.as_deref());
        self.user.append(user.as_deref());
        self.session.append(session.as_deref());
        self.event_type.append(event_type.as_deref());
        self.item.append(item.as_deref());
        self.event_value.append_option(event_value);
        self.sent_at.append_option(sent_at_ms);
    }

    /// How many records were added since the last `take`.
    pub(crate) fn len(&self) -> usize {
        use arrow_array::builder::ArrayBuilder as _;
        self.offset.len()
    }

    /// What was added, in the order of [`schema`].
    pub(crate) fn take(&mut self) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.offset.finish()),
            Arc::new(self.received_at.finish()),
            Arc::new(self.outcome.finish()),
            Arc::new(self.dataset_group.finish()),
            Arc::new(self.user.finish()),
            Arc::new(self.session.finish()),
            Arc::new(self.event_type.finish()),
            Arc::new(self.item.finish()),
            Arc::new(self.event_value.finish()),
            Arc::new(self.sent_at.finish()),
            Arc::new(self.key.finish()),
            Arc::new(self.origin.finish()),
            Arc::new(self.body.finish()),
        ];
        RecordBatch::try_new(schema(), columns).expect("columns of one length in the order of the schema")
    }
}
