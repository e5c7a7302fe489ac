//! Metadata columns: text, categories, numbers.

use alloc::vec::Vec;
use core::ops::Range;

use super::layout::{self, Tag, is_wide};
use super::read::{Place, f64_at, span};
use super::verify::index_at;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One string, a title for example.
    Text,
    /// Any number of values out of a dictionary, genres for example.
    Category,
    /// One number, a price or a time for example.
    Number,
}

impl Kind {
    pub(super) const fn tag(self) -> Tag {
        match self {
            Kind::Text => layout::COLUMN_TEXT,
            Kind::Category => layout::COLUMN_CATEGORY,
            Kind::Number => layout::COLUMN_NUMBER,
        }
    }

    pub(super) fn of(tag: Tag) -> Option<Self> {
        [Kind::Text, Kind::Category, Kind::Number].into_iter().find(|kind| kind.tag() == tag)
    }
}

/// A metadata column of a pack.
#[derive(Clone, Debug)]
pub struct Column {
    /// UTF-8.
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) at: Parts,
}

/// Where the arrays of a column lie in the bytes of the pack.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Of a category column: ends of the dictionary's words, u32 × (words + 1).
    pub(super) word_ends: Place,
    /// Of a category column: the words themselves.
    pub(super) words: Place,
    /// Of a text or category column: ends of the cells, u32 × (n + 1).
    pub(super) ends: Place,
    /// The text, the word numbers, or f64 × n.
    pub(super) cells: Place,
}

/// What a column says of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// One string, not empty.
    Text(&'a str),
    /// One number, finite.
    Number(f64),
    /// One or more categories in the order they were given.
    Many(Vec<&'a str>),
}

impl Column {
    /// The name, as the schema spells it.
    pub fn name(&self) -> &str {
        str_of(&self.name)
    }

    /// What its cells are.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn value<'a>(&self, bytes: &'a [u8], item: usize) -> Value<'a> {
        match self.kind {
            Kind::Number => number(self.number(bytes, item)),
            Kind::Text => text(&self.at.cells.of(bytes)[span(self.at.ends.of(bytes), item)]),
            Kind::Category => self.categories(bytes, span(self.at.ends.of(bytes), item)),
        }
    }

    /// The number of words in the dictionary.
    pub(super) fn n_words(&self) -> usize {
        (self.at.word_ends.len() / 4).saturating_sub(1)
    }

    /// The word number in entry `entry` of the cells.
    pub(super) fn word_number(&self, bytes: &[u8], entry: usize) -> usize {
        index_at(self.at.cells.of(bytes), is_wide(self.n_words()), entry)
    }

    pub(super) fn number(&self, bytes: &[u8], item: usize) -> f64 {
        f64_at(self.at.cells.of(bytes), item)
    }

    #[cfg(feature = "dials")]
    pub(super) fn text<'a>(&self, bytes: &'a [u8], item: usize) -> &'a [u8] {
        &self.at.cells.of(bytes)[span(self.at.ends.of(bytes), item)]
    }

    /// The word numbers of an item of a category column.
    #[cfg(feature = "dials")]
    pub(super) fn words<'a>(&'a self, bytes: &'a [u8], item: usize) -> impl Iterator<Item = usize> + 'a {
        span(self.at.ends.of(bytes), item).map(move |entry| self.word_number(bytes, entry))
    }

    #[cfg(feature = "dials")]
    pub(super) fn word<'a>(&self, bytes: &'a [u8], number: usize) -> &'a [u8] {
        &self.at.words.of(bytes)[span(self.at.word_ends.of(bytes), number)]
    }

    fn categories<'a>(&self, bytes: &'a [u8], entries: Range<usize>) -> Value<'a> {
        if entries.is_empty() {
            return Value::Null;
        }
        let words = self.at.words.of(bytes);
        let ends = self.at.word_ends.of(bytes);
        Value::Many(entries.map(|entry| str_of(&words[span(ends, self.word_number(bytes, entry))])).collect())
    }
}

fn number(x: f64) -> Value<'static> {
    if x.is_nan() { Value::Null } else { Value::Number(x) }
}

fn text(bytes: &[u8]) -> Value<'_> {
    if bytes.is_empty() { Value::Null } else { Value::Text(str_of(bytes)) }
}

fn str_of(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default() // checked when the pack was opened, see `Pack::id`
}
