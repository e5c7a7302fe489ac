//! The best k of a stream, without sorting all of it.

use crate::kernel::not_below;
use alloc::vec::Vec;

/// A score with its position, as one number that is larger for what comes earlier: by score in the order of
/// `f32::total_cmp`, then the lower position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scored(u64);

impl Scored {
    fn new(score: f32, position: usize) -> Self {
        let bits = score.to_bits();
        let flipped = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        Self(u64::from(flipped) << 32 | u64::from(!(position as u32)))
    }

    pub(crate) fn score(self) -> f32 {
        let flipped = (self.0 >> 32) as u32;
        f32::from_bits(if flipped >> 31 == 1 { flipped & !(1 << 31) } else { !flipped })
    }

    pub(crate) fn position(self) -> usize {
        !(self.0 as u32) as usize
    }
}

/// Scores that are compared with the worst of the best at once: four registers of most processors.
const GROUP: usize = 16;

/// Keeps the best `k` in a heap whose root is the worst of them: O(n log k) at worst, O(n) for a shuffled stream. A heap
/// of our own: that of `alloc` is three times as many bytes in the page.
pub(crate) struct Top {
    k: usize,
    /// A score below it is not among the best.
    bar: f32,
    /// A heap as soon as there are `k`.
    best: Vec<Scored>,
}

impl Top {
    /// At most `k` of `n`.
    pub(crate) fn new(k: usize, n: usize) -> Self {
        Self { k, bar: f32::NEG_INFINITY, best: Vec::with_capacity(k.min(n)) }
    }

    /// Takes in consecutive scores, of which the first has the position `first`. `keeps` is asked only about those
    /// that would be among the best.
    pub(crate) fn offer(&mut self, first: usize, scores: &[f32], keeps: impl Fn(usize) -> bool) {
        if self.k == 0 {
            return;
        }
        let (groups, rest) = scores.as_chunks();
        for (number, group) in groups.iter().enumerate() {
            let mut high = not_below(group, self.bar);
            while high != 0 {
                let at = high.trailing_zeros() as usize;
                self.offer_one(first + number * GROUP + at, group[at], &keeps);
                high &= high - 1;
            }
        }
        for (position, &score) in (first + groups.len() * GROUP..).zip(rest) {
            self.offer_one(position, score, &keeps);
        }
    }

    fn offer_one(&mut self, position: usize, score: f32, keeps: &impl Fn(usize) -> bool) {
        let one = Scored::new(score, position);
        let is_full = self.best.len() == self.k;
        if is_full && one <= self.best[0] || !keeps(position) {
            return;
        }
        if is_full {
            self.best[0] = one;
            sift(&mut self.best, 0);
        } else {
            self.best.push(one);
            if self.best.len() < self.k {
                return;
            }
            self.make_heap();
        }
        self.bar = self.best[0].score();
    }

    fn make_heap(&mut self) {
        (0..self.best.len() / 2).rev().for_each(|at| sift(&mut self.best, at));
    }

    /// Best first.
    pub(crate) fn into_sorted(mut self) -> Vec<Scored> {
        self.make_heap();
        for end in (1..self.best.len()).rev() {
            self.best.swap(0, end);
            sift(&mut self.best[..end], 0);
        }
        self.best
    }
}

/// Lets the one at `at` sink until none below it is smaller.
fn sift(heap: &mut [Scored], mut at: usize) {
    let one = heap[at];
    loop {
        let mut child = 2 * at + 1;
        if child + 1 < heap.len() && heap[child + 1] < heap[child] {
            child += 1;
        }
        if child >= heap.len() || one <= heap[child] {
            heap[at] = one;
            return;
        }
        heap[at] = heap[child];
        at = child;
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
                .map(|(position, &score)| Scored::new(f32::from(score), position))
                .collect();
            let scores: Vec<f32> = all.iter().map(|scored| scored.score()).collect();
            let (head, tail) = scores.split_at(scores.len() / 3);
            top.offer(0, head, |position| position % 5 != 0);
            top.offer(head.len(), tail, |position| position % 5 != 0);
            all.retain(|scored| scored.position() % 5 != 0);
            all.sort_by_key(|scored| core::cmp::Reverse(*scored));
            all.truncate(k);
            prop_assert_eq!(top.into_sorted(), all);
        }
    }
}
