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

/// Keeps the best `k` in a heap whose root is the worst of them: O(n log k) at worst, O(n) for a shuffled stream.
pub(crate) struct Top {
    k: usize,
    heap: BinaryHeap<Reverse<Scored>>,
}

impl Top {
    pub(crate) fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    pub(crate) fn push(&mut self, scored: Scored) {
        if self.heap.len() < self.k {
            self.heap.push(Reverse(scored));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && scored > worst.0
        {
            *worst = Reverse(scored);
        }
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
            let mut top = Top::new(k);
            let mut all: Vec<Scored> = scores.iter().enumerate()
                .map(|(position, &score)| Scored { score: f32::from(score), position })
                .collect();
            all.iter().for_each(|&scored| top.push(scored));
            all.sort_by(|a, b| b.cmp(a));
            all.truncate(k);
            prop_assert_eq!(top.into_sorted(), all);
        }
    }
}
