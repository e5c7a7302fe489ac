use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder as _, FixedSizeBinaryBuilder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::said::Said;
use super::words::Words;
use super::{Column, Reading, origin};
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

/// Those of them that are read, in the order of [`Column::ALL`].
pub(super) fn schema_of_wanted(wanted: &[Column]) -> SchemaRef {
    let all = schema();
    let is_wanted = |field: &&Arc<Field>| wanted.iter().any(|column| column.name() == field.name());
    Arc::new(Schema::new(all.fields().iter().filter(is_wanted).cloned().collect::<Vec<_>>()))
}

/// Collects records into the columns of a sealed file.
pub(crate) struct Build {
    schema: SchemaRef,
    offset: Int64Builder,
    said: Said,
    key: FixedSizeBinaryBuilder,
    origin: Words,
    body: StringBuilder,
}

/// A body or an origin that is no text. The server writes none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoText;

impl Build {
    /// Columns to be written into a file with the same [`schema`].
    pub(crate) fn new(reading: Reading) -> Self {
        Self {
            schema: schema_of(&DataType::Utf8View),
            offset: Int64Builder::new(),
            said: Said::new(reading, &Column::ALL, Words::in_runs),
            key: FixedSizeBinaryBuilder::new(DedupeKey::BYTES as i32),
            origin: Words::in_runs(),
            body: StringBuilder::new(),
        }
    }

    /// Adds the records of a call. Where it fails, nothing that was added is of use.
    pub(crate) fn push(&mut self, first: u64, call: &[RecordRef<'_>]) -> Result<(), NoText> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| NoText);
        for (offset, record) in (first..).zip(call) {
            self.offset.append_value(offset as i64);
            self.body.append_value(text(record.body)?);
            match record.key {
                Some(key) => self.key.append_value(key.to_bytes()).expect("a key has nine bytes"),
                None => self.key.append_null(),
            }
        }
        self.origin.append(origin(call).map(text).transpose()?, call.len());
        self.said.add(call);
        Ok(())
    }

    /// How many records were added since the last `take`.
    pub(crate) fn len(&self) -> usize {
        self.offset.len()
    }

    /// What was added, in the order of [`schema`].
    pub(crate) fn take(&mut self) -> RecordBatch {
        let (rows, bodies) = (self.len(), self.body.values_slice().len());
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.offset.finish())];
        columns.extend(self.said.take());
        columns.push(Arc::new(self.key.finish()));
        columns.extend(self.origin.finish());
        columns.push(Arc::new(self.body.finish()));
        // The next ones will take as much: to grow there step by step would copy them.
        self.body = StringBuilder::with_capacity(rows, bodies);
        RecordBatch::try_new(self.schema.clone(), columns)
            .expect("a row for each record, in the order of the schema")
    }
}
