//! "How alike are these few items?" What diversity and the measures of a list look at.

use alloc::vec;
use alloc::vec::Vec;

use crate::kernel::{dot_rows, root};
use crate::{ItemIndex, Pack};

/// Categories that are told apart; in a pool with more of them some count as the same.
pub(crate) const CATEGORIES: usize = 128;

/// A few items, each with its categories and its vector.
pub(crate) struct Pool<'a> {
    /// Sets of categories; empty ones without a column.
    pub(crate) sets: Vec<u128>,
    /// 1 / length of each: of its set with a column, of its vector without. 0 where there is nothing.
    inverse: Vec<f32>,
    /// The codes of each; nothing with a column.
    rows: Vec<&'a [u8]>,
}

impl<'a> Pool<'a> {
    pub(crate) fn new(pack: &'a Pack, column: Option<usize>, items: &[ItemIndex]) -> Self {
        let mut pool = Self { sets: vec![0; items.len()], inverse: Vec::new(), rows: Vec::new() };
        match column {
            Some(column) => pool.read_sets(pack, column, items),
            None => pool.read_vectors(pack, items),
        }
        pool
    }

    fn read_sets(&mut self, pack: &Pack, column: usize, items: &[ItemIndex]) {
        // By word: 1 + its bit.
        let mut bits = vec![0u8; pack.n_words(column)];
        let mut next = 0;
        for (set, item) in self.sets.iter_mut().zip(items) {
            for word in pack.words(column, *item) {
                if bits[word] == 0 {
                    bits[word] = 1 + (next % CATEGORIES) as u8;
                    next += 1;
                }
                *set |= 1 << (bits[word] - 1);
            }
        }
        self.inverse.extend(self.sets.iter().map(|set| inverse(set.count_ones() as f32)));
    }

    fn read_vectors(&mut self, pack: &'a Pack, items: &[ItemIndex]) {
        for item in items {
            let row = if pack.dim() > 0 { pack.vector(item.at()).0 } else { &[] };
            self.inverse.push(inverse(dot_rows(row, row) as f32));
            self.rows.push(row);
        }
    }

    /// The cosine of two items, never negative.
    pub(crate) fn likeness(&self, one: usize, other: usize) -> f32 {
        let both = match self.rows.get(one) {
            Some(row) => dot_rows(row, self.rows[other]),
            None => (self.sets[one] & self.sets[other]).count_ones() as i32,
        };
        (both as f32 * (self.inverse[one] * self.inverse[other])).max(0.0)
    }
}

fn inverse(square: f32) -> f32 {
    if square > 0.0 { 1.0 / root(square) } else { 0.0 }
}
