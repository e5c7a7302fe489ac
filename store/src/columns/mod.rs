//! "What do all these records say?", column by column: what training and the owner's own tools read.
//!
//! The log looks into no body. Whoever writes bodies hands in a [`Reading`], which says what a record means; what it says
//! is kept beside the body in the sealed files (docs/columns.md), so that it need not be parsed again. It is not: a query
//! engine, or the records themselves (see [`EventLog::scan`](crate::EventLog::scan)).

mod batched;
mod build;
mod said;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, TimestampMillisecondType};
use arrow_array::{Array, DictionaryArray, PrimitiveArray, RecordBatch, StringArray};

pub(crate) use self::batched::{Batched, OneByOne, Pieces};
pub(crate) use self::build::{Build, schema};
use crate::Offset;
use crate::frame::RecordRef;

/// One column of what records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// When the server took the record in. Never absent.
    ReceivedAt,
    /// What became of it. Never absent.
    Outcome,
    /// Whose event it is.
    DatasetGroup,
    /// Who did it.
    User,
    /// During which visit.
    Session,
    /// What was done.
    EventType,
    /// To which item.
    Item,
    /// The number that goes with it.
    EventValue,
    /// When it was done.
    SentAt,
}

impl Column {
    /// In the order of the sealed files.
    pub const ALL: [Self; 9] = [
        Self::ReceivedAt,
        Self::Outcome,
        Self::DatasetGroup,
        Self::User,
        Self::Session,
        Self::EventType,
        Self::Item,
        Self::EventValue,
        Self::SentAt,
    ];

    /// Its name in the sealed files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReceivedAt => "received_at",
            Self::Outcome => "outcome",
            Self::DatasetGroup => "dataset_group",
            Self::User => "user_id",
            Self::Session => "session_id",
            Self::EventType => "event_type",
            Self::Item => "item_id",
            Self::EventValue => "event_value",
            Self::SentAt => "sent_at",
        }
    }
}

/// What one record says. Its texts are borrowed from the record or its origin wherever they stand there as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row<'a> {
    /// What became of it, in one word.
    pub outcome: &'static str,
    /// Whose event it is.
    pub dataset_group: Option<Cow<'a, str>>,
    /// Who did it.
    pub user: Option<Cow<'a, str>>,
    /// During which visit.
    pub session: Option<Cow<'a, str>>,
    /// What was done.
    pub event_type: Option<Cow<'a, str>>,
    /// To which item.
    pub item: Option<Cow<'a, str>>,
    /// The number that goes with it.
    pub event_value: Option<f32>,
    /// When it was done: milliseconds since the epoch.
    pub sent_at_ms: Option<i64>,
}

/// Says what the records of a call mean: what is given are the columns that are wanted, the origin that the records share, if
/// they have one, and their bodies; it says a row for each of them, in order. What is not wanted it may leave out. It must
/// say the same of the same record, whatever stands beside it, and has something to say of any.
pub type Reading =
    for<'a> fn(&[Column], Option<&'a [u8]>, &mut dyn Iterator<Item = &'a [u8]>, &mut dyn FnMut(&Row<'a>));

fn origin<'a>(call: &'a [RecordRef<'_>]) -> Option<&'a [u8]> {
    call.first()?.origin.as_deref()
}

/// The records of each call; one that stands alone is one of its own.
pub(crate) fn calls<'r, 'a>(records: &'r [RecordRef<'a>]) -> impl Iterator<Item = &'r [RecordRef<'a>]> {
    records.chunk_by(|one, next| match (&one.origin, &next.origin) {
        (Some(one), Some(next)) => Arc::ptr_eq(one, next),
        _ => false,
    })
}

/// Records that follow each other without a gap, column by column.
#[derive(Clone, Debug)]
pub struct Columns {
    first: Offset,
    rows: RecordBatch,
}

impl Columns {
    pub(crate) fn new(first: Offset, rows: RecordBatch) -> Self {
        Self { first, rows }
    }

    /// The offset of the first row.
    pub fn first(&self) -> Offset {
        self.first
    }

    /// The offset behind the last row.
    pub fn end(&self) -> Offset {
        Offset(self.first.0 + self.len() as u64)
    }

    /// The rows before an offset.
    pub(crate) fn before(self, end: u64) -> Self {
        let rows = self.len().min(usize::try_from(end.saturating_sub(self.first.0)).unwrap_or(usize::MAX));
        Self { first: self.first, rows: self.rows.slice(0, rows) }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a column was asked for.
    pub fn has(&self, column: Column) -> bool {
        self.rows.column_by_name(column.name()).is_some()
    }

    /// A column of texts.
    ///
    /// # Panics
    /// When the column holds no texts, or was not asked for.
    pub fn texts(&self, column: Column) -> Texts<'_> {
        let array = self.array(column).as_dictionary::<Int32Type>();
        Texts { array, words: array.values().as_string() }
    }

    /// A column of times: milliseconds since the epoch.
    ///
    /// # Panics
    /// When the column holds no times, or was not asked for.
    pub fn times(&self, column: Column) -> impl ExactSizeIterator<Item = Option<i64>> + '_ {
        let array: &PrimitiveArray<TimestampMillisecondType> = self.array(column).as_primitive();
        array.iter()
    }

    /// The column [`Column::EventValue`].
    ///
    /// # Panics
    /// When it was not asked for.
    pub fn event_values(&self) -> impl ExactSizeIterator<Item = Option<f32>> + '_ {
        let array: &PrimitiveArray<Float32Type> = self.array(Column::EventValue).as_primitive();
        array.iter()
    }

    fn array(&self, column: Column) -> &dyn Array {
        let array = self.rows.column_by_name(column.name());
        array.unwrap_or_else(|| panic!("{} was not asked for", column.name()))
    }
}

/// A column of texts, each of which stands there once and has a number.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    array: &'a DictionaryArray<Int32Type>,
    words: &'a StringArray,
}

impl<'a> Texts<'a> {
    /// The texts in the order of their numbers. Some may be in no row.
    pub fn words(self) -> impl ExactSizeIterator<Item = &'a str> {
        // None is absent: a dictionary of ours holds texts only.
        self.words.iter().map(Option::unwrap_or_default)
    }

    /// The number of each row's text.
    pub fn numbers(self) -> impl ExactSizeIterator<Item = Option<usize>> + 'a {
        self.array.keys().iter().map(|number| number.map(|number| number as usize))
    }

    /// The number of a row's text.
    pub fn number(self, row: usize) -> Option<usize> {
        self.array.key(row)
    }

    /// The text of a row.
    pub fn at(self, row: usize) -> Option<&'a str> {
        self.array.key(row).map(|number| self.words.value(number))
    }
}
