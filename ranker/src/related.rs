//! "What goes with this item?"

use alloc::vec::Vec;

use crate::kernel::root;
use crate::top::Top;
use crate::{ItemIndex, Pack, Ranked, Reason, Request};

/// The best `k` items to show beside `item`, best first, never the item itself. [`Request::seen`] has no effect.
///
/// First the item's neighbours (score 1 + weight), then the nearest vectors (score (1 + cosine) / 2), or without
/// vectors the most popular items (score = popularity over the largest one) until there are `k`.
///
/// An item that is not in the pack is followed by the most popular ones.
pub fn related(pack: &Pack, item: ItemIndex, request: &Request<'_>) -> Vec<Ranked> {
    let known = item.at() < pack.n_items();
    let mut found: Vec<Ranked> = Vec::new();
    if known {
        let neighbours = pack.neighbours(item).filter(|&(other, _)| !request.excludes(other)).take(request.k);
        found.extend(neighbours.map(|(other, weight)| Ranked {
            item: other,
            score: 1.0 + weight,
            reason: Reason::Because(item),
        }));
    }
    if found.len() < request.k {
        fill(pack, item, request, &mut found);
    }
    found
}

fn fill(pack: &Pack, item: ItemIndex, request: &Request<'_>, found: &mut Vec<Ranked>) {
    let mut taken: Vec<ItemIndex> = found.iter().map(|ranked| ranked.item).chain([item]).collect();
    taken.sort_unstable();
    let by_vector =
        item.at() < pack.n_items() && pack.dim() > 0 && squared_length(pack.vector(item.at()).0) > 0;
    let largest = pack.items().fold(0.0f32, |max, item| max.max(pack.popularity(item)));
    let mut top = Top::new(request.k - found.len(), pack.n_items());
    for other in pack.items() {
        let score = if by_vector {
            (1.0 + cosine(pack.vector(item.at()).0, pack.vector(other.at()).0)) / 2.0
        } else if largest > 0.0 {
            pack.popularity(other) / largest
        } else {
            0.0
        };
        top.offer(other.at(), &[score], |_| taken.binary_search(&other).is_err() && !request.excludes(other));
    }
    let reason = if by_vector { Reason::Because(item) } else { Reason::Popular };
    found.extend(top.into_sorted().into_iter().map(|one| Ranked {
        item: ItemIndex(one.position() as u32),
        score: one.score(),
        reason,
    }));
}

fn squared_length(row: &[u8]) -> i32 {
    integer_dot(row, row)
}

fn integer_dot(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a as i8) * i32::from(b as i8)).sum()
}

/// Of two quantised rows; their scales cancel. 0 for a row of zeros.
fn cosine(a: &[u8], b: &[u8]) -> f32 {
    let lengths = root(squared_length(a) as f32) * libm::sqrtf(squared_length(b) as f32);
    if lengths > 0.0 { integer_dot(a, b) as f32 / lengths } else { 0.0 }
}
