//! "What should this visitor see?", over the whole catalogue.

use alloc::vec::Vec;

use crate::scorer::Scorer;
use crate::top::{Scored, Top};
use crate::{History, ItemIndex, Pack, Ranked, Request, Seen};

/// The best `k` items of the catalogue, best first; equal scores by the lower position. With an empty history: the
/// most popular ones.
///
/// n · dim integer multiplications and, once, about dim³/6 + events · dim² in f32.
pub fn recommend(pack: &Pack, history: &History, request: &Request<'_>) -> Vec<Ranked> {
    let scorer = Scorer::new(pack, history);
    let hidden = hidden(history, request.seen);
    let mut top = Top::new(request.k);
    for item in pack.items() {
        if hidden.binary_search(&item).is_err() && !(request.exclude)(item) {
            top.push(Scored { score: scorer.score(item), position: item.at() });
        }
    }
    top.into_sorted()
        .into_iter()
        .map(|Scored { score, position }| {
            let item = ItemIndex(position as u32);
            Ranked { item, score, reason: scorer.reason(item) }
        })
        .collect()
}

/// The items that the history hides, sorted.
pub(crate) fn hidden(history: &History, seen: Seen) -> Vec<ItemIndex> {
    let mut hidden: Vec<ItemIndex> = match seen {
        Seen::Keep => Vec::new(),
        Seen::Exclude => history.iter().map(|event| event.item).collect(),
    };
    hidden.sort_unstable();
    hidden
}
