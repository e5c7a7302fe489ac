//! "How alike are these few items?" What diversity and the measures of a list look at.

use alloc::vec;
use alloc::vec::Vec;

use crate::kernel::{add_scores, dot, root, widen};
use crate::{ItemIndex, Pack};

/// Categories that are told apart; in a pool with more of them some count as the same.
pub(crate) const CATEGORIES: usize = 128;

/// A few items, each with its categories and its vector.
pub(crate) struct Pool<'a> {
    pack: &'a Pack,
    /// Sets of categories; empty ones without a column.
    pub(crate) sets: Vec<u128>,
    /// 1 / length of each: of its set with a column, of its vector without. 0 where there is nothing.
    inverse: Vec<f32>,
    /// Row-major \[pool × dim\]; empty with a column.
    codes: Vec<u8>,
    /// 1 as a bfloat, for each.
    ones: Vec<u8>,
}

impl<'a> Pool<'a> {
    pub(crate) fn new(pack: &'a Pack, column: Option<usize>, items: &[ItemIndex]) -> Self {
        let mut pool = Self {
            pack,
            sets: vec![0; items.len()],
            inverse: Vec::new(),
            codes: Vec::new(),
            ones: [0x80, 0x3f].repeat(items.len()),
        };
        match column {
            Some(column) => pool.read_sets(column, items),
            None => pool.read_vectors(items),
        }
        pool
    }

    fn read_sets(&mut self, column: usize, items: &[ItemIndex]) {
        // By word: 1 + its bit.
        let mut bits = vec![0u8; self.pack.n_words(column)];
        let mut next = 0;
        for (set, item) in self.sets.iter_mut().zip(items) {
            for word in self.pack.words(column, *item) {
                if bits[word] == 0 {
                    bits[word] = 1 + (next % CATEGORIES) as u8;
                    next += 1;
                }
                *set |= 1 << (bits[word] - 1);
            }
        }
        self.inverse.extend(self.sets.iter().map(|set| inverse(set.count_ones() as f32)));
    }

    fn read_vectors(&mut self, items: &[ItemIndex]) {
        self.codes.reserve_exact(items.len() * self.pack.dim());
        let mut wide = vec![0; self.pack.dim()];
        for item in items {
            let row = if wide.is_empty() { &[] } else { self.pack.vector(item.at()).0 };
            widen(row, &mut wide);
            self.inverse.push(inverse(dot(&wide, row) as f32));
            self.codes.extend_from_slice(row);
        }
    }

    /// The cosine of item `one` and every other, never negative.
    pub(crate) fn likeness(&self, one: usize, out: &mut [f32]) {
        if self.codes.is_empty() {
            let set = self.sets[one];
            let pairs = out.iter_mut().zip(&self.sets);
            pairs.for_each(|(both, other)| *both = (set & other).count_ones() as f32);
        } else {
            let dim = self.pack.dim();
            let mut wide = vec![0; dim];
            widen(&self.codes[one * dim..][..dim], &mut wide);
            out.fill(0.0);
            add_scores(&wide, &self.codes, &self.ones, 1.0, out);
        }
        for (out, inverse) in out.iter_mut().zip(&self.inverse) {
            *out = (*out * (inverse * self.inverse[one])).max(0.0);
        }
    }
}

fn inverse(square: f32) -> f32 {
    if square > 0.0 { 1.0 / root(square) } else { 0.0 }
}
