//! "Which of these are the best?": scores block by block, so that a block's numbers stay in the first-level cache.

use alloc::vec::Vec;

use crate::kernel::bfloat;
use crate::scorer::Scorer;
use crate::top::{Scored, Top};
use crate::{Candidates, ItemIndex, Pack, Request, Seen};

/// Items that are scored together.
const BLOCK: usize = 256;

/// What is to be scored: the vectors in one piece, and which items they are.
pub(crate) struct Rows<'a> {
    pub(crate) n: usize,
    /// Row-major \[n × dim\], and a bfloat per row.
    pub(crate) codes: &'a [u8],
    pub(crate) scales: &'a [u8],
    /// `None`: all of the pack, in its order.
    pub(crate) items: Option<&'a [ItemIndex]>,
    /// What the scores are without vectors, \[n\].
    prior: &'a [f32],
}

impl Scorer {
    /// The best `k` rows that the request lets appear and that are not taken, best first; equal scores by the lower row.
    pub(crate) fn best(
        &self,
        pack: &Pack,
        rows: &Rows<'_>,
        request: &Request<'_>,
        taken: &[usize],
        k: usize,
    ) -> Vec<Scored> {
        let mut top = Top::new(k, rows.n);
        let mut scores = [0.0; BLOCK];
        // Nothing is taken where there are no dials.
        let is_taken = |row| cfg!(feature = "dials") && taken.contains(&row);
        let keeps = |row| self.may_appear(rows.item(row), request) && !is_taken(row);
        // One copy of the heap for all who choose, where bytes count and nothing is in a hurry: 0.3 KB.
        #[cfg(all(feature = "dials", target_arch = "wasm32"))]
        let keeps: &dyn Fn(usize) -> bool = &keeps;
        for first in (0..rows.n).step_by(BLOCK) {
            let length = BLOCK.min(rows.n - first);
            let mut found = &rows.prior[first..][..length];
            if let Some(user) = self.user() {
                let scores = &mut scores[..length];
                user.score_rows(&rows.codes[first * pack.dim()..], &rows.scales[first * 2..], found, scores);
                found = scores;
            }
            top.offer(first, found, keeps);
        }
        top.into_sorted()
    }

    pub(crate) fn may_appear(&self, item: ItemIndex, request: &Request<'_>) -> bool {
        let is_hidden = request.seen == Seen::Exclude && self.has_seen(item);
        !is_hidden && !request.excludes(item)
    }
}

impl<'a> Rows<'a> {
    /// Candidates, or all of the pack.
    pub(crate) fn of(pack: &'a Pack, scorer: &'a Scorer, candidates: Option<&'a mut Candidates>) -> Self {
        match candidates {
            None => {
                let (codes, scales) = pack.vectors();
                Self { n: pack.n_items(), codes, scales, items: None, prior: scorer.spread().prior() }
            }
            Some(list) => {
                list.remember(scorer.spread());
                let Candidates { items, codes, scales, prior, .. } = list;
                Self { n: items.len(), codes, scales, items: Some(items), prior }
            }
        }
    }

    /// Codes and scale of a row.
    pub(crate) fn vector(&self, row: usize, dim: usize) -> (&[u8], f32) {
        (&self.codes[row * dim..][..dim], bfloat(self.scales, row))
    }

    pub(crate) fn item(&self, row: usize) -> ItemIndex {
        self.items.map_or(ItemIndex(row as u32), |items| items[row])
    }
}
