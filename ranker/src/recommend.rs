//! "What should this visitor see?", over the whole catalogue.

use alloc::vec::Vec;

use crate::best::Rows;
use crate::scorer::Scorer;
use crate::{History, Pack, Ranked, Request};

/// The best `k` items of the catalogue, best first; equal scores by the lower position. With an empty history: the
/// most popular ones.
pub fn recommend(pack: &Pack, history: &History, request: &Request<'_>) -> Vec<Ranked> {
    Scorer::new(pack, history).recommend(pack, request)
}

impl Scorer {
    /// What [`recommend`] answers, for a visitor whose history was taken in before: n · dim integer multiplications.
    pub fn recommend(&self, pack: &Pack, request: &Request<'_>) -> Vec<Ranked> {
        let (codes, scales) = pack.vectors();
        let rows = Rows { n: pack.n_items(), codes, scales, items: None };
        let best = self.best(pack, &rows, request);
        let ranked = best.iter().map(|scored| {
            let item = rows.item(scored.position);
            Ranked { item, score: scored.score, reason: self.reason(pack, item) }
        });
        ranked.collect()
    }
}
