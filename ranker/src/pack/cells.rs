//! What dials and filters ask of single cells, without making a [`Value`](super::Value) of each.

use super::columns::Kind;
use super::{ItemIndex, Pack};

impl Pack {
    /// The numbers of an item's words in the dictionary of a category column.
    pub(crate) fn words(&self, column: usize, item: ItemIndex) -> impl Iterator<Item = usize> + '_ {
        let column = self.columns.get(column).filter(|column| column.kind() == Kind::Category);
        column.into_iter().flat_map(move |column| column.words(&self.bytes, item.at()))
    }

    /// A word of the dictionary of a category column.
    pub(crate) fn word(&self, column: usize, number: usize) -> &[u8] {
        self.columns[column].word(&self.bytes, number)
    }

    /// How old an item is by a number column of seconds since the epoch; infinite where it says nothing.
    pub(crate) fn age_days(&self, created: usize, item: ItemIndex, now_days: f64) -> f32 {
        let seconds = self.number(created, item);
        if seconds.is_nan() { f32::INFINITY } else { (now_days - seconds / 86_400.0) as f32 }
    }

    /// The cell of a number column; not a number where there is none.
    pub(crate) fn number(&self, column: usize, item: ItemIndex) -> f64 {
        let column = self.columns.get(column).filter(|column| column.kind() == Kind::Number);
        column.map_or(f64::NAN, |column| column.number(&self.bytes, item.at()))
    }

    /// The cell of a text column; empty where there is none.
    pub(crate) fn text(&self, column: usize, item: ItemIndex) -> &[u8] {
        let column = self.columns.get(column).filter(|column| column.kind() == Kind::Text);
        column.map_or(&[], |column| column.text(&self.bytes, item.at()))
    }
}
