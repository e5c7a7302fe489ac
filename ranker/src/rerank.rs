//! "Here is a list; in which order should this visitor see it?"

use alloc::vec::Vec;

use crate::list::Placed;
use crate::scorer::Scorer;
use crate::{Candidates, History, Pack, Reason, Request, Reranked};

/// The given list in its best order, at most `k` long.
///
/// Known items come best first, equal scores in the given order; then ids that the pack does not know, in the given
/// order and without a score. Of an id given twice only the first place counts; excluded items are left out. With an
/// empty history the order is that of popularity. An item's score is the one that [`recommend`](crate::recommend)
/// gives it: it does not depend on the other candidates.
pub fn rerank(pack: &Pack, history: &History, candidates: &[&str], request: &Request<'_>) -> Vec<Reranked> {
    Scorer::asked(pack, history, request).rerank(pack, Candidates::of(pack, candidates), request)
}

impl Scorer {
    fn rerank(&self, pack: &Pack, mut candidates: Candidates, request: &Request<'_>) -> Vec<Reranked> {
        let placed = self.places(pack, Some(&mut candidates), request).into_iter();
        let known = placed.map(|Placed { row, score, reason }| Reranked {
            position: candidates.places.get(row).copied().unwrap_or(row),
            score: Some(score),
            reason,
        });
        let unknown = candidates.unknown.iter();
        let unknown = unknown.map(|&position| Reranked { position, score: None, reason: Reason::Popular });
        known.chain(unknown).take(request.k).collect()
    }
}
