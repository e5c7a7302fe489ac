//! "Order these": a list of items, looked up once and ranked as often as one likes.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use core::mem::replace;

use crate::spread::Spread;
use crate::{ItemIndex, Pack};

/// From so many items on a list follows single changes of the prior, which go here and there in memory, in the place of
/// copying all of it.
const LONG: usize = 8192;

/// The items of a given list by their positions in one pack, without repeats, and a copy of their vectors, so
/// that ranking them again reads them in one go: dim + 10 bytes per item, and the places where the list had other ids.
///
/// Useful for: one scorer at a time; see [`Candidates::forget`].
///
/// Of a long list 4 more bytes for each item of the pack, from the second history on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// In the given order.
    pub(crate) items: Vec<ItemIndex>,
    /// Where each of them was in the given list; empty where that is their place here.
    pub(crate) places: Vec<usize>,
    /// Row-major \[items × dim\], and a bfloat per row.
    pub(crate) codes: Vec<u8>,
    pub(crate) scales: Vec<u8>,
    /// What the scores are without vectors.
    pub(crate) prior: Vec<f32>,
    /// For which version of the catalogue's; 0: it does not know.
    version: u32,
    /// Of a long list: the row of each item of the pack.
    rows: Vec<u32>,
    /// Places of ids that the pack does not know.
    pub(crate) unknown: Vec<usize>,
}

impl Candidates {
    /// Looks ids up. Of an id given twice only the first place counts.
    pub fn of(pack: &Pack, ids: &[&str]) -> Self {
        let mut met = BTreeSet::new();
        let first = ids.iter().enumerate().filter(|(_, id)| met.insert(**id));
        Self::at(pack, first.map(|(place, id)| (place, pack.index_of(id))))
    }

    /// For a caller that has looked the ids up: pairs of the place in its list and the item, or `None` for an id that
    /// the pack does not know. Of an item given twice only the first place counts.
    pub fn at(pack: &Pack, given: impl IntoIterator<Item = (usize, Option<ItemIndex>)>) -> Self {
        let mut met = vec![false; pack.n_items()];
        let mut candidates = Self::default();
        for (place, item) in given {
            match item {
                None => candidates.unknown.push(place),
                Some(item) if replace(&mut met[item.at()], true) => {}
                Some(item) => {
                    candidates.items.push(item);
                    candidates.places.push(place);
                }
            }
        }
        candidates.copy_vectors(pack);
        candidates
    }

    /// For a caller whose list has no repeats and no unknown ids. What lies outside of the pack is left out.
    pub fn of_items(pack: &Pack, items: impl Iterator<Item = ItemIndex>) -> Self {
        let mut candidates = Self { items: Vec::with_capacity(items.size_hint().0), ..Self::default() };
        for item in items {
            if item.at() < pack.n_items() {
                candidates.items.push(item);
            }
        }
        candidates.copy_vectors(pack);
        candidates
    }

    /// To be called when the scorer is another one: the list remembers what scores are without vectors, since to look
    /// that up in each ranking is a seventh of its time.
    pub fn forget(&mut self) {
        self.version = 0;
    }

    /// Takes over of the catalogue's prior what is that of these items, as far as it has changed.
    pub(crate) fn remember(&mut self, spread: &Spread) {
        let missed = spread.version().wrapping_sub(replace(&mut self.version, spread.version()));
        let catalogue = spread.prior();
        if missed == 1 && self.items.len() >= LONG {
            self.know_rows(catalogue.len());
            for item in spread.changed() {
                if let Some(prior) = self.prior.get_mut(self.rows[item.at()] as usize) {
                    *prior = catalogue[item.at()];
                }
            }
        } else if missed > 0 {
            self.prior.resize(self.items.len(), 0.0);
            for (prior, item) in self.prior.iter_mut().zip(&self.items) {
                *prior = catalogue[item.at()];
            }
        }
    }

    fn know_rows(&mut self, n_items: usize) {
        if self.rows.is_empty() {
            self.rows.resize(n_items, u32::MAX);
            (0..).zip(&self.items).for_each(|(row, item)| self.rows[item.at()] = row);
        }
    }

    fn copy_vectors(&mut self, pack: &Pack) {
        let (codes, scales) = pack.vectors();
        if pack.dim() > 0 {
            let dim = pack.dim();
            self.codes = vec![0; self.items.len() * dim];
            self.scales = vec![0; self.items.len() * 2];
            for (row, item) in self.items.iter().enumerate() {
                self.codes[row * dim..][..dim].copy_from_slice(&codes[item.at() * dim..][..dim]);
                self.scales[row * 2..][..2].copy_from_slice(&scales[item.at() * 2..][..2]);
            }
        }
    }
}
