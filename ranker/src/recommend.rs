//! "What should this visitor see?", over the whole catalogue.

use alloc::vec::Vec;

use crate::list::Placed;
use crate::scorer::Scorer;
use crate::{History, ItemIndex, Pack, Ranked, Request};

/// The best `k` items of the catalogue, best first; equal scores by the lower position. With an empty history: the
/// most popular ones.
pub fn recommend(pack: &Pack, history: &History, request: &Request<'_>) -> Vec<Ranked> {
    Scorer::asked(pack, history, request).recommend(pack, request)
}

impl Scorer {
    /// What [`recommend`] answers, for a visitor whose history was taken in before: n · dim integer multiplications.
    pub fn recommend(&self, pack: &Pack, request: &Request<'_>) -> Vec<Ranked> {
        let placed = self.places(pack, None, request).into_iter();
        placed
            .map(|Placed { row, score, reason }| Ranked { item: ItemIndex(row as u32), score, reason })
            .collect()
    }
}
