use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{Float32Builder, TimestampMillisecondBuilder};

use super::words::Words;
use super::{Column, Reading, origin};
use crate::frame::RecordRef;

/// What records say, in the columns that are wanted.
pub(super) struct Said {
    reading: Reading,
    wanted: Vec<Column>,
    rows: usize,
    received_at: Option<TimestampMillisecondBuilder>,
    outcome: Words,
    dataset_group: Words,
    user: Words,
    session: Words,
    event_type: Words,
    item: Words,
    event_value: Option<Float32Builder>,
    sent_at: Option<TimestampMillisecondBuilder>,
}

impl Said {
    /// `words` makes a column of texts.
    pub(super) fn new(reading: Reading, wanted: &[Column], words: fn() -> Words) -> Self {
        let texts = |column| if wanted.contains(&column) { words() } else { Words::unwanted() };
        Self {
            reading,
            wanted: wanted.to_vec(),
            rows: 0,
            received_at: wanted.contains(&Column::ReceivedAt).then(times),
            outcome: texts(Column::Outcome),
            dataset_group: texts(Column::DatasetGroup),
            user: texts(Column::User),
            session: texts(Column::Session),
            event_type: texts(Column::EventType),
            item: texts(Column::Item),
            event_value: wanted.contains(&Column::EventValue).then(Float32Builder::new),
            sent_at: wanted.contains(&Column::SentAt).then(times),
        }
    }

    /// Adds what the records of a call say.
    pub(super) fn add(&mut self, call: &[RecordRef<'_>]) {
        self.rows += call.len();
        if let Some(received_at) = &mut self.received_at {
            call.iter().for_each(|record| received_at.append_value(record.at_ms));
        }
        let Self { reading, wanted, outcome, dataset_group, user, session, event_type, item, .. } = self;
        let (event_value, sent_at) = (&mut self.event_value, &mut self.sent_at);
        let (mut group, mut who, mut visit) = (None, None, None);
        let mut bodies = call.iter().map(|record| record.body);
        reading(wanted, origin(call), &mut bodies, &mut |row| {
            outcome.append(Some(row.outcome), 1);
            dataset_group.append_next(row.dataset_group.as_ref(), &mut group);
            user.append_next(row.user.as_ref(), &mut who);
            session.append_next(row.session.as_ref(), &mut visit);
            event_type.append(row.event_type.as_deref(), 1);
            item.append_alone(row.item.as_deref());
            event_value.iter_mut().for_each(|value| value.append_option(row.event_value));
            sent_at.iter_mut().for_each(|sent_at| sent_at.append_option(row.sent_at_ms));
        });
    }

    /// How many records were added since the last `take`.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The wanted columns of what was added, in the order of [`Column::ALL`].
    pub(super) fn take(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        let columns = [
            self.received_at.as_mut().map(|times| Arc::new(times.finish()) as ArrayRef),
            self.outcome.finish(),
            self.dataset_group.finish(),
            self.user.finish(),
            self.session.finish(),
            self.event_type.finish(),
            self.item.finish(),
            self.event_value.as_mut().map(|values| Arc::new(values.finish()) as ArrayRef),
            self.sent_at.as_mut().map(|times| Arc::new(times.finish()) as ArrayRef),
        ];
        columns.into_iter().flatten().collect()
    }
}

fn times() -> TimestampMillisecondBuilder {
    TimestampMillisecondBuilder::new().with_timezone("UTC")
}
