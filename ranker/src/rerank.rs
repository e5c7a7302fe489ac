//! "Here is a list; in which order should this visitor see it?"

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use core::mem::replace;

use crate::recommend::hidden;
use crate::scorer::Scorer;
use crate::top::{Scored, Top};
use crate::{History, ItemIndex, Pack, Reason, Request, Reranked};

/// The given list in its best order, at most `k` long.
///
/// Known items come best first, equal scores in the given order; then ids that the pack does not know, in the given
/// order and without a score. Of an id given twice only the first place counts; excluded items are left out. With an
/// empty history the order is that of popularity. An item's score is the one that [`recommend`](crate::recommend)
/// gives it: it does not depend on the other candidates.
pub fn rerank(pack: &Pack, history: &History, candidates: &[&str], request: &Request<'_>) -> Vec<Reranked> {
    let mut met = BTreeSet::new();
    let first = candidates.iter().enumerate().filter(|(_, id)| met.insert(**id));
    rerank_items(pack, history, first.map(|(position, id)| (position, pack.index_of(id))), request)
}

/// The same for a caller that has looked the ids up: pairs of the place in its list and the item, or `None` for an id
/// that the pack does not know. Of an item given twice only the first place counts.
pub fn rerank_items(
    pack: &Pack,
    history: &History,
    candidates: impl IntoIterator<Item = (usize, Option<ItemIndex>)>,
    request: &Request<'_>,
) -> Vec<Reranked> {
    let scorer = Scorer::new(pack, history);
    let mut met = vec![false; pack.n_items()];
    for item in hidden(history, request.seen) {
        // A history of another pack may name items that this one does not have.
        if let Some(met) = met.get_mut(item.at()) {
            *met = true;
        }
    }
    let mut top = Top::new(request.k);
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for (position, item) in candidates {
        match item {
            Some(item) if replace(&mut met[item.at()], true) || (request.exclude)(item) => {}
            Some(item) => {
                top.push(Scored { score: scorer.score(item), position: known.len() });
                known.push((position, item));
            }
            None => unknown.push(Reranked { position, score: None, reason: Reason::Popular }),
        }
    }
    let best = top.into_sorted().into_iter().map(|scored| {
        let (position, item) = known[scored.position];
        Reranked { position, score: Some(scored.score), reason: scorer.reason(item) }
    });
    best.chain(unknown).take(request.k).collect()
}
