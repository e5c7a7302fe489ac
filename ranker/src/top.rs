//! The best k of a stream, without sorting all of it.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

/// A score with the position that breaks ties: the lower one wins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scored {
    pub(crate) score: f32,
    pub(crate) position: usize,
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.position.cmp(&self.position))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scored {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scored {}

/// Scores that are compared with the worst of the best at once: two registers of most processors.
const GROUP: usize = 8;

/// Keeps the best `k` in a heap whose root is the worst of them: O(n log k) at worst, O(n) for a shuffled stream.
pub(crate) struct Top {
    k: usize,
    heap: BinaryHeap<Reverse<Scored>>,
}

impl Top {
    /// At most `k` of `n`.
    pub(crate) fn new(k: usize, n: usize) -> Self {
        Self { k, heap: BinaryHeap::with_capacity(k.min(n)) }
    }

    /// Takes in consecutive scores, of which the first has the position `first`. `keeps` is asked only about those
    /// that would be among the best.
    pub(crate) fn offer(&mut self, first: usize, scores: &[f32], keeps: &dyn Fn(usize) -> bool) {
        if self.k == 0 {
            return;
        }
        for (number, group) in scores.chunks(GROUP).enumerate() {
            let bar = self.bar();
            // A score that is not a number is not below it and is looked at.
            let all_below = group.iter().fold(true, |all, score| all & (*score < bar));
            if !all_below {
                self.offer_each(first + number * GROUP, group, keeps);
            }
        }
    }

    fn offer_each(&mut self, first: usize, scores: &[f32], keeps: &dyn Fn(usize) -> bool) {
        for (position, &score) in (first..).zip(scores) {
            let scored = Scored { score, position };
            if self.heap.len() < self.k {
                if keeps(position) {
                    self.heap.push(Reverse(scored));
                }
            } else if let Some(mut worst) = self.heap.peek_mut()
                && scored > worst.0
                && keeps(position)
            {
                *worst = Reverse(scored);
            }
        }
    }

    /// What is below it is not among the best.
    fn bar(&self) -> f32 {
        let worst = self.heap.peek().filter(|_| self.heap.len() == self.k);
        worst.map_or(f32::NEG_INFINITY, |Reverse(worst)| worst.score)
    }

    /// Best first.
    pub(crate) fn into_sorted(self) -> Vec<Scored> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(scored)| scored).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_head_of_the_sorted_list(scores in prop::collection::vec(-3i8..3, 0..60), k in 0usize..20) {
            let mut top = Top::new(k, scores.len());
            let mut all: Vec<Scored> = scores.iter().enumerate()
                .map(|(position, &score)| Scored { score: f32::from(score), position })
                .collect();
            let scores: Vec<f32> = all.iter().map(|scored| scored.score).collect();
            let (head, tail) = scores.split_at(scores.len() / 3);
            top.offer(0, head, &|position| position % 5 != 0);
            top.offer(head.len(), tail, &|position| position % 5 != 0);
            all.retain(|scored| scored.position % 5 != 0);
            all.sort_by(|a, b| b.cmp(a));
            all.truncate(k);
            prop_assert_eq!(top.into_sorted(), all);
        }
    }
}
