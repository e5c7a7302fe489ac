//! "Here is a list; in which order should this visitor see it?"

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::recommend::hidden;
use crate::scorer::Scorer;
use crate::top::{Scored, Top};
use crate::{History, Pack, Reason, Request, Reranked};

/// The given list in its best order, at most `k` long.
///
/// Known items come best first, equal scores in the given order; then ids that the pack does not know, in the given
/// order and without a score. Of an id given twice only the first place counts; excluded items are left out. With an
/// empty history the order is that of popularity. An item's score is the one that [`recommend`](crate::recommend)
/// gives it: it does not depend on the other candidates.
pub fn rerank(pack: &Pack, history: &History, candidates: &[&str], request: &Request<'_>) -> Vec<Reranked> {
    let scorer = Scorer::new(pack, history);
    let hidden = hidden(history, request.seen);
    let mut top = Top::new(request.k);
    let mut unknown = Vec::new();
    let mut met = BTreeSet::new();
    for (position, id) in candidates.iter().enumerate().filter(|(_, id)| met.insert(**id)) {
        match pack.index_of(id) {
            Some(item) if hidden.binary_search(&item).is_ok() || (request.exclude)(item) => {}
            Some(item) => top.push(Scored { score: scorer.score(item), position }),
            None => unknown.push(Reranked { position, score: None, reason: Reason::Popular }),
        }
    }
    let reason = |position: usize| {
        pack.index_of(candidates[position]).map_or(Reason::Popular, |item| scorer.reason(item))
    };
    let known = top.into_sorted().into_iter().map(|Scored { score, position }| Reranked {
        position,
        score: Some(score),
        reason: reason(position),
    });
    known.chain(unknown).take(request.k).collect()
}
