//! Visitors as the examples judge lists for them.

use std::collections::HashSet;

use bowerbird_ranker::{History, ItemIndex, Pack};
use bowerbird_recipes::Interactions;

/// What a user did, as a page would know it, and the items of it.
pub(crate) fn visitor(
    pack: &Pack,
    interactions: &Interactions,
    user: usize,
) -> (History, HashSet<ItemIndex>) {
    let (mut history, mut seen) = (History::new(), HashSet::new());
    for event in interactions.sequence(user) {
        if let Some(item) = pack.index_of(&interactions.item_ids()[event.item as usize]) {
            history.observe(item, 1.0);
            seen.insert(item);
        }
    }
    (history, seen)
}

/// Of one target in this place of a list, counted from 0: what it adds to NDCG.
pub(crate) fn gain(place: Option<usize>) -> f64 {
    place.map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2())
}
