//! "Which items does a condition hold for?" The conditions of filter expressions over all items at once, so that a
//! ranking asks one bit for each. What they mean is told in docs/filters.md; putting them together is the caller's.

use alloc::vec;
use alloc::vec::Vec;

use crate::{History, ItemIndex, Pack};

/// What is asked of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// =
    Equal,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// \>
    Greater,
    /// \>=
    GreaterOrEqual,
}

/// A set of items of one pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask(Vec<u32>);

impl Mask {
    /// The items for which `holds`.
    pub fn new(pack: &Pack, mut holds: impl FnMut(ItemIndex) -> bool) -> Self {
        let mut words = vec![0; pack.n_items().div_ceil(32)];
        for item in pack.items() {
            words[item.at() / 32] |= u32::from(holds(item)) << (item.at() % 32);
        }
        Self(words)
    }

    /// Those whose column has a value at all.
    pub fn with_value(pack: &Pack, column: usize) -> Self {
        Self::new(pack, |item| {
            !pack.text(column, item).is_empty()
                || !pack.number(column, item).is_nan()
                || pack.words(column, item).next().is_some()
        })
    }

    /// Those whose column has one of these words; of a text, one of its parts between `|` or the whole.
    pub fn with_word(pack: &Pack, column: usize, wanted: &[&[u8]]) -> Self {
        let is_wanted = |word: &[u8]| wanted.contains(&word);
        let hits: Vec<bool> =
            (0..pack.n_words(column)).map(|number| is_wanted(pack.word(column, number))).collect();
        Self::new(pack, |item| {
            let text = pack.text(column, item);
            pack.words(column, item).any(|number| hits[number])
                || !text.is_empty() && (is_wanted(text) || text.split(|&byte| byte == b'|').any(is_wanted))
        })
    }

    /// Those whose column is a number for which the comparison holds.
    pub fn with_number(pack: &Pack, column: usize, comparison: Comparison, right: f64) -> Self {
        Self::new(pack, |item| {
            let left = pack.number(column, item);
            match comparison {
                Comparison::Equal => left == right,
                Comparison::Less => left < right,
                Comparison::LessOrEqual => left <= right,
                Comparison::Greater => left > right,
                Comparison::GreaterOrEqual => left >= right,
            }
        })
    }

    /// Those with which something was done whose kind is among `kinds`, a bit for each.
    pub fn with_event(pack: &Pack, history: &History, kinds: u32) -> Self {
        Self::new(pack, |item| {
            history.iter().any(|event| event.item == item && kinds >> (event.kind & 31) & 1 == 1)
        })
    }

    /// Keeps what is in the other as well.
    pub fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    /// Adds what is in the other.
    pub fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    /// Everything that was not in it.
    pub fn invert(&mut self) {
        self.0.iter_mut().for_each(|word| *word = !*word);
    }

    /// Whether an item is in it.
    pub fn has(&self, item: ItemIndex) -> bool {
        self.0.get(item.at() / 32).is_some_and(|word| word >> (item.at() % 32) & 1 == 1)
    }
}
